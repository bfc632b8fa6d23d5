//! The client: one handle for reading, waiting, listening and closing.

mod edge;
mod listening;
mod readiness;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use fh_eval::{Attributes, Kind, Number, Value};
use fh_session::{ApiKeys, ContextValues, Detail, Explained, Hub, KeyKind, Problem};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

pub use self::edge::{SetHeadersError, SetKeysError};
use crate::board::Board;
use crate::builder::{ClientBuilder, Recipe};
use crate::context::{Context, ContextBuilder};
use crate::context_pool::ContextPool;
use crate::delivery::Delivery;
use crate::driver::{Command, DriverRuntime, Settled};
use crate::feature::Feature;
use crate::frozen::Snapshot;
use crate::reads::reads;
use crate::start_error::StartError;

/// A client of one Edge: it keeps the features of one or several API keys at hand, and up to date.
///
/// Reads take no lock, never wait and never fail: what is not there answers `None`, `false`, or the default that is given. Clones are the
/// same client. The connection ends with [`Self::close`], or when the last handle (client, context, feature) is dropped.
///
/// It runs on a thread of its own, so it does not matter from which runtime or thread it is used, and which of them ends first.
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
/// Reads without a context answer everybody's values: strategies ask for attributes, so none of them holds.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What all handles share. Dropping the last one lets the driver end.
pub(crate) struct Inner {
    pub(crate) hub: Hub,
    pub(crate) board: Arc<Board>,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) dispatcher: Delivery,
    pub(crate) runtime: DriverRuntime,
    pub(crate) recipe: Recipe,
    pub(crate) keys: Mutex<ApiKeys>,
}

impl Inner {
    /// Tells the driver; nobody listens once the client is closed.
    pub(crate) fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    pub(crate) fn keys(&self) -> ApiKeys {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn key_kind(&self) -> KeyKind {
        self.keys().kind()
    }

    /// Both under one lock, so that the keys that are shown are those that the driver got last.
    fn change_keys(&self, keys: ApiKeys) -> oneshot::Receiver<Settled> {
        let (reply, settled) = oneshot::channel();
        let mut held = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        self.tell(Command::Keys(keys.clone(), reply));
        *held = keys;
        settled
    }

    async fn errand(&self, command: impl FnOnce(oneshot::Sender<Settled>) -> Command) -> Settled {
        let (reply, settled) = oneshot::channel();
        self.tell(command(reply));
        settled.await.unwrap_or(Err(Problem::Closed))
    }
}

reads!(Client, |self| self.inner.hub, None);

/// Making one, and ending it.
impl Client {
    /// Begins a client of the Edge at this URL, with this API key. Further keys: [`ClientBuilder::api_keys`].
    pub fn builder(url: impl Into<String>, api_key: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new().edge_url(url).api_key(api_key)
    }

    /// Begins a client whose URL and API key come from the environment: `FEATUREHUB_EDGE_URL`, and `FEATUREHUB_CLIENT_API_KEY` or
    /// `FEATUREHUB_API_KEY`. What is given to the builder goes before them; an empty variable is none.
    pub fn from_environment() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Begins a client that never connects: for features from [`ClientBuilder::bootstrap`], a store, or overrides only.
    pub fn offline() -> ClientBuilder {
        ClientBuilder::new().offline()
    }

    pub(crate) const fn from_inner(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    pub(crate) const fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Returns true if both are handles of one client.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Closes the client, whose contexts answer defaults from then on.
    pub(crate) fn end_and_forget(&self) {
        if !self.inner.board.close() {
            self.inner.tell(Command::StopAndForget);
        }
    }

    /// Ends the connection, and everything that belongs to the client: listeners, interceptors, observers. Returns at once; a second time does
    /// nothing. The last values go on answering.
    ///
    /// See [`Self::closed`] to wait until the last usage events and the snapshot file are written.
    pub fn close(&self) {
        if !self.inner.board.close() {
            self.inner.tell(Command::Stop);
        }
    }

    /// Waits until a closed client has come to its end: the connection closed, the snapshot written, the last listener called. For ever if nobody
    /// closes it.
    pub async fn closed(&self) {
        // The driver's receiver goes when it ends.
        self.inner.commands.closed().await;
        self.inner.dispatcher.delivered().await;
    }

    /// Another client with the same settings and a connection of its own, for another context of a server-evaluated key (D-62). It
    /// neither reads nor writes the snapshot file, and has none of the builder's listeners. It runs on the thread of this client,
    /// which ends with the last of the clients that share it.
    ///
    /// # Errors
    /// As [`ClientBuilder::start`].
    pub fn isolated(&self, context: Attributes) -> Result<Self, StartError> {
        self.inner.recipe.isolated(self.inner.keys(), Arc::new(context)).start()
    }
}

/// Contexts and features.
impl Client {
    /// Begins a context: the attributes of whoever features are read for.
    pub fn context(&self) -> ContextBuilder {
        ContextBuilder::new(Arc::clone(&self.inner))
    }

    /// A context of these attributes.
    #[must_use]
    pub fn context_of(&self, attributes: impl Into<Arc<Attributes>>) -> Context {
        Context::new(Arc::clone(&self.inner), attributes.into())
    }

    /// The context, once the Edge has evaluated for it: what a server-evaluated key needs. It becomes the context of this client, and answers
    /// until the features of a later one are applied. With a client-evaluated key every context answers at once, and so does this.
    ///
    /// While the Edge evaluates for one context, one other may wait: the newest (D-120). A program with a context per request needs a
    /// client-evaluated key, or several clients ([`Self::isolated`]).
    ///
    /// # Errors
    /// - [`Problem::Superseded`] if a newer context took the place of this one before the Edge was asked.
    /// - [`Problem::TimedOut`] after the limit of a poll: 12 s, or [`Limits::poll`](crate::Limits::poll). The context stays set.
    /// - Another [`Problem`] if the Edge could not be asked. The context stays set, and comes into force when it can.
    /// - [`Problem::Context`], with nothing changed, if it has too many attributes; [`Problem::Stale`] if the Edge wants no more requests.
    pub async fn set_context(
        &self,
        attributes: impl Into<Arc<Attributes>>,
    ) -> Result<Context, Problem> {
        let attributes = attributes.into();
        let sent = Arc::clone(&attributes);
        self.inner.errand(|reply| Command::Context(sent, reply)).await?;
        Ok(Context::new(Arc::clone(&self.inner), attributes))
    }

    /// Makes a pool of contexts for a server-evaluated key: for programs with a context for each request or user. At most so many contexts
    /// live at the same time ([`ContextPool::DEFAULT_LIMIT`] if there is no reason for another number); at least one.
    ///
    /// The pool keeps this client alive. The client need not be ready.
    #[must_use]
    pub fn context_pool(&self, limit: usize) -> ContextPool {
        ContextPool::new(self.clone(), limit)
    }

    /// One feature, for nobody in particular. It need not exist.
    #[must_use]
    pub fn feature(&self, key: &str) -> Feature {
        Feature::new(Arc::clone(&self.inner), key, None)
    }

    /// The present state, for several reads of one state.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.inner.hub.snapshot(), None)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("edge", &self.inner.recipe.edge())
            .field("keys", &self.inner.keys())
            .field("status", &self.status().to_string())
            .finish_non_exhaustive()
    }
}
