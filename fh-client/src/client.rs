//! The client: one handle for reading, waiting, listening and closing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Attributes, Diagnostic, Kind, Number, Value};
use fh_session::{
    ApiKeys, Change, Detail, Explained, Hub, Interceptor, KeyKind, LockPolicy, NewState, Notice,
    Observer, Params, Problem, RawUpdate, Readiness, ReadinessChange, Source, Subscription,
    UsageOptions,
};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use crate::board::Board;
use crate::builder::{ClientBuilder, Recipe};
use crate::changes::Changes;
use crate::context::{Context, ContextBuilder};
use crate::dispatcher::Dispatcher;
use crate::driver::{Command, DriverClock, Settled, StoredShape};
use crate::feature::Feature;
use crate::frozen::Snapshot;
use crate::reads::reads;
use crate::ready::{self, NotReady, Refusals};
use crate::start_error::StartError;
use crate::status::Status;
use crate::test_updates::TestUpdates;
use crate::waiting::block_on_for;

/// A client of one Edge: it keeps the features of one or several API keys at hand, and up to date.
///
/// Reads take no lock, never wait and never fail: what is not there answers `None`, `false`, or the default that is given. Clones are the
/// same client. The connection ends with [`Self::close`], or when the last handle (client, context, feature) is dropped.
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
    pub(crate) dispatcher: Dispatcher,
    pub(crate) clock: DriverClock,
    pub(crate) recipe: Recipe,
    pub(crate) keys: std::sync::Mutex<ApiKeys>,
}

impl Inner {
    /// Tells the driver; nobody listens once the client is closed.
    pub(crate) fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    fn keys(&self) -> ApiKeys {
        self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn key_kind(&self) -> KeyKind {
        self.keys().kind()
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
    /// neither reads nor writes the snapshot file, and has none of the builder's listeners.
    ///
    /// # Errors
    /// As [`ClientBuilder::start`].
    pub fn isolated(&self, context: Attributes) -> Result<Self, StartError> {
        self.inner.recipe.isolated(self.inner.keys(), context).start()
    }
}

/// Waiting, and how things stand.
impl Client {
    /// Waits for features.
    ///
    /// # Errors
    /// [`NotReady`] once it is known that none will come soon. Trouble that passes (no network, status 5xx) is waited through.
    pub async fn ready(&self) -> Result<(), NotReady> {
        ready::ready(&self.inner.board, Refusals::End).await
    }

    /// As [`Self::ready`], but refusals are waited through as well: an Edge answers 404 during its own outages, and keys can be made
    /// valid.
    ///
    /// # Errors
    /// [`NotReady::Closed`] only.
    pub async fn ready_through_refusals(&self) -> Result<(), NotReady> {
        ready::ready(&self.inner.board, Refusals::WaitThrough).await
    }

    /// Waits for features on this thread, not longer than this.
    ///
    /// # Errors
    /// [`NotReady`]; also if this thread drives a runtime of one thread, which must not be blocked (D-81).
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready(), timeout)
    }

    /// As [`Self::wait_ready`], waiting through refusals.
    ///
    /// # Errors
    /// [`NotReady`]; not `Failed`.
    pub fn wait_ready_through_refusals(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready_through_refusals(), timeout)
    }

    fn block_for(
        &self,
        ready: impl Future<Output = Result<(), NotReady>>,
        timeout: Duration,
    ) -> Result<(), NotReady> {
        if is_sole_driver_of_a_runtime() {
            return Err(NotReady::InsideRuntime);
        }
        block_on_for(ready, timeout)
            .unwrap_or_else(|| Err(NotReady::TimedOut(Box::new(self.status()))))
    }

    /// Can it be asked?
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.inner.board.is_closed() { Readiness::Closed } else { self.inner.hub.readiness() }
    }

    /// Can it be asked?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness() == Readiness::Ready
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        let snapshot_age = self.inner.board.restored_from().map(|saved| {
            let age = self.inner.recipe.now().as_millis().saturating_sub(saved.as_millis());
            Duration::from_millis(u64::try_from(age).unwrap_or(0))
        });
        let mut status = Status::of(&self.inner.hub, self.inner.clock, snapshot_age);
        if self.inner.board.is_closed() {
            status.readiness = Readiness::Closed;
            status.connection = fh_session::Connection::Closed;
            status.next_attempt = None;
        }
        status
    }

    /// Waits until the status is as asked: for probes, tools and tests.
    ///
    /// The condition is asked again whenever readiness, connection, problem or counts of requests change, not as time passes.
    ///
    /// # Errors
    /// [`Problem::Closed`] if the client is closed and the condition does not hold then either.
    pub async fn status_when(
        &self,
        mut condition: impl FnMut(&Status) -> bool,
    ) -> Result<Status, Problem> {
        let mut changes = self.inner.board.watch_status();
        loop {
            changes.mark_unchanged();
            let status = self.status();
            if condition(&status) {
                return Ok(status);
            }
            if status.readiness == Readiness::Closed || changes.changed().await.is_err() {
                return Err(Problem::Closed);
            }
        }
    }

    /// Parts of features that were not understood, and what was assumed instead.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.inner.hub.snapshot().rules().ruleset().diagnostics().cloned().collect()
    }

    /// Waits on this thread until everything that happened so far was told to listeners and observers, observers have sent what they hold, and the
    /// snapshot file is written; not longer than this. Says whether that was enough time; no on a thread that drives a runtime of one thread, which
    /// must not be blocked.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        !is_sole_driver_of_a_runtime() && block_on_for(self.flushed(timeout), timeout).is_some()
    }

    /// As [`Self::flush`], without blocking. Observers are asked to take no longer than this.
    pub async fn flushed(&self, limit: Duration) {
        let (reply, written) = oneshot::channel();
        self.inner.tell(Command::Flush(reply));
        // Nobody answers once the client is closed; then it is written.
        let _ = written.await;
        self.inner.dispatcher.flushed(limit).await;
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

    /// The context, once the Edge has evaluated for it: what a server-evaluated key needs. It becomes the context of this client; contexts
    /// made before answer defaults. With a client-evaluated key every context answers at once, and so does this.
    ///
    /// # Errors
    /// [`Problem`] if the Edge could not be asked; the context stays set, and comes into force when it can.
    /// [`Problem::Context`], with nothing changed, if it has too many attributes.
    pub async fn set_context(
        &self,
        attributes: impl Into<Arc<Attributes>>,
    ) -> Result<Context, Problem> {
        let attributes = attributes.into();
        let sent = Arc::clone(&attributes);
        self.inner.errand(|reply| Command::Context(sent, reply)).await?;
        Ok(Context::new(Arc::clone(&self.inner), attributes))
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

/// Asking the Edge.
impl Client {
    /// Asks the Edge now, unless a healthy stream tells all there is. Also leaves a state in which nothing is tried any more.
    ///
    /// # Errors
    /// [`Problem`] if there was no good answer. Trying goes on as before.
    pub async fn refresh(&self) -> Result<Readiness, Problem> {
        self.inner.errand(Command::Refresh).await
    }

    /// Uses other API keys from now on, and asks the Edge. Features of environments that they do not open are dropped.
    ///
    /// # Errors
    /// [`SetKeysError`] if they are no keys, or there was no good answer.
    pub async fn set_api_keys<T: AsRef<str>>(
        &self,
        keys: impl IntoIterator<Item = T>,
    ) -> Result<Readiness, SetKeysError> {
        let keys = ApiKeys::parse(keys).map_err(SetKeysError::Keys)?;
        if keys.are_several() && self.inner.recipe.must_stream() {
            return Err(SetKeysError::SeveralKeysStream);
        }
        let new = keys.clone();
        let settled = self.inner.errand(|reply| Command::Keys(new, reply));
        *self.inner.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = keys;
        settled.await.map_err(SetKeysError::Edge)
    }

    /// Changes features at the Edge, for tests.
    #[must_use]
    pub fn test_updates(&self) -> TestUpdates {
        TestUpdates::new(Arc::clone(&self.inner))
    }

    /// Gives features from a store, as a JSON list: they are added unless newer ones are known, and nothing is removed.
    pub fn offer_features(&self, store: &str, environment: &str, features: impl Into<Vec<u8>>) {
        self.offer(store, environment, features.into(), StoredShape::List);
    }

    /// Gives one feature from a store, as JSON.
    pub fn offer_feature(&self, store: &str, environment: &str, feature: impl Into<Vec<u8>>) {
        self.offer(store, environment, feature.into(), StoredShape::Feature);
    }

    fn offer(&self, store: &str, environment: &str, json: Vec<u8>, shape: StoredShape) {
        let source = Source::Store(store.into());
        self.inner.tell(Command::Stored { source, environment: environment.into(), json, shape });
    }

    /// The environments that the API keys open, the first one's first.
    #[must_use]
    pub fn environments(&self) -> Vec<Arc<str>> {
        let mut environments: Vec<Arc<str>> = Vec::new();
        for key in self.inner.keys().iter() {
            if !environments.contains(key.environment()) {
                environments.push(Arc::clone(key.environment()));
            }
        }
        environments
    }

    /// Who evaluates?
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        self.inner.key_kind()
    }
}

/// Listening. Every guard ends its subscription when it is dropped ([`Subscription::detach`] keeps it). Listeners are called on a
/// thread of the client's own, one after the other; a panic in one harms nobody.
impl Client {
    /// Calls when everybody's value of a feature becomes another, or its lock flips; see [`Context::on_change`].
    pub fn on_change(
        &self,
        key: &str,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.hub.on_change(key, None, call)
    }

    /// The changes that [`Self::on_change`] tells, as a stream.
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.inner.hub, key, None)
    }

    /// Calls with the present readiness, and with each change of it.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.hub.on_readiness(call)
    }

    /// Calls after each update that changed something, held back or not (sdk-behaviour 2.5, 2.7).
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_new_state(call)
    }

    /// Calls with each update as it was received (sdk-behaviour 2.6).
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_raw(call)
    }

    /// Calls with what is odd. It is logged anyway.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_notice(call)
    }

    /// Tells this observer of each use (sdk-behaviour 3).
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        self.inner.hub.observe(observer, options)
    }

    /// Reports something to observers, with all features as they are for nobody in particular.
    pub fn record(&self, name: &str, params: Params) {
        self.inner.hub.record(name, params, None);
    }
}

/// Overrides, and catch & release.
impl Client {
    /// Asks this interceptor before the rules, after those that are there already (sdk-behaviour 2.8).
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        self.inner.hub.intercept(interceptor, locks)
    }

    /// Interceptors may answer differently from now on: listeners look again.
    pub fn overrides_changed(&self) {
        self.inner.hub.overrides_changed();
    }

    /// Holds updates back from now on, until they are [released](Self::release) (sdk-behaviour 2.7).
    pub fn catch_updates(&self) {
        self.inner.hub.catch_updates();
    }

    /// Are updates held back?
    #[must_use]
    pub fn is_catching(&self) -> bool {
        self.inner.hub.is_catching()
    }

    /// Is something held back that a reader could see?
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.inner.hub.is_holding()
    }

    /// Serves what came last, and goes on catching.
    pub fn release(&self) {
        self.inner.hub.release();
    }

    /// Serves the last state of these features only, and goes on catching.
    pub fn release_only<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) {
        self.inner.hub.release_only(keys);
    }

    /// Serves what came last, and whatever comes from now on.
    pub fn stop_catching(&self) {
        self.inner.hub.stop_catching();
    }

    /// The read side by itself, for those who build on it.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.inner.hub
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

/// Does a runtime of one thread wait for this thread? Blocking it could then be for ever (D-81).
fn is_sole_driver_of_a_runtime() -> bool {
    use tokio::runtime::{Handle, RuntimeFlavor};
    Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread)
}

/// Why other API keys are not in use, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetKeysError {
    /// They are no keys; nothing has changed.
    Keys(fh_session::KeyError),
    /// A stream has one key, and streaming was asked for; nothing has changed (D-77).
    SeveralKeysStream,
    /// They are in use, but there was no good answer yet.
    Edge(Problem),
}

impl fmt::Display for SetKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => error.fmt(f),
            Self::SeveralKeysStream => f.write_str("several API keys cannot be streamed"),
            Self::Edge(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for SetKeysError {}
