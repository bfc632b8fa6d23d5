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

/// Contexts of a server-evaluated key for a program that has one for each request or user; see
/// [`Client::context_pool`](crate::Client::context_pool).
///
/// Each context is an [isolated](crate::Client::isolated) client that polls. All of them run on the client's thread, share one thread for
/// listeners and observers, and use the client's transport. The pool sends at most 10 requests a second, the oldest first, and polls for each
/// context every 180 seconds unless set otherwise. Updates therefore arrive later than on a stream.
///
/// A handle: clones are the same pool. The contexts end when the last clone is dropped, and when the pool needs their place. A context that has ended
/// answers defaults with the reason `NOT_READY`, never old values and never those of another user. So keep the pool, and ask it again at each
/// request: a context that is there already answers at once.
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
    /// Contexts that live at the same time, if the program has no number of its own.
    pub const DEFAULT_LIMIT: usize = 100;
    /// Requests a second of all contexts together, unless set.
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

    /// Sends at most this many requests in any second from now on, at least one.
    #[must_use]
    pub fn requests_per_second(self, requests: usize) -> Self {
        self.pool.pacer.set_rate(requests.max(1));
        self
    }

    /// Polls at this interval for contexts that are made from now on. The Edge may ask for another one.
    #[must_use]
    pub fn polling_interval(self, interval: Duration) -> Self {
        self.pool.members().interval = interval;
        self
    }

    /// Gives the context of these attributes once the Edge has evaluated for it. Equal attributes are one context.
    ///
    /// If there are as many contexts as the pool may have, the least recently given one ends. Contexts that a caller waits for do not end: a new one waits
    /// until one of them is there. With a client-evaluated key every context answers at once, and the pool keeps none.
    ///
    /// # Errors
    /// [`ContextPoolError`]: the Edge did not evaluate within the limit of a poll (12 s,
    /// [`Limits::poll`](crate::Limits::poll)), it refuses the client, the client is closed, or there is no thread. The context keeps its
    /// place and goes on trying, so a later call may find it evaluated.
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
        // Time is measured where the contexts run, so that a caller needs no runtime.
        let limit = client.inner().recipe.limits().poll;
        let place = client.inner().recipe.place()?;
        let evaluated = Arc::clone(&self.pool).evaluated(attributes);
        let task = place.run(async move { tokio::time::timeout(limit, evaluated).await });
        match AbortOnDrop(task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Problem::TimedOut(Stage::Context).into()),
            // The runtime was shut down.
            Err(_) => Err(Problem::Closed.into()),
        }
    }

    /// Counts the contexts that live now.
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

    /// Gives the member of these attributes, made if there is none. Waits while callers wait for all members.
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

/// A task that ends with the future that waits for it.
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
