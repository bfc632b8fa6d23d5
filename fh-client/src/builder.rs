//! The builder of a client.

mod listeners;
mod settings;
mod shared_handlers;
mod start;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fh_eval::{Attributes, Profile, Timestamp};
use fh_session::{
    Backoff, Config, ContextPlacement, EdgeUrl, Interceptor, Limits, LockPolicy, Mode, Observer,
    Repository, Subscription, UsageOptions, WhileSwitching,
};
use tokio::runtime::Handle;

pub(crate) use self::settings::{ClientSettings, unsendable};
use crate::context_pool::PoolListeners;
use crate::driver::Runtime;
use crate::snapshot_file::SnapshotFile;
use crate::status_log::Reporting;
use crate::transport::Transport;

/// A function that changes the session's settings.
type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;
/// The threads that call listeners and observers.
#[derive(Debug, Clone)]
enum Dispatching {
    /// On threads of the client's own (D-81).
    OnAThread,
    /// On one thread that the clients of a context pool share.
    Shared(PoolListeners),
    /// No thread: listeners and observers are never called.
    Nobody,
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// A function that adds a listener to the repository.
type Subscribe = Arc<dyn Fn(&Repository) -> Subscription + Send + Sync>;

/// The settings of a client to be started; see [`Client::builder`](crate::Client::builder).
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

/// The Edge's URL, the API keys, the first context and the transport.
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

    /// Sets the URL of the Edge.
    pub fn edge_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Adds an API key. All keys of a client must be of one kind, client-evaluated or server-evaluated. If several environments
    /// have a feature with the same key, the environment of the API key that was added first provides its value (D-61).
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Adds several API keys, in this order.
    pub fn api_keys<T: Into<String>>(mut self, keys: impl IntoIterator<Item = T>) -> Self {
        self.keys.extend(keys.into_iter().map(Into::into));
        self
    }

    /// Sets the first context of a server-evaluated key. It has no effect with a client-evaluated key.
    pub fn initial_context(mut self, attributes: impl Into<Arc<Attributes>>) -> Self {
        self.context = Some(attributes.into());
        self
    }

    /// Replaces the default transport, which sends the client's requests.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }
}

/// The way in which features are fetched. The default is streaming with one API key and active polling with several (D-77).
impl ClientBuilder {
    /// Keeps one stream open. If the Edge cannot stream, the client polls.
    pub fn streaming(mut self) -> Self {
        self.mode = Some(Mode::Streaming);
        self
    }

    /// Polls at the start and again after each interval. The Edge may ask for another interval. An interval of zero means
    /// [`Self::one_off`].
    pub fn active_polling(mut self, interval: Duration) -> Self {
        let mode = if interval.is_zero() { Mode::OneOff } else { Mode::ActivePolling(interval) };
        self.mode = Some(mode);
        self
    }

    /// Polls at the start, and again at the first read of a feature after the interval has passed; that read still answers the
    /// old value. An interval of zero means [`Self::one_off`].
    pub fn passive_polling(mut self, interval: Duration) -> Self {
        let mode = if interval.is_zero() { Mode::OneOff } else { Mode::PassivePolling(interval) };
        self.mode = Some(mode);
        self
    }

    /// Polls once. The request is repeated only until it is answered.
    pub fn one_off(mut self) -> Self {
        self.mode = Some(Mode::OneOff);
        self
    }

    /// Makes no requests.
    pub fn offline(mut self) -> Self {
        self.mode = Some(Mode::Offline);
        self
    }
}

/// Features from other sources than the Edge, interceptors, observers, and catch & release.
impl ClientBuilder {
    /// Adds features that are served from the start. Accepts a list of features, the body of a poll, the stored state of the
    /// browser SDK, or a snapshot file (edge-protocol 9.3).
    pub fn bootstrap(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.bootstrap.push(bytes.as_ref().into());
        self
    }

    /// Saves the last known features to a file, and starts with the features that the file holds.
    pub fn snapshot_file(mut self, file: impl Into<SnapshotFile>) -> Self {
        self.snapshot = Some(file.into());
        self
    }

    /// Registers an interceptor, which may override values. Interceptors are called in the order of their registration, before
    /// the rules (sdk-behaviour 2.8).
    pub fn interceptor(
        mut self,
        interceptor: impl Interceptor + 'static,
        locks: LockPolicy,
    ) -> Self {
        self.interceptors.push((Arc::new(interceptor), locks));
        self
    }

    /// Registers an observer, which is notified of each use of a feature (sdk-behaviour 3).
    pub fn observer(mut self, observer: impl Observer + 'static, options: UsageOptions) -> Self {
        self.observers.push((Arc::new(observer), options));
        self
    }

    /// Holds back updates that arrive after the first list, until they are [released](crate::Client::release).
    pub fn catch_updates(mut self) -> Self {
        self.catching = true;
        self
    }
}

/// Details that few programs need: headers, limits, delays, the clock and the runtime.
impl ClientBuilder {
    /// Adds a header to every request, such as one that a proxy requires. Its value does not appear in logs and errors.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = (name.into(), value.into());
        self.configure(move |config| config.headers.push(header.clone()))
    }

    /// Sets the value of the header `X-SDK`, which identifies this program.
    pub fn identification(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.configure(move |config| config.identification = Some(text.clone()))
    }

    /// Sets the profile by which the rules of a client-evaluated key are evaluated. The default is that of the published SDKs.
    pub fn profile(self, profile: Profile) -> Self {
        self.configure(move |config| config.profile = profile)
    }

    /// Sets the part of a stream's request that carries the context of a server-evaluated key.
    pub fn context_placement(self, placement: ContextPlacement) -> Self {
        self.configure(move |config| config.context_placement = placement)
    }

    /// Sets which values are served while the Edge evaluates a changed context (D-62).
    pub fn while_switching(self, what: WhileSwitching) -> Self {
        self.configure(move |config| config.while_switching = what)
    }

    /// Sets the delays after temporary failures. The default is 1 second, doubling to 30 seconds (D-64).
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.configure(move |config| config.backoff = backoff)
    }

    /// Sets the delays after a refusal. The default is 1 minute, doubling to 10 minutes (D-21).
    pub fn backoff_when_refused(self, backoff: Backoff) -> Self {
        self.configure(move |config| config.refused = backoff)
    }

    /// Sets the limits of time and size (D-74).
    pub fn limits(self, limits: Limits) -> Self {
        self.configure(move |config| config.limits = limits)
    }

    /// Changes any setting of the session. Such changes are applied in the order of their calls.
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// Sets the clock for rules on `now` and for usage events. The default is the system's clock.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets how many events may wait for slow listeners. The limit applies to the common queue and to the queue of each listener
    /// that hangs. When a queue is full its oldest event is dropped and counted. The default is 1,024.
    pub fn event_queue(mut self, events: usize) -> Self {
        self.events = Some(events);
        self
    }

    /// Runs the client on this tokio runtime instead of a thread of its own (D-119). This serves programs with many clients, and
    /// tests that pause tokio's clock.
    ///
    /// The caller must keep the runtime running. The client makes no progress while no thread runs a current-thread runtime, and
    /// it is closed when the runtime is shut down. The runtime needs timers and, with the cargo feature `reqwest`, I/O.
    /// [`Self::start`] checks this by using them ([`StartError::Runtime`](crate::StartError::Runtime)); if one is missing, tokio
    /// also prints its panic message.
    ///
    /// On a thread that runs tasks of this runtime, [`Client::wait_ready`](crate::Client::wait_ready) and
    /// [`Client::flush`](crate::Client::flush) would block the client that they wait for. There they return an error at once;
    /// await [`Client::ready`](crate::Client::ready) or [`Client::flushed`](crate::Client::flushed) instead.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// # use std::time::Duration;
    /// // One hour of polling passes at once, because the clock is paused.
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
