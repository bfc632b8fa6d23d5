//! Parses the body of a poll: a list of environments, each with its features.

use std::collections::HashMap;

use fh_eval::{Token, members};
use serde_json::error::Category;
use serde_json::value::RawValue;

/// One environment of a response.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// The id of the environment; `None` if the entry has no id.
    pub(crate) id: Option<String>,
    /// The features; `None` if the entry has no list of features, which is not the same as an empty list (D-60).
    pub(crate) features: Option<Vec<&'a RawValue>>,
}

impl<'a> Answered<'a> {
    /// Adds the features of another entry for the same environment.
    pub(crate) fn add(&mut self, features: Option<Vec<&'a RawValue>>) {
        if let Some(more) = features {
            self.features.get_or_insert_default().extend(more);
        }
    }
}

/// Splits the body of a poll into environments. Entries with the same id are joined.
///
/// # Errors
/// The reason why the body cannot be parsed, without any of its text.
pub(crate) fn environments(body: &str) -> Result<Vec<Answered<'_>>, String> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let entries: Vec<&RawValue> = serde_json::from_str(body).map_err(|error| why(&error))?;
    let mut found: Vec<Answered<'_>> = Vec::new();
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    for entry in entries {
        let members = members(entry).ok_or("an environment is not a JSON object")?;
        let mut id = None;
        let mut features = None;
        for (name, value) in members {
            match (name.as_ref(), Token::of(value)) {
                ("id", Token::Text(text)) => id = Some(text.into_owned()),
                ("features", Token::List) => features = Some(list(value.get())?),
                _ => {}
            }
        }
        // Ids that differ only in case belong to the same environment.
        let place =
            *places.entry(id.as_deref().map(str::to_ascii_lowercase)).or_insert(found.len());
        match found.get_mut(place) {
            Some(same) => same.add(features),
            None => found.push(Answered { id, features }),
        }
    }
    Ok(found)
}

/// Splits a list of features.
///
/// # Errors
/// The reason why the list cannot be parsed, without any of its text.
pub(crate) fn list(json: &str) -> Result<Vec<&RawValue>, String> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    serde_json::from_str(json).map_err(|error| why(&error))
}

/// Describes a JSON error without any of the text. serde_json's description of a wrong type would quote a wrong string in full.
fn why(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => {
            let (line, column) = (error.line(), error.column());
            format!("unexpected type at line {line} column {column}")
        }
        _ => error.to_string(),
    }
}

/// Parses one JSON value.
///
/// # Errors
/// The reason why the value cannot be parsed, without any of its text.
pub(crate) fn one(json: &str) -> Result<&RawValue, String> {
    serde_json::from_str(json).map_err(|error| why(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entry = (Option<String>, Option<usize>);

    fn shape(body: &str) -> Result<Vec<Entry>, String> {
        let found = environments(body)?;
        Ok(found.into_iter().map(|each| (each.id, each.features.map(|list| list.len()))).collect())
    }

    #[test]
    fn absent_and_empty_lists_differ() {
        let e = || Some("e".to_string());
        assert_eq!(shape("[]"), Ok(vec![]));
        assert_eq!(shape(r#"[{"id":"e"}]"#), Ok(vec![(e(), None)]));
        assert_eq!(shape(r#"[{"id":"e","features":null}]"#), Ok(vec![(e(), None)]));
        assert_eq!(shape(r#"[{"id":"e","features":[]}]"#), Ok(vec![(e(), Some(0))]));
        assert_eq!(
            shape(
                r#"[{"id":"e","features":[{}]},{"features":[1]},{"id":"E","features":[{},{}]},{"id":"e"},{"features":[2]}]"#
            ),
            Ok(vec![(e(), Some(3)), (None, Some(2))])
        );
    }

    #[test]
    fn malformed_bodies() {
        let text = format!("\"html{}\"", "x".repeat(1_000));
        for body in ["", "[{", "{}", "7", "[7]", "[null]", "<html>", "[] []", &text] {
            for why in [shape(body).unwrap_err(), list(&format!("{body}]")).unwrap_err()] {
                assert!(!why.contains("html") && why.len() < 100, "{why}");
            }
        }
    }
}
