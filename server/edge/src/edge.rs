//! The builder of an Edge, and the handle that changes a running Edge.

#[cfg(feature = "cluster")]
mod of_cluster;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use fh_eval::Timestamp;
use fh_listen::Shortcut;
use uuid::Uuid;

use crate::admin_key::AdminKey;
use crate::api::{self, PollShortcut};
use crate::change_store::{DataFolder, DataFolderError, Repaired};
use crate::clock::now;
#[cfg(feature = "cluster")]
use crate::cluster::{ClusterOptions, ClusterStatus};
use crate::metrics::{DroppedLogLines, ListenerFigures};
use crate::notices::{Notices, Topic};
use crate::options::Options;
use crate::origin::own_state::OwnState;
use crate::origin::relay::{Relay, RelayError, RelayKeys, RelayOptions, UpstreamStatus};
use crate::serving::{AnswerBudget, Environments};
use crate::shared_state::SharedState;
use crate::state::{Duplicate, State};
use crate::state_store::{ChangeStore, NoPersistence, Records, ServeDefaults, StateStore, Writer};
pub use crate::state_store::{FeatureChange, ReplaceError};

/// An Edge without a listening socket. It provides routes to serve, and a handle that changes what the routes serve.
///
/// Dropping an `Edge` or its handles does not stop its routers: they keep serving, and streams stay open. Call [`EdgeHandle::say_bye`]
/// before a server stops. Otherwise streams are cut without a `bye` event, and their clients reconnect as after any broken connection. The
/// Edge's threads, files and upstream connections are released after the `Edge` and its last router, shortcut, stream and handle were
/// dropped. Some threads take up to about 30 seconds longer.
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
    shared: Arc<SharedState>,
}

/// A builder of an [`Edge`]. Every setting has a default.
#[derive(Debug, Default)]
pub struct EdgeBuilder {
    options: Options,
    state: Option<State>,
    data_folder: Option<PathBuf>,
    damaged_data: DamagedData,
    relay: Option<RelayOptions>,
    #[cfg(feature = "cluster")]
    cluster: Option<ClusterOptions>,
    as_of: Option<Timestamp>,
    owner: Option<Arc<str>>,
}

/// The handling of a damaged file in the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DamagedData {
    /// The Edge does not start if the file or one of its records is damaged.
    #[default]
    Refuse,
    /// The Edge starts with the records of a damaged file that can be read, and logs the damage. A copy of the damaged file stays in the
    /// folder. Other errors, such as a file of another version of this program, still prevent the start.
    Repair,
}

/// The reason why an Edge did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The operating system refuses to start a thread. If the thread is the one of a relay, the error is [`RelayError::Thread`].
    Thread(std::io::Error),
    /// The data folder cannot be used, or its file is damaged.
    DataFolder(DataFolderError),
    /// The options of the relay are not valid, the relay cannot start, or a state or a data folder is set as well.
    Relay(RelayError),
    /// Two parts of the state have the same id, feature key or API key.
    State(Duplicate),
    /// A state, a relay or an owner of the state is set for a server of a cluster.
    #[cfg(feature = "cluster")]
    Cluster,
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
            #[cfg(feature = "cluster")]
            Self::Cluster => f.write_str(
                "a server of a cluster takes its state from the database; import a state into it, and set none, no relay and no owner",
            ),
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
            #[cfg(feature = "cluster")]
            Self::Cluster => None,
        }
    }
}

impl Edge {
    /// Returns a builder of an Edge.
    #[must_use]
    pub fn builder() -> EdgeBuilder {
        EdgeBuilder::default()
    }

    /// Returns the routes of the Edge protocol, OFREP, `/info/version` and the schema of state files. The routes of health, metrics, the admin API and the console are
    /// included if the options enable them and place them on this port.
    ///
    /// Serve the routes with [`listen::serve`](crate::listen::serve), or mount them in a router of your own. The tokio runtime must have
    /// its timer enabled. The router's fallback answers with 404. A program with a fallback of its own removes the fallback of this router:
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
        api::router(&self.shared)
    }

    /// Returns a shortcut for [`listen::App::shortcut`](crate::listen::App::shortcut). The shortcut answers polls (`GET {path}/features`,
    /// also with a `/` at the end, or several before `features`) without a router, which saves the time of routing. `path` is the path at which the router is mounted.
    /// The path is either empty, or has a `/` at its beginning but not at its end.
    pub fn poll_shortcut(&self, path: &str) -> impl Shortcut + use<> {
        PollShortcut::new(&self.shared, path)
    }

    /// Returns the paths of health checks for [`listen::App::probes`](crate::listen::App::probes), which reserves connections for health
    /// checks. `path` is the path at which the router is mounted, as for [`Edge::poll_shortcut`]. The result contains each path with `path`
    /// before it, and also without it, as [`Edge::probe_router`] serves the path.
    #[must_use]
    pub fn probe_paths(&self, path: &str) -> Vec<String> {
        // axum serves the root of a router that is mounted at a path at this path, without a `/` at its end.
        let below = api::health::paths().map(|probe| match (path, probe) {
            ("", probe) => probe.to_owned(),
            (path, "/") => path.to_owned(),
            (path, probe) => format!("{path}{probe}"),
        });
        let beside = api::health::paths().filter(|_| !path.is_empty()).map(str::to_owned);
        below.chain(beside).collect()
    }

    /// Returns the routes of health checks, and of metrics if [`Options::monitoring`] places them on the port of the API. Programs use this
    /// router if they mount [`Edge::router`] below a path and also answer probes without that path.
    pub fn probe_router(&self) -> Router {
        api::probe_router(&self.shared)
    }

    /// Returns the routes of health, metrics and version for a port of their own. These routes include the admin API and the console if
    /// they are enabled and [`Options::administration`] places them there.
    pub fn monitor_router(&self) -> Router {
        api::monitor_router(&self.shared)
    }

    /// Returns the routes of the admin API, and of the console if [`Options::console`] enables it. Programs can mount this router
    /// themselves. Without an admin key, the router has no routes. [`Edge::router`] and [`Edge::monitor_router`] include these routes if
    /// [`Options::administration`] places them there.
    pub fn admin_router(&self) -> Router {
        api::admin_router(&self.shared)
    }

    /// Returns a handle that changes what the Edge serves. The handle can be used from any thread or task.
    #[must_use]
    pub fn handle(&self) -> EdgeHandle {
        EdgeHandle { shared: Arc::clone(&self.shared) }
    }
}

impl EdgeBuilder {
    /// Sets the options of the Edge.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Sets the base that the Edge loads at the start. The Edge serves this state with the changes that its data folder contains. Without a
    /// state, an Edge that is not a relay answers polls with a well-formed key with 503, and its streams wait for a state. If the admin API
    /// sent a state to an Edge without a base, a later Edge with the same data folder serves this state at once.
    #[must_use]
    pub fn state(self, state: State) -> Self {
        Self { state: Some(state), ..self }
    }

    /// Sets the time of the state, such as the `Last-Modified` header of the object from which it was read. Values without a version of their
    /// own get their first version from this time, so that several Edges with the same state serve the same versions. Default: the time at
    /// which the Edge is built.
    #[must_use]
    pub fn state_as_of(self, as_of: Timestamp) -> Self {
        Self { as_of: Some(as_of), ..self }
    }

    /// Refuses all changes of single features and replacements of the state: PUTs with status 403, the admin API with 409, and
    /// [`EdgeHandle::change`] and [`EdgeHandle::replace`] with [`ReplaceError::ReadOnly`]. Only [`EdgeHandle::reload`] and
    /// [`EdgeHandle::reload_as_of`] change the state, and changes that a data folder holds are dropped. `owner` names the place where the
    /// state is changed, such as the URL of its object; the error texts contain this name. Has no effect on a relay.
    #[must_use]
    pub fn read_only(self, owner: impl Into<Arc<str>>) -> Self {
        Self { owner: Some(owner.into()), ..self }
    }

    /// Stores changes by PUT, by the admin API and by [`EdgeHandle::change`] and [`EdgeHandle::replace`] in this folder. The folder is
    /// created if it does not exist. Without a data folder, these changes are lost when the Edge ends.
    #[must_use]
    pub fn data_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { data_folder: Some(folder.into()), ..self }
    }

    /// Sets the handling of a damaged file in the data folder. Default: [`DamagedData::Refuse`].
    #[must_use]
    pub fn damaged_data(self, damaged_data: DamagedData) -> Self {
        Self { damaged_data, ..self }
    }

    /// Makes the Edge a relay, which serves the features of another Edge and has no state of its own.
    #[must_use]
    pub fn relay(self, relay: RelayOptions) -> Self {
        Self { relay: Some(relay), ..self }
    }

    /// Makes the Edge one of several servers that share their state in a PostgreSQL database. The Edge has no state of its own: it serves
    /// the state of the database, and polls get 503 until the first one is read. A data folder keeps a copy of the state, which is served
    /// if the database does not answer within five seconds of the start. [`EdgeHandle::reload`] imports a state into the database.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn cluster(self, cluster: ClusterOptions) -> Self {
        Self { cluster: Some(cluster), ..self }
    }

    /// Builds the Edge and starts its threads.
    ///
    /// # Errors
    /// Returns [`StartError`] in one of these cases:
    /// - Two parts of the state have the same id, feature key or API key.
    /// - The data folder cannot be used.
    /// - The relay cannot start, or a state or a data folder is set as well.
    /// - The operating system refuses to start a thread.
    pub fn build(self) -> Result<Edge, StartError> {
        self.state.as_ref().map_or(Ok(()), State::check).map_err(StartError::State)?;
        let environments = Arc::new(Environments::default());
        environments.start_clock().map_err(StartError::Thread)?;
        let notices = Arc::new(Notices::default());
        if let Some(relay) = self.relay {
            #[cfg(feature = "cluster")]
            if self.cluster.is_some() {
                return Err(StartError::Cluster);
            }
            if self.state.is_some() || self.data_folder.is_some() {
                return Err(StartError::Relay(RelayError::OwnState));
            }
            let relay = Relay::start(relay, &self.options, &environments);
            let origin = Box::new(relay.map_err(StartError::Relay)?);
            let shared = SharedState::new(self.options, environments, origin, notices);
            return Ok(Edge { shared: Arc::new(shared) });
        }
        #[cfg(feature = "cluster")]
        if self.cluster.is_some() {
            return self.build_for_cluster(environments, notices);
        }
        let defaults = ServeDefaults {
            profile: self.options.profile,
            cache_control: self.options.cache_control.clone(),
            answers: AnswerBudget::new(self.options.answer_cache),
            notices: Arc::clone(&notices),
        };
        let (change_store, records, notice): (Box<dyn ChangeStore>, _, _) = match &self.data_folder
        {
            Some(folder) => {
                let opened = match self.damaged_data {
                    DamagedData::Refuse => DataFolder::open(folder).map(|opened| (opened, None)),
                    DamagedData::Repair => DataFolder::repair(folder),
                };
                let (opened, repaired) = opened.map_err(StartError::DataFolder)?;
                let notice = repaired.as_ref().map(Repaired::to_string);
                if let Some(repaired) = &notice {
                    tracing::warn!("{repaired}");
                }
                (Box::new(opened.folder), opened.records, notice)
            }
            None => (Box::new(NoPersistence), Records::default(), None),
        };
        // The changes of an earlier start that was not read-only would make this server differ from the others.
        let records = match &self.owner {
            Some(_) => Records { changes: Vec::new(), replacement: None, ..records },
            None => records,
        };
        let is_read = self.state.is_some();
        let base = self.state.unwrap_or_default();
        // A state that the admin API sent to an Edge without a base is the first state after a restart, too.
        let store = match is_read || records.have_replaced(&base) {
            true => StateStore::open(base.clone(), records, self.as_of.unwrap_or_else(now)),
            false => StateStore::waiting(records),
        };
        let writer =
            Writer::start((base, store), change_store, defaults, Arc::clone(&environments))
                .map_err(StartError::Thread)?;
        let origin = Box::new(OwnState::new(writer, self.owner));
        let shared = SharedState::new(self.options, environments, origin, notices);
        shared.notices.set(Topic::DataFolder, notice);
        if !shared.origin.is_ready() {
            tracing::info!("there is no state yet: readiness and polls get 503, and streams wait");
        }
        if is_read {
            shared.metrics.state_read();
        }
        Ok(Edge { shared: Arc::new(shared) })
    }
}

/// A handle that changes what an Edge serves, for tests and for programs that embed an Edge.
#[derive(Debug, Clone)]
pub struct EdgeHandle {
    shared: Arc<SharedState>,
}

impl EdgeHandle {
    /// Returns the state that the Edge serves. The state is empty before a state is loaded.
    ///
    /// # Errors
    /// Returns [`ReplaceError::Closed`] if the Edge's writer thread has ended, and [`ReplaceError::Relayed`] if this Edge is a relay.
    pub async fn state(&self) -> Result<State, ReplaceError> {
        self.shared.origin.writer()?.state().await.map_err(|_| ReplaceError::Closed)
    }

    /// Replaces the whole state and returns the new revision. If `revision` is given, the state is replaced only if `revision` is still the
    /// revision of the current state.
    ///
    /// # Errors
    /// Returns a [`ReplaceError`] with the reason why the state was not replaced.
    pub async fn replace(&self, state: State, revision: Option<u64>) -> Result<u64, ReplaceError> {
        let revisions = revision.map(|revision| vec![revision]);
        self.shared.origin.writer_of_changes()?.replace(state, revisions, Box::new(|_| ())).await
    }

    /// Loads a base, which is a state that was read from its source, for the first time or again. If a feature's value is the same in the
    /// previous and the new base, the changes that were made to the value since are kept. A state that [`EdgeHandle::replace`] or
    /// the admin API has put in place of the base is served until a base with other content is loaded; for the changes since, it counts as
    /// the previous base. If the changes cannot be stored in the data folder, the error is only logged.
    ///
    /// # Errors
    /// Returns [`ReplaceError::Duplicate`] if two parts of the base have the same id, feature key or API key. Returns
    /// [`ReplaceError::Closed`] if the Edge's writer thread has ended, and [`ReplaceError::Relayed`] if this Edge is a relay.
    pub async fn reload(&self, base: State) -> Result<(), ReplaceError> {
        self.shared.reload(base, None).await
    }

    /// Loads a base as [`Self::reload`] does. Values whose base is new, and which state no version of their own, get a version from the time
    /// `as_of` in place of the current time. A version never decreases, also if `as_of` is earlier than before.
    ///
    /// # Errors
    /// Returns the errors of [`Self::reload`].
    pub async fn reload_as_of(&self, base: State, as_of: Timestamp) -> Result<(), ReplaceError> {
        self.shared.reload(base, Some(as_of)).await
    }

    /// Reports in `/metrics` that a base could not be read, until [`EdgeHandle::reload`] succeeds again.
    pub fn note_failed_reload(&self) {
        self.shared.metrics.reload_failed();
    }

    /// Adds a listener that serves this Edge to `/metrics`. The metrics then show the listener's connections, their limit, and the expiry
    /// of its certificate if the expiry is known.
    pub fn show_listener(&self, listener: ListenerFigures) {
        self.shared.metrics.add_listener(listener);
    }

    /// Makes readiness checks fail with 503 from now on. All other requests are served as before. A server that is to stop calls this
    /// function first, and keeps its sockets open until load balancers have noticed the stop. [`EdgeHandle::say_bye`] announces the stop,
    /// too.
    pub fn announce_stop(&self) {
        self.shared.announce_stop();
    }

    /// Changes one feature in one environment, and returns the revision of the state after the change. When this function returns a
    /// revision, requests get the changed feature.
    ///
    /// # Errors
    /// Returns a [`ReplaceError`] with the reason why the feature was not changed.
    pub async fn change(
        &self,
        environment: Uuid,
        feature: &str,
        change: FeatureChange,
    ) -> Result<u64, ReplaceError> {
        self.shared.change(environment, feature, change).await
    }

    /// Ends the streams of clients, in most cases with a `bye` event. Streams that wait for a first state end at once. The ends of the
    /// other streams are spread over the first 80 % of the time `within`; this function does not wait for them. Event streams of the admin
    /// API end at once. A relay also closes its upstream connections, for which this function waits up to about five seconds. Readiness
    /// checks fail with 503 from now on, so that load balancers send no new clients. Call this function when the server is to stop, before
    /// its listener waits for the last connections.
    pub async fn say_bye(&self, within: Duration) {
        self.shared.stop();
        self.shared.origin.close(within).await;
    }

    /// Closes the data folder, and waits until its file is complete on disk. Without this call, the next start has to check the whole file.
    /// Later changes fail with [`ReplaceError::Closed`], and reads continue. Call this function after the listener has ended.
    pub async fn close(&self) {
        self.shared.origin.end().await;
    }

    /// Replaces the configured keys of a relay, without a restart. Connections of [`RelayKeys`] with the same pair of keys are kept, also
    /// if the name of the keys changes. A removed key stays valid for about five more seconds, also if the other key of the pair remains.
    ///
    /// # Errors
    /// Returns the [`RelayError`] that a start with these keys would return, or [`RelayError::NotARelay`] if this Edge is not a relay. Then
    /// the keys do not change.
    pub fn set_relay_keys(&self, keys: &[RelayKeys]) -> Result<(), RelayError> {
        self.shared.origin.set_relay_keys(keys)
    }

    /// Sends these headers with later requests to the upstream Edge, without a restart. They replace the headers that
    /// [`RelayOptions::header`] or an earlier call set. Open upstream streams continue with the headers with which they were opened.
    /// Upstream clients without an open stream send a new request soon.
    ///
    /// # Errors
    /// Returns [`RelayError::Client`] if a header cannot be sent, and [`RelayError::NotARelay`] if this Edge is not a relay. Then the
    /// headers do not change.
    pub fn set_relay_headers(&self, headers: &[(String, String)]) -> Result<(), RelayError> {
        self.shared.origin.set_relay_headers(headers)
    }

    /// Replaces the admin key. Later requests need the new key. Open event streams of the admin API with another key end with `bye`, and
    /// its running evaluations with status 401. Routers that were made without an admin key have no admin API, and this function adds none.
    pub fn set_admin_key(&self, key: AdminKey) {
        self.shared.set_admin_key(key);
    }

    /// Sets the notice of a topic; `None` removes the notice.
    pub(crate) fn set_notice(&self, topic: Topic, notice: Option<String>) {
        self.shared.notices.set(topic, notice);
    }

    /// Adds the numbers of dropped log lines to `/metrics`.
    pub(crate) fn show_dropped_log_lines(&self, lines: &DroppedLogLines) {
        self.shared.metrics.add_dropped_log_lines(lines);
    }

    /// Returns the status of the upstream connections. The list is empty if this Edge is not a relay.
    #[must_use]
    pub fn upstreams(&self) -> Vec<UpstreamStatus> {
        self.shared.origin.upstreams()
    }

    /// Returns the status of the connection to the database of a cluster; `None` if this Edge is not a server of one.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn cluster(&self) -> Option<ClusterStatus> {
        self.shared.origin.cluster()
    }

    /// Returns the number of open streams with a known key. Streams that wait for a first state, and event streams of the admin API, are
    /// not counted.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.shared.connections.count()
    }
}
