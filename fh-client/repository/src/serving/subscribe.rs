//! Registration and removal of listeners, interceptors and observers, and the guard that ends a subscription.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use fh_eval::Attributes;

use super::listen::{Call, Change, ChangeListener, NewState, ReadinessChange, RepositoryEvent};
use super::write::Write;
use super::{Inner, Repository};
use crate::counters::Counter;
use crate::intercept::{Interceptor, LockPolicy, OverrideChanges, chain};
use crate::notice::Notice;
use crate::publication::RawUpdate;
use crate::readiness::Readiness;
use crate::status::SessionStatus;
use crate::sync::{MutexGuard, lock};
use crate::time::Millis;
use crate::usage::{Observer, Params, UsageOptions, observers};

/// The guard of a listener, an interceptor or an observer. Dropping the guard ends the subscription.
///
/// After the drop, a call that another thread has begun or is about to begin may still run. An observer gets its queued events before it is
/// closed. Snapshots that were taken before the drop still call a removed interceptor.
#[must_use = "dropping the guard ends the subscription; see `detach`"]
pub struct Subscription {
    repository: Weak<Inner>,
    subject: Subject,
}

/// The registration that ends when its subscription is dropped.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Listener(u64),
    Interceptor(u64),
    Observer(u64),
    Nothing,
}

impl Subscription {
    const fn new(repository: Weak<Inner>, subject: Subject) -> Self {
        Self { repository, subject }
    }

    /// Returns the guard of a subscription that has already ended.
    const fn ended() -> Self {
        Self::new(Weak::new(), Subject::Nothing)
    }

    /// Drops the guard without ending the subscription.
    pub fn detach(mut self) {
        self.repository = Weak::new();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(repository) = self.repository.upgrade() else { return };
        match self.subject {
            Subject::Listener(id) => repository.remove_listener(id),
            Subject::Interceptor(id) => repository.remove_interceptor(id),
            Subject::Observer(id) => repository.remove_observer(id),
            Subject::Nothing => {}
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.subject).finish()
    }
}

impl Repository {
    /// Registers a listener for changes of a feature's value and of its lock. The listener gets the value that a read with
    /// `attributes` returns, including overrides of interceptors.
    ///
    /// The first comparison is with the current value, so the listener is not called for the current value. States that do not last until
    /// the next delivery may be skipped. The feature need not exist, and may be deleted and created again. If the client has no features
    /// for the context of the listener, the listener is not called. The passing of time, on which rules on
    /// `now` depend, starts no comparison.
    pub fn on_change(
        &self,
        key: &str,
        attributes: Option<&Arc<Attributes>>,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        let core = &self.inner.core;
        let snapshot = self.inner.live.load_full();
        let seen = ChangeListener::current_state(&*snapshot, key, attributes);
        let generation = seen.generation();
        let change_listener =
            ChangeListener::new(key.into(), attributes.cloned(), seen, Box::new(call));
        let id = core.next_id();
        let refused = lock(&core.event_queue).add_change_listener(id, Arc::new(change_listener));
        drop(refused);
        if self.inner.live.load().generation() != generation {
            // The delivery of the newer generation may have missed this listener.
            self.inner.compare_again();
        }
        self.subscription(Subject::Listener(id))
    }

    /// Registers a listener for updates that change features visibly, whether the updates are served or held back, and for the removal of
    /// the features of environments. Updates before the first list of features, lists that are published with
    /// [`Cause::First`](crate::publication::Cause::First), and releases are not reported. If an update is already held back, the dispatcher
    /// first delivers an event for that update.
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        let write = self.inner.write();
        let held = self
            .inner
            .held(&write)
            .map(|keys| RepositoryEvent::NewState(NewState { is_held: true, keys: keys.into() }));
        self.listen_from(write, Call::NewState(Box::new(call)), held)
    }

    /// Registers a listener for readiness. The dispatcher delivers the current readiness first, and then changes of readiness. After an
    /// overflow of the queue ([`RepositoryOptions::events`](crate::RepositoryOptions::events)), changes may be missing.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        let write = self.inner.write();
        let status = self.status();
        let readiness = status.readiness;
        let is_first = readiness == Readiness::Ready;
        let now = RepositoryEvent::Readiness(ReadinessChange { readiness, is_first, status });
        self.listen_from(write, Call::Readiness(Box::new(call)), Some(now))
    }

    /// Registers a listener for the status. The dispatcher delivers the current status first, and then changes of connection, problem or
    /// readiness. After an overflow of the queue ([`RepositoryOptions::events`](crate::RepositoryOptions::events)), changes may be missing.
    pub fn on_status(&self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Subscription {
        let write = self.inner.write();
        let now = RepositoryEvent::Status(self.status());
        self.listen_from(write, Call::Status(Box::new(call)), Some(now))
    }

    /// Registers a listener for updates in the form in which they were received. Updates that are held back are reported too.
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.listen(Call::Raw(Box::new(call)), None).0
    }

    /// Registers a listener for notices, such as the notice that an interceptor panicked.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.listen(Call::Notice(Box::new(call)), None).0
    }

    /// Registers a listener whose first event is `first`, if there is one. `write` is the lock under which the caller read the state of
    /// that event.
    fn listen_from(
        &self,
        write: MutexGuard<'_, Write>,
        call: Call,
        first: Option<RepositoryEvent>,
    ) -> Subscription {
        let (subscription, refused) = self.listen(call, first);
        drop(write);
        drop(refused);
        self.inner.core.dispatcher.wake();
        subscription
    }

    /// Registers a listener and returns its guard. If the closed repository has removed its listeners, registers nothing and returns the
    /// listener's function too. The caller then drops the function with no lock held.
    fn listen(&self, call: Call, first: Option<RepositoryEvent>) -> (Subscription, Option<Call>) {
        let core = &self.inner.core;
        let id = core.next_id();
        let (dropped, refused) = lock(&core.event_queue).listen(id, call, first);
        core.dispatcher.tally.add(Counter::DroppedEvents, dropped);
        (self.subscription(Subject::Listener(id)), refused)
    }

    /// Registers an interceptor, which is called after the interceptors that were registered earlier. If the closed
    /// repository has removed its listeners already, the interceptor is only closed.
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        let id = self.inner.core.next_id();
        let entry = chain::Entry::new(id, interceptor, locks, &*self.inner.core);
        let mut write = self.inner.write();
        if write.is_finished {
            drop(write);
            entry.close(&*self.inner.core);
            return Subscription::ended();
        }
        let live = self.inner.live.load_full();
        let chain = live.chain().with(entry.clone());
        self.inner.store(&mut write, live.with_chain(Arc::new(chain)));
        drop(write);
        let repository = Arc::downgrade(&self.inner);
        let changes = OverrideChanges::new(move || {
            if let Some(inner) = repository.upgrade() {
                Self { inner }.overrides_changed();
            }
        });
        entry.register(&changes, &*self.inner.core);
        self.inner.compare_again();
        self.subscription(Subject::Interceptor(id))
    }

    /// Increases the generation, and makes change listeners compare their values again. Call this method when an interceptor may return
    /// other values than before. Has no effect after [`close`](Self::close).
    pub fn overrides_changed(&self) {
        let mut write = self.inner.write();
        if write.is_closed {
            return;
        }
        let live = self.inner.live.load_full();
        let chain = Arc::clone(live.chain());
        self.inner.store(&mut write, live.with_chain(chain));
        drop(write);
        self.inner.compare_again();
    }

    /// Registers an observer, which is notified of the uses of features that `options` selects. If the closed repository
    /// has removed its listeners already, the observer is only closed.
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        let id = self.inner.core.next_id();
        let entry = observers::Entry::new(id, observer, &options, &self.inner.core.dispatcher);
        let is_summarised = entry.is_summarised();
        let mut write = self.inner.write();
        if write.is_finished {
            drop(write);
            entry.close(&self.inner.core.dispatcher);
            return Subscription::ended();
        }
        let live = self.inner.live.load_full();
        let observers = live.observers().with(entry);
        self.inner.store(&mut write, live.with_observers(Arc::new(observers)));
        drop(write);
        if is_summarised {
            // The window of this observer may end before those of all other observers.
            self.inner.core.dispatcher.wake();
        }
        self.subscription(Subject::Observer(id))
    }

    /// Reports a named event to observers, with the values of the features for the context `attributes`. Observers that
    /// get summaries do not get the event. A call by an observer has no effect.
    pub fn record(&self, name: &str, params: Params, attributes: Option<&Arc<Attributes>>) {
        let snapshot = self.inner.live.load_full();
        let features = || snapshot.used_features(attributes);
        let dispatcher = &self.inner.core.dispatcher;
        let event = (name, params);
        snapshot.observers().named(dispatcher, snapshot.rules(), event, attributes, features);
    }

    /// Delivers the waiting events as [`Self::deliver`] does. Then delivers to each observer its remaining events and the counts of its
    /// current summary window, and calls its `flush` with the time limit `limit`. If another thread is calling an observer, that thread
    /// does this for the observer after its call.
    ///
    /// Call this method on the thread that calls [`Self::deliver`].
    pub fn flush_usage(&self, limit: Duration) {
        self.deliver();
        let _running = self.inner.core.dispatcher.running.deliver();
        let snapshot = self.inner.live.load_full();
        snapshot.observers().flush(&self.inner.core.dispatcher, limit);
    }

    /// Delivers the summaries whose window has ended ([`Dispatch::Summary`](crate::Dispatch::Summary)). Returns the earliest end of a
    /// current window, on the clock of `now`, which may differ from the clock of events. Returns `None` if no observer gets summaries. Call
    /// this method after [`Self::deliver`], on the same thread.
    pub fn deliver_summaries(&self, now: Millis) -> Option<Millis> {
        let snapshot = self.inner.live.load_full();
        if snapshot.observers().is_empty() {
            return None;
        }
        let _running = self.inner.core.dispatcher.running.deliver();
        snapshot.observers().summaries(&self.inner.core.dispatcher, now)
    }

    fn subscription(&self, subject: Subject) -> Subscription {
        Subscription::new(Arc::downgrade(&self.inner), subject)
    }
}

impl Inner {
    pub(crate) fn remove_listener(&self, id: u64) {
        // The listener is dropped without holding the lock, because its closure may own further subscriptions.
        let removed = lock(&self.core.event_queue).remove(id);
        drop(removed);
    }

    pub(crate) fn remove_interceptor(&self, id: u64) {
        let mut write = self.write();
        let live = self.live.load_full();
        let (chain, removed) = live.chain().without(id);
        let Some(removed) = removed else { return };
        self.store(&mut write, live.with_chain(Arc::new(chain)));
        drop(write);
        self.compare_again();
        removed.close(&*self.core);
    }

    pub(crate) fn remove_observer(&self, id: u64) {
        let mut write = self.write();
        let live = self.live.load_full();
        let (observers, removed) = live.observers().without(id);
        let Some(removed) = removed else { return };
        self.store(&mut write, live.with_observers(Arc::new(observers)));
        drop(write);
        removed.close(&self.core.dispatcher);
    }
}
