//! The origin of a server's features: a state from a file or a URL, the admin API or another Edge.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use fh_edge::internal::{LastGood, Topic, set_notice};
use fh_edge::origin::file::{Loaded, StateFile, Watch};
use fh_edge::origin::relay::{RelayKeys, RelayLimits, RelayOptions};
use fh_edge::state::file::{self, ExtraAccount, Problem};
use fh_edge::state::{Permission, ServiceKey, State};
use fh_edge::{EdgeHandle, Timestamp};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::settings::{RelayHeader, Settings, StateSource};
use super::source_error::SourceError;
use super::state_url::{FetchError, StateUrl, UrlWatch};
use crate::failure::Failure;

/// The largest number of warnings that are logged one by one after a read of the file. If there are more, one line gives the
/// number of the others.
const MOST_WARNINGS: usize = 20;
/// The longest time for which the start waits for the first answer of a URL.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// The origin of the features that the server serves.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A state file or a state at a URL, which is read again when it changes.
    State(Followed),
    /// No state. The admin API adds features and keys to those that the data folder holds.
    Admin,
    /// An upstream Edge, whose features the server relays.
    Relay,
    /// The database of a cluster.
    Cluster,
}

/// An origin, with the state that the server serves first.
pub(crate) struct Opened {
    pub(crate) origin: Origin,
    /// The state that the server serves first. `None` for a relay, for a server whose state the data folder or the admin API provides, and
    /// for a state that cannot be fetched yet.
    pub(crate) state: Option<State>,
    /// The time of a state from a URL, from which versions are made.
    pub(crate) as_of: Option<Timestamp>,
    /// The URL at which the state is changed, if this server does not change it.
    pub(crate) read_only: Option<String>,
    /// The problem of the state's source if it gave no state, otherwise `None`.
    pub(crate) notice: Option<String>,
}

/// A state that the server reads again when it changes.
#[derive(Debug)]
pub(crate) struct Followed {
    /// The path or the URL of the state.
    source: String,
    /// The watcher of the state, which also reads it on request.
    watch: SourceWatch,
    last_good: Option<LastGood>,
    /// The state at the start. `None` if the state was broken, and after it was passed on to be saved.
    first: Option<Box<Loaded>>,
    reads: mpsc::Receiver<Result<Loaded, SourceError>>,
}

#[derive(Debug)]
enum SourceWatch {
    File(Watch),
    Url(UrlWatch),
}

impl SourceWatch {
    fn reload(&self) {
        match self {
            Self::File(watch) => watch.reload(),
            Self::Url(watch) => watch.reload(),
        }
    }

    fn reload_with(&self, options: file::Options) {
        match self {
            Self::File(watch) => watch.reload_with(options),
            Self::Url(watch) => watch.reload_with(options),
        }
    }
}

impl Opened {
    fn without_state(origin: Origin) -> Self {
        Self { origin, state: None, as_of: None, read_only: None, notice: None }
    }
}

impl Origin {
    /// Opens the origin that the settings name, and reads the state from its source if there is one.
    pub(crate) async fn open(settings: &Settings) -> Result<Opened, Failure> {
        if settings.relay.is_some() {
            return Ok(Opened::without_state(Self::Relay));
        }
        if settings.cluster.is_some() {
            return Ok(Opened::without_state(Self::Cluster));
        }
        match (&settings.state, &settings.edge.admin_key) {
            (Some(StateSource::File(path)), _) => Self::open_file(settings, path),
            (Some(StateSource::Url(url)), _) => Self::open_url(settings, url).await,
            (None, Some(_)) => Ok(Opened::without_state(Self::Admin)),
            (None, None) => Err(Failure::Input(
                "nothing to serve: give --state FILE (`fh init` writes a file to start from), --relay URL or --cluster URL, or set an admin key"
                    .to_string(),
            )),
        }
    }

    fn open_file(settings: &Settings, path: &Path) -> Result<Opened, Failure> {
        let (file, first) = StateFile::open(path, options(settings));
        let (sender, reads) = mpsc::channel(1);
        // The receiver is gone once the server ends.
        let watch =
            file.watch(move |read| drop(sender.blocking_send(read.map_err(SourceError::Content))));
        let watch = watch.map_err(|error| {
            Failure::Input(format!("the thread that watches the file cannot be started: {error}"))
        })?;
        let followed = Followed {
            source: path.display().to_string(),
            watch: SourceWatch::File(watch),
            last_good: settings.data.as_ref().map(|folder| LastGood::new(folder, path)),
            first: None,
            reads,
        };
        followed.begin(settings, first.map_err(SourceError::Content))
    }

    async fn open_url(settings: &Settings, url: &StateUrl) -> Result<Opened, Failure> {
        let token_file = settings.state_token_file.as_deref();
        let (watch, mut reads) =
            UrlWatch::start(url, token_file, settings.state_poll, options(settings))?;
        let first = match timeout(FIRST_ANSWER, reads.recv()).await {
            Ok(Some(first)) => first,
            _ => Err(SourceError::Fetch(FetchError::slow(url, FIRST_ANSWER))),
        };
        let last_good = settings.data.as_ref();
        let last_good = last_good.map(|folder| LastGood::of_url(folder, &url.identity()));
        let followed = Followed {
            source: url.to_string(),
            watch: SourceWatch::Url(watch),
            last_good,
            first: None,
            reads,
        };
        followed.begin(settings, first)
    }

    /// Saves the text of a state that was good at the start, so that the server can start with it when the source is broken later.
    /// Without a data folder, this function does nothing. The caller must have locked the data folder for this process.
    pub(crate) fn keep_last_good(&mut self) {
        if let Self::State(Followed { last_good: Some(kept), first, .. }) = self
            && let Some(loaded) = first.take()
        {
            keep(kept, &loaded);
        }
    }

    /// Requests that the state is read again with these options, if it has a source.
    pub(crate) fn reload_with(&self, options: file::Options) {
        if let Self::State(followed) = self {
            followed.watch.reload_with(options);
        }
    }

    /// Requests that the state is read again, even if it has not changed. Does nothing if it has no source.
    pub(crate) fn reload(&self) {
        if let Self::State(followed) = self {
            followed.watch.reload();
        }
    }

    /// Waits until the state is read again, and returns the result. If the state has no source, waits forever.
    pub(crate) async fn next(&mut self) -> Result<Loaded, SourceError> {
        if let Self::State(followed) = self
            && let Some(read) = followed.reads.recv().await
        {
            return read;
        }
        std::future::pending().await
    }

    /// Publishes the state that was read. If the read failed, or if the state cannot be served, logs the error and keeps the
    /// current state.
    pub(crate) async fn serve(&self, read: Result<Loaded, SourceError>, handle: &EdgeHandle) {
        let Self::State(Followed { source, last_good, watch, .. }) = self else { return };
        match read {
            Ok(loaded) => {
                log_warnings(source, &loaded.parsed.warnings);
                let state = loaded.parsed.state.clone();
                let loading = match watch {
                    SourceWatch::File(_) => handle.reload(state).await,
                    SourceWatch::Url(_) => handle.reload_as_of(state, time_of(&loaded)).await,
                };
                match loading {
                    Ok(()) => {
                        info!(file = source, "the state was read again");
                        set_notice(handle, Topic::StateFile, None);
                        if let Some(kept) = last_good {
                            keep(kept, &loaded);
                        }
                    }
                    Err(why) => {
                        error!(file = source, %why, "the state of the file cannot be served, so the current state remains in use");
                        let notice = format!(
                            "the state of {source} cannot be served, so the current state remains in use: {why}"
                        );
                        set_notice(handle, Topic::StateFile, Some(notice));
                    }
                }
            }
            Err(why) => {
                handle.note_failed_reload();
                error!(why = why.text(), "{}, so the current state remains in use", why.summary());
                set_notice(handle, Topic::StateFile, Some(why.notice()));
            }
        }
    }
}

impl Followed {
    /// Returns this origin with the state to serve first: `first`, or the last good state if the first read failed.
    fn begin(
        mut self,
        settings: &Settings,
        first: Result<Loaded, SourceError>,
    ) -> Result<Opened, Failure> {
        let is_url = matches!(self.watch, SourceWatch::Url(_));
        let read_only = is_url.then(|| self.source.clone());
        let (loaded, notice) = match first {
            Ok(loaded) => {
                log_warnings(&self.source, &loaded.parsed.warnings);
                self.first = Some(Box::new(loaded.clone()));
                (Some(loaded), None)
            }
            Err(why) => {
                let kept = self.last_good.as_ref();
                let kept = kept.and_then(|kept| kept.read(&options(settings)));
                if kept.is_none() && !why.may_pass() {
                    return Err(Failure::Input(why.text()));
                }
                let until_then = match kept {
                    Some(_) => "the last good state is served",
                    None => "the server is not ready until it can be",
                };
                error!(why = why.text(), "{}: {until_then}", why.summary());
                let notice = kept.as_ref().map_or_else(|| why.text(), |_| why.notice());
                (kept, Some(notice))
            }
        };
        Ok(Opened {
            as_of: loaded.as_ref().filter(|_| is_url).map(time_of),
            state: loaded.map(|loaded| loaded.parsed.state),
            origin: Origin::State(self),
            read_only,
            notice,
        })
    }
}

/// Returns the time of the state's last change.
fn time_of(loaded: &Loaded) -> Timestamp {
    Timestamp::from_millis(loaded.modified)
}

fn keep(kept: &LastGood, loaded: &Loaded) {
    if let Err(error) = kept.keep(loaded) {
        warn!(%error, "the last good state cannot be stored for a start with a broken state file");
    }
}

/// Returns the options of the relay, or `None` if the settings name no relay.
pub(crate) fn relay(settings: &Settings) -> Option<RelayOptions> {
    let (_, url) = settings.relay.as_ref()?;
    let keys = relay_keys(settings, &settings.relay_file_keys);
    let mut relay = keys.into_iter().fold(RelayOptions::new(url), RelayOptions::keys);
    for (name, value) in relay_headers(settings, &settings.relay_file_headers) {
        relay = relay.header(name, value);
    }
    if let Some(most) = NonZeroUsize::new(settings.relay_any_key) {
        relay = relay.allow_any_key(most);
    }
    let mut limits = RelayLimits::default();
    limits.max_age = settings.relay_max_age;
    relay = relay.limits(limits).polling(settings.relay_poll);
    match &settings.data {
        Some(folder) => Some(relay.snapshot_folder(folder.join("relay"))),
        None => Some(relay),
    }
}

/// Returns the keys to relay: those of the settings, and `file_keys` as the keys of `--relay-key-file`.
pub(crate) fn relay_keys(settings: &Settings, file_keys: &[RelayKeys]) -> Vec<RelayKeys> {
    [settings.relay_keys.as_slice(), file_keys].concat()
}

/// Returns the headers of requests to the relayed Edge: those of the settings, and
/// `file_headers` as the headers of `--relay-header-file`.
pub(crate) fn relay_headers(
    settings: &Settings,
    file_headers: &[RelayHeader],
) -> Vec<(String, String)> {
    let all = settings.relay_headers.iter().chain(file_headers);
    all.map(|RelayHeader { name, value }| (name.clone(), value.clone())).collect()
}

/// Returns the options for reading a state file, with the keys of the settings.
pub(crate) fn options(settings: &Settings) -> file::Options {
    with_keys(settings, &settings.file_keys)
}

/// Returns the options for reading a state file, with `file_keys` as the keys of `--key-file`.
pub(crate) fn with_keys(settings: &Settings, file_keys: &[ServiceKey]) -> file::Options {
    let options = file::Options::new().process_environment().profile(settings.edge.profile);
    match [settings.keys.as_slice(), file_keys].concat().as_slice() {
        [] => options,
        keys => options.account(account(keys)),
    }
}

/// Returns an account with these keys, and with permission to read.
fn account(keys: &[ServiceKey]) -> ExtraAccount {
    let (client_keys, server_keys) =
        keys.iter().cloned().partition(ServiceKey::is_client_evaluated);
    ExtraAccount {
        name: "command line".into(),
        client_keys,
        server_keys,
        filters: Default::default(),
        permissions: [Permission::Read].into_iter().collect(),
    }
}

fn log_warnings(file: &str, warnings: &[Problem]) {
    for warning in warnings.iter().take(MOST_WARNINGS) {
        warn!(file, "{warning}");
    }
    if let Some(more) = warnings.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
        warn!(file, more, "the state file has more warnings, which `fh serve --check` shows");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpStream};

    use fh_edge::Edge;
    use fh_test::Folder;

    use super::*;

    const STATE: &str = "features: [{ key: BANNER, type: STRING }]";

    /// Returns the whole answer to a GET. The test's other threads must serve the request.
    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: edge\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_state_that_cannot_be_served_is_shown_by_readiness_and_metrics() {
        let folder = Folder::new();
        let path = folder.file("state.yaml");
        std::fs::write(&path, STATE).unwrap();
        let (file, first) = StateFile::open(&path, file::Options::new());
        let good = first.unwrap();
        let edge = Edge::builder().state(good.parsed.state.clone()).build().unwrap();
        let (handle, router) = (edge.handle(), edge.router());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (_sender, reads) = mpsc::channel(1);
        let watch = SourceWatch::File(file.watch(drop).unwrap());
        let source = path.display().to_string();
        let origin = Origin::State(Followed { source, watch, last_good: None, first: None, reads });

        let mut twice = good.clone();
        twice.parsed.state.features.extend(good.parsed.state.features.clone());
        origin.serve(Ok(twice), &handle).await;
        assert!(get(address, "/metrics").contains("fh_edge_last_reload_successful 0\n"));
        let ready = get(address, "/health/readiness");
        assert!(
            ready.contains("200 OK") && ready.contains("the state file cannot be used"),
            "{ready}"
        );

        origin.serve(Ok(good), &handle).await;
        assert!(get(address, "/metrics").contains("fh_edge_last_reload_successful 1\n"));
        let ready = get(address, "/health/readiness");
        assert!(ready.contains("200 OK") && !ready.contains("cannot be used"), "{ready}");
    }
}
