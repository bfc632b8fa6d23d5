//! One connection upstream, and the place where what it brings is served.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{Client, Connection, Problem, Readiness, Source, Status};
use fh_eval::{Ruleset, Timestamp};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::key::UpstreamKey;
use super::proxy::Proxy;
use super::record::RecordFile;
use super::standing::{Report, Standing, Terms, Verdict, age};
use super::status::{UpstreamRole, UpstreamState, UpstreamStatus};
use crate::serving::{
    AnswerBudget, EvaluatedBy, Grants, Phase, Published, ServedFeature, Settings, Slot,
};
use crate::world::now;

/// Whatever the settings say, it is not asked again all the time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// How often it is looked whether features have expired, or a key is to be revoked, while nothing happens.
const REVIEW: Duration = Duration::from_secs(1);

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Nothing is known from before.
    AtFirstContact,
    /// It was good once, and the upstream Edge has refused it for long enough (D-116).
    ForGood,
}

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
    /// The key that its client asks with.
    key: UpstreamKey,
    client: OnceLock<Client>,
    known: Mutex<Known>,
    /// Where it is kept what is known over restarts.
    record: Option<Arc<Mutex<RecordFile>>>,
}

struct Known {
    /// The upstream Edge does not know the key, and nothing was known from before, or it is revoked.
    is_refused: bool,
    /// The features were too old to be served any longer.
    is_expired: bool,
    standing: Standing,
    /// The age of the features when the client was last looked at.
    data_age: Option<Duration>,
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
    pub(super) answers: Arc<AnswerBudget>,
    pub(super) key: UpstreamKey,
    pub(super) standing: Standing,
    pub(super) record: Option<RecordFile>,
}

impl Upstream {
    /// One whose client is still to be started. `place` gives its first generation, which waits, a place.
    pub(super) fn new(parts: Parts, place: impl FnOnce(Published) -> Arc<Slot>) -> Self {
        let Parts { name, role, evaluated_by, attributes, settings, key, standing, .. } = parts;
        let grants = Arc::new(parts.grants);
        let first = Published::waiting(
            parts.environment,
            settings.clone(),
            Arc::clone(&grants),
            &parts.answers,
        );
        let slot = place(first);
        let (is_refused, is_expired) = (false, false);
        let known = Known { is_refused, is_expired, standing, data_age: None, asked: None };
        let (client, known) = (OnceLock::new(), Mutex::new(known));
        let record = parts.record.map(|record| Arc::new(Mutex::new(record)));
        Self {
            name,
            role,
            evaluated_by,
            attributes,
            grants,
            settings,
            slot,
            key,
            client,
            known,
            record,
        }
    }

    /// Takes its client, of which there is one.
    pub(super) fn adopt(&self, client: Client) {
        self.client.get_or_init(|| client);
    }

    /// Passes on whatever its client gets, as long as it may be served, until the client is closed. One that got 400 asks again after [`RelayLimits::refused_for`](super::RelayLimits::refused_for).
    pub(super) async fn follow(&self, proxy: &Proxy, refused: impl Fn(Refused) -> OnRefusal) {
        let Some(client) = self.client.get() else { return };
        let again_after = proxy.limits().refused_for.max(SHORTEST_PAUSE);
        let mut watch = client.watch();
        let mut last = Ruleset::default();
        let mut reviews = tokio::time::interval(REVIEW);
        let (mut is_news, mut judged) = (true, Verdict::Serve);
        let mut nonsense: Option<tokio::time::Instant> = None;
        loop {
            let verdict = self.judge(client, proxy).await;
            let is_due = is_news || verdict != judged;
            judged = verdict;
            let refusal = match verdict {
                _ if !is_due => None,
                Verdict::Serve if self.take(client, &mut last) == Taken::Refusal => {
                    Some(Refused::AtFirstContact)
                }
                Verdict::Serve => None,
                Verdict::Revoke => Some(Refused::ForGood),
                Verdict::Expire => {
                    self.expire();
                    None
                }
            };
            match refusal.map(&refused) {
                None | Some(OnRefusal::Wait) => {}
                Some(OnRefusal::TellAndGoOn) => self.refuse(),
                Some(OnRefusal::TellAndEnd) => {
                    client.close();
                    return self.refuse();
                }
            }
            let again = is_taken_for_nonsense(client).then(|| {
                *nonsense.get_or_insert_with(|| super::after(Instant::now(), again_after).into())
            });
            if again.is_none() {
                nonsense = None;
            }
            is_news = true;
            tokio::select! {
                changed = watch.changed() => {
                    // Closed: what was served last goes on answering.
                    if changed.is_err() {
                        return;
                    }
                }
                () = until(again) => {
                    nonsense = None;
                    // How it went is in the status.
                    drop(client.refresh().await);
                }
                _ = reviews.tick() => is_news = false,
            }
        }
    }

    /// Says whether what the client has may be served.
    async fn judge(&self, client: &Client, proxy: &Proxy) -> Verdict {
        let status = client.status();
        let report = self.report(&status, proxy).await;
        let (now, terms) = (proxy.source.now(), &proxy.source.terms);
        let (before, standing, verdict) = {
            let mut known = self.known();
            if known.standing.answered.is_none()
                && let (Some(Source::Snapshot), Some(age)) = (&status.source, status.data_age)
            {
                // Written by a program that kept no record, or the record was damaged.
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let saved = now.as_millis().saturating_sub(age);
                known.standing.answered = Some(Timestamp::from_millis(saved));
            }
            let before = known.standing.clone();
            let verdict = known.standing.hear(report, now, terms);
            (before, known.standing.clone(), verdict)
        };
        self.log(&before, &standing, proxy);
        self.keep(standing, terms).await;
        verdict
    }

    /// What the client's status says of the last attempt. If only the answers to other keys show what it means, they are asked for.
    async fn report(&self, status: &Status, proxy: &Proxy) -> Report {
        let Some(source) = &status.source else { return Report::Pending };
        let attempt = status.requests;
        let is_confirmed = {
            let mut known = self.known();
            let before = std::mem::replace(&mut known.data_age, status.data_age);
            before.zip(status.data_age).is_some_and(|(before, age)| age < before)
        };
        // An attempt that is under way still shows what was wrong with the one before.
        let is_over = !matches!(status.connection, Connection::Connecting | Connection::Streaming);
        match &status.problem {
            None if source.is_edge() => Report::Answered,
            None => Report::Pending,
            // Features came, though something was wrong afterwards.
            Some(_) if source.is_edge() && is_confirmed => Report::Answered,
            // The Edge answered, and wants no more requests.
            Some(Problem::Stale) => Report::Answered,
            // Polls are answered in place of the stream.
            Some(Problem::NoStreaming) if status.connection == Connection::Resting => {
                Report::Answered
            }
            Some(_) if !is_over || self.known().standing.knows(attempt) => Report::Pending,
            Some(Problem::Unauthorised(_)) => Report::Refused { attempt },
            Some(problem) if is_certain(problem) => {
                if proxy.another_is_answered(&self.key).await {
                    Report::Refused { attempt }
                } else {
                    Report::Unanswered { attempt }
                }
            }
            Some(_) => Report::Unanswered { attempt },
        }
    }

    fn log(&self, before: &Standing, after: &Standing, proxy: &Proxy) {
        let (environment, name) = (self.key.environment, &*self.name);
        if after.refusals.is_some() && before.refusals.is_none() {
            let seconds = proxy.source.terms.revoke_after.as_secs();
            tracing::warn!(%environment, name, seconds, "the upstream Edge refuses a key that was good; if it goes on refusing it, the key is revoked after these seconds");
        }
        if after.is_revoked && !before.is_revoked {
            tracing::error!(%environment, name, "the upstream Edge has refused a key for too long: the key is revoked");
        }
        if before.is_revoked && !after.is_revoked {
            tracing::info!(%environment, name, "the upstream Edge answers a revoked key well: the key is good again");
        }
    }

    /// Writes what has to outlast a restart.
    async fn keep(&self, standing: Standing, terms: &Terms) {
        let Some(record) = &self.record else { return };
        if lock(record).is_behind(&standing, terms) {
            self.write_record().await;
        }
    }

    /// Writes what is known of the key, if it is to be kept over restarts.
    pub(super) async fn write_record(&self) {
        let Some(record) = self.record.clone() else { return };
        let standing = self.known().standing.clone();
        // A write that panicked is one that failed.
        drop(tokio::task::spawn_blocking(move || lock(&record).write(&standing)).await);
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
        {
            let mut known = self.known();
            (known.is_refused, known.is_expired) = (false, false);
        }
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

    /// The upstream Edge does not know the key: nothing is known from before, or the key is revoked.
    fn refuse(&self) {
        self.known().is_refused = true;
        self.slot.update(|current| {
            let tells = !current.grants.is_empty();
            tells.then(|| emptied(current).with_grants(Arc::default()))
        });
    }

    /// The features are too old: there is nothing to serve until the upstream Edge answers well.
    fn expire(&self) {
        let (environment, name) = (self.key.environment, &*self.name);
        if !std::mem::replace(&mut self.known().is_expired, true) {
            tracing::error!(%environment, name, "the features have expired: the upstream Edge has given no good answer for too long");
        }
        self.slot.update(|current| (current.phase == Phase::Serving).then(|| emptied(current)));
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

    /// The key is not configured any more: streams hear that there is no such key.
    pub(super) fn revoke(&self) {
        self.refuse();
        if let Some(client) = self.client.get() {
            client.close();
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
        let standing = self.known().standing.clone();
        UpstreamStatus {
            answer_age: standing.answered.map(|answered| age(answered, now)),
            refused_for: standing.refusals.map(|refusals| age(refusals.since, now)),
            name: Arc::clone(&self.name),
            environment: self.slot.current().id,
            role: self.role,
            state: self.state(),
            attributes: self.attributes,
            client: self.client.get().map(Client::status),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next generation, without features, as before the first ones came.
fn emptied(current: &Published) -> Published {
    let (settings, ruleset) = (current.settings.clone(), Ruleset::default());
    let mut next = current.next().with_compiled(Vec::new(), ruleset, settings, now());
    next.phase = Phase::Waiting;
    next
}

/// Waits for this moment; without one for ever.
async fn until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
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
