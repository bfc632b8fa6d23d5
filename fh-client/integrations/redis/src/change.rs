//! The changes that an update of the client requires in the lists in Redis.

use std::sync::Arc;

use fh_client::{RawKind, RawUpdate, Source};
use fh_eval::internal::wire;

use crate::list::{List, State};

/// A change of the list of one environment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change<'a> {
    /// A list of features was received, or the client holds these features.
    List(List<'a>, Authority),
    /// One feature was created or changed.
    Feature(State<'a>),
    /// The feature with this id was deleted.
    Delete(String),
}

/// The meaning of a list for the stored features that the list does not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// A stored feature that the list does not contain was removed, because the list came from the Edge and is complete.
    All,
    /// A stored feature that the list does not contain may still exist, because the list came from another store or a snapshot, or
    /// is incomplete.
    Some,
}

/// Returns the changes that an update requires, by environment. An update or a list without an environment belongs to the
/// first environment. Environments that no API key can read, and features without an id, are left out.
///
/// # Errors
/// The reason why the update cannot be parsed, as a text that contains no part of the update.
pub(crate) fn changes<'a>(
    update: &'a RawUpdate,
    environments: &[Arc<str>],
) -> Result<Vec<(Arc<str>, Change<'a>)>, String> {
    let known =
        |id: &str| environments.iter().find(|known| known.eq_ignore_ascii_case(id)).cloned();
    let named = update.environment.as_deref();
    let one = |change: Option<Change<'a>>| {
        let id = named.map_or_else(|| environments.first().cloned(), known);
        Ok(id.zip(change).into_iter().collect())
    };
    let json = update.json.as_ref();
    let whole = || wire::one(json);
    match (update.kind, &update.source) {
        (RawKind::Feature, _) => one(State::read(whole()?).map(Change::Feature)),
        (RawKind::Delete, _) => {
            one(State::read(whole()?).map(|state| Change::Delete(state.id.into_owned())))
        }
        (RawKind::List, Source::Polling) => {
            let mut found = Vec::new();
            for (id, list) in polled(json)? {
                let id =
                    named.or(id.as_deref()).map_or_else(|| environments.first().cloned(), known);
                found.extend(id.map(|id| (id, Change::List(list, Authority::All))));
            }
            Ok(found)
        }
        (RawKind::List, source) => {
            let authority = if source.is_edge() { Authority::All } else { Authority::Some };
            one(Some(Change::List(List::parse(json)?, authority)))
        }
    }
}

type Entry<'a> = (Option<String>, List<'a>);

/// Returns the environments in the body of a poll's response, with their lists of features. Environments without a list are
/// left out.
fn polled(body: &str) -> Result<Vec<Entry<'_>>, String> {
    let with_list = wire::environments(body)?.into_iter().filter_map(|envelope| {
        let id = envelope.id().map(String::from);
        Some((id, List::of(envelope.into_features()?.elements)))
    });
    Ok(with_list.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(source: Source, environment: Option<&str>, kind: RawKind, json: &str) -> RawUpdate {
        RawUpdate { source, environment: environment.map(Into::into), kind, json: json.into() }
    }

    fn shape(update: &RawUpdate) -> Vec<(String, String)> {
        let found = changes(update, &["one".into(), "two".into()]).unwrap();
        let text = |change: &Change<'_>| match change {
            Change::List(list, authority) => format!("{authority:?} {}", list.to_json()),
            Change::Feature(state) => format!("feature {} {}", state.id, state.version),
            Change::Delete(id) => format!("delete {id}"),
        };
        found.iter().map(|(id, change)| (id.to_string(), text(change))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(id, what)| (id.to_string(), what.to_string())).collect()
    }

    #[test]
    fn streams_and_stores_send_bare_lists() {
        let json = r#"[{"id":"a"}]"#;
        let streamed = update(Source::Streaming, Some("one"), RawKind::List, json);
        assert_eq!(shape(&streamed), pairs(&[("one", r#"All [{"id":"a"}]"#)]));
        let stored = update(Source::Store("yaml".into()), Some("two"), RawKind::List, json);
        assert_eq!(shape(&stored), pairs(&[("two", r#"Some [{"id":"a"}]"#)]));
    }

    #[test]
    fn polls_send_environments() {
        let body = r#"[{"id":"TWO","features":[{"id":"a"}]},{"id":"one"},{"id":"other","features":[]},{"features":[]}]"#;
        let several = update(Source::Polling, None, RawKind::List, body);
        assert_eq!(shape(&several), pairs(&[("two", r#"All [{"id":"a"}]"#), ("one", "All []")]));
        let one = r#"[{"id":"whatever","features":[{"id":"a"}]}]"#;
        let one = update(Source::Polling, Some("one"), RawKind::List, one);
        assert_eq!(shape(&one), pairs(&[("one", r#"All [{"id":"a"}]"#)]));
    }

    #[test]
    fn single_features() {
        let feature = r#"{"id":"a","version":4}"#;
        let changed = update(Source::Streaming, Some("one"), RawKind::Feature, feature);
        assert_eq!(shape(&changed), pairs(&[("one", "feature a 4")]));
        let deleted = update(Source::Streaming, Some("one"), RawKind::Delete, feature);
        assert_eq!(shape(&deleted), pairs(&[("one", "delete a")]));
        let nameless = update(Source::Streaming, Some("one"), RawKind::Delete, r#"{"key":"A"}"#);
        assert_eq!(shape(&nameless), []);
        let foreign = update(Source::Streaming, Some("three"), RawKind::Feature, feature);
        assert_eq!(shape(&foreign), []);
    }

    #[test]
    fn unreadable_updates_are_errors_without_their_text() {
        for (source, kind) in [
            (Source::Polling, RawKind::List),
            (Source::Streaming, RawKind::List),
            (Source::Streaming, RawKind::Feature),
        ] {
            for json in ["secret", "{\"secret", "\"secret\" 7"] {
                let update = update(source.clone(), Some("one"), kind, json);
                let why = changes(&update, &["one".into()]).unwrap_err();
                assert!(!why.contains("secret"), "{why}");
            }
        }
        for source in [Source::Polling, Source::Streaming] {
            let update = update(source, Some("one"), RawKind::List, "\"secret\"");
            let why = changes(&update, &["one".into()]).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
