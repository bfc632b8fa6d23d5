//! Publishes a new generation when time alone may have changed answers. One thread does this for all cells of an Edge. Other threads
//! may publish to the same cells.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::published::Published;
use super::published_cell::{PublishedCell, SchedulerHandle};
use crate::clock::now;

/// The longest wait between two checks of the system clock. The wait is bounded because the clock may be set in the meantime.
const LOOK_AT_LEAST: Duration = Duration::from_secs(30);

/// A list of all cells, with a thread that publishes a new generation to each cell whose rules on `now` have a new outcome.
#[derive(Debug)]
pub(crate) struct TimeScheduler {
    scheduler: SchedulerHandle,
    slots: Arc<Slots>,
    /// The receiver of wake-ups; `None` once the thread was started, which then owns the receiver.
    wakeups: Mutex<Option<Receiver<()>>>,
}

/// Weak references to all cells. References to dropped cells are removed when the next cell is added.
type Slots = Mutex<Vec<Weak<PublishedCell>>>;

impl Default for TimeScheduler {
    fn default() -> Self {
        let (scheduler, wakeups) = sync_channel(1);
        Self {
            scheduler: SchedulerHandle(scheduler),
            slots: Arc::default(),
            wakeups: Mutex::new(Some(wakeups)),
        }
    }
}

impl TimeScheduler {
    /// Makes a cell that wakes the scheduler whenever a generation with rules on `now` is published to the cell. The receivers of
    /// `revision` are notified whenever the streams of the cell are woken.
    pub(crate) fn cell(
        &self,
        first: Published,
        revision: watch::Sender<u64>,
    ) -> Arc<PublishedCell> {
        let cell = Arc::new(PublishedCell::new(first, self.scheduler.clone(), revision));
        let mut slots = lock(&self.slots);
        slots.retain(|cell| cell.strong_count() > 0);
        slots.push(Arc::downgrade(&cell));
        cell
    }

    /// Starts the thread that publishes a new generation to each cell whose rules on `now` have a new outcome. The thread ends at most
    /// about 30 seconds after this scheduler is dropped, and earlier if all its cells are dropped too. A second call does nothing.
    ///
    /// # Errors
    /// Returns the error of the operating system if it refuses to start a thread.
    pub(crate) fn start(&self) -> io::Result<()> {
        let Some(wakeups) = lock(&self.wakeups).take() else { return Ok(()) };
        let slots = Arc::downgrade(&self.slots);
        let run = move || {
            while let Some(slots) = slots.upgrade() {
                let wait = pass_moments(&slots);
                drop(slots);
                if wakeups.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        };
        thread::Builder::new().name("fh-edge-clock".into()).spawn(run).map(drop)
    }
}

/// Publishes a generation to each cell whose rules on `now` have a new outcome. Returns the time until the next check, at most 30 seconds.
fn pass_moments(slots: &Slots) -> Duration {
    let slots: Vec<Arc<PublishedCell>> = lock(slots).iter().filter_map(Weak::upgrade).collect();
    let now = now();
    slots.iter().for_each(|cell| cell.pass_moments(now));
    let next =
        slots.iter().filter_map(|cell| cell.current().time_rules.next_change_after(now)).min();
    let wait = next.map(|next| u64::try_from(next.as_millis() - now.as_millis()).unwrap_or(0));
    wait.map_or(LOOK_AT_LEAST, |millis| Duration::from_millis(millis).min(LOOK_AT_LEAST))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fh_eval::{Kind, Profile, Timestamp};
    use uuid::Uuid;

    use super::super::answers::AnswerBudget;
    use super::*;
    use crate::serving::{Counting, ServedFeature, Settings};
    use crate::state::{Feature, FeatureValue, Json};

    fn settings() -> Settings {
        Settings {
            name: "dev".into(),
            cache_control: None,
            stale: false,
            profile: Profile::Client,
            accepted: Arc::default(),
        }
    }

    fn waiting() -> Published {
        Published::waiting(Uuid::nil(), settings(), Arc::default(), &AnswerBudget::new(1 << 20))
    }

    /// Returns a feature whose answer changes at this time.
    fn turning_at(time_state: i64) -> ServedFeature {
        feature_with("GREATER_EQUALS", &Timestamp::from_millis(time_state).to_string())
    }

    /// Returns a feature with a rule on `now`.
    fn feature_with(conditional: &str, value: &str) -> ServedFeature {
        let strategy = format!(
            r#"{{"id":"late","value":true,"attributes":[{{"fieldName":"now","type":"DATETIME",
                "conditional":"{conditional}","values":["{value}"]}}]}}"#
        );
        let value = FeatureValue {
            value: Some(Json::boolean(false)),
            strategies: vec![Json::parse(&strategy).unwrap()],
            ..FeatureValue::default()
        };
        let feature = Feature {
            id: Uuid::from_u128(7),
            key: "LATE".into(),
            kind: Kind::Boolean,
            version: 1,
            properties: BTreeMap::new(),
            filters: std::collections::BTreeSet::new(),
        };
        ServedFeature::new(&feature, Some(&value), 1, Counting::Counts, None)
    }

    /// The thread sleeps for half a minute when a generation is published whose answers change earlier.
    #[tokio::test]
    async fn time_passes_wherever_something_is_published() {
        let scheduler = TimeScheduler::default();
        scheduler.start().unwrap();
        scheduler.start().unwrap();
        for _ in 0..2 {
            let cell = scheduler.cell(waiting(), watch::Sender::default());
            let mut watch = cell.watch();
            let time_state = now().as_millis() + 200;
            cell.update(|current| {
                let features = vec![turning_at(time_state)];
                Some(current.next().with_features(features, settings(), now()))
            });
            let turned = async {
                while cell.current().time_state.time().as_millis() < time_state {
                    watch.changed().await.unwrap();
                }
            };
            tokio::time::timeout(Duration::from_secs(20), turned).await.unwrap();
            assert_eq!(cell.current().features.len(), 1);
        }
    }

    /// Rules on the text of `now` are evaluated each second; only a changed result is published.
    #[test]
    fn only_a_changed_result_is_published() {
        let scheduler = TimeScheduler::default();
        let cell = scheduler.cell(waiting(), watch::Sender::default());
        let noon = "2024-02-29T12:00:00Z".parse::<Timestamp>().unwrap().as_millis();
        let minute = feature_with("REGEX", "2024-02-29T12:(01|03):.*");
        cell.update(|current| {
            let now = Timestamp::from_millis(noon);
            Some(current.next().with_features(vec![minute], settings(), now))
        });
        let mut turned = Vec::new();
        for second in 1..300 {
            let before = cell.current().generation;
            cell.pass_moments(Timestamp::from_millis(noon + 1000 * second));
            if cell.current().generation != before {
                turned.push(second);
            }
        }
        assert_eq!(turned, [60, 120, 180, 240]);
    }

    #[test]
    fn dropped_cells_are_removed() {
        let scheduler = TimeScheduler::default();
        for _ in 0..100 {
            scheduler.cell(waiting(), watch::Sender::default());
        }
        assert!(lock(&scheduler.slots).len() <= 1);
    }

    #[test]
    fn the_thread_ends_with_all_cells() {
        let scheduler = TimeScheduler::default();
        let wakeups = lock(&scheduler.wakeups).take().unwrap();
        let cell = scheduler.cell(waiting(), watch::Sender::default());
        drop((scheduler, cell));
        assert!(wakeups.recv().is_err());
    }
}
