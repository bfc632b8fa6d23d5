//! The origin of a server's features: a state file, the admin API or another Edge.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use fh_edge::EdgeHandle;
use fh_edge::internal::{LastGood, Topic, set_notice};
use fh_edge::origin::file::{FileError, FileProblem, Loaded, StateFile, Watch};
use fh_edge::origin::relay::{RelayKeys, RelayLimits, RelayOptions};
use fh_edge::state::file::{self, ExtraAccount, Problem};
use fh_edge::state::{Permission, ServiceKey, State};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::settings::{RelayHeader, Settings};
use crate::failure::Failure;
use crate::sanitize::plural;

/// The largest number of warnings that are logged one by one after a read of the file. If there are more, one line gives the
/// number of the others.
const MOST_WARNINGS: usize = 20;

/// The origin of the features that the server serves.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A state file, which is read again when it changes.
    File(Followed),
    /// No file. The admin API adds features and keys to those that the data folder holds.
    Admin,
    /// An upstream Edge, whose features the server relays.
    Relay,
}

/// An origin, with the state that the server serves first.
pub(crate) struct Opened {
    pub(crate) origin: Origin,
    /// The state that the server serves first. `None` for a relay, and for a server whose state the data folder or the admin API provides.
    pub(crate) state: Option<State>,
    /// The problem of the state file if the last good state is served instead, otherwise `None`.
    pub(crate) notice: Option<String>,
}

/// A state file that the server reads again when it changes.
#[derive(Debug)]
pub(crate) struct Followed {
    path: PathBuf,
    /// The watcher of the file, which also reads it on request.
    watch: Watch,
    last_good: Option<LastGood>,
    /// The content of the file at the start. `None` if the file was broken, and after the content was passed on to be saved.
    first: Option<Box<Loaded>>,
    reads: mpsc::Receiver<Result<Loaded, FileError>>,
}

impl Origin {
    /// Opens the origin that the settings name, and reads the state file if there is one.
    pub(crate) fn open(settings: &Settings) -> Result<Opened, Failure> {
        if settings.relay.is_some() {
            return Ok(Opened { origin: Self::Relay, state: None, notice: None });
        }
        let Some(path) = &settings.state else {
            return match settings.edge.admin_key {
                Some(_) => Ok(Opened {
                    origin: Self::Admin,
                    state: None,
                    notice: None,
                }),
                None => Err(Failure::Input(
                    "nothing to serve: give --state FILE (`fh init` writes a file to start from) or --relay URL, or set an admin key"
                        .to_string(),
                )),
            };
        };
        let options = options(settings);
        let (file, first) = StateFile::open(path, options.clone());
        let last_good = settings.data.as_ref().map(|folder| LastGood::new(folder, path));
        let (first, state, notice) = match first {
            Ok(loaded) => {
                log_warnings(path, &loaded.parsed.warnings);
                let state = loaded.parsed.state.clone();
                (Some(Box::new(loaded)), state, None)
            }
            Err(broken) => {
                let kept = last_good.as_ref().and_then(|kept| kept.read(&options));
                let kept = kept.ok_or_else(|| Failure::Input(words(&broken)))?;
                error!(
                    why = words(&broken),
                    "the state file is broken: the last good state is served"
                );
                (None, kept.parsed.state, Some(broken_notice(&broken)))
            }
        };
        let (sender, reads) = mpsc::channel(1);
        // The receiver is gone once the server ends.
        let watch = file.watch(move |read| drop(sender.blocking_send(read)));
        let watch = watch.map_err(|error| {
            Failure::Input(format!("the thread that watches the file cannot be started: {error}"))
        })?;
        let followed = Followed { path: path.clone(), watch, last_good, first, reads };
        Ok(Opened { origin: Self::File(followed), state: Some(state), notice })
    }

    /// Saves the text of a state file that was good at the start, so that the server can start with it when the file is broken
    /// later. Does nothing without a data folder. Must be called after this process has locked the data folder.
    pub(crate) fn keep_last_good(&mut self) {
        if let Self::File(Followed { last_good: Some(kept), first, .. }) = self
            && let Some(loaded) = first.take()
        {
            keep(kept, &loaded);
        }
    }

    /// Requests that the state file is read again with these options, if there is a state file.
    pub(crate) fn reload_with(&self, options: file::Options) {
        if let Self::File(file) = self {
            file.watch.reload_with(options);
        }
    }

    /// Requests that the state file is read again, even if it has not changed. Does nothing if there is no state file.
    pub(crate) fn reload(&self) {
        if let Self::File(file) = self {
            file.watch.reload();
        }
    }

    /// Waits until the state file is read again, and returns the result. If there is no state file, waits forever.
    pub(crate) async fn next(&mut self) -> Result<Loaded, FileError> {
        if let Self::File(file) = self
            && let Some(read) = file.reads.recv().await
        {
            return read;
        }
        std::future::pending().await
    }

    /// Publishes the state that was read. If the read failed, or if the state cannot be served, logs the error and keeps the
    /// current state.
    pub(crate) async fn serve(&self, read: Result<Loaded, FileError>, handle: &EdgeHandle) {
        let Self::File(Followed { path, last_good, .. }) = self else { return };
        let file = path.display();
        match read {
            Ok(loaded) => {
                log_warnings(path, &loaded.parsed.warnings);
                match handle.reload(loaded.parsed.state.clone()).await {
                    Ok(()) => {
                        info!(%file, "the state was read again");
                        set_notice(handle, Topic::StateFile, None);
                        if let Some(kept) = last_good {
                            keep(kept, &loaded);
                        }
                    }
                    Err(why) => {
                        error!(%file, %why, "the state of the file cannot be served, so the current state remains in use");
                        let notice = format!(
                            "the state of {file} cannot be served, so the current state remains in use: {why}"
                        );
                        set_notice(handle, Topic::StateFile, Some(notice));
                    }
                }
            }
            Err(why) => {
                handle.note_failed_reload();
                error!(
                    why = words(&why),
                    "the state file is broken, so the current state remains in use"
                );
                set_notice(handle, Topic::StateFile, Some(broken_notice(&why)));
            }
        }
    }
}

/// Returns the text that readiness shows for a broken state file.
fn broken_notice(why: &FileError) -> String {
    format!("the state file is broken, and the last good state is served: {}", words(why))
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

/// Describes the first problem of a state file, and the number of its other problems.
fn words(error: &FileError) -> String {
    let path = error.path.display();
    let problems = match &error.why {
        FileProblem::Wrong(wrong) => wrong.problems(),
        FileProblem::Unreadable(_) => return error.to_string(),
    };
    match problems {
        [first, _, others @ ..] => format!(
            "{path}: {first}; and {}, which `fh serve --check {path}` shows",
            plural(others.len() + 1, "more problem", "more problems")
        ),
        [one] => format!("{path}: {one}"),
        [] => error.to_string(),
    }
}

fn log_warnings(path: &Path, warnings: &[Problem]) {
    let file = path.display();
    for warning in warnings.iter().take(MOST_WARNINGS) {
        warn!(%file, "{warning}");
    }
    if let Some(more) = warnings.len().checked_sub(MOST_WARNINGS).filter(|more| *more > 0) {
        warn!(%file, more, "the state file has more warnings, which `fh serve --check` shows");
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
        let watch = file.watch(drop).unwrap();
        let origin = Origin::File(Followed { path, watch, last_good: None, first: None, reads });

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
