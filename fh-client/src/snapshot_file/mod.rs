//! The snapshot file, which holds the client's last known features, so that a program can start while the Edge is unreachable.

mod bootstrap;
mod file;
mod replace;
mod setting;
mod writer;

pub(crate) use self::bootstrap::Bootstrap;
pub use self::bootstrap::BootstrapError;
pub use self::setting::SnapshotFile;
pub(crate) use self::writer::{Found, SnapshotWriter};
