//! Parses received JSON: the bodies of polls, lists of features, and single features.

use std::collections::HashMap;

use fh_eval::internal::{Listed, wire};

use super::received::Received;

/// One environment in a response: its id and its list of features.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// The id of the environment; `None` if the entry has no id that is a text.
    pub(crate) id: Option<String>,
    /// The features; `None` if the entry has no list of features, which is not the same as an empty list.
    pub(crate) features: Option<Vec<Received<'a>>>,
    /// Number of further elements of the list that can be no features.
    pub(crate) further: usize,
}

impl<'a> Answered<'a> {
    /// Adds the features of another entry for the same environment.
    pub(crate) fn add(&mut self, features: Option<Vec<Received<'a>>>, further: usize) {
        self.further += further;
        if let Some(more) = features {
            self.features.get_or_insert_default().extend(more);
        }
    }
}

/// Splits the body of a poll into environments. The features of entries with the same id are joined, and so are the features of entries
/// without an id. The case of letters in ids does not matter.
///
/// # Errors
/// An error if the body is not a JSON list of objects. The error holds the reason, without any text of the body.
pub(crate) fn environments(body: &str) -> Result<Vec<Answered<'_>>, String> {
    let mut found: Vec<Answered<'_>> = Vec::new();
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    for envelope in wire::environments(body)? {
        let id = envelope.id().map(String::from);
        let features = envelope.into_features();
        let further = features.as_ref().map_or(0, |list| list.further);
        let features = features.map(received);
        let place =
            *places.entry(id.as_deref().map(str::to_ascii_lowercase)).or_insert(found.len());
        match found.get_mut(place) {
            Some(same) => same.add(features, further),
            None => found.push(Answered { id, features, further }),
        }
    }
    Ok(found)
}

/// Splits a JSON list into its elements, which need not be features. Returns them with the number of further elements that can be no
/// features.
///
/// # Errors
/// An error if the text is not a JSON list. The error holds the reason, without any part of the text.
pub(crate) fn list(json: &str) -> Result<(Vec<Received<'_>>, usize), String> {
    let list = wire::features(json)?;
    let further = list.further;
    Ok((received(list), further))
}

fn received(list: Listed<'_>) -> Vec<Received<'_>> {
    list.elements.into_iter().map(Received::new).collect()
}

/// Parses the JSON of one feature or of a delete event. The JSON may have any type.
///
/// # Errors
/// An error if the text is not JSON. The error holds the reason, without any part of the text.
pub(crate) fn one(json: &str) -> Result<Received<'_>, String> {
    wire::one(json).map(Received::new)
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
