//! The registered observers and their queues.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;

use super::event::{Collection, Evaluated, Named, Params, UsageEvent, UsedFeature};
#[cfg(feature = "featbit")]
use super::exposure::Exposure;
use super::sampling::{Fingerprint, Sampling};
use super::summary::Counts;
use super::{Dispatch, Observer, UsageOptions};
use crate::answer::Read;
use crate::counters::Counter;
use crate::dispatcher::DispatcherState;
use crate::failure::{Failed, catch_failure};
use crate::panic_guard::{Panicked, catch_panic};
use crate::rules::Rules;
use crate::running_calls::Callee;
use crate::sync::{AtomicBool, Mutex, Ordering, lock};
use crate::time::Millis;
use crate::turns::Turns;

/// The time limit that is passed to an observer's `flush` when the observer is closed.
const LAST_FLUSH: Duration = Duration::from_secs(2);

thread_local! {
    /// True while this thread runs an observer. Reads that an observer makes are not counted as uses.
    static OBSERVING: Cell<bool> = const { Cell::new(false) };
}

/// The registered observers. The list is immutable: a registration or removal creates a new list.
#[derive(Default, Clone)]
pub(crate) struct Observers {
    entries: Vec<Arc<Entry>>,
}

/// A registered observer, with its queue of events or its counts.
pub(crate) struct Entry {
    id: u64,
    observer: Arc<dyn Observer>,
    dispatch: Dispatch,
    capacity: usize,
    queue: Mutex<VecDeque<Arc<UsageEvent>>>,
    sampling: Sampling,
    /// The counts for an observer that gets summaries; `None` for other observers.
    counts: Option<Counts>,
    /// True if the summary of the current window is due.
    is_due: AtomicBool,
    /// The time limit of a requested flush; `None` if no flush is requested.
    flush: Mutex<Option<Duration>>,
    turns: Turns,
    is_closed: AtomicBool,
    /// True once a thread has begun the last calls of the observer's `flush` and `close`.
    is_ended: AtomicBool,
}

impl Observers {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns true if at least one observer gets events and not only summaries.
    fn want_events(&self) -> bool {
        self.entries.iter().any(|entry| entry.takes_events())
    }

    /// Returns the list with another observer at the end.
    pub(crate) fn with(&self, entry: Entry) -> Self {
        let mut entries = self.entries.clone();
        entries.push(Arc::new(entry));
        Self { entries }
    }

    /// Returns the list without the observer of this id, and the removed observer; `None` if the list has no such observer.
    pub(crate) fn without(&self, id: u64) -> (Self, Option<Arc<Entry>>) {
        let mut entries = self.entries.clone();
        let at = entries.iter().position(|entry| entry.id == id);
        let removed = at.map(|at| entries.remove(at));
        (Self { entries }, removed)
    }

    /// Reports a read of the user's code to the observers.
    #[inline]
    pub(crate) fn evaluated(
        &self,
        rules: &Arc<Rules>,
        dispatcher: &DispatcherState,
        read: &Read<'_>,
    ) {
        if !self.is_empty() {
            self.evaluated_by(rules, dispatcher, read);
        }
    }

    #[inline(never)]
    fn evaluated_by(&self, rules: &Arc<Rules>, dispatcher: &DispatcherState, read: &Read<'_>) {
        let Read { key, answer, attributes, .. } = *read;
        if OBSERVING.with(Cell::get) || answer.feature().is_none() {
            return;
        }
        let mut event = None;
        let context = attributes.map(|attributes| (&**attributes, rules.system()));
        let fingerprint = Fingerprint::new(key, answer, context);
        for entry in &self.entries {
            if !entry.sampling.lets_through(&fingerprint, dispatcher.clock()) {
                continue;
            }
            #[cfg(feature = "featbit")]
            if entry.dispatch == Dispatch::Exposures {
                if let Some(exposure) = Exposure::of(rules, read, dispatcher.clock()()) {
                    entry.expose(dispatcher, &exposure);
                }
                continue;
            }
            if let Some(counts) = &entry.counts {
                if !entry.is_closed.load(Ordering::Acquire) {
                    counts.count(rules, key, answer);
                }
                continue;
            }
            if event.is_none() {
                event = UsedFeature::of(rules, key, answer).map(|feature| {
                    Arc::new(UsageEvent::Evaluated(Evaluated {
                        feature,
                        reason: answer.reason(),
                        interceptor: answer.interceptor().cloned(),
                        attributes: attributes.cloned(),
                        system: rules.system(),
                        at: dispatcher.clock()(),
                    }))
                });
            }
            if let Some(event) = &event {
                entry.take(dispatcher, event);
            }
        }
        if event.is_some() {
            dispatcher.wake_for_queue();
        }
    }

    /// Reports the values of all features of a client that is ready for the first time to the observers. `features` reads the values, and
    /// is called only if there is an observer that gets events.
    pub(crate) fn collection(
        &self,
        dispatcher: &DispatcherState,
        features: impl FnOnce() -> Vec<UsedFeature>,
    ) {
        if !self.want_events() {
            return;
        }
        let features = features();
        let event = UsageEvent::Collection(Collection { features, at: dispatcher.clock()() });
        self.take(dispatcher, event);
    }

    /// Reports a named event of the user's code to the observers. `features` reads the values of all features of `rules` for the context
    /// `attributes`, and is called only if there is an observer that gets events.
    pub(crate) fn named(
        &self,
        dispatcher: &DispatcherState,
        rules: &Rules,
        (name, params): (&str, Params),
        attributes: Option<&Arc<Attributes>>,
        features: impl FnOnce() -> Vec<UsedFeature>,
    ) {
        if !self.want_events() || OBSERVING.with(Cell::get) {
            return;
        }
        let features = features();
        let at = dispatcher.clock()();
        let name = name.into();
        let event = UsageEvent::Named(Named {
            name,
            params,
            features,
            attributes: attributes.cloned(),
            system: rules.system(),
            at,
        });
        self.take(dispatcher, event);
        dispatcher.wake();
    }

    fn take(&self, dispatcher: &DispatcherState, event: UsageEvent) {
        let event = Arc::new(event);
        for entry in &self.entries {
            entry.take(dispatcher, &event);
        }
    }

    /// Delivers the queued events of the observers that no other thread is calling. Returns true if this thread delivered an event.
    pub(crate) fn deliver(&self, dispatcher: &DispatcherState) -> bool {
        // The fold calls all observers; `any` would stop at the first observer that had events.
        self.entries.iter().fold(false, |any, entry| entry.deliver(dispatcher) | any)
    }

    /// Delivers the summaries whose window has ended. Returns the earliest end of a current window; `None` if no observer gets summaries.
    pub(crate) fn summaries(&self, dispatcher: &DispatcherState, now: Millis) -> Option<Millis> {
        let mut next = None;
        for entry in &self.entries {
            let Some(counts) = &entry.counts else { continue };
            let (is_due, ends) = counts.is_due(now);
            next = Some(next.map_or(ends, |next: Millis| next.min(ends)));
            if is_due {
                entry.report(dispatcher);
            }
        }
        next
    }

    /// Delivers queued events and summaries, and calls `flush` of all observers with the time limit `limit`. If another thread is calling
    /// an observer, that thread delivers and flushes after its call.
    pub(crate) fn flush(&self, dispatcher: &DispatcherState, limit: Duration) {
        for entry in &self.entries {
            entry.flush(dispatcher, limit);
        }
    }

    pub(crate) fn close(&self, dispatcher: &DispatcherState) {
        for entry in &self.entries {
            entry.close(dispatcher);
        }
    }
}

impl Entry {
    /// Creates an entry. Calls [`Observer::dispatch`], so this function must not be called with a lock held. If this call panics, the panic
    /// is counted, and the observer is called as by default.
    pub(crate) fn new(
        id: u64,
        observer: Arc<dyn Observer>,
        options: &UsageOptions,
        dispatcher: &DispatcherState,
    ) -> Self {
        let dispatch = catch_panic(|| observer.dispatch()).unwrap_or_else(|Panicked| {
            dispatcher.tally.add(Counter::ObserverPanics, 1);
            Dispatch::default()
        });
        let counts = match dispatch {
            Dispatch::Summary(window) => Some(Counts::new(window, dispatcher.clock()())),
            Dispatch::Queued | Dispatch::Batched | Dispatch::Inline => None,
            #[cfg(feature = "featbit")]
            Dispatch::Exposures => None,
        };
        Self {
            id,
            dispatch,
            counts,
            is_due: AtomicBool::new(false),
            flush: Mutex::new(None),
            turns: Turns::new(),
            is_ended: AtomicBool::new(false),
            observer,
            capacity: options.queue.max(1),
            queue: Mutex::new(VecDeque::new()),
            sampling: Sampling::new(options.one_of, options.deduplicate),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Calls the observer for an event at once, or queues the event, depending on the observer's [`Dispatch`]. A full queue drops its
    /// oldest event.
    fn take(&self, dispatcher: &DispatcherState, event: &Arc<UsageEvent>) {
        if !self.takes_events() || self.is_closed.load(Ordering::Acquire) {
            // A reader may still use a snapshot from the time before the observer was closed.
            return;
        }
        if self.dispatch == Dispatch::Inline {
            self.guarded(dispatcher, || self.observer.try_observe(event));
            return;
        }
        let dropped = {
            let mut queue = lock(&self.queue);
            let dropped = if queue.len() >= self.capacity { queue.pop_front() } else { None };
            queue.push_back(Arc::clone(event));
            dropped
        };
        dispatcher.tally.add(Counter::DroppedUsage, u64::from(dropped.is_some()));
    }

    pub(crate) const fn is_summarised(&self) -> bool {
        self.counts.is_some()
    }

    /// Returns true if the observer gets events, and not only summaries or exposures.
    const fn takes_events(&self) -> bool {
        match self.dispatch {
            Dispatch::Queued | Dispatch::Batched | Dispatch::Inline => true,
            Dispatch::Summary(_) => false,
            #[cfg(feature = "featbit")]
            Dispatch::Exposures => false,
        }
    }

    /// Calls the observer for an exposure, within the read.
    #[cfg(feature = "featbit")]
    fn expose(&self, dispatcher: &DispatcherState, exposure: &Exposure<'_>) {
        if !self.is_closed.load(Ordering::Acquire) {
            self.guarded_infallible(dispatcher, || self.observer.exposed(exposure));
        }
    }

    /// Delivers the queued events of one observer. If another thread is calling the observer, that thread delivers the
    /// events. Returns true if this thread delivered an event.
    fn deliver(&self, dispatcher: &DispatcherState) -> bool {
        if lock(&self.queue).is_empty() {
            return false;
        }
        let mut did_something = false;
        self.turns.take(|| did_something |= self.work(dispatcher));
        did_something
    }

    /// Reports the summary of the current window, and begins the next window.
    fn report(&self, dispatcher: &DispatcherState) {
        self.is_due.store(true, Ordering::Release);
        self.turns.take(|| {
            self.work(dispatcher);
        });
    }

    /// Delivers the queued events and the summary of the current window, and calls the observer's `flush` with the time limit `limit`.
    fn flush(&self, dispatcher: &DispatcherState, limit: Duration) {
        let mut flush = lock(&self.flush);
        *flush = (*flush).max(Some(limit));
        drop(flush);
        self.report(dispatcher);
    }

    /// Delivers queued events and a due summary, carries out a requested flush, and closes the observer if it was removed or the repository
    /// was closed. Returns true if there were queued events. One thread at a time runs this function.
    fn work(&self, dispatcher: &DispatcherState) -> bool {
        let _running = dispatcher.running.begin(Callee::Observer);
        // The request is taken before the events, so that the flush comes after every event that was queued before the request.
        let flush = lock(&self.flush).take();
        let mut waiting = std::mem::take(&mut *lock(&self.queue));
        if self.dispatch == Dispatch::Batched {
            let batch = waiting.make_contiguous();
            if !batch.is_empty() {
                self.guarded(dispatcher, || self.observer.try_observe_batch(batch));
            }
        } else {
            for event in &waiting {
                self.guarded(dispatcher, || self.observer.try_observe(event));
            }
        }
        let is_last = self.is_closed.load(Ordering::Acquire);
        if (self.is_due.swap(false, Ordering::AcqRel) || is_last)
            && let Some(summary) =
                self.counts.as_ref().and_then(|counts| counts.take(dispatcher.clock()()))
        {
            self.guarded_infallible(dispatcher, || self.observer.summary(&summary));
        }
        if let Some(limit) = flush {
            self.guarded_infallible(dispatcher, || self.observer.flush(limit));
        }
        if is_last && !self.is_ended.swap(true, Ordering::AcqRel) {
            self.guarded_infallible(dispatcher, || self.observer.flush(LAST_FLUSH));
            self.guarded_infallible(dispatcher, || self.observer.close());
        }
        !waiting.is_empty()
    }

    /// Delivers the queued events and the last summary, and closes the observer, once. Must not be called with a lock held. If another
    /// thread is calling the observer, that thread delivers and closes after its call.
    pub(crate) fn close(&self, dispatcher: &DispatcherState) {
        if !self.is_closed.swap(true, Ordering::AcqRel) {
            self.turns.take(|| {
                self.work(dispatcher);
            });
        }
    }

    /// Calls a method of the observer that returns nothing, and counts its panic.
    fn guarded_infallible(&self, dispatcher: &DispatcherState, call: impl FnOnce()) {
        self.guarded(dispatcher, || {
            call();
            Ok(())
        });
    }

    /// Calls the observer, and counts a failure or a panic of the observer.
    fn guarded(&self, dispatcher: &DispatcherState, call: impl FnOnce() -> Result<(), Failed>) {
        dispatcher.begin_call();
        let outer = OBSERVING.with(|observing| observing.replace(true));
        if catch_failure(call).is_err() {
            dispatcher.tally.add(Counter::ObserverPanics, 1);
        }
        OBSERVING.with(|observing| observing.set(outer));
    }
}
