//! A function of the program, and its calls.

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use fh_client::{Detail, Failed, Value, report_listener_failure};

use super::event::{Change, Event};
use super::pump::Pump;
use super::reports::Reports;

/// A function of the program, in the form in which a binding keeps it.
pub trait Callback: Send + Sync + Sized + 'static {
    /// The jobs of the binding's pump, of which one kind is a call of a function.
    type Job: From<Invocation<Self>> + Send;

    /// Returns the pump from which threads of the language take the calls.
    fn pump() -> &'static Pump<Self::Job>;
}

/// A function with what belongs to it. The client's own closures hold only a weak reference to it.
pub struct Target<F> {
    function: F,
    /// The failures that are reported. A call in progress holds them without the function.
    reports: Arc<Reports>,
    /// What a listener for changes saw last; `None` for a function that gets other events.
    seen: Mutex<Option<Seen>>,
}

#[derive(Clone, PartialEq)]
pub(super) struct Seen {
    value: Option<Value>,
    is_locked: bool,
}

impl Seen {
    pub(super) fn of(detail: &Detail) -> Self {
        Self { value: detail.value.clone(), is_locked: detail.is_locked }
    }
}

impl<F> Target<F> {
    pub(super) fn new(function: F, reports: Reports, seen: Option<Seen>) -> Arc<Self> {
        Arc::new(Self { function, reports: Arc::new(reports), seen: Mutex::new(seen) })
    }

    /// Returns the function.
    pub const fn function(&self) -> &F {
        &self.function
    }

    /// Returns the choice which failures of the function are reported.
    pub const fn reports(&self) -> &Arc<Reports> {
        &self.reports
    }

    fn seen(&self) -> Option<MutexGuard<'_, Option<Seen>>> {
        self.seen.try_lock().ok()
    }

    fn saw(&self, change: &fh_client::Change) {
        if let Some(mut seen) = self.seen() {
            *seen = Some(Seen { value: change.new.clone(), is_locked: change.is_locked });
        }
    }

    /// Returns the change that the parent process had not reported to this listener at the fork.
    fn missed(&self, now: Detail) -> Option<Change> {
        let mut seen = self.seen()?;
        let before = seen.replace(Seen::of(&now))?;
        (before != Seen::of(&now)).then(|| Change::between(before.value, before.is_locked, now))
    }
}

/// A call of a function that waits for a thread.
pub struct Invocation<F> {
    target: Held<F>,
    event: Event,
}

enum Held<F> {
    /// The call is left out if the registration ends before a thread takes it.
    WhileRegistered(Weak<Target<F>>),
    /// The call takes place in any case.
    UntilCalled(Arc<Target<F>>),
}

impl<F> Invocation<F> {
    /// Returns the function and its event, or `None` if the registration of the function has ended.
    #[must_use]
    pub fn take(self) -> Option<(Arc<Target<F>>, Event)> {
        let target = match self.target {
            Held::WhileRegistered(target) => target.upgrade()?,
            Held::UntilCalled(target) => target,
        };
        Some((target, self.event))
    }
}

/// The calls of one function, for the closures that the client holds. Calls have no effect after the registration of the function has ended.
pub struct Call<F>(Weak<Target<F>>);

impl<F> Clone for Call<F> {
    fn clone(&self) -> Self {
        Self(Weak::clone(&self.0))
    }
}

impl<F: Callback> Call<F> {
    pub(super) fn of(target: &Arc<Target<F>>) -> Self {
        Self(Arc::downgrade(target))
    }

    /// Returns the function, or `None` after its registration has ended. A binding uses it for interceptors and for observers within the
    /// read, which are called on the thread of the read.
    #[must_use]
    pub fn target(&self) -> Option<Arc<Target<F>>> {
        self.0.upgrade()
    }

    fn invocation(&self, event: Event) -> F::Job {
        Invocation { target: Held::WhileRegistered(Weak::clone(&self.0)), event }.into()
    }

    /// Calls a listener with an event, and waits for the end of the call. The client counts a failure as it counts a panic of a listener in
    /// Rust.
    pub fn listener(&self, event: Event) {
        if F::pump().call(self.invocation(event)).is_err() {
            // The client counts failures of the thread that delivers, which is this one.
            report_listener_failure();
        }
    }

    /// Calls a listener for changes, and waits for the end of the call.
    pub(super) fn change(&self, change: &fh_client::Change) {
        if let Some(target) = self.0.upgrade() {
            target.saw(change);
        }
        self.listener(Event::Change(change.clone().into()));
    }

    /// Calls an observer with events, and waits for the end of the call.
    ///
    /// # Errors
    /// [`Failed`] if the function failed.
    pub fn observer(&self, event: Event) -> Result<(), Failed> {
        F::pump().call(self.invocation(event)).map_err(|_| Failed)
    }

    /// Calls a listener with the change that the parent process had not reported to it, and does not wait for the call.
    pub(super) fn with_missed(&self, now: Detail) {
        if let Some(change) = self.0.upgrade().and_then(|target| target.missed(now)) {
            F::pump().post(self.invocation(Event::Change(change)));
        }
    }

    /// Calls an interceptor with [`Event::Closed`], and does not wait for the call. The call keeps the function, because its registration may
    /// end before.
    pub fn post_closed(&self) {
        if let Some(target) = self.0.upgrade() {
            F::pump().post(
                Invocation { target: Held::UntilCalled(target), event: Event::Closed }.into(),
            );
        }
    }
}
