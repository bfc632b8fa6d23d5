//! Subscribing, and ending that: listeners, interceptors, observers.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;

use super::Hub;
use super::Inner;
use super::counters::Counter;
use super::desk::News;
use super::listen::{Call, Change, NewState, ReadinessChange, Subject, Subscription, Watcher};
use crate::action::RawUpdate;
use crate::intercept::{self, Interceptor, LockPolicy};
use crate::status::{Notice, Readiness, Status};
use crate::sync::lock;
use crate::time::Millis;
use crate::usage::{self, Observer, Params, UsageOptions};

impl Hub {
    /// Calls when the value that this context sees becomes another, interceptors included, or the feature's lock flips (D-63).
    ///
    /// The listener remembers what it has seen last, starting now; it is not called at once, and it may skip states that did not last
    /// until the next delivery. The feature need not exist yet, and may be deleted and come back. While there is nothing to see (the
    /// client is not ready, or is ready for another context of a server-evaluated key) nothing is different.
    pub fn on_change(
        &self,
        key: &str,
        who: Option<&Arc<Attributes>>,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        let core = &self.inner.core;
        let snapshot = self.inner.live.load_full();
        let seen = Watcher::look(&snapshot, key, who);
        let generation = seen.generation();
        let watcher = Watcher::new(key.into(), who.cloned(), seen, Box::new(call));
        let id = core.next_id();
        let refused = lock(&core.desk).watch(id, Arc::new(watcher));
        drop(refused);
        if self.inner.live.load().generation() != generation {
            // The delivery of that change may have missed this listener.
            self.inner.look_again();
        }
        self.subscription(Subject::Listener(id))
    }

    /// Calls after the first list, once for each later update that changed something, held or not; and at once, through the dispatcher,
    /// if something is held already (sdk-behaviour 2.7).
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        let write = self.inner.write();
        let held = write
            .held(self.inner.live.load().rules())
            .map(|keys| News::NewState(NewState { is_held: true, keys: keys.into() }));
        let (subscription, refused) = self.listen(Call::NewState(Box::new(call)), held);
        drop(write);
        drop(refused);
        self.inner.core.wake();
        subscription
    }

    /// Calls with the present readiness, through the dispatcher, and then with each change of it.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        let write = self.inner.write();
        let status = self.status();
        let readiness = status.readiness;
        let is_first = readiness == Readiness::Ready;
        let now = News::Readiness(ReadinessChange { readiness, is_first, status });
        let (subscription, refused) = self.listen(Call::Readiness(Box::new(call)), Some(now));
        drop(write);
        drop(refused);
        self.inner.core.wake();
        subscription
    }

    /// Calls with the present status, through the dispatcher, and then whenever connection, problem or readiness are others.
    pub fn on_status(&self, call: impl Fn(&Status) + Send + Sync + 'static) -> Subscription {
        let write = self.inner.write();
        let now = News::Status(self.status());
        let (subscription, refused) = self.listen(Call::Status(Box::new(call)), Some(now));
        drop(write);
        drop(refused);
        self.inner.core.wake();
        subscription
    }

    /// Calls with each update as it was received, caught or not (sdk-behaviour 2.6).
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.listen(Call::Raw(Box::new(call)), None).0
    }

    /// Calls with what is odd and should be logged.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.listen(Call::Notice(Box::new(call)), None).0
    }

    /// The subscription; and the function, if the hub is closed, to be dropped with no lock held.
    fn listen(&self, call: Call, first: Option<News>) -> (Subscription, Option<Call>) {
        let core = &self.inner.core;
        let id = core.next_id();
        let (dropped, refused) = lock(&core.desk).listen(id, call, first);
        core.tally.add(Counter::DroppedEvents, dropped);
        (self.subscription(Subject::Listener(id)), refused)
    }

    /// Asks this interceptor, after those that are there already, until the guard is dropped (sdk-behaviour 2.8).
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        let id = self.inner.core.next_id();
        let entry = intercept::Entry::new(id, interceptor, locks);
        let mut write = self.inner.write();
        if write.is_finished {
            drop(write);
            entry.close(&self.inner.core);
            return Subscription::ended();
        }
        let live = self.inner.live.load_full();
        let chain = live.chain().with(entry);
        self.inner.store(&mut write, live.with_chain(Arc::new(chain)));
        drop(write);
        self.inner.look_again();
        self.subscription(Subject::Interceptor(id))
    }

    /// Interceptors may answer differently from now on: listeners look again (D-63).
    pub fn overrides_changed(&self) {
        let mut write = self.inner.write();
        let live = self.inner.live.load_full();
        let chain = Arc::clone(live.chain());
        self.inner.store(&mut write, live.with_chain(chain));
        drop(write);
        self.inner.look_again();
    }

    /// Tells this observer of each use, until the guard is dropped (sdk-behaviour 3).
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        let id = self.inner.core.next_id();
        let entry = usage::Entry::new(id, observer, &options, &self.inner.core);
        let is_summarised = entry.is_summarised();
        let mut write = self.inner.write();
        if write.is_finished {
            drop(write);
            entry.close(&self.inner.core);
            return Subscription::ended();
        }
        let live = self.inner.live.load_full();
        let observers = live.observers().with(entry);
        self.inner.store(&mut write, live.with_observers(Arc::new(observers)));
        drop(write);
        if is_summarised {
            // Its window may be the one that ends first.
            self.inner.core.wake();
        }
        self.subscription(Subject::Observer(id))
    }

    /// Reports something that the user's code gave a name, with all features as they are for this context (sdk-behaviour 3.3).
    pub fn record(&self, name: &str, params: Params, who: Option<&Arc<Attributes>>) {
        let snapshot = self.inner.live.load_full();
        snapshot.observers().named(&snapshot, &self.inner.core, name, params, who);
    }

    /// Has observers send what they have: hands over what waits and calls their `flush`. To be called where [`Self::deliver`] is.
    pub fn flush_usage(&self, limit: Duration) {
        self.deliver();
        let snapshot = self.inner.live.load_full();
        snapshot.observers().flush(&self.inner.core, limit);
    }

    /// Delivers the summaries whose window has ended ([`Dispatch::Summary`](crate::Dispatch::Summary)). Returns the end of the next window,
    /// on the clock of `now`, which need not be that of events. Call it where [`Self::deliver`] is called, after it.
    pub fn deliver_summaries(&self, now: Millis) -> Option<Millis> {
        let snapshot = self.inner.live.load_full();
        snapshot.observers().summaries(&self.inner.core, now)
    }

    fn subscription(&self, subject: Subject) -> Subscription {
        Subscription::new(Arc::downgrade(&self.inner), subject)
    }
}

impl Inner {
    pub(crate) fn remove_listener(&self, id: u64) {
        // Dropped outside the lock: a closure may own further subscriptions.
        let removed = lock(&self.core.desk).remove(id);
        drop(removed);
    }

    pub(crate) fn remove_interceptor(&self, id: u64) {
        let mut write = self.write();
        let live = self.live.load_full();
        let (chain, removed) = live.chain().without(id);
        let Some(removed) = removed else { return };
        self.store(&mut write, live.with_chain(Arc::new(chain)));
        drop(write);
        self.look_again();
        removed.close(&self.core);
    }

    pub(crate) fn remove_observer(&self, id: u64) {
        let mut write = self.write();
        let live = self.live.load_full();
        let (observers, removed) = live.observers().without(id);
        let Some(removed) = removed else { return };
        self.store(&mut write, live.with_observers(Arc::new(observers)));
        drop(write);
        removed.close(&self.core);
    }
}
