//! Other keys of the same upstream Edge, asked to tell a key that is gone from an Edge in trouble (D-116).
//!
//! A real Edge answers 404 to good keys while it cannot reach its own cache (edge-protocol 2.5). An open stream shows nothing then:
//! it stays open. So a request of its own is made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_client::{ApiKey, Problem, Source as DataSource};
use tokio::sync::Mutex;

use super::key::UpstreamKey;
use super::start::Source;
use super::upstream::Upstream;

/// More keys are not asked at one time.
const MOST_ASKED: usize = 4;
/// How long the outcome holds for other refused keys, of which there may be many at the same time.
const FRESH: Duration = Duration::from_secs(1);

/// A key that may be asked with, and its connection if it has one.
#[derive(Clone)]
pub(super) struct Witness {
    pub(super) key: UpstreamKey,
    pub(super) api_key: ApiKey,
    pub(super) upstream: Option<Arc<Upstream>>,
}

/// How likely a key is to be answered, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Promise {
    /// Its connection is well.
    Good,
    /// It has none.
    Unknown,
    /// Its connection has trouble of its own.
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
            None | Some(Problem::NoStreaming) if is_answered => Promise::Good,
            None => Promise::Unknown,
            Some(_) => Promise::Poor,
        }
    }
}

/// The last outcome. One key after the other asks.
#[derive(Default)]
pub(super) struct Witnesses {
    last: Mutex<Option<Outcome>>,
}

struct Outcome {
    at: Instant,
    /// The key that was answered well, if one was.
    answered: Option<UpstreamKey>,
}

impl Witnesses {
    /// Returns true if one of these keys, other than `refused`, is answered well now.
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

/// Asks upstream once with this key.
async fn is_answered(source: &Source, key: &ApiKey) -> bool {
    let Ok(client) = source.one_request(key).start() else { return false };
    let answer = tokio::time::timeout(source.patience, client.ready()).await;
    client.close();
    matches!(answer, Ok(Ok(())))
}
