//! Upstream requests with other keys of the relay. Their results show whether a refused key was revoked or the upstream Edge has a problem.
//!
//! FeatureHub's Edge answers 404 to valid keys while it cannot reach its cache. An open stream does not show this
//! problem, because it stays open. Therefore a separate request is made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_client::{ApiKey, Problem, Source as DataSource};
use tokio::sync::Mutex;

use super::key::UpstreamKey;
use super::source::Source;
use super::upstream::Upstream;

/// The largest number of keys with which one check makes upstream requests.
const MOST_ASKED: usize = 4;
/// The time for which the result of a check is reused, since many keys may be refused within a short time.
const FRESH: Duration = Duration::from_secs(1);

/// A key that may be used for a check, and the key's connection if it has one.
#[derive(Clone)]
pub(super) struct Witness {
    pub(super) key: UpstreamKey,
    pub(super) api_key: ApiKey,
    pub(super) upstream: Option<Arc<Upstream>>,
}

/// The likelihood that the upstream Edge answers a key successfully. The likeliest variant comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Promise {
    /// The key's connection has features from the upstream Edge, and no problem except that streams may not arrive.
    Good,
    /// The key has no connection with a client, or its connection has no features from the upstream Edge yet and no problem.
    Unknown,
    /// The key's connection has a problem.
    Poor,
}

impl Witness {
    fn promise(&self) -> Promise {
        let Some(client) = self.upstream.as_ref().and_then(|upstream| upstream.client()) else {
            return Promise::Unknown;
        };
        let status = client.status();
        let is_answered = status.source.as_ref().is_some_and(DataSource::is_edge);
        match status.problem {
            None | Some(Problem::NoStreaming | Problem::HeldBack) if is_answered => Promise::Good,
            None => Promise::Unknown,
            Some(_) => Promise::Poor,
        }
    }
}

/// The result of the last check whether the upstream Edge still answers another key than the refused one, behind a lock that allows only
/// one such check at a time.
#[derive(Default)]
pub(super) struct Witnesses {
    last: Mutex<Option<Outcome>>,
}

struct Outcome {
    at: Instant,
    /// The key that the upstream Edge answered successfully in this check; `None` if none of the keys was answered successfully.
    answered: Option<UpstreamKey>,
}

impl Witnesses {
    /// Returns true if the upstream Edge now answers at least one of these keys successfully, other than `refused`. At most [`MOST_ASKED`]
    /// keys are used. The result of a check in the last second is reused, unless `refused` was the key that was answered then.
    pub(super) async fn answer(
        &self,
        source: &Source,
        refused: &UpstreamKey,
        keys: Vec<Witness>,
    ) -> bool {
        let mut last = self.last.lock().await;
        if let Some(outcome) = last.as_ref().filter(|outcome| outcome.at.elapsed() < FRESH)
            && outcome.answered.as_ref() != Some(refused)
        {
            return outcome.answered.is_some();
        }
        let others = keys.into_iter().filter(|witness| witness.key != *refused);
        let mut others: Vec<(Promise, Witness)> =
            others.map(|witness| (witness.promise(), witness)).collect();
        others.sort_by_key(|(promise, _)| *promise);
        let mut answered = None;
        for (_, witness) in others.into_iter().take(MOST_ASKED) {
            if is_answered(source, &witness.api_key).await {
                answered = Some(witness.key);
                break;
            }
        }
        let is_answered = answered.is_some();
        *last = Some(Outcome { at: Instant::now(), answered });
        is_answered
    }
}

/// Polls with this key. Returns true if the upstream Edge answers successfully within the time [`Source::patience`].
async fn is_answered(source: &Source, key: &ApiKey) -> bool {
    let Ok(client) = source.one_request(key).start() else { return false };
    let answer = tokio::time::timeout(source.patience, client.ready()).await;
    client.close();
    matches!(answer, Ok(Ok(())))
}
