//! Lines of the log about connections, at most one of each kind in a minute.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use super::capacity::Beyond;

/// The minimum time between two lines of the same kind in the log.
const QUIET: Duration = Duration::from_secs(60);

/// The warnings about the connections of a server.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    connections: Warning,
    per_address: Warning,
    /// A connection begins with a header of the PROXY protocol that the server does not read.
    pub(super) unexpected_header: Warning,
    /// A connection of a trusted proxy does not begin with a header of the PROXY protocol.
    pub(super) invalid_header: Warning,
}

impl Warnings {
    /// Warns of a connection of this address, or of any address, that exceeds the limit `beyond`.
    pub(super) fn of_limit(&self, beyond: Beyond, limit: usize, address: Option<IpAddr>) {
        match (beyond, address) {
            (Beyond::PerAddress, Some(address)) => self.per_address.say(|| {
                warn!(%address, "too many connections of one address (max-connections-per-address); if the address is that of a proxy, add the address to trusted-proxies");
            }),
            _ => self.connections.say(|| {
                warn!(connections = limit, "the limit of connections is reached; further connections wait, or serve only health checks (max-connections)");
            }),
        }
    }
}

/// Lines of one kind.
#[derive(Debug, Default)]
pub(super) struct Warning {
    last: Mutex<Option<Instant>>,
}

impl Warning {
    /// Calls `log`, unless the last call was less than [`QUIET`] ago.
    pub(super) fn say(&self, log: impl FnOnce()) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= QUIET) {
            *last = Some(Instant::now());
            drop(last);
            log();
        }
    }
}
