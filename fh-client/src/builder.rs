//! Making a client.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fh_eval::{Attributes, Profile, Timestamp};
use fh_session::{
    ApiKeys, Backoff, Config, ContextHeader, ContextPlacement, EdgeUrl, Hub, HubOptions, Input,
    Interceptor, KeyKind, Limits, LockPolicy, Mode, NewState, Notice, Observer, RawUpdate,
    ReadinessChange, Session, Source, Subscription, UsageOptions, WhileSwitching,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::board::Board;
use crate::client::{Client, Inner};
use crate::dispatcher::Dispatcher;
use crate::driver::{self, Command, Driver, DriverClock, Parts, Runtime};
use crate::environment;
use crate::snapshot::{Bootstrap, Keeper, SnapshotFile};
use crate::start_error::StartError;
use crate::transport::Transport;

/// What an offline client says that it is connected to.
const NOWHERE: &str = "http://offline.invalid";
const NO_KEY: &str = "offline/offline*";

/// A change of the session's settings.
type Change = Arc<dyn Fn(&mut Config) + Send + Sync>;
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Subscribes somebody.
type Subscribe = Arc<dyn Fn(&Hub) -> Subscription + Send + Sync>;

/// Collects settings; see [`Client::builder`].
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

    /// Holds updates back after the first list, until they are [released](Client::release).
    pub fn catch_updates(mut self) -> Self {
        self.catching = true;
        self
    }
}

/// Listeners that miss nothing, since they are there before the client starts. They stay as long as it does; see the methods of the
/// same names of [`Client`].
impl ClientBuilder {
    /// Calls with each readiness, the first one included.
    pub fn on_readiness(self, call: impl Fn(&ReadinessChange) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_readiness(move |change| call(change))
        })
    }

    /// Calls with what is odd: a snapshot file that was not used, for example.
    pub fn on_notice(self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_notice(move |notice| call(notice))
        })
    }

    /// Calls with each update as it was received.
    pub fn on_raw(self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_raw(move |update| call(update))
        })
    }

    /// Calls after each update that changed something.
    pub fn on_new_state(self, call: impl Fn(NewState) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_new_state(move |state| call(state))
        })
    }

    /// Calls when everybody's value of a feature becomes another, the first one (from none) included.
    pub fn on_change(
        self,
        key: impl Into<String>,
        call: impl Fn(&fh_session::Change) + Send + Sync + 'static,
    ) -> Self {
        let (key, call) = (key.into(), Arc::new(call));
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_change(&key, None, move |change| call(change))
        })
    }

    fn listener(
        mut self,
        subscribe: impl Fn(&Hub) -> Subscription + Send + Sync + 'static,
    ) -> Self {
        self.listeners.push(Arc::new(subscribe));
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

    /// Any setting of the session, after all others.
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        self.changes.push(Arc::new(change));
        self
    }

    /// Says what time it is, for rules on `now` and for usage events. By default the system's clock.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many events may wait for slow listeners; beyond that the oldest is dropped and counted. 1,024 by default.
    pub fn event_queue(mut self, events: usize) -> Self {
        self.events = Some(events);
        self
    }

    /// Runs on this tokio runtime, which needs its I/O and its timers enabled.
    ///
    /// By default it is the one that [`Self::start`] is called in, or else a thread of the client's own.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Runtime::Tokio(runtime);
        self
    }

    /// Runs in a thread of its own even inside a runtime.
    pub fn own_thread(mut self) -> Self {
        self.runtime = Runtime::Thread;
        self
    }
}

impl ClientBuilder {
    /// Starts the client. Returns at once, before any features are there: see [`Client::ready`], [`Client::wait_ready`].
    ///
    /// # Errors
    /// [`StartError`] if a setting makes no sense. Trouble with the network is none.
    pub fn start(self) -> Result<Client, StartError> {
        let recipe = self.resolved()?;
        let config = recipe.config()?;
        let header = recipe.check(&config)?;
        let bootstrap: Result<Vec<Bootstrap>, _> =
            recipe.builder.bootstrap.iter().map(|bytes| Bootstrap::read(bytes)).collect();
        let bootstrap = bootstrap?;

        let hub = recipe.hub();
        let dispatcher = Dispatcher::start(&hub).map_err(thread_trouble)?;
        let (commands, inbox) = mpsc::unbounded_channel();
        let desk = commands.downgrade();
        let reader = desk.clone();
        hub.set_touch_waker(move || {
            // Not a strong sender: the hub must not keep the driver running.
            if let Some(commands) = reader.upgrade() {
                let _ = commands.send(Command::Touched);
            }
        });
        let board = Arc::new(Board::new());
        let clock = DriverClock::start();
        let keeper = recipe.builder.snapshot.clone().map(|file| {
            Keeper::new(file, &config.keys, &header, Arc::clone(&recipe.builder.clock))
        });
        let keys = config.keys.clone();
        let mut driver = Driver::new(Parts {
            hub: hub.clone(),
            dispatcher: dispatcher.clone(),
            transport: Arc::clone(&recipe.transport),
            commands: inbox,
            desk,
            board: Arc::clone(&board),
            clock,
            edge: config.edge.clone(),
            keys: keys.clone(),
            headers: config.headers.clone(),
            connect_timeout: config.limits.connect,
            request_timeout: config.limits.poll,
            keeper,
            session: Session::new(config, seed()),
        });
        if let Some(context) = &recipe.builder.context {
            let errand = driver.errand();
            driver.prepare(Input::Context(errand, Arc::clone(context)));
        }
        for bootstrap in bootstrap {
            driver.bootstrap(bootstrap, &keys, recipe.is_offline());
        }
        driver::spawn(driver, &recipe.builder.runtime).map_err(thread_trouble)?;
        let keys = Mutex::new(keys);
        let inner = Inner { hub, board, commands, dispatcher, clock, recipe, keys };
        Ok(Client::from_inner(Arc::new(inner)))
    }

    /// Fills in what was not given, and makes the transport.
    fn resolved(mut self) -> Result<Recipe, StartError> {
        let is_offline = self.mode == Some(Mode::Offline);
        let found = environment::read(|name| std::env::var(name).ok());
        let url = self.url.take().or(found.url).or_else(|| is_offline.then(|| NOWHERE.to_string()));
        let edge = EdgeUrl::parse(&url.unwrap_or_default())?;
        if self.keys.is_empty() {
            self.keys.extend(found.key);
        }
        if self.keys.is_empty() && is_offline {
            self.keys.push(NO_KEY.to_string());
        }
        let keys = ApiKeys::parse(&self.keys)?;
        // From here on the keys are those that were parsed: no copies lie about.
        self.keys.clear();
        let transport = match &self.transport {
            Some(transport) => Arc::clone(transport),
            None => self.default_transport(&edge, &keys)?,
        };
        Ok(Recipe { builder: self, edge, keys, transport })
    }

    #[cfg(feature = "reqwest")]
    fn default_transport(
        &self,
        edge: &EdgeUrl,
        keys: &ApiKeys,
    ) -> Result<Arc<dyn Transport>, StartError> {
        use crate::transport::ReqwestTransport;
        if self.mode == Some(Mode::Offline) {
            return Ok(Arc::new(crate::transport::Unplugged));
        }
        let mut config = Config::new(edge.clone(), keys.clone());
        for change in &self.changes {
            change(&mut config);
        }
        let builder = ReqwestTransport::builder().connect_timeout(config.limits.connect);
        Ok(Arc::new(builder.build()?))
    }

    #[cfg(not(feature = "reqwest"))]
    fn default_transport(
        &self,
        _: &EdgeUrl,
        _: &ApiKeys,
    ) -> Result<Arc<dyn Transport>, StartError> {
        if self.mode == Some(Mode::Offline) {
            return Ok(Arc::new(crate::transport::Unplugged));
        }
        Err(StartError::NoTransport)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &self.url)
            .field("keys", &self.keys.len())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// Settings that make sense, to make a client from, and another one later.
pub(crate) struct Recipe {
    builder: ClientBuilder,
    edge: EdgeUrl,
    keys: ApiKeys,
    transport: Arc<dyn Transport>,
}

impl Recipe {
    fn config(&self) -> Result<Config, StartError> {
        let mut config = Config::new(self.edge.clone(), self.keys.clone());
        if let Some(mode) = self.builder.mode {
            config.mode = mode;
        }
        for change in &self.builder.changes {
            change(&mut config);
        }
        Ok(config)
    }

    /// Looks at everything that parsing has not. Gives the header of the first context.
    fn check(&self, config: &Config) -> Result<ContextHeader, StartError> {
        if config.mode == Mode::Streaming && config.keys.are_several() {
            return Err(StartError::SeveralKeysStream);
        }
        let is_odd = |backoff: &Backoff| {
            backoff.cap < backoff.initial || !(0.0..=1.0).contains(&backoff.jitter)
        };
        if is_odd(&config.backoff) || is_odd(&config.refused) {
            return Err(StartError::Backoff);
        }
        for (name, value) in &config.headers {
            if !can_be_sent(name, value) {
                return Err(StartError::Header(name.clone()));
            }
        }
        match &self.builder.context {
            Some(context) if config.keys.kind() == KeyKind::ServerEvaluated => {
                ContextHeader::of(context).map_err(StartError::Context)
            }
            _ => Ok(ContextHeader::default()),
        }
    }

    fn hub(&self) -> Hub {
        let clock = Arc::clone(&self.builder.clock);
        let mut options = HubOptions::new(move || clock());
        if let Some(events) = self.builder.events {
            options.events = events.max(1);
        }
        let hub = Hub::new(options);
        for (interceptor, locks) in &self.builder.interceptors {
            hub.intercept(Arc::clone(interceptor), *locks).detach();
        }
        for (observer, options) in &self.builder.observers {
            hub.observe(Arc::clone(observer), options.clone()).detach();
        }
        for subscribe in &self.builder.listeners {
            subscribe(&hub).detach();
        }
        if self.builder.catching {
            hub.catch_updates();
        }
        hub
    }

    /// The same settings for another context, with a connection of its own.
    pub(crate) fn isolated(&self, keys: ApiKeys, context: Attributes) -> ClientBuilder {
        let mut builder = self.builder.clone();
        builder.url = Some(self.edge.as_str().to_string());
        builder.keys = keys.iter().map(|key| key.expose().to_string()).collect();
        builder.context = Some(Arc::new(context));
        builder.snapshot = None;
        builder.listeners.clear();
        // They belong to the first client, which closes them.
        for (interceptor, _) in &mut builder.interceptors {
            *interceptor = Arc::new(borrowed::Borrowed(Arc::clone(interceptor)));
        }
        for (observer, _) in &mut builder.observers {
            *observer = Arc::new(borrowed::Borrowed(Arc::clone(observer)));
        }
        builder
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.builder.clock)()
    }

    pub(crate) const fn edge(&self) -> &EdgeUrl {
        &self.edge
    }

    /// Was a stream asked for, and not only chosen because nothing was said?
    pub(crate) fn must_stream(&self) -> bool {
        self.builder.mode == Some(Mode::Streaming)
    }

    fn is_offline(&self) -> bool {
        self.builder.mode == Some(Mode::Offline)
    }
}

impl Driver {
    /// Serves features that were given at the start, unless they are of an environment that no key opens.
    fn bootstrap(&mut self, bootstrap: Bootstrap, keys: &ApiKeys, is_offline: bool) {
        for (id, features) in bootstrap.environments {
            let opened = |id: &Arc<str>| keys.iter().any(|key| key.environment() == id);
            let environment = match id {
                None => Arc::clone(keys.first().environment()),
                Some(id) if is_offline || opened(&id) => id,
                Some(id) => {
                    let why = format!("no API key opens the environment {id}");
                    self.note(Notice::StoreIgnored { source: Source::Snapshot, why });
                    continue;
                }
            };
            self.prepare(Input::Stored {
                source: Source::Snapshot,
                environment,
                features: &features,
            });
        }
    }
}

mod borrowed;

/// Headers that the client sets itself, or HTTP does.
const OURS: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "if-none-match",
    "transfer-encoding",
    "x-featurehub",
    "x-sdk",
];

fn can_be_sent(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_token)
        && !OURS.contains(&name.to_ascii_lowercase().as_str())
        && value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// Draws a session's delays. The standard library's hash keys are random, and differ from call to call.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn system_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn thread_trouble(error: std::io::Error) -> StartError {
    StartError::Thread(error.to_string())
}
