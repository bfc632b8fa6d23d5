//! Building an Edge, and holding it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use uuid::Uuid;

use crate::admin_key::AdminKey;
use crate::api::{self, Polls};
use crate::core::{Core, Origin};
use crate::journal::{DataFolder, DataFolderError, Opened, Repaired};
use crate::listen::ListenerFigures;
use crate::notices::Topic;
use crate::options::Options;
use crate::origin::relay::{Relay, RelayError, RelayKeys, RelayOptions, UpstreamStatus};
use crate::serving::{AnswerBudget, Environments};
use crate::state::{Duplicate, State};
use crate::world::{Base, Journal, NoJournal, Records, World, Writer, now};
pub use crate::world::{FeatureChange, ReplaceError};

/// An Edge: routes to mount, and a handle to change what they serve.
///
/// To drop it, or its handles, ends nothing: routers that were taken from it go on serving, and streams stay open. What stops a
/// server says so with [`EdgeHandle::say_bye`]; streams that are cut without it say no `bye`, and their clients come back as
/// after any broken connection. Threads, files and connections upstream end with the last router, stream and handle.
///
/// ```
/// use fh_edge::{Edge, state::State};
/// # fn run() -> Result<(), fh_edge::StartError> {
/// let state: State = serde_json::from_str(r#"{"features": [], "environments": [], "accounts": []}"#).unwrap();
/// let edge = Edge::builder().state(state).build()?;
/// let app: axum::Router = axum::Router::new().merge(edge.router());
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Debug)]
pub struct Edge {
    core: Arc<Core>,
}

/// Collects what an Edge is to be; see [`Edge::builder`].
#[derive(Debug, Default)]
pub struct EdgeBuilder {
    options: Options,
    state: Option<State>,
    data_folder: Option<PathBuf>,
    damaged_data: DamagedData,
    relay: Option<RelayOptions>,
}

/// The handling of a data folder whose file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DamagedData {
    /// It does not start. Records that are damaged, in a file that is not, do not keep it from starting.
    #[default]
    Refuse,
    /// It starts with what can be read, and says in the log what is lost. A copy of the damaged file stays in the folder.
    Repair,
}

/// Why an Edge did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A thread could not be started.
    Thread(std::io::Error),
    /// The data folder cannot be used.
    DataFolder(DataFolderError),
    /// It cannot relay as it was told.
    Relay(RelayError),
    /// Two parts of the state cannot be told apart.
    State(Duplicate),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Thread(why) => {
                write!(f, "a thread could not be started: {why}")
            }
            Self::DataFolder(why) => why.fmt(f),
            Self::Relay(why) => why.fmt(f),
            Self::State(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(why) => Some(why),
            Self::DataFolder(why) => Some(why),
            Self::Relay(why) => Some(why),
            Self::State(why) => Some(why),
        }
    }
}

impl Edge {
    /// Begins to build one.
    #[must_use]
    pub fn builder() -> EdgeBuilder {
        EdgeBuilder::default()
    }

    /// The routes of FeatureHub's Edge protocol, to serve by `fh_edge::listen` or to mount in a program of one's own, in a
    /// runtime of tokio with time. They know what to say where nothing is; a program with a fallback of its own takes theirs off:
    ///
    /// ```
    /// # fn run() -> Result<(), fh_edge::StartError> {
    /// let edge = fh_edge::Edge::builder().build()?;
    /// let app: axum::Router = axum::Router::new()
    ///     .fallback(|| async { "a page of mine" })
    ///     .merge(edge.router().reset_fallback())
    ///     .nest("/flags", edge.router());
    /// # Ok(()) }
    /// # run().unwrap();
    /// ```
    pub fn router(&self) -> Router {
        api::router(&self.core)
    }

    /// What answers polls at `GET {path}/features` without a router, which costs more than such an answer itself: for
    /// [`listen::App::polls`](crate::listen::App::polls). `path` is where the router is: empty, or with a `/` at its beginning only.
    pub fn polls(&self, path: &str) -> Polls {
        Polls::new(&self.core, path)
    }

    /// The paths of health checks, for [`listen::App::probes`](crate::listen::App::probes), which reserves connections for them.
    /// `path` is where the router is, as for [`Edge::polls`]; health is also at the root, for [`Edge::probe_router`].
    #[must_use]
    pub fn probe_paths(&self, path: &str) -> Vec<String> {
        let below = api::health::paths().map(|probe| format!("{path}{probe}"));
        let beside = api::health::paths().filter(|_| !path.is_empty()).map(str::to_owned);
        below.chain(beside).collect()
    }

    /// Health, and metrics if [`Options::monitoring`] leaves them beside the API; no other route. For a program that mounts
    /// [`Edge::router`] below a path and answers probes without the path too.
    pub fn probe_router(&self) -> Router {
        api::probe_router(&self.core)
    }

    /// Health and the like, for a port of its own.
    pub fn monitor_router(&self) -> Router {
        api::monitor_router(&self.core)
    }

    /// The admin API and, if [`Options::console`] says so, the console, for a program that mounts them where it wants; the
    /// other routers have them where [`Options::administration`] says. Empty without an admin key.
    pub fn admin_router(&self) -> Router {
        api::admin_router(&self.core)
    }

    /// Changes what is served, from anywhere.
    #[must_use]
    pub fn handle(&self) -> EdgeHandle {
        EdgeHandle { core: Arc::clone(&self.core) }
    }
}

impl EdgeBuilder {
    /// How it behaves.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// What it serves from the start. Without a state polls are told to come again, and streams wait, until one is loaded.
    #[must_use]
    pub fn state(self, state: State) -> Self {
        Self { state: Some(state), ..self }
    }

    /// Keeps what PUT and admin changed in this folder, which is made if it is not there. Without one changes last as long
    /// as the process.
    #[must_use]
    pub fn data_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { data_folder: Some(folder.into()), ..self }
    }

    /// Sets the handling of a damaged file in the data folder. By default the Edge does not start.
    #[must_use]
    pub fn damaged_data(self, damaged_data: DamagedData) -> Self {
        Self { damaged_data, ..self }
    }

    /// Relays another Edge, in place of a state of its own.
    #[must_use]
    pub fn relay(self, relay: RelayOptions) -> Self {
        Self { relay: Some(relay), ..self }
    }

    /// Builds it.
    ///
    /// # Errors
    /// [`StartError`] if two parts of the state cannot be told apart, if the data folder cannot be used, if it cannot relay as it was told, or the machine gives no thread.
    pub fn build(self) -> Result<Edge, StartError> {
        self.state.as_ref().map_or(Ok(()), State::check).map_err(StartError::State)?;
        let environments = Arc::new(Environments::default());
        environments.start_clock().map_err(StartError::Thread)?;
        if let Some(relay) = self.relay {
            if self.state.is_some() || self.data_folder.is_some() {
                return Err(StartError::Relay(RelayError::OwnState));
            }
            let relay = Relay::start(relay, &self.options, &environments);
            let origin = Origin::Relay(Box::new(relay.map_err(StartError::Relay)?));
            return Ok(Edge { core: Arc::new(Core::new(self.options, environments, origin)) });
        }
        let base = Base {
            profile: self.options.profile,
            cache_control: self.options.cache_control.clone(),
            answers: AnswerBudget::new(self.options.answer_cache),
        };
        let (journal, records, notice): (Box<dyn Journal>, _, _) = match &self.data_folder {
            Some(folder) => {
                let opened = match self.damaged_data {
                    DamagedData::Refuse => DataFolder::open(folder).map(|opened| (opened, None)),
                    DamagedData::Repair => DataFolder::repair(folder),
                };
                let (opened, repaired) = opened.map_err(StartError::DataFolder)?;
                let notice = data_notice(&opened, repaired.as_ref());
                (Box::new(opened.folder), opened.records, notice)
            }
            None => (Box::new(NoJournal), Records::default(), None),
        };
        let is_ready = self.state.is_some();
        let start = match self.state {
            Some(state) => (state.clone(), World::open(state, records, now())),
            None => (State::default(), World::waiting(records)),
        };
        let writer = Writer::start(start, journal, base, Arc::clone(&environments))
            .map_err(StartError::Thread)?;
        let core = Core::new(self.options, environments, Origin::World(writer));
        core.set_notice(Topic::DataFolder, notice);
        if is_ready {
            core.set_ready();
            core.metrics.state_read();
        }
        Ok(Edge { core: Arc::new(core) })
    }
}

/// The problem of a data folder, for readiness. The log gets every damaged record.
fn data_notice(opened: &Opened, repaired: Option<&Repaired>) -> Option<String> {
    const NAMED: usize = 10;
    if let Some(repaired) = repaired {
        tracing::warn!("{repaired}");
        return Some(repaired.to_string());
    }
    let copy = opened.copy.as_ref()?.display();
    for record in &opened.damaged {
        tracing::error!(record, %copy, "a record of the data folder is damaged, and is left out");
    }
    let named: Vec<&str> = opened.damaged.iter().take(NAMED).map(String::as_str).collect();
    let more = match opened.damaged.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "records of the data folder are damaged and left out: {}{more}; the file as it was is {copy}",
        named.join(", ")
    ))
}

/// Changes what an Edge serves: for programs that embed one, and for tests.
#[derive(Debug, Clone)]
pub struct EdgeHandle {
    core: Arc<Core>,
}

impl EdgeHandle {
    /// What is served now.
    ///
    /// # Errors
    /// [`ReplaceError::Closed`] after the Edge was closed.
    pub async fn state(&self) -> Result<State, ReplaceError> {
        self.core.writer()?.state().await.map_err(|_| ReplaceError::Closed)
    }

    /// Serves another state, in place of everything. With a revision: only if it is still that one. The new revision.
    ///
    /// # Errors
    /// [`ReplaceError`] if it was not done.
    pub async fn replace(&self, state: State, revision: Option<u64>) -> Result<u64, ReplaceError> {
        let revision = self.core.writer()?.replace(state, revision).await?;
        self.core.set_ready();
        Ok(revision)
    }

    /// Serves a base that was read anew, keeping changes to features that it has as before (D-94).
    ///
    /// # Errors
    /// [`ReplaceError::Duplicate`] if two parts of it cannot be told apart, [`ReplaceError::Closed`] after the Edge was closed.
    pub async fn reload(&self, base: State) -> Result<(), ReplaceError> {
        let reloaded = self.core.writer()?.reload(base).await;
        if reloaded.is_err() {
            self.core.metrics.reload_failed();
        }
        reloaded?;
        self.core.set_ready();
        self.core.metrics.state_read();
        Ok(())
    }

    /// Shows in `/metrics` that a base could not be read, until the next [`EdgeHandle::reload`] that succeeds.
    pub fn note_failed_reload(&self) {
        self.core.metrics.reload_failed();
    }

    /// Shows in `/metrics` a listener that serves this Edge: its connections, their limit, and the end of its certificate.
    pub fn show_listener(&self, listener: ListenerFigures) {
        self.core.metrics.add_listener(listener);
    }

    /// Makes readiness answer 503 from now on, while everything else goes on: for a server that closes its sockets only after load
    /// balancers have had time to see it. [`EdgeHandle::say_bye`] does so itself.
    pub fn announce_stop(&self) {
        self.core.announce_stop();
    }

    /// Changes one feature in one environment. Readers see it when this returns. The new revision.
    ///
    /// # Errors
    /// [`ReplaceError`] if it was not done.
    pub async fn change(
        &self,
        environment: Uuid,
        feature: &str,
        change: FeatureChange,
    ) -> Result<u64, ReplaceError> {
        self.core.change(environment, feature, change).await
    }

    /// Makes all streams say `bye`, spread over this time, and readiness answer 503 from now on, so that load balancers send
    /// nobody any more. Call it when the server is to stop, before its listener waits for the last connections.
    pub async fn say_bye(&self, within: Duration) {
        self.core.stop();
        match &self.core.origin {
            // Nobody is left to say it to once the writer is gone.
            Origin::World(writer) => drop(writer.close(within).await),
            Origin::Relay(relay) => {
                self.core.environments.close(within);
                relay.close(within).await;
            }
        }
    }

    /// Relays these keys and no others from now on, without a restart. Connections of keys that stay go on; keys that are gone open for
    /// five more seconds what they opened.
    ///
    /// # Errors
    /// [`RelayError`] as at the start, or if this Edge relays none; then nothing changes.
    pub fn set_relay_keys(&self, keys: &[RelayKeys]) -> Result<(), RelayError> {
        match &self.core.origin {
            Origin::Relay(relay) => relay.set_keys(keys),
            Origin::World(_) => Err(RelayError::OwnState),
        }
    }

    /// Sends these headers with every further request to the relayed Edge, in place of those of [`RelayOptions::header`], without a
    /// restart. Open streams go on; clients without one try again at once.
    ///
    /// # Errors
    /// [`RelayError::Client`] if a header cannot be sent, or [`RelayError::OwnState`] if this Edge relays none; then nothing changes.
    pub fn set_relay_headers(&self, headers: &[(String, String)]) -> Result<(), RelayError> {
        match &self.core.origin {
            Origin::Relay(relay) => relay.set_headers(headers),
            Origin::World(_) => Err(RelayError::OwnState),
        }
    }

    /// Puts another admin key in the place of the one in force, from the next request on. An Edge that was built without one has no
    /// admin API to open.
    pub fn set_admin_key(&self, key: AdminKey) {
        self.core.set_admin_key(key);
    }

    /// Sets what readiness says of a topic beside its status, which stays 200: for problems that do not keep the Edge from serving.
    /// `None` takes it back.
    pub fn set_notice(&self, topic: Topic, notice: Option<String>) {
        self.core.set_notice(topic, notice);
    }

    /// How the connections upstream are doing, if this Edge relays another one.
    #[must_use]
    pub fn upstreams(&self) -> Vec<UpstreamStatus> {
        self.core.upstreams()
    }

    /// How many streams are open.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.core.connections.count()
    }
}
