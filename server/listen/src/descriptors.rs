//! The number of connections that the operating system allows a process.

use std::io;
use std::num::NonZeroUsize;

use super::memory;

/// The number of file descriptors that are kept free, if the limit is large enough, for other uses than connections of clients, such as
/// files and connections to other servers.
const RESERVED: u64 = 256;
/// The number that is assumed for descriptors, and for the connections that memory allows, if the operating system does not limit them.
/// Larger limits on descriptors count as this number.
const UNLIMITED: u64 = 1 << 20;

/// Returns the number of connections that the operating system's limits on file descriptors and memory allow.
pub(super) fn default_max_connections() -> NonZeroUsize {
    connections(soft_limit(), memory::limit())
}

/// Returns the smaller of two numbers of connections, at least 1. The first is `descriptors`, of which at most [`UNLIMITED`] count, less
/// [`RESERVED`], but at least half of them. The second is the number of streams that fit into half of `memory`, which is in bytes. `None`
/// is no limit.
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

/// Raises this process's soft limit on open file descriptors to the hard limit. Linux keeps the soft limit low by default (1,024), for
/// programs that use `select`.
///
/// Call this function before [`ListenOptions::default`](super::ListenOptions), which reads the limit. Returns the new limit, or `None` if
/// there is no limit, as on Windows.
///
/// # Errors
/// Fails if the operating system does not allow the change.
pub fn raise_descriptor_limit() -> io::Result<Option<u64>> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        if limit.current != limit.maximum {
            setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
        }
        Ok(limit.maximum)
    }
    #[cfg(not(unix))]
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
