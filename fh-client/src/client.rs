//! The client: a handle with which a program reads features, waits for them, registers listeners, and closes the connection.

mod edge;
mod listening;
mod readiness;
mod test_updates;

use std::fmt;
use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Value};
use fh_session::{ContextValues, Detail, ExplainedDetail, Problem};
use serde::de::DeserializeOwned;

pub use self::edge::{SetHeadersError, SetKeysError};
pub use self::test_updates::TestUpdates;
use crate::builder::ClientBuilder;
use crate::command::Command;
use crate::context::{Context, ContextBuilder};
use crate::context_pool::ContextPool;
use crate::feature::Feature;
use crate::reads::reads;
use crate::shared_state::SharedState;
use crate::snapshot::Snapshot;
use crate::start_error::StartError;

/// A client of one Edge, which keeps the features of one or several API keys in memory and up to date.
///
/// Reads of features take no lock, never wait and never fail. If a feature has no value, a read returns `None`, `false`, or the
/// given default. Clones are handles of the same client. The connection ends with [`Self::close`], or when the last handle
/// (client, context or feature) is dropped.
///
/// By default the client runs on a thread of its own. The client can be used from any thread and any runtime, and keeps running
/// when that thread or runtime ends.
///
/// ```no_run
/// use fh_client::Client;
/// use std::time::Duration;
/// let client = Client::builder("https://edge.example", "environment/key*").start()?;
/// client.wait_ready(Duration::from_secs(5))?;
/// let fred = client.context().user_key("fred").country("new_zealand").build();
/// if fred.is_enabled("NEW_CHECKOUT") {
///     // ...
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Reads without a context evaluate no strategies and return the feature's default value (evaluation 5.7).
#[derive(Clone)]
pub struct Client {
    shared: Arc<SharedState>,
}

reads!(Client, |self| self.shared.repository, None);

/// Functions that create and close a client.
impl Client {
    /// Returns a builder for a client of the Edge at this URL, with this API key. [`ClientBuilder::api_keys`] adds further
    /// keys.
    pub fn builder(url: impl Into<String>, api_key: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new().edge_url(url).api_key(api_key)
    }

    /// Returns a builder for a client whose URL and API key come from environment variables: `FEATUREHUB_EDGE_URL`, and and
    /// `FEATUREHUB_CLIENT_API_KEY` or, if that is not set, `FEATUREHUB_API_KEY`. A value given to the builder takes precedence
    /// over a variable. A variable that is empty or blank counts as not set.
    pub fn from_environment() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Returns a builder for a client that never connects to an Edge. Its features come from [`ClientBuilder::bootstrap`], a
    /// snapshot file, a store, or overrides.
    pub fn offline() -> ClientBuilder {
        ClientBuilder::new().offline()
    }

    pub(crate) const fn from_shared(shared: Arc<SharedState>) -> Self {
        Self { shared }
    }

    pub(crate) const fn shared(&self) -> &Arc<SharedState> {
        &self.shared
    }

    /// Returns true if `self` and `other` are handles of the same client.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Closes the client and removes its features. From then on all reads return defaults.
    pub(crate) fn end_and_forget(&self) {
        if !self.shared.board.close() {
            self.shared.send(Command::StopAndForget);
        }
    }

    /// Closes the connection, and ends all listeners, interceptors and observers. Returns at once; further calls have no
    /// effect. Reads continue to return the last values.
    ///
    /// To wait until the last usage events are delivered and the snapshot file is written, await [`Self::closed`] after this
    /// call.
    pub fn close(&self) {
        if !self.shared.board.close() {
            self.shared.send(Command::Stop);
        }
    }

    /// Waits until a closed client has ended: the connection is closed, the snapshot file is written, and the last listener has
    /// been called. The wait never ends if the client is never closed.
    pub async fn closed(&self) {
        // The driver drops its receiver when it ends, which ends this wait.
        self.shared.commands.closed().await;
        self.shared.dispatcher.delivered().await;
    }

    /// Starts another client with the same settings and a connection of its own, for another context of a server-evaluated key
    /// (D-62). The new client neither reads nor writes the snapshot file, and does not have the listeners that were registered
    /// with the builder. The new client runs on the thread of this client. The thread ends with the last client that shares it.
    ///
    /// # Errors
    /// The errors of [`ClientBuilder::start`].
    pub fn isolated(&self, context: Attributes) -> Result<Self, StartError> {
        self.shared.settings.isolated(self.shared.keys(), Arc::new(context)).start()
    }
}

/// Functions that return contexts, features and snapshots.
impl Client {
    /// Returns a builder for a context, which holds the attributes of the user, device or request that features are read for.
    pub fn context(&self) -> ContextBuilder {
        ContextBuilder::new(Arc::clone(&self.shared))
    }

    /// Returns a context with these attributes. With a server-evaluated key, its reads return defaults unless the same
    /// attributes are given to [`Self::set_context`].
    #[must_use]
    pub fn context_of(&self, attributes: impl Into<Arc<Attributes>>) -> Context {
        Context::new(Arc::clone(&self.shared), attributes.into())
    }

    /// Sets the context of a server-evaluated key, and returns the context once the Edge has evaluated the features for it. The
    /// context stays in use until the features of a later context have arrived. With a client-evaluated key the client itself
    /// evaluates every context, so this function returns at once.
    ///
    /// While the Edge evaluates one context, only the newest other context waits for its turn (D-120). A program with a context
    /// for each request needs a client-evaluated key, a [pool](Self::context_pool), or several clients ([`Self::isolated`]).
    ///
    /// # Errors
    /// - [`Problem::Superseded`] if a newer context replaced this context before the request was sent.
    /// - [`Problem::TimedOut`] if the Edge does not answer within [`Limits::poll`](crate::Limits::poll) (by default 12 s). The
    ///   context stays set.
    /// - Another [`Problem`] if the request failed. The context stays set, and its features arrive when a later request
    ///   succeeds.
    /// - [`Problem::Context`] if the context has too many attributes, and [`Problem::Stale`] if the Edge accepts no more
    ///   requests. The former context stays set in both cases.
    pub async fn set_context(
        &self,
        attributes: impl Into<Arc<Attributes>>,
    ) -> Result<Context, Problem> {
        let attributes = attributes.into();
        let sent = Arc::clone(&attributes);
        self.shared.perform_command(|reply| Command::Context(sent, reply)).await?;
        Ok(Context::new(Arc::clone(&self.shared), attributes))
    }

    /// Returns a new pool of contexts for a server-evaluated key, for programs with a context for each request or user. At most
    /// `limit` contexts exist at the same time; a limit of 0 counts as 1. When the pool is full, a new context evicts the least
    /// recently requested one. A limit of [`ContextPool::DEFAULT_LIMIT`] suits most programs.
    ///
    /// The pool keeps this client alive. The client need not be ready.
    #[must_use]
    pub fn context_pool(&self, limit: usize) -> ContextPool {
        ContextPool::new(self.clone(), limit)
    }

    /// Returns a handle that reads one feature without a context. The feature need not exist.
    #[must_use]
    pub fn feature(&self, key: &str) -> Feature {
        Feature::new(Arc::clone(&self.shared), key, None)
    }

    /// Returns the present features as a snapshot. Reads of the snapshot return the same values even if updates arrive in the
    /// meantime.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.shared.repository.snapshot(), None)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("edge", &self.shared.settings.edge())
            .field("keys", &self.shared.keys())
            .field("status", &self.status().to_string())
            .finish_non_exhaustive()
    }
}
