//! Where the features of a server come from.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use fh_edge::EdgeHandle;
use fh_edge::origin::file::{FileError, FileProblem, Loaded, StateFile, Watch};
use fh_edge::origin::relay::{RelayLimits, RelayOptions};
use fh_edge::state::file::{self, ExtraAccount, Problem};
use fh_edge::state::{Permission, ServiceKey, State};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::settings::{RelayHeader, Settings};
use crate::failure::Failure;

/// More warnings of one reading are not logged one by one.
const MOST_WARNINGS: usize = 20;

/// Where features come from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A file that is followed.
    File(Followed),
    /// Only what the admin API makes of nothing.
    Admin,
    /// Another Edge.
    Relay,
}

/// A file, and what is read in it.
#[derive(Debug)]
pub(crate) struct Followed {
    path: PathBuf,
    /// Reads it again when it is told to.
    watch: Watch,
    reads: mpsc::Receiver<Result<Loaded, FileError>>,
}

impl Origin {
    /// Opens it; what it holds, if that is known already.
    pub(crate) fn open(settings: &Settings) -> Result<(Self, Option<State>), Failure> {
        if settings.relay.is_some() {
            return Ok((Self::Relay, None));
        }
        let Some(path) = &settings.state else {
            return match settings.edge.admin_key {
                Some(_) => Ok((Self::Admin, Some(State::default()))),
                None => Err(Failure::Input(
                    "nothing to serve: say --state FILE (`fh init` writes one to start from) or --relay URL, or set an admin key"
                        .to_string(),
                )),
            };
        };
        let (file, first) = StateFile::open(path, options(settings));
        let first = first.map_err(|error| Failure::Input(words(&error)))?;
        log_warnings(path, &first.parsed.warnings);
        let (tell, reads) = mpsc::channel(1);
        // Nobody listens any more once the server ends.
        let watch = file.watch(move |read| drop(tell.blocking_send(read)));
        let watch = watch.map_err(|error| {
            Failure::Input(format!("the system gives no thread to follow the file: {error}"))
        })?;
        let followed = Followed { path: path.clone(), watch, reads };
        Ok((Self::File(followed), Some(first.parsed.state)))
    }

    /// Reads it again, changed or not.
    pub(crate) fn reload(&self) {
        if let Self::File(file) = self {
            file.watch.reload();
        }
    }

    /// Waits until something new was read.
    pub(crate) async fn next(&mut self) -> Result<Loaded, FileError> {
        if let Self::File(file) = self
            && let Some(read) = file.reads.recv().await
        {
            return read;
        }
        std::future::pending().await
    }

    /// Serves what was read. What is wrong changes nothing.
    pub(crate) async fn serve(&self, read: Result<Loaded, FileError>, handle: &EdgeHandle) {
        let Self::File(Followed { path, .. }) = self else { return };
        let file = path.display();
        match read {
            Ok(Loaded { parsed, .. }) => {
                log_warnings(path, &parsed.warnings);
                match handle.reload(parsed.state).await {
                    Ok(()) => info!(%file, "the state was read again"),
                    Err(why) => error!(%file, %why, "the state in force stays"),
                }
            }
            Err(why) => error!(why = words(&why), "the state in force stays"),
        }
    }
}

/// What is relayed, if anything is.
pub(crate) fn relay(settings: &Settings) -> Option<RelayOptions> {
    let (_, url) = settings.relay.as_ref()?;
    let keys = settings.relay_keys.iter().cloned();
    let mut relay = keys.fold(RelayOptions::new(url), RelayOptions::keys);
    for RelayHeader { name, value } in &settings.relay_headers {
        relay = relay.header(name, value);
    }
    if let Some(most) = NonZeroUsize::new(settings.relay_any_key) {
        relay = relay.allow_any_key(most);
    }
    let mut limits = RelayLimits::default();
    limits.max_age = settings.relay_max_age;
    relay = relay.limits(limits);
    match &settings.data {
        Some(folder) => Some(relay.snapshot_folder(folder.join("relay"))),
        None => Some(relay),
    }
}

/// How a state file is read.
pub(crate) fn options(settings: &Settings) -> file::Options {
    let options = file::Options::new().process_environment().profile(settings.edge.profile);
    match settings.keys.as_slice() {
        [] => options,
        keys => options.account(account(keys)),
    }
}

/// Whoever has these keys may read.
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

/// What is wrong, on one line.
fn words(error: &FileError) -> String {
    let path = error.path.display();
    let problems = match &error.why {
        FileProblem::Wrong(wrong) => wrong.problems(),
        FileProblem::Unreadable(_) => return error.to_string(),
    };
    match problems {
        [first, _, others @ ..] => format!(
            "{path}: {first}; and {} more, which `fh serve --check {path}` shows",
            others.len() + 1
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
        warn!(%file, more, "there are more warnings: `fh serve --check` shows all");
    }
}
