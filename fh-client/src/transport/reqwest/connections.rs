//! The connections that a transport keeps for its next requests.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::transport::setup_error::TransportSetupError;
use crate::transport::{TransportError, TransportErrorKind};

/// The time for which an unused connection is kept. Many servers end unused connections after 5 seconds or later, and a request fails
/// if its connection ends at the same moment.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(4);

/// The minimum time without a byte of a body after which a body that is dropped before its end counts as timed out.
const SILENCE: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// True if the request of this task has opened a connection.
    static HAS_OPENED: Cell<bool>;
}

/// Notes that the request of this task opens a connection.
pub(super) fn opening<T>(request: T) -> T {
    // The task is another one if the connection is opened in the background.
    let _ = HAS_OPENED.try_with(|has_opened| has_opened.set(true));
    request
}

/// Sends a request. The flag is true if the request was sent on a connection of an earlier request.
pub(super) async fn execute(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> (reqwest::Result<reqwest::Response>, bool) {
    let run = async {
        let outcome = client.execute(request).await;
        (outcome, !HAS_OPENED.with(Cell::get))
    };
    HAS_OPENED.scope(Cell::new(false), run).await
}

type Make = Box<dyn Fn() -> Result<reqwest::Client, TransportSetupError> + Send + Sync>;

/// An HTTP client with its connections. After a request that timed out, the next request gets another HTTP client, because an HTTP/2
/// connection that carries nothing any more would be used again. Requests on the former connections continue.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    /// The function that makes an HTTP client; `None` if the program has built the only one.
    make: Option<Make>,
    pool: Mutex<Pool>,
}

#[derive(Default)]
struct Pool {
    /// The HTTP client for the next request; `None` until a request needs it.
    client: Option<reqwest::Client>,
    /// The number of HTTP clients that were replaced.
    replaced: u64,
}

impl Connections {
    pub(super) fn new(
        make: impl Fn() -> Result<reqwest::Client, TransportSetupError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Shared { make: Some(Box::new(make)), pool: Mutex::default() }))
    }

    /// Returns the connections of an HTTP client that the program has built. The client is never replaced.
    pub(super) fn of(client: reqwest::Client) -> Self {
        Self(Arc::new(Shared { make: None, pool: Mutex::default() })).with(client)
    }

    /// Sets the first HTTP client.
    pub(super) fn with(self, client: reqwest::Client) -> Self {
        self.0.pool().client = Some(client);
        self
    }

    /// Returns the HTTP client for a request.
    pub(super) fn lend(&self) -> Result<(reqwest::Client, Lease), TransportError> {
        let mut pool = self.0.pool();
        let client = match (&pool.client, &self.0.make) {
            (Some(client), _) => client.clone(),
            (None, Some(make)) => {
                let made = make();
                let other = |why: TransportSetupError| {
                    TransportError::new(TransportErrorKind::Other, why.to_string())
                };
                pool.client.insert(made.map_err(other)?).clone()
            }
            (None, None) => {
                let why = "there is no HTTP client";
                return Err(TransportError::new(TransportErrorKind::Other, why));
            }
        };
        let (shared, of) = (Arc::clone(&self.0), pool.replaced);
        Ok((client, Lease { shared, of, since: Instant::now(), silence: Duration::ZERO }))
    }
}

impl Shared {
    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The use of an HTTP client by a request. A lease that is dropped before the head of the response, or after a long silence in the body,
/// replaces the HTTP client.
pub(super) struct Lease {
    shared: Arc<Shared>,
    /// The value of [`Pool::replaced`] at the start of the request.
    of: u64,
    /// The time of the last sign of life.
    since: Instant,
    /// The silence that counts as a timeout.
    silence: Duration,
}

impl Lease {
    /// Notes that the request has ended, or that the head of its response has arrived.
    pub(super) fn answered(&mut self) {
        self.silence = SILENCE;
        self.progressed();
    }

    /// Notes that a piece of the body has arrived.
    pub(super) fn progressed(&mut self) {
        self.since = Instant::now();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.shared.make.is_none() || self.since.elapsed() < self.silence {
            return;
        }
        let mut pool = self.shared.pool();
        if pool.replaced == self.of {
            pool.replaced += 1;
            pool.client = None;
        }
    }
}
