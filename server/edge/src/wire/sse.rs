//! The texts of events of streams.

use std::fmt::Write;

use bytes::Bytes;

/// The comment that a stream sends first in place of [`ACK`], so that bytes of the body follow the head at once also if no event is due. A
/// client could not tell such a stream from one that a proxy holds back.
pub(crate) const RESUMED: &str = ": resumed\n\n";
/// The event that a stream sends first, even if the key is unknown, unless the client sends a well-formed `Last-Event-ID` for its context.
pub(crate) const ACK: &str = "event: ack\ndata: {\"status\":\"discover\"}\n\n";
/// The heartbeat event that the server sends at intervals, so that both sides notice a dead connection.
pub(crate) const HEARTBEAT: &str = "event: ack\ndata: \"❤️\"\n\n";
/// The event that the server sends before it closes a stream whose client should connect again.
pub(crate) const BYE: &str = "event: bye\ndata: {\"status\":\"closed\"}\n\n";
/// The event that the server sends before it closes the stream of an unknown or revoked key. The client should not use the key again.
pub(crate) const UNKNOWN_KEY: &str =
    "event: failure\ndata: {\"status\":\"Unrecognized API key. Please stop requesting.\"}\n\n";
/// The event that notifies a client that its environment is no longer in use.
pub(crate) const STALE: &str = "event: config\ndata: {\"edge.stale\":true}\n\n";

/// Appends one event to `out`. If `id` is `None`, the event has no id. `data` must not contain a line break.
pub(crate) fn write_event(out: &mut String, name: &str, id: Option<&str>, data: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "event: {name}");
    if let Some(id) = id {
        let _ = writeln!(out, "id: {id}");
    }
    let _ = write!(out, "data: {data}\n\n");
}

/// The id of an event after which a client holds only a part of a change. No state has this id, so a client that sends it back gets the whole
/// list.
const PARTIAL: &str = "-";

/// The events of one change of the features. Only the last event has the id of the state after the change, because a client may lose the
/// connection after any event.
#[derive(Default)]
pub(crate) struct Batch {
    out: String,
    /// The name and the data of the event that was added last.
    last: Option<(&'static str, String)>,
}

impl Batch {
    /// Adds an event. `data` must not contain a line break.
    pub(crate) fn add(&mut self, name: &'static str, data: String) {
        if let Some((name, data)) = self.last.replace((name, data)) {
            write_event(&mut self.out, name, Some(PARTIAL), &data);
        }
    }

    /// Returns the events. `id` is the id of the state after the last one.
    pub(crate) fn end(mut self, id: &str) -> Bytes {
        if let Some((name, data)) = self.last {
            write_event(&mut self.out, name, Some(id), &data);
        }
        Bytes::from(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_event_of_a_batch_has_an_id_of_a_state() {
        let batch = |count: usize| {
            let mut batch = Batch::default();
            (0..count).for_each(|number| batch.add("feature", number.to_string()));
            batch.end("a0")
        };
        let event = |id, data| format!("event: feature\nid: {id}\ndata: {data}\n\n");
        assert_eq!(batch(0), "");
        assert_eq!(batch(1), event("a0", 0));
        assert_eq!(batch(3), [event("-", 0), event("-", 1), event("a0", 2)].concat());
    }
}
