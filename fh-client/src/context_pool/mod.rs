//! Many contexts of a server-evaluated key at once (D-120).

mod error;
mod listeners;
mod members;
mod pacing;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll};
use std::time::Duration;

use fh_eval::Attributes;
use fh_session::{ContextHeader, KeyKind, Problem, Readiness, Stage};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use self::error::ContextPoolError;
pub(crate) use self::listeners::{PoolListeners, Seat};
use self::members::{Admission, Lease, Members, Turn};
use self::pacing::Pacer;
use crate::client::Client;
use crate::context::Context;

/// A pool of contexts of a server-evaluated key, for programs with a context for each request or user; see
/// [`Client::context_pool`](crate::Client::context_pool).
///
/// Each context is an [isolated](crate::Client::isolated) client that polls. All of them run on the client's thread, share one
/// thread for listeners and observers, and use the client's transport. By default the pool sends at most 10 requests a second,
/// the oldest first, and polls for each context every 180 seconds. Updates therefore arrive later than on a stream.
///
/// The pool is a handle: clones are the same pool. A context ends when the last clone is dropped, or when the pool evicts it for
/// another one. From then on it returns defaults with the reason `NOT_READY`, never old values and never those of another user.
/// Therefore keep the pool and call [`Self::get`] for each request; a context that exists already is returned at once.
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
    /// A limit for programs that have no reason for another one.
    pub const DEFAULT_LIMIT: usize = 100;
    /// The default for the requests per second of all contexts together.
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

    /// Limits the requests of all contexts together to this number in any second. The minimum is 1.
    #[must_use]
    pub fn requests_per_second(self, requests: usize) -> Self {
        self.pool.pacer.set_rate(requests.max(1));
        self
    }

    /// Sets the polling interval of contexts that are made from now on. The Edge may ask for another interval.
    #[must_use]
    pub fn polling_interval(self, interval: Duration) -> Self {
        self.pool.members().interval = interval;
        self
    }

    /// Returns the context with these attributes once the Edge has evaluated for it. Equal attributes share one context.
    ///
    /// If the pool is full, the least recently requested context is evicted. Contexts that a caller waits for are not evicted; if
    /// all of them are waited for, this call waits too. With a client-evaluated key every context answers at once, and the pool
    /// keeps none.
    ///
    /// # Errors
    /// [`ContextPoolError`] if the Edge did not evaluate within the limit of a poll (12 s,
    /// [`Limits::poll`](crate::Limits::poll)), if it refuses the client, if the client is closed, or if no thread can be started.
    /// The context keeps its place and continues to retry, so a later call may find it evaluated.
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
            return Ok(client.context_of(attributes));
        }
        ContextHeader::of(&attributes).map_err(Problem::Context)?;
        // Time is measured on the contexts' runtime, so that a caller needs none.
        let limit = client.inner().settings.limits().poll;
        let place = client.inner().settings.place()?;
        let evaluated = Arc::clone(&self.pool).evaluated(attributes);
        let task = place.run(async move { tokio::time::timeout(limit, evaluated).await });
        match AbortOnDrop(task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Problem::TimedOut(Stage::Context).into()),
            // The runtime was shut down.
            Err(_) => Err(Problem::Closed.into()),
        }
    }

    /// Returns the number of contexts that exist now.
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

/// The state that clones of a pool share.
struct Pool {
    client: Client,
    limit: usize,
    pacer: Arc<Pacer>,
    listeners: PoolListeners,
    members: Mutex<Members>,
    /// Notified when a place in the pool may have become free.
    changed: Notify,
}

impl Pool {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn evaluated(
        self: Arc<Self>,
        attributes: Arc<Attributes>,
    ) -> Result<Context, ContextPoolError> {
        let lease = self.lease(&attributes).await?;
        Ok(lease.client().set_context(attributes).await?)
    }

    /// Returns the member with these attributes, made if there is none. Waits while callers wait for all members.
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

    fn end_all(&self) {
        self.members().end_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.end_all();
    }
}

/// A task that is aborted when the future that waits for it is dropped.
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
