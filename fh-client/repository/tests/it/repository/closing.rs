//! The read side after the end (scenarios C-CLOSE-002 and C-CLOSE-005).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_eval::Value;
use fh_repository::notice::Notice;
use fh_repository::publication::{Cause, RawKind, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::{Flow, InterceptedRead, Interceptor, LockPolicy};

use super::{Calls, change, flags, publish, ready, show};

#[test]
fn listeners_get_the_last_readiness_and_nothing_more() {
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _readiness =
        repository.on_readiness(move |change| noted.note(change.readiness.to_string()));
    let noted = calls.clone();
    let _raw = repository.on_raw(move |_| noted.note("raw".to_owned()));
    let noted = calls.clone();
    let _new_state = repository.on_new_state(move |_| noted.note("new".to_owned()));
    let noted = calls.clone();
    let watch = repository.on_change("a", None, move |_| noted.note("a".to_owned()));
    repository.deliver();
    assert_eq!(calls.take(), ["READY"]);
    // Events from before the end are still delivered.
    publish(&repository, Cause::Change, &flags(&[("a", false)]));
    let closed = SessionStatus {
        readiness: Readiness::Closed,
        connection: Connection::Closed,
        ..SessionStatus::default()
    };
    repository.set_status(closed.clone());
    repository.close();
    repository.deliver();
    assert_eq!(calls.take(), ["new", "CLOSED", "a"]);
    assert_eq!(*repository.status(), closed);
    // Nothing is delivered afterwards.
    let raw = RawUpdate {
        source: Source::Polling,
        environment: None,
        kind: RawKind::List,
        json: "[]".into(),
    };
    repository.raw(raw);
    repository.notice(Notice::FellBackToPolling);
    show(&repository, Readiness::Ready);
    change(&repository, &flags(&[("a", true)]));
    repository.overrides_changed();
    repository.deliver();
    assert_eq!(calls.len(), 0);
    assert_eq!(repository.readiness(), Readiness::Closed, "a late status revives nobody");
    assert_eq!(repository.read().boolean("a", None), Some(false), "the last value answers");
    drop(watch);
    repository.close();
    repository.deliver();
}

/// Held updates stay held, as all later updates are ignored.
#[test]
fn a_closed_repository_releases_nothing() {
    let repository = ready(&flags(&[("a", false), ("b", false)]));
    repository.catch_updates();
    change(&repository, &flags(&[("a", true), ("b", true)]));
    repository.close();
    let generation = repository.generation();
    repository.release_only(["a"]);
    repository.release();
    repository.stop_catching();
    repository.overrides_changed();
    assert_eq!(repository.read().boolean("a", None), Some(false));
    assert_eq!(repository.generation(), generation);
}

/// The driver sets no last status.
#[test]
fn closing_publishes_readiness_closed() {
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _readiness = repository.on_readiness(move |change| noted.note(change.readiness));
    repository.deliver();
    repository.close();
    assert_eq!(repository.readiness(), Readiness::Closed);
    assert!(repository.read().is_enabled("a", None));
    repository.deliver();
    assert_eq!(calls.take(), [Readiness::Ready, Readiness::Closed]);
}

/// Overrides every feature with a switch.
struct Switch(AtomicBool);

impl Interceptor for Switch {
    fn name(&self) -> &str {
        "switch"
    }

    fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
        Flow::Override(Some(Value::Bool(self.0.load(Ordering::SeqCst))))
    }
}

#[test]
fn listeners_registered_after_the_end_get_no_events() {
    let repository = ready(&flags(&[("a", true)]));
    let switch = Arc::new(Switch(AtomicBool::new(true)));
    let _override = repository.intercept(switch.clone(), LockPolicy::Respect);
    repository.close();
    repository.deliver();
    let calls: Calls<()> = Calls::new();
    let noted = calls.clone();
    let nested = repository.on_raw(|_| {});
    let guards = (
        repository.on_change("a", None, move |_| noted.note(())),
        // The function owns a guard, and is dropped at once.
        repository.on_readiness(move |_| {
            let _ = &nested;
        }),
        repository.on_new_state(|_| {}),
    );
    switch.0.store(false, Ordering::SeqCst);
    repository.overrides_changed();
    repository.deliver();
    assert_eq!(calls.len(), 0);
    assert_eq!(repository.read().boolean("a", None), Some(false), "overrides go on answering");
    drop(guards);
}

/// The functions of listeners are dropped at the end, so a function that owns a handle of its repository does not keep it alive for ever.
#[test]
fn closing_breaks_reference_cycles() {
    let repository = ready(&flags(&[("a", true)]));
    let held = Arc::new(());
    let (in_closure, own) = (held.clone(), repository.clone());
    repository
        .on_change("a", None, move |_| {
            let _ = (&in_closure, &own);
        })
        .detach();
    assert_eq!(Arc::strong_count(&held), 2);
    repository.close();
    repository.deliver();
    assert_eq!(Arc::strong_count(&held), 1);
}
