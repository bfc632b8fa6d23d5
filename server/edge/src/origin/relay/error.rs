//! The errors that prevent the start of a relay, or a change of its keys or headers.

use std::fmt;
use std::path::PathBuf;

use fh_client::{KeyError, UrlError};

/// The reason why a relay cannot start, or why its keys or headers cannot be replaced. Failures of the upstream Edge do not cause this
/// error. The number in a variant is the position of the faulty keys in the list of keys, counted from 1. A key itself is never shown.
#[derive(Debug)]
#[non_exhaustive]
pub enum RelayError {
    /// The upstream URL is not valid.
    Url(UrlError),
    /// No keys are configured, and unconfigured keys are not allowed.
    NoKeys,
    /// The text of a key is not a valid API key.
    Key(usize, KeyError),
    /// A key's environment is not a UUID, so no client could send the key.
    NotAnEnvironment(usize),
    /// A client-evaluated key does not contain a `*`, so the upstream Edge would treat it as server-evaluated.
    NotClientEvaluated(usize),
    /// A server-evaluated key contains a `*`, which only client-evaluated keys contain.
    NotServerEvaluated(usize),
    /// The two keys of a pair belong to different environments.
    TwoEnvironments(usize),
    /// A key is configured more than once.
    Twice(usize),
    /// Other keys of the same environment have the same name, so metrics could not distinguish them.
    NameTwice(usize),
    /// Profile `edge` is set. This profile hashes the ids of value records, which an Edge does not send.
    ProfileEdge,
    /// A state or a data folder is set. A relay uses neither, because it serves the features of another Edge.
    OwnState,
    /// The keys or headers of a relay are to be replaced, but the Edge is not a relay.
    NotARelay,
    /// The snapshot folder cannot be created, or its lock file cannot be opened or locked.
    SnapshotFolder(PathBuf, std::io::Error),
    /// Another relay uses the snapshot folder, in this process or in another one.
    FolderInUse(PathBuf),
    /// The upstream client cannot be created, for example because a header is not valid.
    Client(fh_client::StartError),
    /// The operating system refuses to start a thread or to create its runtime.
    Thread(std::io::Error),
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(f, "the URL of the upstream Edge cannot be used: {why}"),
            Self::NoKeys => f.write_str("a relay needs keys, or permission to relay any key"),
            Self::Key(place, why) => write!(f, "the relay's keys {place}: {why}"),
            Self::NotAnEnvironment(place) => {
                write!(f, "the relay's keys {place}: the environment of the key is not a UUID")
            }
            Self::NotClientEvaluated(place) => {
                write!(f, "the relay's keys {place}: a client-evaluated key contains a `*`, but this key does not")
            }
            Self::NotServerEvaluated(place) => {
                write!(f, "the relay's keys {place}: a server-evaluated key contains no `*`, but this key does")
            }
            Self::TwoEnvironments(place) => {
                write!(f, "the relay's keys {place}: the two keys are of different environments")
            }
            Self::Twice(place) => write!(f, "the relay's keys {place}: the key is configured twice"),
            Self::NameTwice(place) => {
                write!(f, "the relay's keys {place}: this environment already has keys with the same name")
            }
            Self::ProfileEdge => f.write_str(
                "a relay cannot evaluate by profile `edge`, which hashes ids that an Edge does not send; configure the \
                 server-evaluated keys alone, so that the upstream Edge evaluates",
            ),
            Self::OwnState => {
                f.write_str("a relay serves the features of another Edge, so it can have neither a state nor a data folder")
            }
            Self::NotARelay => {
                f.write_str("this Edge is not a relay, so it has no relay keys and headers to replace")
            }
            Self::SnapshotFolder(path, why) => {
                write!(f, "the folder of the snapshots, {}, cannot be used: {why}", path.display())
            }
            Self::FolderInUse(path) => {
                write!(f, "the folder of the snapshots, {}, cannot be used: another relay uses it", path.display())
            }
            Self::Client(why) => write!(f, "the upstream client cannot be started: {why}"),
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
