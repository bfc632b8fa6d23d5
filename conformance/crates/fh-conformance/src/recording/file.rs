//! The file of a recording: JSON with a line for each entry, in which a failure stands once with the ids that it has. What passed is not
//! listed.

use serde_json::Value;

use super::Recording;
use crate::json::{Json, quoted};
use crate::sdk::scenarios;

/// The number of characters after which a line ends.
const WIDTH: usize = 200;

impl Recording {
    /// Returns true if a text is JSON with the member that recordings have and baselines do not.
    #[must_use]
    pub fn is_recording(text: &str) -> bool {
        serde_json::from_str::<Value>(text).is_ok_and(|document| document.get("sdk").is_some())
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// The problem of the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut recording: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        recording.baseline().check_entries()?;
        if recording.to_text() != text {
            return Err(
                "the file does not have the form in which it was written; record the SDK again"
                    .to_owned(),
            );
        }
        let listed = recording.scenario_ids();
        let passed =
            scenarios::ids().filter(|id| !listed.contains(id)).map(str::to_owned).collect();
        recording.passed = passed;
        Ok(recording)
    }

    /// Returns the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let document = Json::parse(&text).unwrap_or(Json::Null);
        format!("{}\n", broken(&document, 0))
    }
}

/// Returns a value in lines: with one line for each entry at the first two levels, and with full lines below.
fn broken(value: &Json, depth: usize) -> String {
    let line = value.to_string();
    if depth > 0 && line.len() <= WIDTH {
        return line;
    }
    let inner = |value: &Json| broken(value, depth + 1);
    match value {
        Json::List(elements) => format!("[{}]", joined(elements.iter().map(inner), depth)),
        Json::Object(members) => {
            let member =
                |(name, value): &(String, Json)| format!("{}: {}", quoted(name), inner(value));
            format!("{{{}}}", joined(members.iter().map(member), depth))
        }
        _ => line,
    }
}

fn joined(entries: impl Iterator<Item = String>, depth: usize) -> String {
    let indent = |depth: usize| format!("\n{}", "  ".repeat(depth));
    let (mut out, mut column) = (String::new(), 0);
    for (index, entry) in entries.enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        if depth < 2 || (index > 0 && column + entry.len() > WIDTH) {
            out.push_str(&indent(depth + 1));
            column = 0;
        } else if index > 0 {
            out.push(' ');
        }
        out.push_str(&entry);
        column += entry.len();
    }
    if depth < 2 {
        out.push_str(&indent(depth));
    }
    out
}
