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

/// Scenario C-CR-003.
#[test]
fn the_first_list_passes() {
    let repository = repository();
    repository.catch_updates();
    publish(&repository, Cause::First, &json!([text("a", 1, "first")]));
    show(&repository, Readiness::Ready);
    assert_eq!(read(&repository, "a"), (Some("first".into()), 1));
    change(&repository, &json!([text("a", 2, "second")]));
    assert_eq!(read(&repository, "a"), (Some("first".into()), 1));
}

/// A single update before any list is held like any other. The list then contains all features.
#[test]
fn an_update_before_the_first_list_is_held() {
    let repository = repository();
    repository.catch_updates();
    publish(&repository, Cause::Change, &json!([text("a", 1, "alone")]));
    assert!(!repository.read().exists("a"));
    publish(&repository, Cause::First, &json!([text("a", 2, "list")]));
    assert_eq!(read(&repository, "a"), (Some("list".into()), 2));
    assert!(!repository.is_holding());
}

/// Scenario C-CR-004: deletes are held. JavaScript applies them.
#[test]
fn a_delete_is_held() {
    let repository = ready(&json!([text("a", 1, "x"), text("b", 1, "y")]));
    let (states, _states) = new_states(&repository);
    let (calls, _calls) = values(&repository, "a");
    repository.catch_updates();
    change(&repository, &json!([text("b", 1, "y")]));
    assert_eq!(read(&repository, "a"), (Some("x".into()), 1));
    assert_eq!((states.take(), calls.len()), (vec![true], 0));
    repository.release();
    repository.deliver();
    assert!(!repository.read().exists("a") && repository.read().exists("b"));
    assert_eq!(calls.take(), [None]);
}

/// Scenarios C-CR-005 and C-CR-006: of several held updates the last one is released, once.
#[test]
fn the_last_of_several_is_released() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (states, _states) = new_states(&repository);
    let (calls, _calls) = values(&repository, "a");
    repository.catch_updates();
    for version in 2..5 {
        publish(&repository, Cause::Change, &json!([text("a", version, &version.to_string())]));
    }
    repository.deliver();
    assert_eq!(states.take(), [true, true, true], "one for each");
    repository.release();
    repository.deliver();
    assert_eq!(calls.take(), [text_value("4")]);
}

/// Another value of the same version is held as well. JavaScript loses it.
#[test]
fn another_value_of_the_same_version_is_held() {
    let repository = ready(&json!([text("a", 1, "1")]));
    repository.catch_updates();
    publish(&repository, Cause::Change, &json!([text("a", 1, "2")]));
    assert_eq!(read(&repository, "a").0.as_deref(), Some("1"));
    repository.release();
    assert_eq!(read(&repository, "a").0.as_deref(), Some("2"));
}

/// Updates that no reader can see are held as well, without an event.
#[test]
fn versions_alone_are_held_silently() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (states, _states) = new_states(&repository);
    repository.catch_updates();
    publish(&repository, Cause::Invisible, &json!([text("a", 2, "1")]));
    repository.deliver();
    assert_eq!((read(&repository, "a").1, states.len(), repository.is_holding()), (1, 0, false));
    repository.release();
    assert_eq!(read(&repository, "a").1, 2);
}

/// Scenario C-CR-007.
#[test]
fn to_stop_catching_releases_and_lets_updates_through() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (calls, _calls) = values(&repository, "a");
    repository.catch_updates();
    change(&repository, &json!([text("a", 2, "2")]));
    repository.stop_catching();
    repository.deliver();
    assert_eq!(calls.take(), [text_value("2")]);
    assert!(!repository.is_catching());
    change(&repository, &json!([text("a", 3, "3")]));
    assert_eq!(calls.take(), [text_value("3")]);
}

/// Scenario C-CR-009.
#[test]
fn a_new_feature_is_unknown_until_it_is_released() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (calls, _calls) = values(&repository, "b");
    repository.catch_updates();
    change(&repository, &json!([text("a", 1, "1"), text("b", 1, "new")]));
    assert!(!repository.read().exists("b"));
    assert_eq!((repository.read().keys().len(), calls.len()), (1, 0));
    repository.release();
    repository.deliver();
    assert_eq!(calls.take(), [text_value("new")]);
}

/// If something is held when a listener is registered, the dispatcher notifies this listener, and no other.
#[test]
fn a_new_listener_is_notified_of_held_updates() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (early, _early) = new_states(&repository);
    repository.catch_updates();
    publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
    // The event is still in the queue. The new listener gets its own event only, not both.
    let (late, _late) = new_states(&repository);
    assert_eq!(late.len(), 0);
    repository.deliver();
    assert_eq!((early.take(), late.take()), (vec![true], vec![true]));
    repository.release();
    let (later, _later) = new_states(&repository);
    repository.deliver();
    assert_eq!((early.len(), late.len(), later.len()), (0, 0, 0));
}

/// A program can show which features are held.
#[test]
fn held_updates_have_keys() {
    let repository =
        ready(&json!([text("a", 1, "1"), text("b", 1, "1"), text("c", 1, "1"), text("v", 1, "1")]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _states = repository.on_new_state(move |state| noted.note(state.keys.to_vec()));
    repository.catch_updates();
    assert!(repository.held().is_empty());
    change(
        &repository,
        &json!([text("a", 2, "2"), text("b", 1, "1"), text("d", 1, "1"), text("v", 2, "1")]),
    );
    let keys = ["a", "d", "c"].map(Box::from);
    assert_eq!((calls.take(), repository.held()), (vec![keys.to_vec()], keys.to_vec()));
    change(&repository, &json!([text("b", 2, "2"), text("d", 1, "1"), text("v", 2, "1")]));
    let news = vec![vec![Box::from("b"), "a".into()]];
    assert_eq!(calls.take(), news, "what this update changed");
    assert_eq!(
        repository.held(),
        ["b", "d", "a", "c"].map(Box::from),
        "what releasing would change"
    );
    let late = Calls::new();
    let noted = late.clone();
    let _late = repository.on_new_state(move |state| noted.note(state.keys.to_vec()));
    repository.deliver();
    assert_eq!(late.take(), [repository.held()]);
    repository.release_only(["a"]);
    assert_eq!(repository.held(), ["b", "d", "c"].map(Box::from));
    repository.release();
    assert!(repository.held().is_empty());
}

/// A listener that is registered while something is held sees it at the release.
#[test]
fn a_listener_registered_while_holding_sees_the_release() {
    let repository = ready(&json!([text("a", 1, "1")]));
    repository.catch_updates();
    change(&repository, &json!([text("a", 2, "2")]));
    let (calls, _calls) = values(&repository, "a");
    repository.deliver();
    assert_eq!(calls.len(), 0);
    repository.release();
    repository.deliver();
    assert_eq!(calls.take(), [text_value("2")]);
}

#[test]
fn releasing_nothing_is_harmless() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let generation = repository.generation();
    repository.release();
    repository.release_only(["a", "b"]);
    repository.release_only::<&str>([]);
    repository.stop_catching();
    repository.catch_updates();
    repository.release();
    assert_eq!(repository.generation(), generation);
    let empty = super::repository();
    empty.release();
    empty.release_only(["a"]);
    assert!(empty.read().keys().is_empty());
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

/// What is held is what a release would visibly change. A version alone is not held.
#[test]
fn nothing_is_held_once_all_visible_changes_are_released_or_undone() {
    let repository = ready(&json!([text("a", 1, "1"), text("b", 1, "1")]));
    repository.catch_updates();
    change(&repository, &json!([text("a", 2, "2"), text("b", 2, "1")]));
    repository.release_only(["a"]);
    assert_eq!((read(&repository, "a").1, read(&repository, "b").1), (2, 1));
    assert!(!repository.is_holding() && repository.held().is_empty());
    let (states, _states) = new_states(&repository);
    repository.deliver();
    assert_eq!(states.len(), 0);
    change(&repository, &json!([text("a", 3, "3"), text("b", 2, "1")]));
    assert!(repository.is_holding());
    change(&repository, &json!([text("a", 4, "2"), text("b", 2, "1")]));
    assert!(!repository.is_holding() && repository.held().is_empty());
    assert_eq!(states.take(), [true, true]);
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

/// Values of two contexts are never mixed, so all features are released.
#[test]
fn features_of_two_contexts_are_released_together() {
    let (fred, mara) = (super::user("fred"), super::user("mara"));
    let repository = repository();
    let list = |value| flags(&[("a", value), ("b", value)]);
    let rules = super::evaluated_for(&fred, &list(false), &[]);
    repository.publish(Publication { rules, cause: Cause::First });
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    let rules = super::evaluated_for(&mara, &list(true), &[]);
    repository.publish(Publication { rules, cause: Cause::Change });
    repository.release_only(["a"]);
    assert_eq!(repository.read().boolean("b", Some(&mara)), Some(true));
    assert_eq!(repository.read().boolean("b", Some(&fred)), None);
    assert!(!repository.is_holding());
}

/// Only visible differences count as held. A member that is null, or that names the feature's environment, is not one.
#[test]
fn what_no_reader_can_tell_apart_is_not_held() {
    let repository =
        ready(&json!([text("a", 1, "old"), text("b", 1, "same"), text("c", 1, "same")]));
    repository.catch_updates();
    let mut with_more = text("b", 2, "same");
    with_more["environmentId"] = json!("e");
    with_more["fp"] = json!(null);
    let mut with_more_still = text("c", 2, "same");
    with_more_still["l"] = json!(false);
    change(&repository, &json!([text("a", 2, "new"), with_more, with_more_still]));
    assert_eq!(repository.held(), ["a".into()]);
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
