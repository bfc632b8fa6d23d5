//! The contexts that exist in a pool, and the choice of the context to evict.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::readiness::Readiness;
use fh_session::DEFAULT_INTERVAL;

use crate::client::Client;
use crate::server::Server;

/// The members of a pool. A member is a client that holds one context. There are at most as many members as the pool's limit.
pub(super) struct Members {
    pub(super) list: Vec<Member>,
    /// The API keys with which all members were started; `None` before the first request for a member.
    server: Option<Arc<Server>>,
    pub(super) interval: Duration,
    /// The last number that was given to a request for a member or to a caller. Each new number is larger by 1.
    pub(super) count: u64,
    /// The numbers of the callers that have no member yet, in the order of arrival.
    pub(super) waiting: BTreeSet<u64>,
}

pub(super) struct Member {
    pub(super) attributes: Arc<Attributes>,
    pub(super) client: Client,
    pub(super) last_use: u64,
    /// The number of callers that are waiting until the Edge has evaluated this member's context.
    pub(super) leases: usize,
}

impl Members {
    pub(super) const fn new() -> Self {
        Self {
            list: Vec::new(),
            server: None,
            interval: DEFAULT_INTERVAL,
            count: 0,
            waiting: BTreeSet::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn end_all(&mut self) {
        for member in self.list.drain(..) {
            member.client.end_and_forget();
        }
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Evicts the least recently used member that no caller waits for. Returns false if callers wait for all members.
    pub(super) fn evict(&mut self) -> bool {
        let free = self.list.iter().enumerate().filter(|(_, member)| member.leases == 0);
        let Some((at, _)) = free.min_by_key(|(_, member)| member.last_use) else { return false };
        self.list.swap_remove(at).client.end_and_forget();
        true
    }

    /// Removes the members that use other API keys than those of `server`, and the members that are closed.
    pub(super) fn tidy(&mut self, server: Arc<Server>) {
        if self.server.as_ref() != Some(&server) {
            self.end_all();
            self.server = Some(server);
        }
        self.list.retain(|member| member.client.readiness() != Readiness::Closed);
    }
}
