//! Follows the client of an upstream connection: publishes what it receives, and decides how long that is served.

use std::time::{Duration, Instant};

use fh_client::{Client, Connection, Problem, Source, Status};
use fh_eval::{Ruleset, Timestamp};

use super::key_state::{KeyState, Report, ServeDecision};
use super::upstream::{OnRefusal, ReceivedOutcome, Refused, Upstream, is_certain};
use super::upstream_pool::UpstreamPool;
use crate::clock::after;

/// The minimum pause before the relay repeats a request that was answered with 400, even if the settings give a shorter pause.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The interval at which the relay checks whether features have expired or a key has to be revoked.
const REVIEW: Duration = Duration::from_secs(1);

impl Upstream {
    /// Publishes the features that the client receives, as long as they may be served. Returns when the client is closed, or when `refused`
    /// ends the connection. `refused` returns the reaction to a refusal of the key. A request that is answered with 400 is repeated after
    /// [`RelayLimits::refused_for`](super::RelayLimits::refused_for), but not within [`SHORTEST_PAUSE`].
    pub(super) async fn follow(&self, pool: &UpstreamPool, refused: impl Fn(Refused) -> OnRefusal) {
        let Some(client) = self.client() else { return };
        let again_after = pool.source.options.limits.refused_for.max(SHORTEST_PAUSE);
        let mut watch = client.watch();
        let mut last = Ruleset::default();
        let mut reviews = tokio::time::interval(REVIEW);
        let (mut is_news, mut decided) = (true, ServeDecision::Serve);
        let mut nonsense: Option<tokio::time::Instant> = None;
        loop {
            let decision = self.decide(client, pool).await;
            let is_due = is_news || decision != decided;
            decided = decision;
            let refusal = match decision {
                _ if !is_due => None,
                ServeDecision::Serve
                    if self.take(client, &mut last) == ReceivedOutcome::Refusal =>
                {
                    Some(Refused::AtFirstContact)
                }
                ServeDecision::Serve => None,
                ServeDecision::Revoke => Some(Refused::ForGood),
                ServeDecision::Expire => {
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
                *nonsense.get_or_insert_with(|| after(Instant::now(), again_after).into())
            });
            if again.is_none() {
                nonsense = None;
            }
            is_news = true;
            tokio::select! {
                changed = watch.changed() => {
                    // The client was closed. What is published stays as it is.
                    if changed.is_err() {
                        return;
                    }
                }
                () = until(again) => {
                    nonsense = None;
                    // The client's status holds the result of the refresh.
                    drop(client.refresh().await);
                }
                _ = reviews.tick() => is_news = false,
            }
        }
    }

    /// Adds the client's last attempt to the state of the key, and returns the decision whether the client's features may be served.
    async fn decide(&self, client: &Client, pool: &UpstreamPool) -> ServeDecision {
        let status = client.status();
        let report = self.report(&status, pool).await;
        let (now, terms) = (pool.source.now(), &pool.source.terms);
        let (before, key_state, decision) = {
            let mut known = self.known();
            if known.key_state.last_answered.is_none()
                && let (Some(Source::Snapshot), Some(age)) = (&status.source, status.data_age)
            {
                // There is no recorded time, for example because the record is missing or was damaged.
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let saved = now.as_millis().saturating_sub(age);
                known.key_state.last_answered = Some(Timestamp::from_millis(saved));
            }
            let before = known.key_state.clone();
            let decision = known.key_state.apply(report, now, terms);
            (before, known.key_state.clone(), decision)
        };
        self.log(&before, &key_state, pool);
        self.keep(key_state, terms).await;
        decision
    }

    /// Returns the result of the client's last attempt from the client's status, and records the age of the features. Returns
    /// [`Report::Pending`] if the client has no features yet, or only the features of a snapshot and no problem. A problem is also
    /// [`Report::Pending`] if its attempt was already counted, or while the next attempt is running.
    ///
    /// If a refusal is ambiguous, the upstream Edge's answers to other keys decide. Requests with up to four other keys are made for this,
    /// unless the result of a check within the last second can be used.
    async fn report(&self, status: &Status, pool: &UpstreamPool) -> Report {
        let Some(source) = &status.source else { return Report::Pending };
        let attempt = status.requests;
        let is_confirmed = {
            let mut known = self.known();
            let before = std::mem::replace(&mut known.data_age, status.data_age);
            before.zip(status.data_age).is_some_and(|(before, age)| age < before)
        };
        // While an attempt is running, the status still shows the problem of the previous attempt.
        let is_over = !matches!(status.connection, Connection::Connecting | Connection::Streaming);
        match &status.problem {
            None if source.is_edge() => Report::Answered,
            None => Report::Pending,
            // Features were confirmed, although a problem followed.
            Some(_) if source.is_edge() && is_confirmed => Report::Answered,
            // The upstream Edge answered that the environment is stale, and that clients should send no more requests.
            Some(Problem::Stale) => Report::Answered,
            // The upstream Edge answers polls, although no stream arrives.
            Some(Problem::NoStreaming | Problem::HeldBack)
                if status.connection == Connection::Resting =>
            {
                Report::Answered
            }
            Some(_) if !is_over || self.known().key_state.has_counted(attempt) => Report::Pending,
            Some(Problem::Unauthorised(_)) => Report::Refused { attempt },
            Some(problem) if is_certain(problem) => {
                if pool.another_is_answered(&self.key).await {
                    Report::Refused { attempt }
                } else {
                    Report::Unanswered { attempt }
                }
            }
            Some(_) => Report::Unanswered { attempt },
        }
    }

    fn log(&self, before: &KeyState, after: &KeyState, pool: &UpstreamPool) {
        let (environment, name) = (self.key.environment, &*self.named().settings.name);
        if after.refusals.is_some() && before.refusals.is_none() {
            let seconds = pool.source.terms.revoke_after.as_secs();
            tracing::warn!(%environment, name, seconds, "the upstream Edge refuses a key that it had accepted; the key is revoked unless it is accepted again within `seconds`");
        }
        if after.is_revoked && !before.is_revoked {
            tracing::error!(%environment, name, "the upstream Edge has refused a key for the longest allowed time: the key is revoked");
        }
        if before.is_revoked && !after.is_revoked {
            tracing::info!(%environment, name, "the upstream Edge accepts a revoked key again: the key is valid");
        }
    }
}

/// Waits until this instant, or forever if the instant is `None`.
async fn until(time_state: Option<tokio::time::Instant>) {
    match time_state {
        Some(time_state) => tokio::time::sleep_until(time_state).await,
        None => std::future::pending().await,
    }
}

/// Returns true if the client's last request was answered with 400. The client itself retries slowly. The relay makes another
/// attempt after `RelayLimits::refused_for`, because a proxy in front of the upstream Edge may answer 400 for a short time.
fn is_taken_for_nonsense(client: &Client) -> bool {
    let status = client.status();
    status.connection == Connection::Waiting && status.problem == Some(Problem::BadRequest)
}
