//! Listeners, and the queue of their events. The queue is ordered, and its length is limited.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use super::listen::{Call, ChangeListener, EventListener, RepositoryEvent};
use crate::sync::Ordering;

/// Maximum number of different notices about interceptors that listeners get, and that the log gets. Later incidents are only counted.
const COMPLAINTS: usize = 256;

/// An event in the queue, with its recipients.
pub(crate) struct QueuedEvent {
    number: u64,
    /// The id of the only listener that gets the event; `None` for all listeners for its kind that were registered when the event was
    /// queued.
    to: Option<u64>,
    pub(crate) event: RepositoryEvent,
}

/// The registered listeners, the queue of events, and the change listeners that are due.
pub(crate) struct EventQueue {
    change_listeners: BTreeMap<u64, Arc<ChangeListener>>,
    event_listeners: BTreeMap<u64, Arc<EventListener>>,
    queued: VecDeque<QueuedEvent>,
    /// The remaining calls for the last event that was taken from the queue.
    calls: VecDeque<(Arc<EventListener>, RepositoryEvent)>,
    /// Change listeners whose feature must be compared again with the state that the listener saw last.
    due: VecDeque<Arc<ChangeListener>>,
    capacity: usize,
    next_number: u64,
    /// The kinds of dropped events of whose latest state listeners must still be notified.
    pub(crate) lost: OverflowLoss,
    /// The incidents of interceptors of which listeners were notified. The field `logged` holds the incidents that were logged.
    reported: Incidents,
    logged: Incidents,
    is_closed: bool,
}

/// Incidents of interceptors, at most [`COMPLAINTS`]. An incident is the id of the interceptor, and the key of the feature if the incident
/// concerns a feature.
#[derive(Default)]
struct Incidents(HashSet<(u64, Option<Box<str>>)>);

impl Incidents {
    /// Adds an incident. Returns false if the incident was added before, or if the set is full.
    fn insert(&mut self, interceptor: u64, feature: Option<&str>) -> bool {
        self.0.len() < COMPLAINTS && self.0.insert((interceptor, feature.map(Into::into)))
    }
}

/// The kinds of events that the full queue has dropped. Dropped raw events and notices are not recorded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OverflowLoss {
    pub(crate) readiness: bool,
    pub(crate) new_state: bool,
    pub(crate) status: bool,
}

/// Listeners that were removed. The caller must drop them without holding the lock of the queue, because the functions of listeners may own
/// further subscriptions.
#[must_use]
pub(crate) struct Removed {
    _change_listeners: Vec<Arc<ChangeListener>>,
    _event_listeners: Vec<Arc<EventListener>>,
}

impl EventQueue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            change_listeners: BTreeMap::new(),
            event_listeners: BTreeMap::new(),
            queued: VecDeque::new(),
            calls: VecDeque::new(),
            due: VecDeque::new(),
            capacity: capacity.max(1),
            next_number: 0,
            lost: OverflowLoss::default(),
            reported: Incidents::default(),
            logged: Incidents::default(),
            is_closed: false,
        }
    }

    /// Returns true if a listener for new states is registered.
    pub(crate) fn wants_new_states(&self) -> bool {
        self.event_listeners.values().any(|listener| matches!(listener.call, Call::NewState(_)))
    }

    /// Queues an event if a listener for its kind is registered. Returns the number of older events that were dropped because the queue was
    /// full.
    pub(crate) fn push(&mut self, event: RepositoryEvent) -> u64 {
        if self.event_listeners.values().any(|listener| listens(&listener.call, &event)) {
            self.put(None, event)
        } else {
            0
        }
    }

    fn put(&mut self, to: Option<u64>, event: RepositoryEvent) -> u64 {
        if self.is_closed {
            return 0;
        }
        let mut dropped = 0;
        while self.queued.len() >= self.capacity {
            match self.queued.pop_front().map(|queued_event| queued_event.event) {
                Some(RepositoryEvent::Readiness(_)) => self.lost.readiness = true,
                Some(RepositoryEvent::NewState(_)) => self.lost.new_state = true,
                Some(RepositoryEvent::Status(_)) => self.lost.status = true,
                _ => {}
            }
            dropped += 1;
        }
        let number = self.next_number;
        self.next_number += 1;
        self.queued.push_back(QueuedEvent { number, to, event });
        dropped
    }

    /// Registers a listener, and queues its first event if `first` holds one. Returns the number of older events that were dropped because
    /// the queue was full. If the queue is closed, registers nothing and returns the listener's function too.
    pub(crate) fn listen(
        &mut self,
        id: u64,
        call: Call,
        first: Option<RepositoryEvent>,
    ) -> (u64, Option<Call>) {
        if self.is_closed {
            return (0, Some(call));
        }
        let dropped = first.map_or(0, |event| self.put(Some(id), event));
        self.event_listeners.insert(id, Arc::new(EventListener::new(call, self.next_number)));
        (dropped, None)
    }

    /// Registers a change listener and returns `None`. If the queue is closed, registers nothing and returns the listener.
    pub(crate) fn add_change_listener(
        &mut self,
        id: u64,
        change_listener: Arc<ChangeListener>,
    ) -> Option<Arc<ChangeListener>> {
        if self.is_closed {
            return Some(change_listener);
        }
        self.change_listeners.insert(id, change_listener);
        None
    }

    pub(crate) fn remove(&mut self, id: u64) -> Removed {
        let change_listener = self.change_listeners.remove(&id);
        let listener = self.event_listeners.remove(&id);
        if let Some(change_listener) = &change_listener {
            change_listener.is_removed.store(true, Ordering::Release);
        }
        if let Some(listener) = &listener {
            listener.is_removed.store(true, Ordering::Release);
        }
        Removed {
            _change_listeners: change_listener.into_iter().collect(),
            _event_listeners: listener.into_iter().collect(),
        }
    }

    /// Begins and returns the next call, in the order of events and of registration. Returns `None` in place of a call if no call is left.
    /// An event for a listener that another thread is calling is left to that thread. Also returns the number of older events that were
    /// dropped because the queue of such a listener was full.
    pub(crate) fn next_call(&mut self) -> (Option<(Arc<EventListener>, RepositoryEvent)>, u64) {
        let mut dropped = 0;
        loop {
            while let Some((listener, event)) = self.calls.pop_front() {
                match listener.enter(&event, self.capacity) {
                    Ok(()) => return (Some((listener, event)), dropped),
                    Err(count) => dropped += count,
                }
            }
            let Some(queued_event) = self.queued.pop_front() else { return (None, dropped) };
            let is_meant = |id: u64, listener: &EventListener| match queued_event.to {
                Some(to) => to == id,
                None => listener.since <= queued_event.number,
            };
            for (id, listener) in &self.event_listeners {
                if is_meant(*id, listener) && listens(&listener.call, &queued_event.event) {
                    self.calls.push_back((Arc::clone(listener), queued_event.event.clone()));
                }
            }
        }
    }

    /// Begins a call of a listener for an event that does not come from the queue.
    ///
    /// # Errors
    /// Fails if another thread is calling the listener. That thread delivers the event later. The error holds the number of older events
    /// that were dropped to make room for this event.
    pub(crate) fn begin_call(
        &self,
        listener: &EventListener,
        event: &RepositoryEvent,
    ) -> Result<(), u64> {
        listener.enter(event, self.capacity)
    }

    /// Marks all change listeners as due, so that their values are compared again.
    pub(crate) fn all_due(&mut self) {
        for change_listener in self.change_listeners.values() {
            if !change_listener.is_due.swap(true, Ordering::AcqRel) {
                self.due.push_back(Arc::clone(change_listener));
            }
        }
    }

    /// Returns the next change listener whose value must be compared again; `None` if no listener is due.
    pub(crate) fn next_due(&mut self) -> Option<Arc<ChangeListener>> {
        let change_listener = self.due.pop_front()?;
        change_listener.is_due.swap(false, Ordering::AcqRel);
        Some(change_listener)
    }

    /// Returns the number of listeners, including change listeners.
    pub(crate) fn len(&self) -> usize {
        self.change_listeners.len() + self.event_listeners.len()
    }

    pub(crate) fn listeners(&self) -> Vec<Arc<EventListener>> {
        self.event_listeners.values().cloned().collect()
    }

    pub(crate) fn take_lost(&mut self) -> OverflowLoss {
        std::mem::take(&mut self.lost)
    }

    /// Records that a notice about this interceptor and feature is passed to listeners. Returns false, and records nothing, if no listener
    /// for notices is registered, if such a notice was recorded before, or if [`COMPLAINTS`] notices are recorded.
    pub(crate) fn is_new_notice(&mut self, interceptor: u64, feature: Option<&str>) -> bool {
        let is_wanted =
            self.event_listeners.values().any(|listener| matches!(listener.call, Call::Notice(_)));
        is_wanted && self.reported.insert(interceptor, feature)
    }

    /// Records that a notice about this interceptor and feature is passed to the log. Returns false if such a notice was recorded before,
    /// or if [`COMPLAINTS`] notices are recorded.
    pub(crate) fn is_new_in_log(&mut self, interceptor: u64, feature: Option<&str>) -> bool {
        self.logged.insert(interceptor, feature)
    }

    /// Closes the queue: removes the listeners and the queued events, and refuses new listeners.
    pub(crate) fn close(&mut self) -> Removed {
        self.is_closed = true;
        self.queued.clear();
        let called = self.calls.drain(..).map(|(listener, _)| listener);
        let listeners = std::mem::take(&mut self.event_listeners).into_values();
        let change_listeners = std::mem::take(&mut self.change_listeners).into_values();
        Removed {
            _change_listeners: change_listeners.chain(self.due.drain(..)).collect(),
            _event_listeners: listeners.chain(called).collect(),
        }
    }
}

/// Returns true if a listener with this function gets events of the kind of `event`.
const fn listens(call: &Call, event: &RepositoryEvent) -> bool {
    matches!(
        (call, event),
        (Call::NewState(_), RepositoryEvent::NewState(_))
            | (Call::Readiness(_), RepositoryEvent::Readiness(_))
            | (Call::Status(_), RepositoryEvent::Status(_))
            | (Call::Raw(_), RepositoryEvent::Raw(_))
            | (Call::Notice(_), RepositoryEvent::Notice(_))
    )
}
