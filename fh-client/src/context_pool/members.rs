//! The contexts that exist in a pool, and the choice of the context to evict.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_repository::readiness::Readiness;
use fh_session::DEFAULT_INTERVAL;

use super::Pool;
use super::pacing::PacedTransport;
use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::server::Server;
use crate::start_error::StartError;

/// The members of a pool. A member is a client that holds one context. There are at most as many members as the pool's limit.
pub(super) struct Members {
    list: Vec<Member>,
    /// The API keys with which all members were started; `None` before the first request for a member.
    server: Option<Arc<Server>>,
    pub(super) interval: Duration,
    /// The last number that was given to a request for a member or to a caller. Each new number is larger by 1.
    count: u64,
    /// The numbers of the callers that have no member yet, in the order of arrival.
    waiting: BTreeSet<u64>,
}

struct Member {
    attributes: Arc<Attributes>,
    client: Client,
    last_use: u64,
    /// The number of callers that are waiting until the Edge has evaluated this member's context.
    leases: usize,
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

    fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Evicts the least recently used member that no caller waits for. Returns false if callers wait for all members.
    fn evict(&mut self) -> bool {
        let free = self.list.iter().enumerate().filter(|(_, member)| member.leases == 0);
        let Some((at, _)) = free.min_by_key(|(_, member)| member.last_use) else { return false };
        self.list.swap_remove(at).client.end_and_forget();
        true
    }

    /// Removes the members that use other API keys than those of `server`, and the members that are closed.
    fn tidy(&mut self, server: Arc<Server>) {
        if self.server.as_ref() != Some(&server) {
            self.end_all();
            self.server = Some(server);
        }
        self.list.retain(|member| member.client.readiness() != Readiness::Closed);
    }
}

/// The outcome of a caller's request for a member of the pool.
pub(super) enum Admission {
    Admitted(Lease),
    /// The pool is full and callers wait for all its members, or an earlier caller waits for a free place in the pool.
    Full,
}

impl Pool {
    /// Returns a lease of the member with these attributes. If there is no such member, starts one in a free place, or in the place
    /// of an evicted member. Returns [`Admission::Full`] if no place can be freed, or if an earlier caller waits for a place.
    /// `turn` is the position of this caller in the order of arrival.
    pub(super) fn admit(
        self: &Arc<Self>,
        attributes: &Arc<Attributes>,
        turn: &Turn,
    ) -> Result<Admission, StartError> {
        let mut members = self.members();
        members.tidy(self.client.shared().server());
        let number = members.next_number();
        let found = members.list.iter_mut().find(|member| member.attributes == *attributes);
        if let Some(member) = found {
            member.last_use = number;
            member.leases += 1;
            return Ok(Admission::Admitted(Lease::new(self, member)));
        }
        let is_first = members.waiting.first() == Some(&turn.number);
        if !is_first || (members.len() >= self.limit && !members.evict()) {
            return Ok(Admission::Full);
        }
        let client = self.member(attributes, members.interval)?;
        let attributes = Arc::clone(attributes);
        let member = Member { attributes, client, last_use: number, leases: 1 };
        let lease = Lease::new(self, &member);
        members.list.push(member);
        Ok(Admission::Admitted(lease))
    }

    fn member(
        &self,
        attributes: &Arc<Attributes>,
        interval: Duration,
    ) -> Result<Client, StartError> {
        let parent = self.client.shared();
        let transport = PacedTransport::new(&parent.settings.transport, &self.pacer);
        let settings = parent.settings.isolated(&parent.server(), Arc::clone(attributes));
        let settings = settings.in_a_pool(transport, &self.listeners, interval);
        ClientBuilder::of(settings).start()
    }
}

/// A caller's position in the order of arrival. Dropping the position lets the next caller proceed.
pub(super) struct Turn {
    pool: Arc<Pool>,
    number: u64,
}

impl Turn {
    pub(super) fn new(pool: &Arc<Pool>) -> Self {
        let mut members = pool.members();
        let number = members.next_number();
        members.waiting.insert(number);
        Self { pool: Arc::clone(pool), number }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pool.members().waiting.remove(&self.number);
        self.pool.changed.notify_waiters();
    }
}

/// A member that a caller waits for. No other context evicts the member while the lease exists.
pub(super) struct Lease {
    pool: Arc<Pool>,
    attributes: Arc<Attributes>,
    client: Client,
}

impl Lease {
    fn new(pool: &Arc<Pool>, member: &Member) -> Self {
        Self {
            pool: Arc::clone(pool),
            attributes: Arc::clone(&member.attributes),
            client: member.client.clone(),
        }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut members = self.pool.members();
        // The member may have been removed, and a new member with the same attributes may have replaced it.
        let mine = |member: &&mut Member| {
            member.attributes == self.attributes && member.client.is_same(&self.client)
        };
        if let Some(member) = members.list.iter_mut().find(mine) {
            member.leases -= 1;
        }
        drop(members);
        self.pool.changed.notify_waiters();
    }
}
