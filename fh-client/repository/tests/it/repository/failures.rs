//! Listeners, interceptors and observers that report a failure without a panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fh_eval::Value;
use fh_repository::notice::Notice;
use fh_repository::publication::Cause;
use fh_repository::{
    Dispatch, Failed, Flow, InterceptedRead, Interceptor, LockPolicy, Observer, UsageEvent,
    UsageOptions, report_listener_failure,
};

use super::{Calls, flags, publish, ready};

#[test]
fn a_failure_of_a_listener_counts_once_for_each_call() {
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _fails = repository.on_change("a", None, move |change| {
        noted.note(change.is_locked);
        report_listener_failure();
        report_listener_failure();
    });
    let others = Calls::new();
    let noted = others.clone();
    let _succeeds = repository.on_change("a", None, move |change| noted.note(change.is_locked));
    for (round, value) in (1..).zip([false, true]) {
        publish(&repository, Cause::Change, &flags(&[("a", value)]));
        repository.deliver();
        assert_eq!((calls.take().len(), others.take().len()), (1, 1));
        assert_eq!(repository.counters().listener_panics, round);
    }
}

#[test]
fn a_failure_counts_only_for_the_listener_that_runs() {
    let (outer, inner) = (ready(&flags(&[("a", true)])), ready(&flags(&[("a", true)])));
    // A report outside a call has no effect on the next call.
    report_listener_failure();
    let _delivers = outer.on_readiness({
        let inner = inner.clone();
        move |_| inner.deliver()
    });
    let _fails = inner.on_readiness(|_| report_listener_failure());
    outer.deliver();
    assert_eq!(inner.counters().listener_panics, 1);
    assert_eq!(outer.counters().listener_panics, 0);
}

#[test]
fn a_failure_before_a_nested_delivery_is_not_lost() {
    let (outer, inner) = (ready(&flags(&[("a", true)])), ready(&flags(&[("a", true)])));
    let _succeeds = inner.on_readiness(|_| {});
    let _fails = outer.on_readiness({
        let inner = inner.clone();
        move |_| {
            report_listener_failure();
            inner.deliver();
        }
    });
    outer.deliver();
    assert_eq!((outer.counters().listener_panics, inner.counters().listener_panics), (1, 0));
}

/// An interceptor that fails for one key, and overrides the others with true.
struct FailsFor(&'static str);

impl Interceptor for FailsFor {
    fn name(&self) -> &str {
        "fails"
    }

    fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
        Flow::Override(None)
    }

    fn try_intercept(&self, ask: &InterceptedRead<'_>) -> Result<Flow, Failed> {
        if ask.key == self.0 { Err(Failed) } else { Ok(Flow::Override(Some(Value::Bool(true)))) }
    }
}

#[test]
fn an_interceptor_that_fails_is_skipped() {
    let repository = ready(&flags(&[("a", true), ("b", false)]));
    let told = Calls::new();
    let noted = told.clone();
    let _notices = repository.on_notice(move |notice| noted.note(notice.clone()));
    let _fails = repository.intercept(Arc::new(FailsFor("a")), LockPolicy::Respect);
    let next = repository.intercept(Arc::new(FailsFor("-")), LockPolicy::Respect);
    for _ in 0..2 {
        assert!(repository.read().is_enabled("a", None), "the next interceptor answers");
        assert!(repository.read().is_enabled("b", None), "a failure lasts for one read");
    }
    assert_eq!(repository.counters().interceptor_panics, 2);
    drop(next);
    assert_eq!(repository.read().boolean("a", None), Some(true), "the rules answer");
    repository.deliver();
    let notice = Notice::InterceptorFailed { interceptor: "fails".to_owned() };
    assert_eq!(told.take(), [notice], "once");
}

/// An observer whose calls fail.
struct Fails {
    dispatch: Dispatch,
    calls: AtomicU32,
}

impl Observer for Fails {
    fn observe(&self, _: &UsageEvent) {}

    fn try_observe(&self, _: &UsageEvent) -> Result<(), Failed> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Err(Failed)
    }

    fn try_observe_batch(&self, _: &[Arc<UsageEvent>]) -> Result<(), Failed> {
        self.calls.fetch_add(100, Ordering::SeqCst);
        Err(Failed)
    }

    fn dispatch(&self) -> Dispatch {
        self.dispatch
    }
}

#[test]
fn a_failure_of_an_observer_counts() {
    for (dispatch, calls, failures) in
        [(Dispatch::Inline, 2, 2), (Dispatch::Queued, 2, 2), (Dispatch::Batched, 100, 1)]
    {
        let repository = ready(&flags(&[("a", true)]));
        repository.deliver();
        let fails = Arc::new(Fails { dispatch, calls: AtomicU32::new(0) });
        let _guard = repository.observe(fails.clone(), UsageOptions::default());
        assert!(repository.read().is_enabled("a", None));
        assert!(repository.read().is_enabled("a", None));
        repository.deliver();
        assert_eq!(fails.calls.load(Ordering::SeqCst), calls, "{dispatch:?}");
        assert_eq!(repository.counters().observer_panics, failures, "{dispatch:?}");
    }
}
