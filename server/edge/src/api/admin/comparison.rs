//! The comparison of the current features with those that event streams sent last. Streams that sent the same features share one
//! comparison, so that a change costs little more with many streams than with one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::feature::FeatureView;
use super::overview::Overview;
use crate::serving::{Change, Environments, Published, changes};
use crate::shared_state::SharedState;
use crate::wire::sse::write_event;

/// The data of an event: the changed features of one environment.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    revision: u64,
    environment: Uuid,
    features: Vec<FeatureView<'a>>,
    /// The keys of the features that were removed from the environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<&'a str>,
}

/// The latest [`Generations`], which all event streams share. Only the streams keep them in memory.
#[derive(Debug)]
pub(super) struct LatestGenerations {
    latest: Mutex<(watch::Receiver<u64>, Weak<Generations>)>,
}

/// The generation of every environment at one time.
#[derive(Debug)]
pub(super) struct Generations {
    revision: u64,
    all: Vec<Arc<Published>>,
    /// The events for the differences from earlier generations, one entry for each that a stream has compared.
    events: Mutex<Vec<(Weak<Self>, Bytes)>>,
}

impl LatestGenerations {
    pub(super) fn new(environments: &Environments) -> Self {
        Self { latest: Mutex::new((environments.revision(), Weak::new())) }
    }

    /// Returns the current generations. Until another generation is published, all streams get the same ones.
    pub(super) fn get(&self, environments: &Environments) -> Arc<Generations> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let (revision, generations) = &mut *latest;
        if !revision.has_changed().unwrap_or(true)
            && let Some(current) = generations.upgrade()
        {
            return current;
        }
        // The revision counts as seen before the generations are read, so that a publication in between is noticed by the next call.
        let revision = *revision.borrow_and_update();
        let current =
            Arc::new(Generations { revision, all: environments.all(), events: Mutex::default() });
        *generations = Arc::downgrade(&current);
        current
    }
}

impl Generations {
    /// Returns the events for the differences from `sent` to these generations. The first call compares them, and later calls with the same
    /// `sent` return the same bytes. The bytes are empty if there is no difference to show.
    pub(super) fn events_since(&self, sent: &Arc<Self>, shared: &SharedState) -> Bytes {
        if std::ptr::eq(self, Arc::as_ptr(sent)) {
            return Bytes::new();
        }
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let older = Arc::downgrade(sent);
        if let Some((_, known)) = events.iter().find(|(from, _)| from.ptr_eq(&older)) {
            return known.clone();
        }
        let made = Bytes::from(self.compare(sent, shared));
        events.push((older, made.clone()));
        made
    }

    /// Returns an event `environments` with all environments if an environment was added or removed, or if its settings or phase changed.
    /// After it follows an event `features` for each environment of `sent` whose features changed.
    fn compare(&self, sent: &Self, shared: &SharedState) -> String {
        // In most cases both hold the same environments in the same order, and nearly all are unchanged.
        let before: HashMap<Uuid, &Arc<Published>> =
            others(&sent.all, &self.all).map(|old| (old.id, old)).collect();
        let pairs = others(&self.all, &sent.all).map(|new| (before.get(&new.id).copied(), new));
        let is_changed = |(old, new): &(Option<&Arc<Published>>, &Arc<Published>)| {
            old.is_none_or(|old| !Arc::ptr_eq(old, new))
        };
        let mut changed: Vec<_> = pairs.filter(is_changed).collect();
        changed.sort_by_key(|(_, new)| (&new.settings.name, new.id));
        let is_news = self.all.len() != sent.all.len()
            || changed.iter().any(|(old, new)| {
                old.is_none_or(|old| old.settings != new.settings || old.phase != new.phase)
            });
        let mut out = if is_news { environments(shared) } else { String::new() };
        for (old, new) in changed {
            let Some(old) = old else { continue };
            let (mut features, mut gone) = (Vec::new(), Vec::new());
            for change in changes(&old.features, &new.features) {
                match change {
                    Change::Now(feature) => features.push(FeatureView::of(new, feature)),
                    Change::Gone(feature) => gone.push(&*feature.key),
                }
            }
            if !features.is_empty() || !gone.is_empty() {
                let (revision, environment) = (self.revision, new.id);
                event(&mut out, "features", &Changed { revision, environment, features, gone });
            }
        }
        out
    }
}

/// Returns the generations of `all` that `than` does not have at the same position.
fn others<'a>(
    all: &'a [Arc<Published>],
    than: &'a [Arc<Published>],
) -> impl Iterator<Item = &'a Arc<Published>> {
    let places = all.iter().enumerate();
    let others = places.filter(|(at, each)| than.get(*at).is_none_or(|it| !Arc::ptr_eq(it, each)));
    others.map(|(_, each)| each)
}

/// Returns an event `environments` with all environments.
pub(super) fn environments(shared: &SharedState) -> String {
    let mut out = String::new();
    event(&mut out, "environments", &Overview::of(shared));
    out
}

fn event(out: &mut String, name: &str, data: &impl Serialize) {
    // The data of these events can always be serialised, and its JSON has no line break.
    write_event(out, name, None, &serde_json::to_string(data).unwrap_or_default());
}
