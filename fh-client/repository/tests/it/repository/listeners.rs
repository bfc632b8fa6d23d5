//! Change listeners (D-63, sdk-behaviour 2.5, scenarios C-LISTEN).

use std::sync::{Arc, Mutex};

use fh_eval::{Attributes, Value};
use fh_repository::publication::Cause;
use fh_repository::{Change, Repository, Subscription};
use serde_json::json;

use super::{
    Calls, PLANNED, change, flag, flags, plan, publish, quietly, ready, repository, text,
    text_value,
};

fn listen(
    repository: &Repository,
    key: &str,
    attributes: Option<&Arc<Attributes>>,
) -> (Calls<Change>, Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    let guard = repository.on_change(key, attributes, move |change| noted.note(change.clone()));
    (calls, guard)
}

fn typed(kind: &str, value: &serde_json::Value, version: i64) -> serde_json::Value {
    json!([{"id": "1", "key": "a", "type": kind, "value": value, "version": version}])
}

/// Scenarios C-LISTEN-001 and C-LISTEN-002, for each type: the first value, the same value, another value, another version, and another
/// value of the same version.
#[test]
fn one_call_for_each_real_change() {
    let rows = [
        ("BOOLEAN", json!(true), json!(false)),
        ("STRING", json!("x"), json!("")),
        ("NUMBER", json!("7.5"), json!(0)),
        ("JSON", json!("{}"), json!("[]")),
        ("STRING", json!("x"), json!(null)),
    ];
    for (kind, one, other) in rows {
        let repository = ready(&typed(kind, &one, 1));
        let (calls, _guard) = listen(&repository, "a", None);
        repository.deliver();
        assert_eq!(calls.len(), 0, "{kind}: not called at once");
        change(&repository, &typed(kind, &one, 1));
        assert_eq!(calls.len(), 0, "{kind}: the same again");
        change(&repository, &typed(kind, &other, 2));
        let told = calls.take();
        assert_eq!(told.len(), 1, "{kind}: another value");
        assert_ne!(told[0].old, told[0].new);
        assert_eq!((told[0].version, told[0].exists), (2, true));
        assert_eq!(told[0].new, repository.read().value("a", None));
        publish(&repository, Cause::Invisible, &typed(kind, &other, 3));
        repository.deliver();
        assert_eq!(calls.len(), 0, "{kind}: another version only");
        change(&repository, &typed(kind, &one, 3));
        assert_eq!(calls.take().len(), 1, "{kind}: another value of the same version");
        repository.deliver();
        assert_eq!(calls.len(), 0);
    }
}

/// The same number in another notation is no change. Published SDKs call listeners here.
#[test]
fn the_same_number_is_no_change() {
    let repository = ready(&typed("NUMBER", &json!("7.50"), 1));
    let (calls, _guard) = listen(&repository, "a", None);
    change(&repository, &typed("NUMBER", &json!(7.5), 2));
    assert_eq!(calls.len(), 0);
}

fn by_plan(base: &str, gold: &str) -> serde_json::Value {
    json!([{"id": "1", "key": "a", "type": "STRING", "value": base, "strategies": [{"id": "s",
        "value": gold, "attributes": [{"fieldName": "plan", "type": "STRING",
        "conditional": "EQUALS", "values": ["gold"]}]}]}])
}

/// Scenario C-LISTEN-003: each listener sees the value for its own context.
#[test]
fn each_listener_sees_with_its_own_context() {
    let repository = ready(&by_plan("x", "y"));
    let (gold, silver) = (plan("gold"), plan("silver"));
    let (nobody_calls, _nobody) = listen(&repository, "a", None);
    let (gold_calls, _gold) = listen(&repository, "a", Some(&gold));
    let (silver_calls, _silver) = listen(&repository, "a", Some(&silver));
    let lens = || (nobody_calls.take().len(), gold_calls.take().len(), silver_calls.take().len());
    // Only the strategy's value changes.
    change(&repository, &by_plan("x", "z"));
    assert_eq!(lens(), (0, 1, 0));
    // Only the default value changes.
    change(&repository, &by_plan("w", "z"));
    assert_eq!(lens(), (1, 0, 1));
    // Both values change, and each listener gets its own.
    change(&repository, &by_plan("1", "2"));
    assert_eq!(nobody_calls.take()[0].new, text_value("1"));
    assert_eq!(gold_calls.take()[0].new, text_value("2"));
    assert_eq!(silver_calls.take()[0].old, text_value("w"));
}

/// Scenario C-LISTEN-004.
#[test]
fn a_lock_that_flips_is_told_to_all() {
    let locked = |l: bool| {
        let mut list = by_plan("x", "y");
        list[0]["l"] = l.into();
        list
    };
    let repository = ready(&locked(false));
    let gold = plan("gold");
    let (calls, _guard) = listen(&repository, "a", None);
    let (gold_calls, _gold) = listen(&repository, "a", Some(&gold));
    change(&repository, &locked(true));
    for calls in [&calls, &gold_calls] {
        let told = calls.take();
        assert_eq!(told.len(), 1);
        assert!(told[0].is_locked && !told[0].was_locked);
        assert_eq!(told[0].old, told[0].new);
    }
    change(&repository, &locked(false));
    assert!(calls.take()[0].was_locked);
}

/// Scenario C-LISTEN-005.
#[test]
fn a_removed_listener_is_not_called() {
    let repository = ready(&flags(&[("a", true)]));
    let (removed_calls, removed) = listen(&repository, "a", None);
    let (calls, _guard) = listen(&repository, "a", None);
    publish(&repository, Cause::Change, &flags(&[("a", false)]));
    drop(removed);
    repository.deliver();
    assert_eq!((removed_calls.len(), calls.take().len()), (0, 1));
}

/// The listener is removed by another one of the same delivery, which was registered before it.
#[test]
fn a_listener_removed_during_a_delivery_is_not_called() {
    let repository = ready(&flags(&[("a", true)]));
    let victims: Arc<Mutex<Vec<Subscription>>> = Arc::default();
    let (in_watch, in_raw) = (victims.clone(), victims.clone());
    let _watch = repository.on_change("a", None, move |_| in_watch.lock().unwrap().clear());
    let _raw = repository.on_new_state(move |_| in_raw.lock().unwrap().clear());
    let calls = Calls::new();
    let noted = calls.clone();
    victims.lock().unwrap().push(repository.on_change("a", None, move |_| noted.note("a")));
    let noted = calls.clone();
    victims.lock().unwrap().push(repository.on_new_state(move |_| noted.note("new")));
    publish(&repository, Cause::Invisible, &flags(&[("a", false)]));
    repository.deliver();
    assert_eq!(calls.take().len(), 0, "the watcher");
    let noted = calls.clone();
    victims.lock().unwrap().push(repository.on_new_state(move |_| noted.note("new")));
    change(&repository, &flags(&[("a", true)]));
    assert_eq!(calls.take().len(), 0, "the listener on new states");
}

#[test]
fn a_detached_listener_stays() {
    let repository = ready(&flags(&[("a", true)]));
    let (calls, guard) = listen(&repository, "a", None);
    guard.detach();
    change(&repository, &flags(&[("a", false)]));
    assert_eq!(calls.len(), 1);
}

#[test]
fn a_guard_may_outlive_its_hub() {
    let repository = ready(&flags(&[("a", true)]));
    let (_calls, guard) = listen(&repository, "a", None);
    drop(repository);
    drop(guard);
}

/// Scenario C-LISTEN-006.
#[cfg(panic = "unwind")]
#[test]
fn listeners_are_called_after_another_one_panicked() {
    let repository = ready(&flags(&[("a", true)]));
    let _panics = repository.on_change("a", None, |_| panic!("{PLANNED}"));
    let (calls, _guard) = listen(&repository, "a", None);
    quietly(|| change(&repository, &flags(&[("a", false)])));
    assert_eq!(calls.take().len(), 1);
    assert_eq!(repository.counters().listener_panics, 1);
    change(&repository, &flags(&[("a", true)]));
    assert_eq!(calls.take().len(), 1);
    assert_eq!(repository.counters().listener_panics, 2, "it is called again all the same");
}

/// The payload of the panic panics when it is dropped.
#[cfg(panic = "unwind")]
#[test]
fn a_panic_payload_that_panics_is_leaked() {
    struct Spite;
    impl Drop for Spite {
        fn drop(&mut self) {
            panic!("{PLANNED}");
        }
    }
    let repository = ready(&flags(&[("a", true)]));
    let _panics = repository.on_change("a", None, |_| std::panic::resume_unwind(Box::new(Spite)));
    let (calls, _guard) = listen(&repository, "a", None);
    quietly(|| change(&repository, &flags(&[("a", false)])));
    assert_eq!((calls.len(), repository.counters().listener_panics), (1, 1));
}

/// Scenario C-LISTEN-007.
#[test]
fn a_listener_may_read_subscribe_unsubscribe_release_and_publish() {
    let repository = ready(&flags(&[("a", true), ("b", true)]));
    let calls = Calls::new();
    let own: Arc<Mutex<Option<Subscription>>> = Arc::default();
    let inner: Arc<Mutex<Vec<Subscription>>> = Arc::default();
    let guard = repository.on_change("a", None, {
        let (repository, calls, own, inner) =
            (repository.clone(), calls.clone(), own.clone(), inner.clone());
        move |_| {
            calls.note(format!("a, b is {:?}", repository.read().boolean("b", None)));
            let noted = calls.clone();
            let guard = repository.on_change("b", None, move |_| noted.note("b".to_owned()));
            inner.lock().unwrap().push(guard);
            own.lock().unwrap().take();
            repository.catch_updates();
            publish(&repository, Cause::Change, &flags(&[("a", true), ("b", false)]));
            repository.stop_catching();
            repository.deliver();
        }
    });
    *own.lock().unwrap() = Some(guard);
    change(&repository, &flags(&[("a", false), ("b", true)]));
    // The second change came during the delivery of the first one. By then the listener on `a` was removed.
    assert_eq!(calls.take(), ["a, b is Some(true)", "b"]);
    change(&repository, &flags(&[("a", false), ("b", true)]));
    assert_eq!(calls.take(), ["b"]);
    repository.close();
    repository.deliver();
}

/// A listener's function may own the guard of another subscription. Dropping the function ends that subscription.
#[test]
fn a_function_may_own_a_guard() {
    let repository = ready(&flags(&[("a", true), ("b", true)]));
    let (calls, owned) = listen(&repository, "b", None);
    let owner = repository.on_change("a", None, move |_| {
        let _ = &owned;
    });
    change(&repository, &flags(&[("a", true), ("b", false)]));
    assert_eq!(calls.take().len(), 1);
    drop(owner);
    change(&repository, &flags(&[("a", true), ("b", true)]));
    assert_eq!(calls.len(), 0);
}

/// Scenario C-LISTEN-009 and sdk-behaviour 2.2: listeners survive a deletion.
#[test]
fn deletes_and_new_creations_are_events() {
    let repository = ready(&json!([flag("a", true), flag("b", true)]));
    let (calls, _guard) = listen(&repository, "a", None);
    change(&repository, &flags(&[("b", true)]));
    let told = calls.take();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].exists, told[0].version, &told[0].new), (false, -1, &None));
    assert_eq!(told[0].old, Some(Value::Bool(true)));
    change(&repository, &json!([flag("b", true), flag("a", true)]));
    let told = calls.take();
    assert_eq!(told.len(), 1);
    assert!(told[0].exists);
    assert_eq!((&told[0].old, &told[0].new), (&None, &Some(Value::Bool(true))));
}

/// The listeners watch a feature that does not exist yet, before and after the first list.
#[test]
fn the_creation_of_a_feature_is_a_change() {
    let repository = repository();
    let (early, _early) = listen(&repository, "a", None);
    let (late, _late) = listen(&repository, "b", None);
    repository.deliver();
    assert_eq!((early.len(), late.len()), (0, 0));
    publish(&repository, Cause::First, &flags(&[("a", false)]));
    repository.deliver();
    assert_eq!((early.take().len(), late.len()), (1, 0));
    change(&repository, &flags(&[("a", false), ("b", false)]));
    assert_eq!((early.len(), late.take().len()), (0, 1));
}

/// Scenario C-LISTEN-010: a listener reads other features of the same list.
#[test]
fn a_listener_sees_the_whole_list() {
    let repository = ready(&json!([text("a", 1, "1"), text("b", 1, "1")]));
    let calls = Calls::new();
    let guards = ["a", "b"].map(|key| {
        let (repository, calls) = (repository.clone(), calls.clone());
        repository.clone().on_change(key, None, move |change| {
            calls.note((
                change.key.clone(),
                repository.read().string("a", None),
                repository.read().string("b", None),
            ));
        })
    });
    change(&repository, &json!([text("a", 2, "2"), text("b", 2, "2")]));
    let two = Some(Arc::from("2"));
    let expected = ["a", "b"].map(|key| (Arc::from(key), two.clone(), two.clone()));
    assert_eq!(calls.take(), expected);
    drop(guards);
    repository.close();
    repository.deliver();
}

/// Listeners are level-triggered: a state that did not last until the delivery is skipped, and a value that changed back is no change.
#[test]
fn states_that_did_not_last_are_skipped() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (calls, _guard) = listen(&repository, "a", None);
    publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
    publish(&repository, Cause::Change, &json!([text("a", 3, "3")]));
    repository.deliver();
    let told = calls.take();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].old, &told[0].new), (&text_value("1"), &text_value("3")));
    publish(&repository, Cause::Change, &json!([text("a", 4, "4")]));
    publish(&repository, Cause::Change, &json!([text("a", 5, "3")]));
    repository.deliver();
    assert_eq!(calls.len(), 0);
}

/// A listener starts with the current value, even if the last change was not delivered yet.
#[test]
fn a_listener_starts_from_the_present_state() {
    let repository = ready(&json!([text("a", 1, "1")]));
    publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
    let (calls, _guard) = listen(&repository, "a", None);
    repository.deliver();
    assert_eq!(calls.len(), 0);
}

/// Events of new states (sdk-behaviour 2.5): none for the first list, one for each later change, none if nothing changed.
#[cfg(panic = "unwind")]
#[test]
fn new_state_is_told_once_for_each_change() {
    let repository = repository();
    let calls = Calls::new();
    let noted = calls.clone();
    let _panics = repository.on_new_state(|_| panic!("{PLANNED}"));
    let _guard = repository.on_new_state(move |state| noted.note(state.is_held));
    publish(&repository, Cause::Change, &flags(&[("x", true)]));
    repository.deliver();
    assert_eq!(calls.len(), 0, "before the first list");
    publish(&repository, Cause::First, &json!([text("a", 1, "1")]));
    repository.deliver();
    assert_eq!(calls.len(), 0, "the first list");
    quietly(|| change(&repository, &json!([text("a", 2, "2")])));
    assert_eq!(calls.take(), [false]);
    publish(&repository, Cause::Invisible, &json!([text("a", 3, "2")]));
    repository.deliver();
    assert_eq!(calls.len(), 0, "only a version");
    publish(&repository, Cause::Change, &json!([text("a", 4, "4")]));
    publish(&repository, Cause::Change, &json!([text("a", 5, "5")]));
    repository.deliver();
    assert_eq!(calls.take(), [false, false], "each of them");
}
