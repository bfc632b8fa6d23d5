//! Summaries of usage (sdk-behaviour 3).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::publication::Cause;
use fh_repository::readiness::Readiness;
use fh_repository::time::Millis;
use fh_repository::{
    Dispatch, Observer, Repository, RepositoryOptions, Subscription, Summaries, SummaryWindow,
    UsageEvent, UsageOptions, UsageSummary,
};
use serde_json::json;

use super::{
    Calls, NOW, PLANNED, change, flags, ignore, publish, quietly, ready, show, text, user,
};

/// An observer that keeps summaries.
struct Sums(Calls<UsageSummary>, SummaryWindow);

impl Observer for Sums {
    fn observe(&self, event: &UsageEvent) {
        panic!("{event:?} instead of a count");
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::Summary(self.1)
    }

    fn summary(&self, summary: &UsageSummary) {
        self.0.note(summary.clone());
    }
}

fn sums(repository: &Repository, distinct: usize) -> (Calls<UsageSummary>, Subscription) {
    let calls = Calls::new();
    let window = SummaryWindow { every: Duration::from_secs(60), distinct };
    let guard = repository.observe(Arc::new(Sums(calls.clone(), window)), UsageOptions::default());
    (calls, guard)
}

fn counted(summary: &UsageSummary) -> Vec<(String, Option<String>, u64)> {
    let counts = summary.counts.iter();
    counts
        .map(|it| {
            (it.feature.key.to_string(), it.feature.text().map(|text| text.to_string()), it.count)
        })
        .collect()
}

#[test]
fn summaries_count_evaluations_by_feature_and_value() {
    let repository = ready(&flags(&[("a", true), ("b", false)]));
    let (calls, guard) = sums(&repository, 100);
    assert_eq!(repository.deliver_summaries(Millis::new(1_000)), Some(Millis::new(61_000)));
    for _ in 0..3 {
        ignore(repository.read().boolean("a", None));
        ignore(repository.read().boolean("a", Some(&user("mara"))));
    }
    ignore(repository.read().boolean("b", None));
    // These reads do not count as uses.
    ignore((repository.read().boolean("none", None), repository.read().peek("a", None)));
    repository.deliver();
    assert_eq!(repository.deliver_summaries(Millis::new(60_999)), Some(Millis::new(61_000)));
    assert_eq!(calls.len(), 0);
    change(&repository, &flags(&[("a", false), ("b", false)]));
    ignore(repository.read().boolean("a", None));
    assert_eq!(repository.deliver_summaries(Millis::new(61_000)), Some(Millis::new(121_000)));
    let told = calls.take();
    let text = |text: &str| Some(text.to_string());
    assert_eq!(
        told.iter().map(counted).collect::<Vec<_>>(),
        [[("a".into(), text("off"), 1), ("a".into(), text("on"), 6), ("b".into(), text("off"), 1)]]
    );
    assert_eq!((told[0].uncounted, told[0].counts[0].feature.variant()), (0, "default"));
    // The next window has begun.
    ignore(repository.read().boolean("a", None));
    assert_eq!(repository.deliver_summaries(Millis::new(61_001)), Some(Millis::new(121_000)));
    assert_eq!(calls.len(), 0);
    assert_eq!(repository.deliver_summaries(Millis::new(121_000)), Some(Millis::new(181_000)));
    assert_eq!(calls.take().len(), 1);
    // A window without evaluations is not reported.
    repository.deliver_summaries(Millis::new(181_000));
    assert_eq!(calls.len(), 0);
    // The remaining counts are reported at a flush, when the guard is dropped, and when the repository is closed.
    ignore(repository.read().boolean("a", None));
    repository.flush_usage(Duration::ZERO);
    assert_eq!(calls.take().len(), 1);
    ignore(repository.read().boolean("a", None));
    drop(guard);
    assert_eq!(calls.take().len(), 1);
    ignore(repository.read().boolean("a", None));
    assert_eq!(repository.deliver_summaries(Millis::new(999_000)), None);
    assert_eq!(calls.len(), 0);
    let (calls, _guard) = sums(&repository, 100);
    ignore(repository.read().boolean("a", None));
    repository.close();
    repository.deliver();
    assert_eq!(calls.take().len(), 1);
}

/// Without gaps, and with the newest version of a value that stayed the same.
#[test]
fn summaries_follow_each_other_and_name_the_newest_version() {
    let clock = Arc::new(AtomicI64::new(NOW));
    let read = Arc::clone(&clock);
    let repository = Repository::new(RepositoryOptions::new(move || {
        Timestamp::from_millis(read.load(Ordering::SeqCst))
    }));
    let (calls, _guard) = sums(&repository, 100);
    publish(&repository, Cause::First, &json!([text("a", 1, "same")]));
    show(&repository, Readiness::Ready);
    ignore(repository.read().string("a", None));
    for version in [3, 2] {
        publish(&repository, Cause::Change, &json!([text("a", version, "same")]));
        ignore(repository.read().string("a", None));
    }
    for after in [5_000, 7_000] {
        clock.store(NOW + after, Ordering::SeqCst);
        repository.flush_usage(Duration::ZERO);
        ignore(repository.read().string("a", None));
    }
    let windows = calls.take();
    assert_eq!((windows[0].counts[0].count, windows[0].counts[0].feature.version), (3, 3));
    let times = windows.iter().map(|it| [it.from, it.until].map(|time| time.as_millis() - NOW));
    assert_eq!(times.collect::<Vec<_>>(), [[0, 5_000], [5_000, 7_000]]);
}

#[test]
fn summaries_are_bounded() {
    let many: Vec<(String, bool)> = (0..50).map(|n| (format!("f{n:02}"), true)).collect();
    let many: Vec<(&str, bool)> = many.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let repository = ready(&flags(&many));
    let (calls, _guard) = sums(&repository, 20);
    for window in 0..2 {
        for (key, _) in &many {
            ignore((repository.read().boolean(key, None), repository.read().boolean(key, None)));
        }
        repository.flush_usage(Duration::ZERO);
        let told = calls.take();
        assert_eq!((told[0].counts.len(), told[0].uncounted), (20, 60), "window {window}");
        assert!(told[0].counts.iter().all(|count| count.count == 2));
    }
}

#[cfg(panic = "unwind")]
#[test]
fn panics_at_a_summary_are_caught() {
    let repository = ready(&flags(&[("a", true)]));
    let panics = Summaries::new(Duration::from_secs(1), |_| panic!("{PLANNED}"));
    let _panics = repository.observe(Arc::new(panics), UsageOptions::default());
    let (calls, _guard) = sums(&repository, 100);
    ignore(repository.read().boolean("a", None));
    quietly(|| repository.flush_usage(Duration::ZERO));
    assert_eq!((calls.len(), repository.counters().observer_panics), (1, 1));
}
