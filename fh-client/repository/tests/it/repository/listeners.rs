//! Change listeners (D-63, sdk-behaviour 2.5, scenarios C-LISTEN).

use std::sync::{Arc, Mutex};

use fh_eval::Attributes;
use fh_repository::publication::Cause;
use fh_repository::{Change, Repository, Subscription};
use serde_json::json;

use super::{Calls, PLANNED, change, flags, publish, quietly, ready, text, text_value};

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
