//! Catch & release (sdk-behaviour 2.7, scenarios C-CR).

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::Value;
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules};
use fh_repository::{Repository, Subscription};
use serde_json::json;

use super::{Calls, change, flags, publish, ready, repository, ruleset, show, text, text_value};

fn new_states(repository: &Repository) -> (Calls<bool>, Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    (calls, repository.on_new_state(move |state| noted.note(state.is_held)))
}

fn values(repository: &Repository, key: &str) -> (Calls<Option<Value>>, Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    (calls, repository.on_change(key, None, move |change| noted.note(change.new.clone())))
}

fn read(repository: &Repository, key: &str) -> (Option<Arc<str>>, i64) {
    (repository.read().string(key, None), repository.read().detail(key, None).version)
}

/// Scenarios C-CR-001 and C-CR-002.
#[test]
fn a_held_update_is_seen_when_it_is_released() {
    let repository = ready(&json!([text("a", 1, "old")]));
    let (states, _states) = new_states(&repository);
    let (calls, _calls) = values(&repository, "a");
    repository.catch_updates();
    change(&repository, &json!([text("a", 2, "new")]));
    assert_eq!(read(&repository, "a"), (Some("old".into()), 1));
    assert_eq!((states.take(), calls.len()), (vec![true], 0));
    assert!(repository.is_holding());
    repository.release();
    repository.deliver();
    assert_eq!(read(&repository, "a"), (Some("new".into()), 2));
    assert_eq!(calls.take(), [text_value("new")]);
    assert_eq!(states.len(), 0, "releasing is no new state");
    assert!(repository.is_catching() && !repository.is_holding());
    change(&repository, &json!([text("a", 3, "newer")]));
    assert_eq!(read(&repository, "a"), (Some("new".into()), 2), "it goes on catching");
}

/// Changed, new and deleted features can be released by key. The others stay held.
#[test]
fn named_features_are_released_alone() {
    let repository = ready(&json!([text("a", 1, "1"), text("b", 1, "1"), text("c", 1, "1")]));
    let (a, _a) = values(&repository, "a");
    let (b, _b) = values(&repository, "b");
    let (states, _states) = new_states(&repository);
    repository.catch_updates();
    publish(
        &repository,
        Cause::Change,
        &json!([text("a", 2, "2"), text("b", 2, "2"), text("d", 1, "1")]),
    );
    repository.deliver();
    assert_eq!(states.take(), [true]);
    repository.release_only(["a"]);
    repository.deliver();
    assert_eq!((a.take(), b.len()), (vec![text_value("2")], 0));
    assert_eq!(
        (read(&repository, "b").1, repository.read().exists("c"), repository.read().exists("d")),
        (1, true, false)
    );
    assert!(repository.is_holding() && repository.is_catching());
    repository.release_only(["c".to_owned(), "d".to_owned(), "unknown".to_owned()]);
    assert!(
        !repository.read().exists("c") && repository.read().exists("d") && repository.is_holding()
    );
    assert_eq!(read(&repository, "b").1, 1);
    repository.release_only(["b"]);
    assert!(!repository.is_holding(), "everything is released, one by one");
    repository.release();
    repository.deliver();
    assert_eq!((read(&repository, "b").1, states.len()), (2, 0));
    assert_eq!(b.take(), [text_value("2")]);
}

/// A released feature has the environment of the held update.
#[test]
fn a_released_feature_brings_its_environment() {
    let several = |value: bool, by_key: &[(&str, &str)]| {
        let environments: HashMap<Box<str>, Arc<str>> =
            by_key.iter().map(|(key, id)| ((*key).into(), (*id).into())).collect();
        let list = flags(&by_key.iter().map(|(key, _)| (*key, value)).collect::<Vec<_>>());
        let rules = Rules::client_evaluated(ruleset(&list), Environments::Several(environments));
        Arc::new(rules)
    };
    let repository = repository();
    let old = several(false, &[("a", "e1"), ("b", "e1")]);
    repository.publish(Publication { rules: old, cause: Cause::First });
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    let new = several(true, &[("a", "e2"), ("b", "e2")]);
    repository.publish(Publication { rules: new, cause: Cause::Change });
    repository.release_only(["a"]);
    let environment = |key| repository.read().detail(key, None).environment;
    assert_eq!(environment("a").as_deref(), Some("e2"));
    assert_eq!(environment("b").as_deref(), Some("e1"));
    assert_eq!(
        (repository.read().boolean("a", None), repository.read().boolean("b", None)),
        (Some(true), Some(false))
    );
}

/// Returns rules of two environments: `e` has `a`, `f` has `b` and `c`.
fn of_two(a: &str, b: &str, c: &str) -> Arc<Rules> {
    let features = json!([text("a", 1, a), text("b", 1, b), text("c", 1, c)]);
    let environments = [("a", "e"), ("b", "f"), ("c", "f")];
    let environments = environments.map(|(key, id)| (Box::from(key), Arc::from(id)));
    let environments = Environments::Several(HashMap::from(environments));
    Arc::new(Rules::client_evaluated(ruleset(&features), environments))
}

#[test]
fn revoked_environments_are_removed_at_once_and_others_stay_held() {
    let repository = repository();
    repository.publish(Publication { rules: of_two("old", "old", "old"), cause: Cause::First });
    show(&repository, Readiness::Ready);
    repository.deliver();
    let (calls, _calls) = values(&repository, "a");
    let (states, _states) = new_states(&repository);
    repository.catch_updates();
    repository.publish(Publication { rules: of_two("new", "new", "old"), cause: Cause::Change });
    repository.deliver();
    assert_eq!(states.take(), [true]);
    repository.revoke(&["e".into()]);
    repository.deliver();
    assert_eq!((calls.take(), states.take()), (vec![None], vec![false]));
    assert_eq!(read(&repository, "a"), (None, -1));
    assert_eq!(read(&repository, "b"), (Some("old".into()), 1));
    assert_eq!(repository.held(), [Box::from("b")]);
    assert!(repository.is_catching() && repository.is_holding());
    repository.release();
    assert_eq!(read(&repository, "a"), (None, -1), "nor is it among what was held");
    assert_eq!(read(&repository, "b"), (Some("new".into()), 1));
    // The last update equals what is served, so nothing is held.
    repository.revoke(&["f".into()]);
    let none = Arc::new(Rules::client_evaluated(ruleset(&json!([])), Environments::Unknown));
    repository.publish(Publication { rules: none, cause: Cause::Change });
    assert!(repository.is_catching() && !repository.is_holding());
    assert!(repository.snapshot().keys().is_empty());
    // Revoking an unknown environment changes nothing.
    let generation = repository.generation();
    repository.revoke(&["g".into()]);
    assert_eq!(repository.generation(), generation);
}
