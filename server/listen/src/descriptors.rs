//! The number of connections that the operating system allows a process.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;

use super::memory::{self, MemoryLimit};

/// The number of file descriptors that are kept free, if the limit is large enough, for other uses than connections of clients, such as
/// files and connections to other servers.
const RESERVED: u64 = 256;
/// The number that is assumed for descriptors, and for the connections that memory allows, if the operating system does not limit them.
/// Larger limits on descriptors count as this number.
const UNLIMITED: u64 = 1 << 20;

/// The number of connections that the operating system's limits on file descriptors and memory allow, with the limit that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimit {
    /// The number of connections, at least 1.
    pub connections: NonZeroUsize,
    /// The memory that decides the number; `None` if the limit on file descriptors does.
    pub memory: Option<MemoryLimit>,
}

impl ConnectionLimit {
    /// Returns the limit that is the default of [`ListenOptions::max_connections`](super::ListenOptions::max_connections).
    #[must_use]
    pub fn read() -> Self {
        Self::of(soft_limit(), MemoryLimit::read())
    }

    /// Returns the smaller of two numbers of connections. The first is `descriptors`, of which at most [`UNLIMITED`] count, less
    /// [`RESERVED`], but at least half of them. The second is the number of streams that fit into three eighths of `memory`. `None` is no
    /// limit.
    fn of(descriptors: Option<u64>, memory: Option<MemoryLimit>) -> Self {
        let descriptors = descriptors.unwrap_or(UNLIMITED).min(UNLIMITED);
        let by_descriptors = descriptors.saturating_sub(RESERVED).max(descriptors / 2);
        let by_memory = |limit: &MemoryLimit| limit.bytes / 8 * 3 / memory::PER_STREAM;
        let memory = memory.filter(|limit| by_memory(limit) < by_descriptors);
        let connections = memory.as_ref().map_or(by_descriptors, by_memory).max(1);
        let connections = usize::try_from(connections).ok().and_then(NonZeroUsize::new);
        Self { connections: connections.unwrap_or(NonZeroUsize::MAX), memory }
    }
}

impl fmt::Display for ConnectionLimit {
    /// Writes the derivation of the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.memory {
            Some(memory) => write!(f, "3/8 of {memory}, at 15 KiB for each connection"),
            None => f.write_str("the limit on file descriptors minus 256, but at least half of it"),
        }
    }
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
    use super::super::MemorySource;
    use super::*;

    #[test]
    fn the_scarcer_of_descriptors_and_memory_counts() {
        let gib = 1 << 30;
        let of = |bytes| Some(MemoryLimit { bytes, source: MemorySource::Data });
        for (descriptors, memory, expected) in [
            (Some(20_000), None, 19_744),
            (Some(64), None, 32),
            (None, None, (1 << 20) - 256),
            (Some(u64::MAX), of(gib), 26_214),
            (None, of(gib / 4), 6_553),
            (Some(20_000), of(64 * gib), 19_744),
            (Some(20_000), of(1), 1),
            (Some(0), None, 1),
        ] {
            assert_eq!(
                ConnectionLimit::of(descriptors, memory).connections.get(),
                expected,
                "{descriptors:?} {memory:?}"
            );
        }
    }
}
