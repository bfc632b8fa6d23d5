//! One connection upstream, and the place where what it brings is served.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{Client, Connection, Problem, Readiness};
use fh_eval::Ruleset;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::status::{UpstreamRole, UpstreamState, UpstreamStatus};
use crate::serving::{EvaluatedBy, Grants, Phase, Published, ServedFeature, Settings, Slot};
use crate::world::now;

/// Whatever the settings say, it is not asked again all the time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// What is told of an upstream's refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnRefusal {
    /// The key is unknown, until the upstream Edge says something else.
    TellAndGoOn,
    /// The key is unknown, and nobody asks again.
    TellAndEnd,
    /// Nothing: the key was good before, so the upstream Edge is in trouble.
    Wait,
}

pub(super) struct Upstream {
    name: Arc<str>,
    role: UpstreamRole,
    evaluated_by: EvaluatedBy,
    attributes: usize,
    /// What its keys open, unless they are refused.
    grants: Arc<Grants>,
    settings: Settings,
    pub(super) slot: Arc<Slot>,
    client: OnceLock<Client>,
    known: Mutex<Known>,
}

struct Known {
    /// The upstream Edge does not know the key, and nothing was known from before.
    is_refused: bool,
    /// When the upstream Edge was last asked about an environment that it calls stale.
    asked: Option<Instant>,
}

/// What an upstream is made of.
pub(super) struct Parts {
    pub(super) name: Arc<str>,
    pub(super) role: UpstreamRole,
    pub(super) evaluated_by: EvaluatedBy,
    pub(super) attributes: usize,
    pub(super) environment: Uuid,
    pub(super) grants: Grants,
    pub(super) settings: Settings,
    pub(super) cache_bytes: u64,
}

impl Upstream {
    /// One whose client is still to be started. `place` gives its first generation, which waits, a place.
    pub(super) fn new(parts: Parts, place: impl FnOnce(Published) -> Arc<Slot>) -> Self {
        let Parts { name, role, evaluated_by, attributes, settings, .. } = parts;
        let grants = Arc::new(parts.grants);
        let first = Published::waiting(
            parts.environment,
            settings.clone(),
            Arc::clone(&grants),
            parts.cache_bytes,
        );
        let slot = place(first);
        let known = Known { is_refused: false, asked: None };
        let (client, known) = (OnceLock::new(), Mutex::new(known));
        Self { name, role, evaluated_by, attributes, grants, settings, slot, client, known }
    }

    /// Takes its client, of which there is one.
    pub(super) fn adopt(&self, client: Client) {
        self.client.get_or_init(|| client);
    }

    /// Passes on whatever its client gets, until the client is closed. One that got 400 asks again after this time.
    pub(super) async fn follow(&self, refused: impl Fn() -> OnRefusal, again_after: Duration) {
        let Some(client) = self.client.get() else { return };
        let again_after = again_after.max(SHORTEST_PAUSE);
        let mut watch = client.watch();
        let mut last = Ruleset::default();
        loop {
            if self.take(client, &mut last) == Taken::Refusal {
                match refused() {
                    OnRefusal::Wait => {}
                    OnRefusal::TellAndGoOn => self.refuse(),
                    OnRefusal::TellAndEnd => {
                        client.close();
                        return self.refuse();
                    }
                }
            }
            tokio::select! {
                changed = watch.changed() => {
                    // Closed: what was served last goes on answering.
                    if changed.is_err() {
                        return;
                    }
                }
                () = tokio::time::sleep(again_after), if is_taken_for_nonsense(client) => {
                    // How it went is in the status.
                    drop(client.refresh().await);
                }
            }
        }
    }

    /// Puts up what the client has now, if it is news. `last` is what it had then.
    fn take(&self, client: &Client, last: &mut Ruleset) -> Taken {
        let snapshot = client.hub().snapshot();
        let status = snapshot.status();
        if status.source.is_none() {
            let is_refused = status.readiness == Readiness::Failed
                && status.problem.as_ref().is_some_and(is_certain);
            return if is_refused { Taken::Refusal } else { Taken::Nothing };
        }
        let ruleset = snapshot.rules().ruleset();
        self.slot.update(|current| {
            // A stale environment that is asked for again is stale until the upstream Edge has answered.
            let was_stale = current.settings.stale && status.problem.is_some();
            let settings =
                Settings { stale: status.is_stale || was_stale, ..self.settings.clone() };
            if settings.stale && !current.settings.stale {
                self.known().asked = Some(Instant::now());
            }
            let features = self.features(ruleset, last, &current.features);
            let is_open = Arc::ptr_eq(&current.grants, &self.grants);
            let is_known = is_open
                && current.phase != Phase::Waiting
                && current.settings == settings
                && same(&current.features, &features);
            if is_known {
                return None;
            }
            let next = current.next();
            let next = if is_open { next } else { next.with_grants(Arc::clone(&self.grants)) };
            Some(next.with_compiled(features, ruleset.clone(), settings, now()))
        });
        *last = ruleset.clone();
        Taken::Features
    }

    /// What to serve for these rules. What did not change stays the same object.
    fn features(
        &self,
        ruleset: &Ruleset,
        last: &Ruleset,
        served: &[Arc<ServedFeature>],
    ) -> Vec<Arc<ServedFeature>> {
        let served: HashMap<&str, &Arc<ServedFeature>> =
            served.iter().map(|feature| (&*feature.key, feature)).collect();
        let features = ruleset.iter().filter_map(|feature| {
            let known = served.get(feature.key()).copied();
            let before = last.get(feature.key());
            if let Some(known) = known
                && before.is_some_and(|before| before.json() == feature.json())
            {
                return Some(Arc::clone(known));
            }
            let received = ServedFeature::received(feature.json(), self.evaluated_by)?;
            match known.filter(|known| known.id == received.id && known.looks_like(&received)) {
                Some(known) => Some(Arc::clone(known)),
                None => Some(Arc::new(received)),
            }
        });
        features.collect()
    }

    /// The upstream Edge does not know the key, and nothing is known from before.
    fn refuse(&self) {
        self.known().is_refused = true;
        self.slot.update(|current| {
            let tells = current.phase == Phase::Waiting && !current.grants.is_empty();
            tells.then(|| current.next().with_grants(Arc::default()))
        });
    }

    /// The upstream Edge called the environment stale. Somebody asks for it all the same, so it is asked again, not more often than this.
    pub(super) fn ask_again(&self, runtime: &Handle, not_within: Duration) {
        let Some(client) = self.client.get() else { return };
        let now = Instant::now();
        let mut known = self.known();
        if known.asked.is_none_or(|asked| now.duration_since(asked) >= not_within) {
            known.asked = Some(now);
            let client = client.clone();
            // How it went is in the status.
            runtime.spawn(async move { drop(client.refresh().await) });
        }
    }

    /// Ends the connection and all streams that hang on it.
    pub(super) fn close(&self) {
        self.slot.close(Duration::ZERO);
        if let Some(client) = self.client.get() {
            client.close();
        }
    }

    pub(super) fn client(&self) -> Option<&Client> {
        self.client.get()
    }

    /// What is served is the truth of it, so that nobody is answered before the state says so.
    pub(super) fn state(&self) -> UpstreamState {
        match self.slot.current().phase {
            Phase::Serving => UpstreamState::Serving,
            Phase::Waiting if self.known().is_refused => UpstreamState::Refused,
            Phase::Waiting => UpstreamState::Waiting,
        }
    }

    pub(super) fn status(&self) -> UpstreamStatus {
        UpstreamStatus {
            name: Arc::clone(&self.name),
            environment: self.slot.current().id,
            role: self.role,
            state: self.state(),
            attributes: self.attributes,
            client: self.client.get().map(Client::status),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true for a client that got 400. It retries slowly by itself (D-114), and after a minute at the latest here, since a proxy before
/// the upstream Edge may have answered so for a moment.
fn is_taken_for_nonsense(client: &Client) -> bool {
    let status = client.status();
    status.connection == Connection::Waiting && status.problem == Some(Problem::BadRequest)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Features,
    Nothing,
    Refusal,
}

/// Does the upstream Edge say that it does not know the key? A 400 says that it does not understand the request, and 401 and 403 no
/// Edge ever says to who reads (edge-protocol 2.5): those are somebody's before it, who turns everybody away.
fn is_certain(problem: &Problem) -> bool {
    matches!(problem, Problem::NotFound | Problem::Failure(_))
}

fn same(one: &[Arc<ServedFeature>], other: &[Arc<ServedFeature>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Arc::ptr_eq(one, other))
}
