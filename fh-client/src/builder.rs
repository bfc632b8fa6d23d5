//! The builder of a client.

mod after_fork;
mod delays;
#[cfg(feature = "featbit")]
mod featbit;
#[cfg(feature = "featuresignals")]
mod featuresignals;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
mod further_systems;
mod listeners;
mod start;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::{Attributes, Profile, Timestamp};
use fh_repository::{Interceptor, LockPolicy, Observer, UsageOptions};
use fh_session::{Config, ContextPlacement, EdgeUrl, Mode, WhileSwitching};
use tokio::runtime::Handle;

use crate::client::Client;
use crate::driver::Runtime;
use crate::settings::{BuilderSettings, TransportChoice, polling};
use crate::snapshot_file::SnapshotFile;
use crate::start_error::StartError;
use crate::transport::Transport;

/// A builder for a client. It collects the settings until [`Self::start`] is called; see
/// [`Client::builder`](crate::Client::builder).
#[derive(Clone)]
#[must_use = "call `start`"]
pub struct ClientBuilder {
    settings: BuilderSettings,
}

/// Functions that create a client.
impl Client {
    /// Returns a builder for a client of the Edge at this URL, with this API key. [`ClientBuilder::api_keys`] adds further
    /// keys.
    pub fn builder(url: impl Into<String>, api_key: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new().edge_url(url).api_key(api_key)
    }

    /// Returns a builder for a client whose URL and API key come from environment variables: `FEATUREHUB_EDGE_URL`, and
    /// `FEATUREHUB_CLIENT_API_KEY` or, if that is not set, `FEATUREHUB_API_KEY`. [`ClientBuilder::start`] reads the variables.
    /// A value given to the builder takes precedence over a variable. A variable that is empty, blank or not Unicode counts as
    /// not set.
    pub fn from_environment() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Returns a builder for an offline client, which never requests features from an Edge; see [`ClientBuilder::offline`].
    pub fn offline() -> ClientBuilder {
        ClientBuilder::new().offline()
    }

    /// Starts another client with the builder's settings, this client's present API keys, and a connection of its own, for
    /// another context of a server-evaluated key. The new client shares the thread or the runtime of this client. The
    /// thread ends after the last client that shares it.
    ///
    /// The new client shares the interceptors and observers that were registered with the builder, but not those that were
    /// registered later. It has none of this client's listeners. It neither reads nor writes the snapshot file. With a
    /// server-evaluated key, it does not serve the builder's bootstrap features.
    ///
    /// # Errors
    /// The errors of [`ClientBuilder::start`].
    pub fn isolated(&self, context: Attributes) -> Result<Self, StartError> {
        let shared = self.shared();
        ClientBuilder::of(shared.settings.isolated(&shared.server(), Arc::new(context))).start()
    }
}

/// Settings for the Edge's URL, the API keys, the first context and the transport.
impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self::of(BuilderSettings::default())
    }

    pub(crate) const fn of(settings: BuilderSettings) -> Self {
        Self { settings }
    }

    /// Sets the URL of the Edge. If the program sets no URL, the environment variable `FEATUREHUB_EDGE_URL` provides it.
    pub fn edge_url(mut self, url: impl Into<String>) -> Self {
        self.settings.url = Some(url.into());
        self
    }

    /// Adds an API key. All keys of a client must be of one kind, client-evaluated or server-evaluated; otherwise
    /// [`Self::start`] returns [`StartError::Keys`](crate::StartError::Keys). If several environments have a feature with the
    /// same key, the client uses the feature of the environment whose API key was added before those of the others.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.keys.push(key.into());
        self
    }

    /// Adds several API keys in the order of the iterator; see [`Self::api_key`] for the meaning of the order.
    pub fn api_keys<T: Into<String>>(mut self, keys: impl IntoIterator<Item = T>) -> Self {
        self.settings.keys.extend(keys.into_iter().map(Into::into));
        self
    }

    /// Sets the first context for which the Edge evaluates a server-evaluated key.
    /// [`Client::set_context`](crate::Client::set_context) replaces this context. With a server-evaluated key, [`Self::start`]
    /// returns [`StartError::Context`](crate::StartError::Context) if the context has more than 30 attributes. The context has
    /// no effect with a client-evaluated key.
    pub fn initial_context(mut self, attributes: impl Into<Arc<Attributes>>) -> Self {
        self.settings.context = Some(attributes.into());
        self
    }

    /// Sets the transport that sends the client's requests, in place of the default transport. Without the cargo feature
    /// `reqwest`, only offline clients have a default transport.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.settings.transport = TransportChoice::Given(Arc::new(transport));
        self
    }

    /// Makes the client report no mistakes of the program, because tests read features that do not exist.
    pub(crate) fn of_test(mut self) -> Self {
        self.settings.reports_mistakes = false;
        self
    }
}

/// The mode in which the client fetches features. The default mode is streaming with one API key, and active polling every 180
/// seconds with several API keys.
impl ClientBuilder {
    /// Makes the client keep one stream open. While the Edge cannot stream, the client polls. With several API keys,
    /// [`Self::start`] returns [`StartError::SeveralKeysStream`](crate::StartError::SeveralKeysStream).
    pub fn streaming(mut self) -> Self {
        self.settings.mode = Some(Mode::Streaming);
        self
    }

    /// Makes the client poll at the start and again after each interval. The Edge can request another interval in its response. An
    /// interval of zero has the same effect as [`Self::once`].
    pub fn polling(mut self, interval: Duration) -> Self {
        self.settings.mode = Some(polling(interval));
        self
    }

    /// Makes the client poll at the start, and again at the first read of a feature after the interval has passed. That read
    /// does not wait for the poll. An interval of zero has the same effect as [`Self::once`].
    pub fn passive(mut self, interval: Duration) -> Self {
        let mode = if interval.is_zero() { Mode::Once } else { Mode::Passive(interval) };
        self.settings.mode = Some(mode);
        self
    }

    /// Makes the client poll once. A failed poll is retried until a poll succeeds, unless the client already has features, for
    /// example from a snapshot file. Later polls follow only when the program requests them, for example by
    /// [`Client::refresh`](crate::Client::refresh).
    pub fn once(mut self) -> Self {
        self.settings.mode = Some(Mode::Once);
        self
    }

    /// Makes the client offline. An offline client never requests features from an Edge. Its features come from
    /// [`Self::bootstrap`], a snapshot file, a store, or overrides, for example.
    pub fn offline(mut self) -> Self {
        self.settings.mode = Some(Mode::Offline);
        self
    }
}

/// Settings for interceptors, observers, catch & release, and features that do not come from the Edge.
impl ClientBuilder {
    /// Adds features that the client serves from the start. `bytes` is a feature or a list of features, an environment or a
    /// list of environments (the body of a poll's response), the stored state of the browser SDK, or the content of a snapshot
    /// file. Features of environments that no API key can read are ignored with a notice, unless the client is offline. If
    /// `bytes` has none of these forms, [`Self::start`] returns [`StartError::Bootstrap`](crate::StartError::Bootstrap).
    pub fn bootstrap(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.settings.bootstrap.push(bytes.as_ref().into());
        self
    }

    /// Makes the client save its features to this file once the Edge has sent features, and serve the file's features after the
    /// next start until the Edge sends features. A file that cannot be used, for example because it was saved with other API
    /// keys or for another context, is ignored with a notice.
    pub fn snapshot_file(mut self, file: impl Into<SnapshotFile>) -> Self {
        self.settings.snapshot = Some(file.into());
        self
    }

    /// Registers an interceptor, which can override values. `locks` says whether the interceptor may override locked features.
    /// Interceptors are called in the order of their registration, before the rules are evaluated. The
    /// first override that fits the feature is used.
    pub fn interceptor(
        mut self,
        interceptor: impl Interceptor + 'static,
        locks: LockPolicy,
    ) -> Self {
        self.settings.interceptors.push((Arc::new(interceptor), locks));
        self
    }

    /// Registers an observer of the use of features. `options` selects the reads of which the observer is
    /// notified. [`Observer`] lists reads of which no observer is notified.
    pub fn observer(mut self, observer: impl Observer + 'static, options: UsageOptions) -> Self {
        self.settings.observers.push((Arc::new(observer), options));
        self
    }

    /// Makes the client hold back updates that arrive after the first list of features, until the program
    /// [releases](crate::Client::release) the updates; see [`Client::catch_updates`](crate::Client::catch_updates) for the
    /// exceptions.
    pub fn catch_updates(mut self) -> Self {
        self.settings.catching = true;
        self
    }
}

/// Settings that few programs need: headers, the profile, the clock and the runtime.
impl ClientBuilder {
    /// Adds a header to the client's requests, such as a header that a proxy requires.
    /// [`Client::set_headers`](crate::Client::set_headers) replaces these headers. Texts of servers and transports in errors
    /// show `***` in place of the header's value if the value has at least 6 characters. If the header cannot be sent,
    /// [`Self::start`] returns [`StartError::Header`](crate::StartError::Header).
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = (name.into(), value.into());
        self.configure(move |config| config.headers.push(header.clone()))
    }

    /// Sets the value of the header `X-SDK` in requests for features, which identifies this program to the Edge. If the text
    /// contains ASCII control characters other than tabs, [`Self::start`] returns
    /// [`StartError::Setting`](crate::StartError::Setting).
    pub fn identification(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.configure(move |config| config.identification = Some(text.clone()))
    }

    /// Sets the profile by which the client evaluates the rules of a client-evaluated key. The default is [`Profile::Client`].
    pub fn profile(self, profile: Profile) -> Self {
        self.configure(move |config| config.profile = profile)
    }

    /// Sets whether a stream's request carries the context of a server-evaluated key in a header (the default) or in the query.
    pub fn context_placement(self, placement: ContextPlacement) -> Self {
        self.configure(move |config| config.context_placement = placement)
    }

    /// Sets which values the client serves while the Edge evaluates a changed context. The default is to serve no
    /// values for the new context.
    pub fn while_switching(self, what: WhileSwitching) -> Self {
        self.configure(move |config| config.while_switching = what)
    }

    /// Adds a function that changes any setting of the session. [`Self::start`] calls the functions in the order in which they
    /// were added, after it has applied the mode.
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        self.settings.changes.push(Arc::new(change));
        self
    }

    /// Sets the clock that gives the time of day, for example for rules on `now`, for usage events, and for the age of the
    /// snapshot file. The default is the system's clock.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Sets the maximum number of events that wait for slow listeners. The limit applies to the common queue and to the queue
    /// of each listener whose call hangs. When a queue is full, its oldest event is dropped and counted in
    /// [`Status::counters`](crate::Status::counters). The default is 1,024; 0 counts as 1. The limit does not concern change
    /// listeners, which have no queue, and observers, which have queues of their own ([`UsageOptions::queue`]).
    pub fn event_queue(mut self, events: usize) -> Self {
        self.settings.events = Some(events);
        self
    }

    /// Runs the client on this tokio runtime instead of a thread of its own. This setting is meant for programs with many
    /// clients, and for tests that pause tokio's clock.
    ///
    /// The program must keep the runtime running. If it is a current-thread runtime, the client makes no progress while no
    /// thread runs it. The client is closed when the runtime is shut down. The runtime needs the drivers for timers and, with
    /// the cargo feature `reqwest`, for I/O. [`Self::start`] tries to use each needed driver once. If a driver is missing,
    /// tokio panics, which prints a message by default, and [`Self::start`] returns
    /// [`StartError::Runtime`](crate::StartError::Runtime).
    ///
    /// On a thread that runs tasks of this runtime, [`Client::wait_ready`](crate::Client::wait_ready) and
    /// [`Client::flush`](crate::Client::flush) could block the client that they wait for. On such a thread both functions
    /// return an error at once. Await [`Client::ready`](crate::Client::ready) or [`Client::flushed`](crate::Client::flushed)
    /// instead.
    ///
    /// On a paused clock, wait for a condition of the client, such as a number of requests. Do not sleep: while the thread of the
    /// listeners is about to wake the client, tokio may move the clock to the end of the sleep.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// # use std::time::Duration;
    /// # use tokio::time::Instant;
    /// // One hour of polling passes at once, because the clock is paused.
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    /// # runtime.block_on(async {
    /// let edge = MemoryEdge::new();
    /// let client = edge.client().polling(Duration::from_secs(60)).runtime(tokio::runtime::Handle::current()).start()?;
    /// client.ready().await?;
    /// let start = Instant::now();
    /// client.status_when(|status| status.requests > 60).await?;
    /// assert!(start.elapsed() >= Duration::from_secs(3600));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.settings.runtime = Runtime::Given(runtime);
        self
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &self.settings.url.as_deref().map(EdgeUrl::parse))
            .field("keys", &self.settings.keys.len())
            .field("mode", &self.settings.mode)
            .finish_non_exhaustive()
    }
}
