//! Proof that a key is unknown. Published SDKs stop for good at status 404, so a server refuses a key only after a query to the database
//! that began after the request arrived has confirmed that the server holds the newest commit.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

/// The queries that requests wait for. One query serves all requests that arrived before it.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// The number of requests that have asked for a proof.
    asked: AtomicU64,
    /// The number of the last request that arrived before a query with a result. `u64::MAX` once the Edge stops.
    confirmed: watch::Sender<u64>,
    wanted: Notify,
}

impl Proof {
    /// Asks for a query. The returned future resolves after it to true, or to false if the Edge stops before.
    pub(crate) fn ask(&self) -> impl Future<Output = bool> + Send + use<> {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        self.wanted.notify_one();
        let mut confirmed = self.confirmed.subscribe();
        async move {
            let last = confirmed.wait_for(|last| *last >= ticket).await;
            last.is_ok_and(|last| *last != u64::MAX)
        }
    }

    /// Waits until a request asks for a query.
    pub(crate) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Returns the number of the last request that has asked, before a query begins.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Acquire)
    }

    /// Confirms the requests up to this number, after the commits that the query found were published.
    pub(crate) fn confirm(&self, asked: u64) {
        self.confirmed.send_if_modified(|last| {
            let is_later = asked > *last;
            if is_later {
                *last = asked;
            }
            is_later
        });
    }

    /// Ends all waits, because the Edge stops.
    pub(crate) fn stop(&self) {
        self.confirm(u64::MAX);
    }
}
