//! How many connections the system lets a process have.

use std::io;
use std::num::NonZeroUsize;

use super::memory;

/// Left to files, upstream connections and the like.
const RESERVED: u64 = 256;
/// Where the system names no limit.
const UNLIMITED: u64 = 1 << 20;

/// As many connections as the system's limits on descriptors and memory leave room for.
pub(super) fn default_max_connections() -> NonZeroUsize {
    connections(soft_limit(), memory::limit())
}

/// `RLIMIT_NOFILE` less [`RESERVED`]; where that leaves less than half, half. And no more streams than fit into half of the memory,
/// in bytes.
fn connections(descriptors: Option<u64>, memory: Option<u64>) -> NonZeroUsize {
    let descriptors = descriptors.unwrap_or(UNLIMITED).min(UNLIMITED);
    let by_descriptors = descriptors.saturating_sub(RESERVED).max(descriptors / 2);
    let by_memory = memory.map_or(UNLIMITED, |bytes| bytes / 2 / memory::PER_STREAM);
    let connections = by_descriptors.min(by_memory).max(1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcer_of_descriptors_and_memory_counts() {
        let gib = 1 << 30;
        for (descriptors, memory, expected) in [
            (Some(20_000), None, 19_744),
            (Some(64), None, 32),
            (None, None, (1 << 20) - 256),
            (Some(u64::MAX), Some(gib), 34_952),
            (None, Some(gib / 4), 8_738),
            (Some(20_000), Some(64 * gib), 19_744),
            (Some(20_000), Some(1), 1),
            (Some(0), None, 1),
        ] {
            assert_eq!(
                connections(descriptors, memory).get(),
                expected,
                "{descriptors:?} {memory:?}"
            );
        }
    }
}
