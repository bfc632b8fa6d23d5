//! Observers that get many events in one call.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_repository::{Dispatch, Observer, Params, UsageEvent, UsageOptions};

use super::{PLANNED, flags, quietly, ready};

/// An observer that records its calls: the names of the events of each batch, and `flush` and `close`.
#[derive(Default)]
struct Batches {
    calls: Mutex<Vec<Vec<String>>>,
    panics: AtomicU32,
}

impl Batches {
    fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn note(&self, words: Vec<String>) {
        self.calls.lock().unwrap().push(words);
    }
}

fn name(event: &UsageEvent) -> String {
    match event {
        UsageEvent::Evaluated(event) => event.feature.key.to_string(),
        other => other.name().to_string(),
    }
}

impl Observer for Batches {
    fn observe(&self, event: &UsageEvent) {
        self.note(vec!["alone".to_string(), name(event)]);
    }

    fn observe_batch(&self, events: &[Arc<UsageEvent>]) {
        self.note(events.iter().map(|event| name(event)).collect());
        if self.panics.load(Ordering::SeqCst) > 0 {
            panic!("{PLANNED}");
        }
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Batched
    }

    fn flush(&self, _: Duration) {
        self.note(vec!["flush".to_string()]);
    }

    fn close(&self) {
        self.note(vec!["close".to_string()]);
    }
}

#[test]
fn waiting_events_arrive_in_one_call_in_order() {
    let repository = ready(&flags(&[("a", true), ("b", false)]));
    let batches = Arc::new(Batches::default());
    let guard = repository.observe(batches.clone(), UsageOptions::default());
    for key in ["a", "b", "a"] {
        let _ = repository.read().value(key, None);
    }
    repository.record("bought", Params::new(), None);
    assert!(batches.take().is_empty(), "reads do not wait for the observer");
    repository.deliver();
    assert_eq!(batches.take(), [["a", "b", "a", "bought"]]);
    repository.deliver();
    assert!(batches.take().is_empty(), "no call without events");
    let _ = repository.read().value("b", None);
    repository.flush_usage(Duration::from_secs(1));
    assert_eq!(batches.take(), [["b"], ["flush"]]);
    let _ = repository.read().value("a", None);
    drop(guard);
    assert_eq!(batches.take(), [["a"], ["flush"], ["close"]]);
}

#[test]
fn a_batch_is_not_longer_than_the_queue() {
    let repository = ready(&flags(&[("a", true), ("b", false), ("c", true)]));
    let batches = Arc::new(Batches::default());
    let _guard =
        repository.observe(batches.clone(), UsageOptions { queue: 2, ..UsageOptions::default() });
    for key in ["a", "b", "c"] {
        let _ = repository.read().value(key, None);
    }
    repository.deliver();
    assert_eq!(batches.take(), [["b", "c"]]);
    assert_eq!(repository.counters().dropped_usage, 1);
}

#[cfg(panic = "unwind")]
#[test]
fn a_panic_loses_one_batch_and_counts_once() {
    let repository = ready(&flags(&[("a", true), ("b", false)]));
    let batches = Arc::new(Batches::default());
    let _guard = repository.observe(batches.clone(), UsageOptions::default());
    batches.panics.store(1, Ordering::SeqCst);
    quietly(|| {
        let _ = repository.read().value("a", None);
        let _ = repository.read().value("b", None);
        repository.deliver();
    });
    assert_eq!((repository.counters().observer_panics, batches.take().len()), (1, 1));
    batches.panics.store(0, Ordering::SeqCst);
    let _ = repository.read().value("b", None);
    repository.deliver();
    assert_eq!(batches.take(), [["b"]]);
}

/// An observer without a batch function of its own.
#[derive(Default)]
struct Single(Mutex<Vec<String>>);

impl Observer for Single {
    fn observe(&self, event: &UsageEvent) {
        self.0.lock().unwrap().push(name(event));
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Batched
    }
}

#[test]
fn a_batch_falls_back_to_single_events() {
    let repository = ready(&flags(&[("a", true), ("b", false)]));
    let single = Arc::new(Single::default());
    let _guard = repository.observe(single.clone(), UsageOptions::default());
    let _ = repository.read().value("b", None);
    let _ = repository.read().value("a", None);
    repository.deliver();
    assert_eq!(*single.0.lock().unwrap(), ["b", "a"]);
}
