//! Why a relay cannot start.

use std::fmt;
use std::path::PathBuf;

use fh_client::{KeyError, UrlError};

/// A relay cannot start: something about its settings. Trouble with the upstream Edge is none. Keys are named by their place,
/// from 1 on, never shown.
#[derive(Debug)]
#[non_exhaustive]
pub enum RelayError {
    /// The upstream URL.
    Url(UrlError),
    /// Neither a key, nor leave to relay any.
    NoKeys,
    /// A key cannot be one.
    Key(usize, KeyError),
    /// A key's environment is not a UUID, so no client could ask for it.
    NotAnEnvironment(usize),
    /// A key that should hold a `*` does not: without it the upstream Edge would evaluate.
    NotClientEvaluated(usize),
    /// A key that should not hold a `*` does.
    NotServerEvaluated(usize),
    /// The two keys of a pair are of different environments.
    TwoEnvironments(usize),
    /// A key stands a second time.
    Twice(usize),
    /// Others of the same environment have the same name, so figures would not tell them apart.
    NameTwice(usize),
    /// Profile `edge` hashes ids of values, which an Edge does not tell.
    ProfileEdge,
    /// A relay serves what another Edge has, so it can be given neither a state nor a data folder.
    OwnState,
    /// The folder of the snapshots cannot be used.
    SnapshotFolder(PathBuf, std::io::Error),
    /// Another relay keeps its snapshots there.
    FolderInUse(PathBuf),
    /// The upstream client cannot be made.
    Client(fh_client::StartError),
    /// The machine gives no thread.
    Thread(std::io::Error),
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(f, "the upstream URL: {why}"),
            Self::NoKeys => f.write_str("a relay needs keys, or leave to relay any key"),
            Self::Key(place, why) => write!(f, "keys {place}: {why}"),
            Self::NotAnEnvironment(place) => {
                write!(f, "keys {place}: the environment of the key is not a UUID")
            }
            Self::NotClientEvaluated(place) => {
                write!(f, "keys {place}: a client-evaluated key holds a `*`, this one does not")
            }
            Self::NotServerEvaluated(place) => {
                write!(f, "keys {place}: a server-evaluated key holds no `*`, this one does")
            }
            Self::TwoEnvironments(place) => {
                write!(f, "keys {place}: the two keys are of different environments")
            }
            Self::Twice(place) => write!(f, "keys {place}: the key stands a second time"),
            Self::NameTwice(place) => {
                write!(f, "keys {place}: others of this environment have the same name")
            }
            Self::ProfileEdge => f.write_str(
                "a relay cannot evaluate by profile `edge`, which hashes ids that an Edge does not tell; give the \
                 server-evaluated keys alone, and the upstream Edge evaluates",
            ),
            Self::OwnState => {
                f.write_str("a relay serves what another Edge has: it takes neither a state nor a data folder")
            }
            Self::SnapshotFolder(path, why) => {
                write!(f, "the folder of the snapshots, {}, cannot be used: {why}", path.display())
            }
            Self::FolderInUse(path) => {
                write!(f, "the folder of the snapshots, {}: another process uses it", path.display())
            }
            Self::Client(why) => write!(f, "the upstream client: {why}"),
            Self::Thread(why) => write!(f, "a thread could not be started: {why}"),
        }
    }
}

impl std::error::Error for RelayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url(why) => Some(why),
            Self::Key(_, why) => Some(why),
            Self::SnapshotFolder(_, why) | Self::Thread(why) => Some(why),
            Self::Client(why) => Some(why),
            _ => None,
        }
    }
}
