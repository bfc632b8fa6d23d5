//! The text of a recording: JSON with one id a line.

use std::fmt::Write as _;

use serde::Serialize;

use super::Recording;

impl Recording {
    /// Returns the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut members: Vec<String> = Vec::new();
        if let Some(schema) = &self.schema {
            members.push(member("$schema", schema));
        }
        members.push(member("format", &self.format));
        members.push(member("recorded", &self.recorded));
        members.push(member("suite", &self.suite));
        members.push(member("sdk", &self.sdk));
        let blocked_by = list(self.tier.blocked_by.iter().map(line), 2);
        let reached = line(&self.tier.reached);
        members.push(format!(
            "\"tier\": {{\n    \"reached\": {reached},\n    \"blocked_by\": {blocked_by}\n  }}"
        ));
        members.push(format!("\"can\": {}", list(self.can.iter().map(line), 1)));
        members.push(format!("\"cannot\": {}", object(&self.cannot)));
        members.push(format!("\"groups\": {}", list(self.groups.iter().map(line), 1)));
        members.push(format!("\"scenarios\": {}", object(&self.scenarios)));
        let known = self.known.iter().map(|entry| {
            let mut text = format!("{{\n      \"ids\": {}", list(entry.ids.iter().map(line), 3));
            let _ = write!(text, ",\n      {}", member("at", &entry.at));
            let _ = write!(text, ",\n      {}", member("reason", &entry.reason));
            if entry.sometimes {
                let _ = write!(text, ",\n      {}", member("sometimes", &true));
            }
            text.push_str("\n    }");
            text
        });
        members.push(format!("\"known\": {}", list(known, 1)));
        members.push(format!("\"failed\": {}", list(self.failed.iter().map(line), 1)));
        members.push(format!("\"faults\": {}", object(&self.faults)));
        format!("{{\n  {}\n}}\n", members.join(",\n  "))
    }
}

/// Returns a value on one line.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn member(name: &str, value: &impl Serialize) -> String {
    format!("{}: {}", line(&name), line(value))
}

/// Returns a list with one element a line, for a place at this depth.
fn list(elements: impl Iterator<Item = String>, depth: usize) -> String {
    wrapped(elements, depth, '[', ']')
}

/// Returns a map with one member a line, for a member of the file.
fn object<'v, V: Serialize + 'v>(map: impl IntoIterator<Item = (&'v String, &'v V)>) -> String {
    wrapped(map.into_iter().map(|(name, value)| member(name, value)), 1, '{', '}')
}

fn wrapped(
    elements: impl Iterator<Item = String>,
    depth: usize,
    open: char,
    close: char,
) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    let lines: Vec<String> = elements.map(|element| format!("{inner}{element}")).collect();
    if lines.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}\n{}\n{outer}{close}", lines.join(",\n"))
}
