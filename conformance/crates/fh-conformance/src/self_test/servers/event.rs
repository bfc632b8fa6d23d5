//! Events of streams as their lines.

use serde_json::Value;

/// An event: its lines, without the empty line at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event(pub(super) Vec<String>);

impl Event {
    /// Parses the text of an event.
    pub(super) fn parse(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }

    /// Returns the event as the text of a stream.
    pub(super) fn to_text(&self) -> String {
        let mut text: String = self.0.iter().map(|line| format!("{line}\n")).collect();
        text.push('\n');
        text
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter_map(|line| line.strip_prefix(name));
        values.next()?.strip_prefix(": ")
    }

    /// Returns the name of the event; empty if there is none.
    pub(super) fn name(&self) -> &str {
        self.field("event").unwrap_or_default()
    }

    /// Returns the data of the event.
    pub(super) fn data(&self) -> &str {
        self.field("data").unwrap_or_default()
    }

    /// Returns the data of the event as JSON, or `Null`.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.data()).unwrap_or_default()
    }

    /// Returns true for the `ack` that opens a stream, and not for a heartbeat.
    pub(super) fn is_opening(&self) -> bool {
        self.name() == "ack" && !self.is_heartbeat()
    }

    /// Returns true if the event only shows that the server is alive.
    pub(super) fn is_heartbeat(&self) -> bool {
        self.name() == "ack" && self.json().is_string()
    }

    /// Returns the event with another value in the line of a field.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        for line in &mut self.0 {
            if line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')) {
                *line = format!("{name}: {value}");
            }
        }
        self
    }

    /// Returns the event without the lines of a field.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|line| !line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_an_event() {
        let text = "event: feature\nid: a//b\ndata: {\"version\":1}\n\n";
        let event = Event::parse(text.trim_end());
        assert_eq!(event.to_text(), text);
        assert_eq!((event.name(), event.json()["version"].as_i64()), ("feature", Some(1)));
        let other = event.with("data", "{}").without("id");
        assert_eq!(other.to_text(), "event: feature\ndata: {}\n\n");
        assert!(Event::parse("event: ack\ndata: \"x\"").is_heartbeat());
        assert!(Event::parse("event: ack\ndata: {}").is_opening());
    }
}
