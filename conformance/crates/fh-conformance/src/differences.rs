//! `differences.json`: the classes of differences between the engine and published SDKs that are known.

use serde::Deserialize;

use crate::data::{Data, DataError};

/// The path of the list in the data folder.
const PATH: &str = "differences.json";

/// A known class of differences.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct KnownDifference {
    /// The name of the SDK, as its adapter gives it.
    pub sdk: String,
    /// The class, as `diff` prints it. `*` stands for any text.
    pub class: String,
    /// The row of evaluation 4, or the decision, that says which answer is right.
    pub source: String,
    /// What the SDK does, in one sentence.
    pub reason: String,
}

impl KnownDifference {
    /// Reads the list of a data folder.
    ///
    /// # Errors
    /// If the file is missing or has another form.
    pub fn load(data: &Data) -> Result<Vec<KnownDifference>, DataError> {
        #[derive(Deserialize)]
        struct File {
            differences: Vec<KnownDifference>,
        }
        let file: File = serde_json::from_str(data.text(PATH)?)
            .map_err(|error| DataError::in_file(PATH, error))?;
        Ok(file.differences)
    }

    /// Returns true if a class of differences with an SDK is this one.
    #[must_use]
    pub fn covers(&self, sdk: &str, class: &str) -> bool {
        self.sdk == sdk && matches(&self.class, class)
    }
}

/// Returns true if a text has the form of a pattern, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.filter_map(|at| rest.get(at..)).any(|rest| matches(after, rest))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a b", "a b", true),
            ("a b", "a bc", false),
            ("a*", "a bc", true),
            ("*c", "a bc", true),
            ("a*b*d", "a b c d", true),
            ("a*b*d", "a c d", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
