//! Making a client.

mod borrowed;
mod listeners;
mod recipe;
mod start;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fh_eval::{Attributes, Profile, Timestamp};
use fh_session::{
    Backoff, Config, ContextPlacement, EdgeUrl, Hub, Interceptor, Limits, LockPolicy, Mode,
    Observer, Subscription, UsageOptions, WhileSwitching,
};
use tokio::runtime::Handle;

pub(crate) use self::recipe::{Recipe, unsendable};
use crate::context_pool::PoolListeners;
use crate::driver::Runtime;
use crate::journal::Reporting;
use crate::snapshot::SnapshotFile;
use crate::transport::Transport;

/// A change of the session's settings.
type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;
/// Who is told what happens.
#[derive(Debug, Clone)]
enum Dispatching {
    /// Listeners and observers, on a thread of the client's own (D-81).
    OnAThread,
    /// The same, on a thread that several clients share.
    Shared(PoolListeners),
    Nobody,
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Subscribes somebody.
type Subscribe = Arc<dyn Fn(&Hub) -> Subscription + Send + Sync>;

/// Collects settings; see [`Client::builder`](crate::Client::builder).
#[derive(Clone)]
#[must_use = "call `start`"]
pub struct ClientBuilder {
    url: Option<String>,
    keys: Vec<String>,
    mode: Option<Mode>,
    changes: Vec<Change>,
    context: Option<Arc<Attributes>>,
    transport: Option<Arc<dyn Transport>>,
    runtime: Runtime,
    clock: Clock,
    events: Option<usize>,
    interceptors: Vec<(Arc<dyn Interceptor>, LockPolicy)>,
    observers: Vec<(Arc<dyn Observer>, UsageOptions)>,
    listeners: Vec<Subscribe>,
    dispatching: Dispatching,
    reporting: Reporting,
    catching: bool,
    bootstrap: Vec<Arc<[u8]>>,
    snapshot: Option<SnapshotFile>,
}

/// Where, and with what.
impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            url: None,
            keys: Vec::new(),
            mode: None,
            changes: Vec::new(),
            context: None,
            transport: None,
            runtime: Runtime::default(),
            clock: Arc::new(system_clock),
            events: None,
            interceptors: Vec::new(),
            observers: Vec::new(),
            listeners: Vec::new(),
            dispatching: Dispatching::OnAThread,
            reporting: Reporting::Full,
            catching: false,
            bootstrap: Vec::new(),
            snapshot: None,
        }
    }

    /// Where the Edge is.
    pub fn edge_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// A further API key: of the same kind as the others. Of features that several environments have, the earliest key's answers
    /// (D-61).
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Further API keys.
    pub fn api_keys<T: Into<String>>(mut self, keys: impl IntoIterator<Item = T>) -> Self {
        self.keys.extend(keys.into_iter().map(Into::into));
        self
    }

    /// The first context of a server-evaluated key. A client-evaluated one has no use for it.
    pub fn initial_context(mut self, attributes: impl Into<Arc<Attributes>>) -> Self {
        self.context = Some(attributes.into());
        self
    }

    /// Sends requests by other means than the default.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }
}

/// How features are fetched. Without any of these: streaming with one API key, polling with several (D-77).
impl ClientBuilder {
    /// One stream, kept open; polling where the Edge cannot stream.
    pub fn streaming(mut self) -> Self {
        self.mode = Some(Mode::Streaming);
        self
    }

    /// A poll, and another after each interval. The Edge may ask for another interval. Zero is [`Self::one_off`].
    pub fn active_polling(mut self, interval: Duration) -> Self {
        let mode = if interval.is_zero() { Mode::OneOff } else { Mode::ActivePolling(interval) };
        self.mode = Some(mode);
        self
    }

    /// A poll, and another when a feature is read after the interval; that read still answers the old value. Zero is
    /// [`Self::one_off`].
    pub fn passive_polling(mut self, interval: Duration) -> Self {
        let mode = if interval.is_zero() { Mode::OneOff } else { Mode::PassivePolling(interval) };
        self.mode = Some(mode);
        self
    }

    /// One poll, repeated only until it is answered.
    pub fn one_off(mut self) -> Self {
        self.mode = Some(Mode::OneOff);
        self
    }

    /// No requests at all.
    pub fn offline(mut self) -> Self {
        self.mode = Some(Mode::Offline);
        self
    }
}

/// What is there before the Edge answers.
impl ClientBuilder {
    /// Starts with these features: a list of features, the body of a poll, what a browser's SDK keeps, or a snapshot file
    /// (edge-protocol 9.3). They are served from the start on.
    pub fn bootstrap(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.bootstrap.push(bytes.as_ref().into());
        self
    }

    /// Keeps the last known features in a file, and starts with what it holds.
    pub fn snapshot_file(mut self, file: impl Into<SnapshotFile>) -> Self {
        self.snapshot = Some(file.into());
        self
    }

    /// Asks this interceptor before the rules, after those given before (sdk-behaviour 2.8).
    pub fn interceptor(
        mut self,
        interceptor: impl Interceptor + 'static,
        locks: LockPolicy,
    ) -> Self {
        self.interceptors.push((Arc::new(interceptor), locks));
        self
    }

    /// Tells this observer of each use of a feature (sdk-behaviour 3).
    pub fn observer(mut self, observer: impl Observer + 'static, options: UsageOptions) -> Self {
        self.observers.push((Arc::new(observer), options));
        self
    }

    /// Holds updates back after the first list, until they are [released](crate::Client::release).
    pub fn catch_updates(mut self) -> Self {
        self.catching = true;
        self
    }
}

/// Details.
impl ClientBuilder {
    /// A header to send with every request, such as one that a proxy wants. Logs and errors do not show its value.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = (name.into(), value.into());
        self.configure(move |config| config.headers.push(header.clone()))
    }

    /// What to call this program in the header `X-SDK`.
    pub fn identification(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.configure(move |config| config.identification = Some(text.clone()))
    }

    /// Whose semantics the features of client-evaluated keys are read with. By default those of the published SDKs.
    pub fn profile(self, profile: Profile) -> Self {
        self.configure(move |config| config.profile = profile)
    }

    /// Where a stream's request carries the context of a server-evaluated key.
    pub fn context_placement(self, placement: ContextPlacement) -> Self {
        self.configure(move |config| config.context_placement = placement)
    }

    /// What answers while an Edge evaluates a changed context (D-62).
    pub fn while_switching(self, what: WhileSwitching) -> Self {
        self.configure(move |config| config.while_switching = what)
    }

    /// Delays after trouble that passes: 1 s, doubling to 30 s, by default (D-64).
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.configure(move |config| config.backoff = backoff)
    }

    /// Delays after a refusal: 1 minute, doubling to 10, by default (D-21).
    pub fn backoff_when_refused(self, backoff: Backoff) -> Self {
        self.configure(move |config| config.refused = backoff)
    }

    /// Limits of time and size (D-74).
    pub fn limits(self, limits: Limits) -> Self {
        self.configure(move |config| config.limits = limits)
    }

    /// Any setting of the session; settings of this kind are made in the order of their calls.
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// Says what time it is, for rules on `now` and for usage events. By default the system's clock.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many events may wait for slow listeners, in all and for each one that hangs; beyond that the oldest is dropped and counted. 1,024 by
    /// default.
    pub fn event_queue(mut self, events: usize) -> Self {
        self.events = Some(events);
        self
    }

    /// Runs on this tokio runtime instead of a thread of the client's own (D-119): for programs with many clients, and for tests that
    /// pause tokio's clock.
    ///
    /// The caller keeps the runtime running: while no thread runs a current-thread runtime the client stands still, and when the runtime is shut down
    /// the client is closed. The runtime needs timers and, with the cargo feature `reqwest`, I/O. [`Self::start`] finds out by
    /// using them ([`StartError::Runtime`](crate::StartError::Runtime)); where one is missing, tokio's panic message is printed, too.
    ///
    /// On a thread that runs tasks of this runtime, [`Client::wait_ready`](crate::Client::wait_ready) and
    /// [`Client::flush`](crate::Client::flush) would block the client that they wait for. There they fail at once; use `.await`.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// # use std::time::Duration;
    /// // An hour of polling passes at once on a paused clock.
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    /// # runtime.block_on(async {
    /// let edge = MemoryEdge::new();
    /// let client = edge.client().active_polling(Duration::from_secs(60)).runtime(tokio::runtime::Handle::current()).start()?;
    /// client.ready().await?;
    /// tokio::time::sleep(Duration::from_secs(3600)).await;
    /// assert!(client.status().requests >= 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Runtime::Given(runtime);
        self
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &self.url.as_deref().map(EdgeUrl::parse))
            .field("keys", &self.keys.len())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

pub(crate) fn system_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
