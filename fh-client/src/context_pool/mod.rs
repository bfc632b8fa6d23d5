//! A pool that keeps many contexts of a server-evaluated key at the same time.

mod error;
mod lease;
mod members;
mod pacing;
mod pool;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{self, Poll};
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::problem::{Problem, Stage};
use fh_repository::readiness::Readiness;
use fh_session::KeyKind;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use self::error::ContextPoolError;
use self::lease::{Admission, Lease, Turn};
use self::members::Members;
use self::pacing::Pacer;
use self::pool::Pool;
use crate::client::Client;
use crate::context::Context;
use crate::delivery::PoolListeners;

/// The function that returns a pool of contexts.
impl Client {
    /// Returns a new pool of contexts for a server-evaluated key, for programs with a context for each request or user. The pool
    /// holds at most `limit` contexts at the same time; a limit of 0 counts as 1. When the pool is full, a new context evicts the
    /// least recently requested context that no caller waits for. A limit of [`ContextPool::DEFAULT_LIMIT`] suits most programs.
    ///
    /// The pool keeps this client alive. The client need not be ready.
    #[must_use]
    pub fn context_pool(&self, limit: usize) -> ContextPool {
        ContextPool::new(self.clone(), limit)
    }
}

/// A pool of contexts of a server-evaluated key, for programs with a context for each request or user; see
/// [`Client::context_pool`](crate::Client::context_pool).
///
/// Each context is an [isolated](crate::Client::isolated) client that polls. The isolated clients run on the thread or the
/// runtime of the client that made the pool, and use that client's transport. They share one thread for listeners and
/// observers, unless that client has manual delivery or no listeners. If a listener has not returned after a second, a further
/// thread calls the others, up to 64. By default the pool sends at most 10 requests per
/// second, the oldest request first, and polls for each context every 180 seconds. Updates therefore arrive later than on a
/// stream.
///
/// Clones are handles of the same pool. The pool ends a context when the last handle of the pool is dropped, when another
/// context needs its place, or when a call of [`Self::get`] finds that the client is closed or has other API keys. Soon after
/// its end, reads of the context return defaults with the reason `NOT_READY`, unless an interceptor overrides a feature. The
/// reads never return the values of another user. Therefore keep the pool and call [`Self::get`] for each request. A context
/// that the pool holds and that the Edge has already evaluated is returned without a request.
///
/// ```
/// # use fh_client::testing::{MemoryEdge, SERVER_KEY};
/// # fh_client::block_on(async {
/// # let edge = MemoryEdge::new();
/// # edge.set("GREETING", "hello");
/// # let client = edge.client_with(SERVER_KEY).start()?;
/// use fh_client::{Attributes, ContextPool};
///
/// let pool = client.context_pool(ContextPool::DEFAULT_LIMIT);
/// let fred = pool.get(Attributes::builder().user_key("fred").build()).await?;
/// let mary = pool.get(Attributes::builder().user_key("mary").build()).await?;
/// assert_eq!(&*fred.string_or("GREETING", ""), "hello");
/// assert_eq!(&*mary.string_or("GREETING", ""), "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct ContextPool {
    pool: Arc<Pool>,
}

impl ContextPool {
    /// The number of contexts that suits most programs as the limit of [`Client::context_pool`](crate::Client::context_pool).
    pub const DEFAULT_LIMIT: usize = 100;
    /// The default maximum number of requests that all contexts of a pool together send per second.
    pub const DEFAULT_REQUESTS_PER_SECOND: usize = 10;

    pub(crate) fn new(client: Client, limit: usize) -> Self {
        let pool = Pool {
            client,
            limit: limit.max(1),
            pacer: Arc::new(Pacer::new(Self::DEFAULT_REQUESTS_PER_SECOND)),
            listeners: PoolListeners::default(),
            members: Mutex::new(Members::new()),
            changed: Notify::new(),
        };
        Self { pool: Arc::new(pool) }
    }

    /// Sets the maximum number of requests that all contexts together send in any second. 0 counts as 1. Further requests wait.
    #[must_use]
    pub fn requests_per_second(self, requests: usize) -> Self {
        self.pool.pacer.set_rate(requests.max(1));
        self
    }

    /// Sets the polling interval of contexts that are created after this call. The Edge can request another interval in its
    /// response. With an interval of zero, each of these contexts polls once.
    #[must_use]
    pub fn polling_interval(self, interval: Duration) -> Self {
        self.pool.members().interval = interval;
        self
    }

    /// Returns the context with these attributes once the Edge has evaluated the features for it. Calls with equal attributes
    /// share one context.
    ///
    /// If the pool is full and does not hold the context, the least recently requested context is evicted. A context that
    /// another caller of `get` waits for is not evicted. If callers wait for all contexts, this call waits until one of the
    /// contexts can be evicted.
    ///
    /// With a client-evaluated key this function returns at once, and the pool keeps no context.
    ///
    /// # Errors
    /// [`ContextPoolError`] if there are no evaluated features for the context, for example in these cases:
    ///
    /// - The Edge does not evaluate the context within [`Limits::poll`](crate::Limits::poll) (by default 12 s).
    /// - The request fails, for example because the Edge refuses the client or cannot be reached.
    /// - The context has too many attributes.
    /// - The client is closed.
    /// - No thread can be started.
    ///
    /// After a failed request the context stays in the pool, so that a later call can succeed.
    pub async fn get(
        &self,
        attributes: impl Into<Arc<Attributes>>,
    ) -> Result<Context, ContextPoolError> {
        let attributes = attributes.into();
        let client = &self.pool.client;
        if client.readiness() == Readiness::Closed {
            self.pool.end_all();
            return Err(Problem::Closed.into());
        }
        if client.key_kind() == KeyKind::ClientEvaluated {
            // The members that were started with former, server-evaluated keys must send no more requests.
            self.pool.end_all();
            return Ok(client.context_of(attributes));
        }
        client.shared().settings.given.system.check_context(&attributes)?;
        // The timeout runs on the runtime of the contexts, so that the caller needs no tokio runtime.
        let limit = client.shared().settings.limits.poll;
        let place = client.shared().settings.place()?;
        let evaluated = Arc::clone(&self.pool).evaluated(attributes);
        let task = place.run(async move { tokio::time::timeout(limit, evaluated).await });
        match AbortOnDrop(task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Problem::TimedOut(Stage::Context).into()),
            // The task was cancelled because the runtime was shut down, or it panicked.
            Err(_) => Err(Problem::Closed.into()),
        }
    }

    /// Returns the number of contexts that the pool holds at present.
    #[must_use]
    pub fn live(&self) -> usize {
        self.pool.members().len()
    }
}

impl fmt::Debug for ContextPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextPool")
            .field("client", &self.pool.client)
            .field("live", &self.live())
            .field("limit", &self.pool.limit)
            .finish_non_exhaustive()
    }
}

impl Pool {
    async fn evaluated(
        self: Arc<Self>,
        attributes: Arc<Attributes>,
    ) -> Result<Context, ContextPoolError> {
        let lease = self.lease(&attributes).await?;
        Ok(lease.client().set_context(attributes).await?)
    }

    /// Returns a lease of the member with these attributes, and starts the member if it does not exist. Waits while no place in
    /// the pool can be freed for a new member, or an earlier caller waits for a place.
    async fn lease(
        self: &Arc<Self>,
        attributes: &Arc<Attributes>,
    ) -> Result<Lease, ContextPoolError> {
        let turn = Turn::new(self);
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.admit(attributes, &turn)? {
                Admission::Admitted(lease) => return Ok(lease),
                Admission::Full => changed.await,
            }
        }
    }
}

/// A task that is aborted when this value is dropped.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
