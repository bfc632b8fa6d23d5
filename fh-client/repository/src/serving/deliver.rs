//! Delivery of events to listeners and observers, with no lock held. While a call of the delivering thread hangs, other threads may deliver
//! to the other listeners and observers. Each listener is called by one thread at a time, and so is each observer except for inline events.

use std::sync::Arc;

use super::Inner;
use super::listen::{
    Call, ChangeListener, EventListener, NewState, ReadinessChange, RepositoryEvent,
};
use crate::counters::Counter;
use crate::failure::catch_listener_failure;
use crate::readiness::Readiness;
use crate::running_calls::Callee;
use crate::sync::{Ordering, lock};

impl Inner {
    pub(crate) fn deliver(&self) {
        self.turns.take(|| self.deliver_all());
    }

    /// Delivers events to the listeners and observers that no other thread is calling. This function may run while the delivery of another
    /// thread hangs.
    pub(crate) fn deliver_beside(&self) {
        self.deliver_all();
    }

    fn deliver_all(&self) {
        let _running = self.core.dispatcher.running.deliver();
        self.core.dispatcher.begin_delivery();
        // `close` queues the last events before it sets the flag, so the events delivered below include those that `close` queued.
        let is_last = self.is_closed.load(Ordering::Acquire);
        loop {
            let mut did_something = self.deliver_news();
            did_something |= self.deliver_changes();
            did_something |= self.deliver_usage();
            if !did_something {
                break;
            }
        }
        if is_last {
            self.finish();
        }
    }

    fn deliver_news(&self) -> bool {
        let mut did_something = false;
        loop {
            let (next, dropped) = lock(&self.core.event_queue).next_call();
            self.core.dispatcher.tally.add(Counter::DroppedEvents, dropped);
            let Some((listener, event)) = next else { break };
            did_something = true;
            self.call(&listener, event);
        }
        did_something | self.make_up_for_lost()
    }

    /// Notifies listeners of the current state if the full event queue dropped events about that state. Returns true if such events were
    /// dropped.
    fn make_up_for_lost(&self) -> bool {
        let (lost, listeners) = {
            let mut event_queue = lock(&self.core.event_queue);
            let lost = event_queue.take_lost();
            if !lost.readiness && !lost.new_state && !lost.status {
                return false;
            }
            (lost, event_queue.listeners())
        };
        let status = Arc::clone(self.live.load().status());
        for listener in listeners {
            match &listener.call {
                Call::Readiness(_)
                    if lost.readiness
                        && *lock(&listener.last_readiness) != Some(status.readiness) =>
                {
                    let readiness = status.readiness;
                    let is_first = readiness == Readiness::Ready;
                    let status = Arc::clone(&status);
                    let change = ReadinessChange { readiness, is_first, status };
                    self.make_up(&listener, RepositoryEvent::Readiness(change));
                }
                Call::NewState(_) if lost.new_state => {
                    let held = self.held(&self.write());
                    let is_held = held.is_some();
                    let keys = held.unwrap_or_default().into();
                    self.make_up(&listener, RepositoryEvent::NewState(NewState { is_held, keys }));
                }
                Call::Status(_) if lost.status => {
                    self.make_up(&listener, RepositoryEvent::Status(Arc::clone(&status)));
                }
                _ => {}
            }
        }
        true
    }

    fn make_up(&self, listener: &EventListener, event: RepositoryEvent) {
        let begun = lock(&self.core.event_queue).begin_call(listener, &event);
        match begun {
            Ok(()) => self.call(listener, event),
            Err(dropped) => self.core.dispatcher.tally.add(Counter::DroppedEvents, dropped),
        }
    }

    /// Calls a listener for an event, after `begin_call` or `next_call` has begun the call. Then calls the listener for each event that
    /// arrived meanwhile.
    fn call(&self, listener: &EventListener, event: RepositoryEvent) {
        let mut next = Some(event);
        while let Some(event) = next {
            self.notify(listener, &event);
            next = listener.leave();
        }
    }

    fn notify(&self, listener: &EventListener, event: &RepositoryEvent) {
        if listener.is_removed() {
            return;
        }
        match (&listener.call, event) {
            (Call::NewState(call), RepositoryEvent::NewState(event)) => {
                self.run(Callee::NewState, || call(event.clone()));
            }
            (Call::Readiness(call), RepositoryEvent::Readiness(change)) => {
                let previous = lock(&listener.last_readiness).replace(change.readiness);
                if previous != Some(change.readiness) {
                    self.run(Callee::Readiness, || call(change));
                }
            }
            (Call::Status(call), RepositoryEvent::Status(status))
                if listener.is_status_news(status) =>
            {
                self.run(Callee::Status, || call(status));
            }
            (Call::Raw(call), RepositoryEvent::Raw(update)) => {
                self.run(Callee::Raw, || call(update));
            }
            (Call::Notice(call), RepositoryEvent::Notice(notice)) => {
                self.run(Callee::Notice, || call(notice));
            }
            _ => {}
        }
    }

    fn deliver_changes(&self) -> bool {
        let has_changed = self.core.take_changed();
        if has_changed {
            lock(&self.core.event_queue).all_due();
        }
        let mut did_something = has_changed;
        loop {
            let next = lock(&self.core.event_queue).next_due();
            let Some(change_listener) = next else { return did_something };
            did_something = true;
            change_listener.turns.take(|| self.notify_of_change(&change_listener));
        }
    }

    /// Calls a change listener if [`ChangeListener::compare`] finds a change, unless the listener was removed.
    fn notify_of_change(&self, change_listener: &ChangeListener) {
        let snapshot = self.live.load_full();
        // The comparison calls interceptors.
        let callee = Callee::Changes(Arc::clone(&change_listener.key));
        let _running = self.core.dispatcher.running.begin(callee);
        if let Some(change) = change_listener.compare(&*snapshot)
            && !change_listener.is_removed.load(Ordering::Acquire)
        {
            self.guarded(|| (change_listener.call)(&change));
        }
    }

    fn deliver_usage(&self) -> bool {
        let snapshot = self.live.load_full();
        let is_ready = snapshot.has_list() && snapshot.readiness() == Readiness::Ready;
        if is_ready && self.core.is_first_collection() {
            let features = || snapshot.used_features(None);
            snapshot.observers().collection(&self.core.dispatcher, features);
        }
        snapshot.observers().deliver(&self.core.dispatcher)
    }

    /// Ends delivery: removes listeners, and closes interceptors and observers. Each interceptor and each observer is closed once.
    fn finish(&self) {
        let removed = lock(&self.core.event_queue).close();
        drop(removed);
        let mut write = self.write();
        if std::mem::replace(&mut write.is_finished, true) {
            return;
        }
        let last = self.live.load_full();
        // Interceptors stay in the snapshot, so that reads continue to return overridden values.
        self.store(&mut write, last.with_observers(Arc::default()));
        drop(write);
        for interceptor in last.chain().entries() {
            interceptor.close(&*self.core);
        }
        last.observers().close(&self.core.dispatcher);
    }

    /// Calls a listener's function, records that it runs, and counts a failure of the function.
    fn run(&self, callee: Callee, call: impl FnOnce()) {
        let _running = self.core.dispatcher.running.begin(callee);
        self.guarded(call);
    }

    /// Calls a listener's function, and counts a failure of the function.
    fn guarded(&self, call: impl FnOnce()) {
        self.core.dispatcher.begin_call();
        if catch_listener_failure(call).is_err() {
            self.core.dispatcher.tally.add(Counter::ListenerPanics, 1);
        }
    }
}
