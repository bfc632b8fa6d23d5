//! Summaries for observers that need no event per read. A summary counts how often each feature was evaluated to each value.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use fh_eval::Timestamp;

use super::event::{UsageEvent, UsedFeature};
use super::sampling::Fingerprint;
use super::{Dispatch, Observer, SummaryWindow, UsageCount, UsageSummary};
use crate::answer::Answer;
use crate::rules::Rules;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::time::Millis;

/// Number of parts into which the counts are divided. Readers of different features mostly use different parts, so they rarely wait for
/// each other.
const SHARDS: usize = 8;
/// The value of `ends` until the dispatcher has checked the window for the first time.
const UNSEEN: u64 = u64::MAX;

/// An observer that passes summaries to a function.
///
/// ```
/// use std::time::Duration;
/// use fh_repository::Summaries;
/// let summaries = Summaries::new(Duration::from_secs(60), |summary| {
///     for count in &summary.counts {
///         println!("{} {:?}: {}", count.feature.key, count.feature.text(), count.count);
///     }
/// });
/// # let _ = summaries;
/// ```
pub struct Summaries<F> {
    window: SummaryWindow,
    report: F,
}

impl<F: Fn(&UsageSummary) + Send + Sync> Summaries<F> {
    /// Creates an observer that calls `report` at the end of each window in which a feature was evaluated. `every` is the length of a
    /// window; a flush, the removal of the observer or the close of the repository ends a window early.
    pub fn new(every: Duration, report: F) -> Self {
        Self { window: SummaryWindow { every, ..SummaryWindow::default() }, report }
    }
}

impl<F> fmt::Debug for Summaries<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summaries").field("window", &self.window).finish_non_exhaustive()
    }
}

impl<F: Fn(&UsageSummary) + Send + Sync> Observer for Summaries<F> {
    fn observe(&self, _: &UsageEvent) {}

    fn dispatch(&self) -> Dispatch {
        Dispatch::Summary(self.window)
    }

    fn summary(&self, summary: &UsageSummary) {
        (self.report)(summary);
    }
}

/// The counts of the current window.
pub(crate) struct Counts {
    window: SummaryWindow,
    /// The counts by the hash of feature, value, strategy and interceptor.
    shards: [Mutex<HashMap<u64, UsageCount>>; SHARDS],
    len: AtomicU64,
    uncounted: AtomicU64,
    since: Mutex<Timestamp>,
    /// The end of the window on the dispatcher's clock, in milliseconds.
    ends: AtomicU64,
}

impl Counts {
    pub(crate) fn new(window: SummaryWindow, now: Timestamp) -> Self {
        Self {
            window,
            shards: std::array::from_fn(|_| Mutex::new(HashMap::new())),
            len: AtomicU64::new(0),
            uncounted: AtomicU64::new(0),
            since: Mutex::new(now),
            ends: AtomicU64::new(UNSEEN),
        }
    }

    /// Counts an evaluation. Counting a combination that the window already has allocates no memory.
    pub(crate) fn count(&self, rules: &Rules, key: &str, answer: &Answer<'_>) {
        // The hash leaves out the user, so that evaluations of all users are counted together.
        let hash = Fingerprint::new(key, answer, None).hash();
        let shard = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        let Some(shard) = self.shards.get(shard) else { return };
        let mut shard = lock(shard);
        if let Some(counted) = shard.get_mut(&hash) {
            counted.count += 1;
            let version = answer.feature().map_or(0, |feature| feature.version());
            counted.feature.version = counted.feature.version.max(version);
            return;
        }
        let Some(feature) = UsedFeature::of(rules, key, answer) else { return };
        if self.len.fetch_add(1, Ordering::Relaxed) >= self.window.distinct as u64 {
            self.len.fetch_sub(1, Ordering::Relaxed);
            self.uncounted.fetch_add(1, Ordering::Relaxed);
            return;
        }
        shard.insert(hash, UsageCount { feature, count: 1 });
    }

    /// Ends the window and begins the next one. Returns `None` if no evaluation was counted in the ended window.
    pub(crate) fn take(&self, now: Timestamp) -> Option<UsageSummary> {
        let from = std::mem::replace(&mut *lock(&self.since), now);
        let mut counts = Vec::new();
        for shard in &self.shards {
            let taken = std::mem::take(&mut *lock(shard));
            self.len.fetch_sub(taken.len() as u64, Ordering::Relaxed);
            counts.extend(taken.into_values());
        }
        counts.sort_by(|a, b| {
            let order =
                |count: &UsageCount| (count.feature.text(), count.feature.strategy_id.clone());
            a.feature.key.cmp(&b.feature.key).then_with(|| order(a).cmp(&order(b)))
        });
        let uncounted = self.uncounted.swap(0, Ordering::Relaxed);
        let is_empty = counts.is_empty() && uncounted == 0;
        (!is_empty).then_some(UsageSummary { from, until: now, counts, uncounted })
    }

    /// Returns whether the window has ended, and the time at which the current or the newly begun window ends.
    pub(crate) fn is_due(&self, now: Millis) -> (bool, Millis) {
        let ends = self.ends.load(Ordering::Relaxed);
        if ends != UNSEEN && now.as_u64() < ends {
            return (false, Millis::new(ends));
        }
        let next = now.after(self.window.every);
        self.ends.store(next.as_u64(), Ordering::Relaxed);
        (ends != UNSEEN, next)
    }
}
