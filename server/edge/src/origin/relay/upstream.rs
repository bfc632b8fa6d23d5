//! One upstream connection, and the cell to which its features are published.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{Client, Problem, Readiness};
use fh_eval::{Ruleset, Timestamp};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::key::UpstreamKey;
use super::key_state::{KeyState, Terms, age};
use super::record::RecordFile;
use super::status::{UpstreamRole, UpstreamState, UpstreamStatus};
use crate::clock::now;
use crate::serving::{
    AnswerBudget, EvaluatedBy, Grants, Phase, Published, PublishedCell, ServedFeature, Settings,
    with_served,
};

/// The reason why a key counts as refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The key was refused before the connection had any features.
    AtFirstContact,
    /// The key is revoked, because the upstream Edge refused it at least twice, and for at least `RelayLimits::revoke_after`, in
    /// this run or before a restart.
    ForGood,
}

/// The reaction to a refusal by the upstream Edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnRefusal {
    /// The clients are notified that the key is unknown. The connection stays, in case the upstream Edge accepts the key later.
    TellAndGoOn,
    /// The clients are notified that the key is unknown, and the connection ends.
    TellAndEnd,
    /// The clients are not notified. The key was answered successfully before, so the upstream Edge probably has a problem.
    Wait,
}

pub(super) struct Upstream {
    role: UpstreamRole,
    evaluated_by: EvaluatedBy,
    attributes: usize,
    named: Mutex<Named>,
    pub(super) cell: Arc<PublishedCell>,
    /// The key that the connection's client sends upstream.
    pub(super) key: UpstreamKey,
    client: OnceLock<Client>,
    known: Mutex<Known>,
    /// The file that keeps [`Known::key_state`] across restarts; `None` if the relay has no snapshot folder or the connection is made on
    /// demand.
    record: Option<Arc<Mutex<RecordFile>>>,
}

/// The parts of a connection that contain the name of its keys.
#[derive(Clone)]
pub(super) struct Named {
    /// The grants of the connection's keys. They are published with the features, unless the upstream Edge refuses the keys.
    grants: Arc<Grants>,
    /// The settings with which the features are published, with the name of the keys.
    pub(super) settings: Settings,
}

pub(super) struct Known {
    /// True if the key was refused at first contact, is revoked, or is no longer configured.
    is_refused: bool,
    /// True if the features are too old to be served (see [`ServeDecision::Expire`](super::key_state::ServeDecision::Expire)).
    is_expired: bool,
    pub(super) key_state: KeyState,
    /// The age of the client's features when its status was last read; `None` if no status with features was read yet, or if the age was
    /// not known.
    pub(super) data_age: Option<Duration>,
    /// The time at which the environment became stale or was last refreshed for clients; `None` if the environment was never stale.
    asked: Option<Instant>,
}

/// The parts from which an upstream connection is made.
pub(super) struct Parts {
    pub(super) role: UpstreamRole,
    pub(super) evaluated_by: EvaluatedBy,
    pub(super) attributes: usize,
    pub(super) environment: Uuid,
    pub(super) grants: Grants,
    /// The settings of the connection's cell, which contain the name of the connection's keys.
    pub(super) settings: Settings,
    pub(super) answers: Arc<AnswerBudget>,
    pub(super) key: UpstreamKey,
    pub(super) key_state: KeyState,
    pub(super) record: Option<RecordFile>,
}

impl Upstream {
    /// Creates a connection whose client is not started yet. `place` makes the connection's cell from the first generation, which has no
    /// features.
    pub(super) fn new(parts: Parts, place: impl FnOnce(Published) -> Arc<PublishedCell>) -> Self {
        let Parts { role, evaluated_by, attributes, settings, key, key_state, .. } = parts;
        let grants = Arc::new(parts.grants);
        let first = Published::waiting(
            parts.environment,
            settings.clone(),
            Arc::clone(&grants),
            &parts.answers,
        );
        let cell = place(first);
        let (is_refused, is_expired) = (false, false);
        let known = Known { is_refused, is_expired, key_state, data_age: None, asked: None };
        let (client, known) = (OnceLock::new(), Mutex::new(known));
        let record = parts.record.map(|record| Arc::new(Mutex::new(record)));
        let named = Mutex::new(Named { grants, settings });
        Self { role, evaluated_by, attributes, named, cell, key, client, known, record }
    }

    /// Sets the client of the connection. If the connection has a client already, this call has no effect.
    pub(super) fn adopt(&self, client: Client) {
        self.client.get_or_init(|| client);
    }

    /// Replaces the name of the connection's keys. Streams and the client continue.
    pub(super) fn rename(&self, name: &Arc<str>) {
        let grants = {
            let mut named = lock(&self.named);
            if named.settings.name == *name {
                return;
            }
            named.settings.name = Arc::clone(name);
            named.grants = Arc::new(named.grants.renamed(name));
            Arc::clone(&named.grants)
        };
        self.cell.update(|current| {
            let mut next = current.next();
            next.settings.name = Arc::clone(name);
            // A refused connection has no grants.
            let is_open = !current.grants.is_empty();
            Some(if is_open { next.with_grants(grants) } else { next })
        });
    }

    /// Writes the key's state to the record file if the recorded state is out of date; see `RecordFile::is_behind`. Does nothing if the
    /// connection has no record file.
    pub(super) async fn keep(&self, key_state: KeyState, terms: &Terms) {
        let Some(record) = &self.record else { return };
        if lock(record).is_behind(&key_state, terms) {
            self.write_record().await;
        }
    }

    /// Writes the state of the key to the record file, if the connection has one.
    pub(super) async fn write_record(&self) {
        let Some(record) = self.record.clone() else { return };
        let key_state = self.known().key_state.clone();
        // If the write panicked, the record counts as not written.
        drop(tokio::task::spawn_blocking(move || lock(&record).write(&key_state)).await);
    }

    /// Publishes the client's features, unless the same features are served already with the same settings and keys. If the client has
    /// features, `last` is replaced by their ruleset, and is to be passed to the next call. Returns whether the client has features, has
    /// none yet, or was refused at first contact.
    pub(super) fn take(&self, client: &Client, last: &mut Ruleset) -> ReceivedOutcome {
        let snapshot = client.snapshot();
        let status = snapshot.status();
        if status.source.is_none() {
            let is_refused = status.readiness == Readiness::Failed
                && status.problem.as_ref().is_some_and(is_certain);
            return if is_refused { ReceivedOutcome::Refusal } else { ReceivedOutcome::Nothing };
        }
        let ruleset = snapshot.ruleset();
        self.cell.update(|current| {
            // A stale environment that was requested again stays stale while the client has a problem.
            let was_stale = current.settings.stale && status.problem.is_some();
            let Named { grants, settings } = self.named();
            let settings = Settings { stale: status.is_stale || was_stale, ..settings };
            if settings.stale && !current.settings.stale {
                self.known().asked = Some(Instant::now());
            }
            let features = self.features(ruleset, last, &current.features);
            let is_open = Arc::ptr_eq(&current.grants, &grants);
            let is_known = is_open
                && current.phase != Phase::Waiting
                && current.settings == settings
                && same(&current.features, &features);
            if is_known {
                return None;
            }
            let next = current.next();
            let next = if is_open { next } else { next.with_grants(grants) };
            // The positions of the served strategies must be those of the ruleset.
            let changed = features.iter().filter(|feature| feature.lacks_strategies);
            let profile = settings.profile;
            let ruleset = changed
                .fold(ruleset.clone(), |ruleset, feature| with_served(&ruleset, feature, profile));
            Some(next.with_compiled(features, ruleset, settings, now()))
        });
        {
            let mut known = self.known();
            (known.is_refused, known.is_expired) = (false, false);
        }
        *last = ruleset.clone();
        ReceivedOutcome::Features
    }

    /// Returns the features of this ruleset in the form in which they are served. A feature that did not change keeps its object. Features
    /// that cannot be read are left out.
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

    /// Publishes a generation without keys and features, because the key was refused at first contact, was revoked, or is no longer
    /// configured.
    pub(super) fn refuse(&self) {
        self.known().is_refused = true;
        self.cell.update(|current| {
            let tells = !current.grants.is_empty();
            tells.then(|| emptied(current).with_grants(Arc::default()))
        });
    }

    /// Publishes a generation without features, because the features have expired. No features are served until the next successful
    /// upstream response.
    pub(super) fn expire(&self) {
        let (environment, name) = (self.key.environment, &*self.named().settings.name);
        if !std::mem::replace(&mut self.known().is_expired, true) {
            tracing::error!(%environment, name, "the features have expired, because the upstream Edge has sent no successful response for the maximum age (relay-max-age)");
        }
        self.cell.update(|current| (current.phase == Phase::Serving).then(|| emptied(current)));
    }

    /// Refreshes an environment that the upstream Edge called stale, because clients request it. Does nothing if less than `not_within` has
    /// passed since the environment became stale or was last refreshed by this call, or if the connection has no client.
    pub(super) fn ask_again(&self, runtime: &Handle, not_within: Duration) {
        let Some(client) = self.client.get() else { return };
        let now = Instant::now();
        let mut known = self.known();
        if known.asked.is_none_or(|asked| now.duration_since(asked) >= not_within) {
            known.asked = Some(now);
            let client = client.clone();
            // The client's status holds the result of the refresh.
            runtime.spawn(async move { drop(client.refresh().await) });
        }
    }

    /// Ends the connection of a key that is no longer configured. The streams of the connection are notified that the key is unknown.
    pub(super) fn revoke(&self) {
        self.refuse();
        self.close_client();
    }

    /// Ends the connection and all streams that use it.
    pub(super) fn close(&self) {
        self.cell.close(Duration::ZERO);
        self.close_client();
    }

    /// Closes the client, if the connection has one. This does not change what is published.
    pub(super) fn close_client(&self) {
        self.client.get().into_iter().for_each(Client::close);
    }

    pub(super) fn client(&self) -> Option<&Client> {
        self.client.get()
    }

    /// Returns the state of the connection. Whether features are served is read from the published generation, so that the state agrees
    /// with the answers that clients get.
    pub(super) fn state(&self) -> UpstreamState {
        match self.cell.current().phase {
            Phase::Serving => UpstreamState::Serving,
            Phase::Waiting => {
                let known = self.known();
                match (known.is_refused, known.is_expired) {
                    (true, _) => UpstreamState::Refused,
                    (false, true) => UpstreamState::Expired,
                    (false, false) => UpstreamState::Waiting,
                }
            }
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> UpstreamStatus {
        let key_state = self.known().key_state.clone();
        UpstreamStatus {
            answer_age: key_state.last_answered.map(|answered| age(answered, now)),
            refused_for: key_state.refusals.map(|refusals| age(refusals.since, now)),
            name: self.named().settings.name,
            environment: self.cell.current().id,
            role: self.role,
            state: self.state(),
            attributes: self.attributes,
            client: self.client.get().map(Client::status),
        }
    }

    pub(super) fn named(&self) -> Named {
        lock(&self.named).clone()
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the generation after `current`, without features and in [`Phase::Waiting`].
fn emptied(current: &Published) -> Published {
    let (settings, ruleset) = (current.settings.clone(), Ruleset::default());
    let mut next = current.next().with_compiled(Vec::new(), ruleset, settings, now());
    next.phase = Phase::Waiting;
    next
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReceivedOutcome {
    Features,
    Nothing,
    Refusal,
}

/// Returns true if the problem is a 404 or a stream's `failure` event, with which an Edge answers a key that it does not know. Status 400
/// means only that the upstream Edge did not understand the request. Statuses 401 and 403 come from a proxy in front of it, since an Edge
/// never answers a GET with them.
pub(super) fn is_certain(problem: &Problem) -> bool {
    matches!(problem, Problem::NotFound | Problem::Failure(_))
}

fn same(one: &[Arc<ServedFeature>], other: &[Arc<ServedFeature>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Arc::ptr_eq(one, other))
}
