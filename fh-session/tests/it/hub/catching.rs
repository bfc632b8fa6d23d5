//! Catch & release (sdk-behaviour 2.7, sdk-behaviour 6.5, scenarios C-CR).

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::Value;
use fh_session::{Cause, Environments, Hub, Publication, Readiness, Rules, Subscription};
use serde_json::json;

use super::{Calls, change, flags, hub, publish, ready, ruleset, show, text, text_value};

fn new_states(hub: &Hub) -> (Calls<bool>, Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    (calls, hub.on_new_state(move |state| noted.note(state.is_held)))
}

fn values(hub: &Hub, key: &str) -> (Calls<Option<Value>>, Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    (calls, hub.on_change(key, None, move |change| noted.note(change.new.clone())))
}

fn read(hub: &Hub, key: &str) -> (Option<Arc<str>>, i64) {
    (hub.string(key, None), hub.detail(key, None).version)
}

/// Scenarios C-CR-001 and C-CR-002.
#[test]
fn a_held_update_is_seen_when_it_is_released() {
    let hub = ready(&json!([text("a", 1, "old")]));
    let (states, _states) = new_states(&hub);
    let (calls, _calls) = values(&hub, "a");
    hub.catch_updates();
    change(&hub, &json!([text("a", 2, "new")]));
    assert_eq!(read(&hub, "a"), (Some("old".into()), 1));
    assert_eq!((states.take(), calls.len()), (vec![true], 0));
    assert!(hub.is_holding());
    hub.release();
    hub.deliver();
    assert_eq!(read(&hub, "a"), (Some("new".into()), 2));
    assert_eq!(calls.take(), [text_value("new")]);
    assert_eq!(states.len(), 0, "releasing is no new state");
    assert!(hub.is_catching() && !hub.is_holding());
    change(&hub, &json!([text("a", 3, "newer")]));
    assert_eq!(read(&hub, "a"), (Some("new".into()), 2), "it goes on catching");
}

/// Scenario C-CR-003.
#[test]
fn the_first_list_passes() {
    let hub = hub();
    hub.catch_updates();
    publish(&hub, Cause::First, &json!([text("a", 1, "first")]));
    show(&hub, Readiness::Ready);
    assert_eq!(read(&hub, "a"), (Some("first".into()), 1));
    change(&hub, &json!([text("a", 2, "second")]));
    assert_eq!(read(&hub, "a"), (Some("first".into()), 1));
}

/// A single update before any list is held like any other. The list then contains all features.
#[test]
fn an_update_before_the_first_list_is_held() {
    let hub = hub();
    hub.catch_updates();
    publish(&hub, Cause::Change, &json!([text("a", 1, "alone")]));
    assert!(!hub.exists("a"));
    publish(&hub, Cause::First, &json!([text("a", 2, "list")]));
    assert_eq!(read(&hub, "a"), (Some("list".into()), 2));
    assert!(!hub.is_holding());
}

/// Scenario C-CR-004: deletes are held. JavaScript applies them.
#[test]
fn a_delete_is_held() {
    let hub = ready(&json!([text("a", 1, "x"), text("b", 1, "y")]));
    let (states, _states) = new_states(&hub);
    let (calls, _calls) = values(&hub, "a");
    hub.catch_updates();
    change(&hub, &json!([text("b", 1, "y")]));
    assert_eq!(read(&hub, "a"), (Some("x".into()), 1));
    assert_eq!((states.take(), calls.len()), (vec![true], 0));
    hub.release();
    hub.deliver();
    assert!(!hub.exists("a") && hub.exists("b"));
    assert_eq!(calls.take(), [None]);
}

/// Scenarios C-CR-005 and C-CR-006: of several held updates the last one is released, once.
#[test]
fn the_last_of_several_is_released() {
    let hub = ready(&json!([text("a", 1, "1")]));
    let (states, _states) = new_states(&hub);
    let (calls, _calls) = values(&hub, "a");
    hub.catch_updates();
    for version in 2..5 {
        publish(&hub, Cause::Change, &json!([text("a", version, &version.to_string())]));
    }
    hub.deliver();
    assert_eq!(states.take(), [true, true, true], "one for each");
    hub.release();
    hub.deliver();
    assert_eq!(calls.take(), [text_value("4")]);
}

/// Another value of the same version is held as well. JavaScript loses it.
#[test]
fn another_value_of_the_same_version_is_held() {
    let hub = ready(&json!([text("a", 1, "1")]));
    hub.catch_updates();
    publish(&hub, Cause::Change, &json!([text("a", 1, "2")]));
    assert_eq!(read(&hub, "a").0.as_deref(), Some("1"));
    hub.release();
    assert_eq!(read(&hub, "a").0.as_deref(), Some("2"));
}

/// Updates that no reader can see are held as well, without an event.
#[test]
fn versions_alone_are_held_silently() {
    let hub = ready(&json!([text("a", 1, "1")]));
    let (states, _states) = new_states(&hub);
    hub.catch_updates();
    publish(&hub, Cause::Unseen, &json!([text("a", 2, "1")]));
    hub.deliver();
    assert_eq!((read(&hub, "a").1, states.len(), hub.is_holding()), (1, 0, false));
    hub.release();
    assert_eq!(read(&hub, "a").1, 2);
}

/// Scenario C-CR-007.
#[test]
fn to_stop_catching_releases_and_lets_updates_through() {
    let hub = ready(&json!([text("a", 1, "1")]));
    let (calls, _calls) = values(&hub, "a");
    hub.catch_updates();
    change(&hub, &json!([text("a", 2, "2")]));
    hub.stop_catching();
    hub.deliver();
    assert_eq!(calls.take(), [text_value("2")]);
    assert!(!hub.is_catching());
    change(&hub, &json!([text("a", 3, "3")]));
    assert_eq!(calls.take(), [text_value("3")]);
}

/// Scenario C-CR-009.
#[test]
fn a_new_feature_is_unknown_until_it_is_released() {
    let hub = ready(&json!([text("a", 1, "1")]));
    let (calls, _calls) = values(&hub, "b");
    hub.catch_updates();
    change(&hub, &json!([text("a", 1, "1"), text("b", 1, "new")]));
    assert!(!hub.exists("b"));
    assert_eq!((hub.keys().len(), calls.len()), (1, 0));
    hub.release();
    hub.deliver();
    assert_eq!(calls.take(), [text_value("new")]);
}

/// If something is held when a listener is registered, the dispatcher notifies this listener, and no other.
#[test]
fn one_who_comes_late_is_told_what_is_held() {
    let hub = ready(&json!([text("a", 1, "1")]));
    let (early, _early) = new_states(&hub);
    hub.catch_updates();
    publish(&hub, Cause::Change, &json!([text("a", 2, "2")]));
    // The event is still in the queue. The new listener gets its own event only, not both.
    let (late, _late) = new_states(&hub);
    assert_eq!(late.len(), 0);
    hub.deliver();
    assert_eq!((early.take(), late.take()), (vec![true], vec![true]));
    hub.release();
    let (later, _later) = new_states(&hub);
    hub.deliver();
    assert_eq!((early.len(), late.len(), later.len()), (0, 0, 0));
}

/// A program can show which features are held.
#[test]
fn what_is_held_has_keys() {
    let hub =
        ready(&json!([text("a", 1, "1"), text("b", 1, "1"), text("c", 1, "1"), text("v", 1, "1")]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _states = hub.on_new_state(move |state| noted.note(state.keys.to_vec()));
    hub.catch_updates();
    assert!(hub.held().is_empty());
    change(
        &hub,
        &json!([text("a", 2, "2"), text("b", 1, "1"), text("d", 1, "1"), text("v", 2, "1")]),
    );
    let keys = ["a", "d", "c"].map(Box::from);
    assert_eq!((calls.take(), hub.held()), (vec![keys.to_vec()], keys.to_vec()));
    change(&hub, &json!([text("b", 2, "2"), text("d", 1, "1"), text("v", 2, "1")]));
    let news = vec![vec![Box::from("b"), "a".into()]];
    assert_eq!(calls.take(), news, "what this update changed");
    assert_eq!(hub.held(), ["b", "d", "a", "c"].map(Box::from), "what releasing would change");
    let late = Calls::new();
    let noted = late.clone();
    let _late = hub.on_new_state(move |state| noted.note(state.keys.to_vec()));
    hub.deliver();
    assert_eq!(late.take(), [hub.held()]);
    hub.release_only(["a"]);
    assert_eq!(hub.held(), ["b", "d", "c"].map(Box::from));
    hub.release();
    assert!(hub.held().is_empty());
}

/// A listener that is registered while something is held sees it at the release.
#[test]
fn a_listener_registered_while_holding_sees_the_release() {
    let hub = ready(&json!([text("a", 1, "1")]));
    hub.catch_updates();
    change(&hub, &json!([text("a", 2, "2")]));
    let (calls, _calls) = values(&hub, "a");
    hub.deliver();
    assert_eq!(calls.len(), 0);
    hub.release();
    hub.deliver();
    assert_eq!(calls.take(), [text_value("2")]);
}

#[test]
fn releasing_nothing_is_harmless() {
    let hub = ready(&json!([text("a", 1, "1")]));
    let generation = hub.generation();
    hub.release();
    hub.release_only(["a", "b"]);
    hub.release_only::<&str>([]);
    hub.stop_catching();
    hub.catch_updates();
    hub.release();
    assert_eq!(hub.generation(), generation);
    let empty = super::hub();
    empty.release();
    empty.release_only(["a"]);
    assert!(empty.keys().is_empty());
}

/// Changed, new and deleted features can be released by key. The others stay held.
#[test]
fn named_features_are_released_alone() {
    let hub = ready(&json!([text("a", 1, "1"), text("b", 1, "1"), text("c", 1, "1")]));
    let (a, _a) = values(&hub, "a");
    let (b, _b) = values(&hub, "b");
    let (states, _states) = new_states(&hub);
    hub.catch_updates();
    publish(&hub, Cause::Change, &json!([text("a", 2, "2"), text("b", 2, "2"), text("d", 1, "1")]));
    hub.deliver();
    assert_eq!(states.take(), [true]);
    hub.release_only(["a"]);
    hub.deliver();
    assert_eq!((a.take(), b.len()), (vec![text_value("2")], 0));
    assert_eq!((read(&hub, "b").1, hub.exists("c"), hub.exists("d")), (1, true, false));
    assert!(hub.is_holding() && hub.is_catching());
    hub.release_only(["c".to_owned(), "d".to_owned(), "unknown".to_owned()]);
    assert!(!hub.exists("c") && hub.exists("d") && hub.is_holding());
    assert_eq!(read(&hub, "b").1, 1);
    hub.release_only(["b"]);
    assert!(!hub.is_holding(), "everything is released, one by one");
    hub.release();
    hub.deliver();
    assert_eq!((read(&hub, "b").1, states.len()), (2, 0));
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
    let hub = hub();
    let old = several(false, &[("a", "e1"), ("b", "e1")]);
    hub.publish(Publication { rules: old, cause: Cause::First });
    show(&hub, Readiness::Ready);
    hub.catch_updates();
    let new = several(true, &[("a", "e2"), ("b", "e2")]);
    hub.publish(Publication { rules: new, cause: Cause::Change });
    hub.release_only(["a"]);
    let environment = |key| hub.detail(key, None).environment;
    assert_eq!(environment("a").as_deref(), Some("e2"));
    assert_eq!(environment("b").as_deref(), Some("e1"));
    assert_eq!((hub.boolean("a", None), hub.boolean("b", None)), (Some(true), Some(false)));
}

/// Values of two contexts are never mixed, so all features are released.
#[test]
fn features_of_two_contexts_are_released_together() {
    let (fred, mara) = (super::user("fred"), super::user("mara"));
    let hub = hub();
    let list = |value| flags(&[("a", value), ("b", value)]);
    let rules = super::evaluated_for(&fred, &list(false), &[]);
    hub.publish(Publication { rules, cause: Cause::First });
    show(&hub, Readiness::Ready);
    hub.catch_updates();
    let rules = super::evaluated_for(&mara, &list(true), &[]);
    hub.publish(Publication { rules, cause: Cause::Change });
    hub.release_only(["a"]);
    assert_eq!(hub.boolean("b", Some(&mara)), Some(true));
    assert_eq!(hub.boolean("b", Some(&fred)), None);
    assert!(!hub.is_holding());
}

/// Only visible differences count as held. A member that is null, or that names the feature's environment, is not one.
#[test]
fn what_no_reader_can_tell_apart_is_not_held() {
    let hub = ready(&json!([text("a", 1, "old"), text("b", 1, "same"), text("c", 1, "same")]));
    hub.catch_updates();
    let mut with_more = text("b", 2, "same");
    with_more["environmentId"] = json!("e");
    with_more["fp"] = json!(null);
    let mut with_more_still = text("c", 2, "same");
    with_more_still["l"] = json!(false);
    change(&hub, &json!([text("a", 2, "new"), with_more, with_more_still]));
    assert_eq!(hub.held(), ["a".into()]);
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
fn revoked_environments_leave_at_once_and_others_stay_held() {
    let hub = hub();
    hub.publish(Publication { rules: of_two("old", "old", "old"), cause: Cause::First });
    show(&hub, Readiness::Ready);
    hub.deliver();
    let (calls, _calls) = values(&hub, "a");
    let (states, _states) = new_states(&hub);
    hub.catch_updates();
    hub.publish(Publication { rules: of_two("new", "new", "old"), cause: Cause::Change });
    hub.deliver();
    assert_eq!(states.take(), [true]);
    hub.revoke(&["e".into()]);
    hub.deliver();
    assert_eq!((calls.take(), states.take()), (vec![None], vec![false]));
    assert_eq!(read(&hub, "a"), (None, -1));
    assert_eq!(read(&hub, "b"), (Some("old".into()), 1));
    assert_eq!(hub.held(), [Box::from("b")]);
    assert!(hub.is_catching() && hub.is_holding());
    hub.release();
    assert_eq!(read(&hub, "a"), (None, -1), "nor is it among what was held");
    assert_eq!(read(&hub, "b"), (Some("new".into()), 1));
    // The last update equals what is served, so nothing is held.
    hub.revoke(&["f".into()]);
    let none = Arc::new(Rules::client_evaluated(ruleset(&json!([])), Environments::Unknown));
    hub.publish(Publication { rules: none, cause: Cause::Change });
    assert!(hub.is_catching() && !hub.is_holding());
    assert!(hub.snapshot().keys().is_empty());
    // Revoking an unknown environment changes nothing.
    let generation = hub.generation();
    hub.revoke(&["g".into()]);
    assert_eq!(hub.generation(), generation);
}
