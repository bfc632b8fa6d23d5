//! How many connections the system lets a process have.

use std::io;
use std::num::NonZeroUsize;

/// Left to files, upstream connections and the like.
const RESERVED: u64 = 256;
/// Where the system names no limit.
const UNLIMITED: u64 = 1 << 20;

/// `RLIMIT_NOFILE` less [`RESERVED`]; where that leaves less than half, half.
pub(super) fn default_max_connections() -> NonZeroUsize {
    let limit = soft_limit().unwrap_or(UNLIMITED).min(UNLIMITED);
    let connections = limit.saturating_sub(RESERVED).max(limit / 2).max(1);
    usize::try_from(connections).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MAX)
}

#[cfg(unix)]
fn soft_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn soft_limit() -> Option<u64> {
    None
}

/// Raises the number of descriptors that this process may have open from the soft to the hard limit, as servers do
/// whose soft limit is kept low (1,024 by default on Linux) for the sake of programs that use `select`.
/// Call it before [`ListenOptions::default`](super::ListenOptions), which reads the limit. `None`: there is none.
///
/// # Errors
/// The system does not allow it.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> io::Result<Option<u64>> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    }
    Ok(limit.maximum)
}

/// There is no such limit on this system.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn raise_descriptor_limit() -> io::Result<Option<u64>> {
    Ok(None)
}
