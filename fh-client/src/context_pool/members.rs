//! The contexts that live in a pool, and which of them ends for a new one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;
use fh_session::{ApiKeys, DEFAULT_INTERVAL, Readiness};

use super::Pool;
use super::pacing::PacedTransport;
use crate::client::Client;
use crate::start_error::StartError;

/// The members of a pool. At most as many as its limit, so they are searched one by one.
pub(super) struct Members {
    list: Vec<Member>,
    /// The keys that all of them have.
    keys: Option<ApiKeys>,
    pub(super) interval: Duration,
    /// Counts uses, for the order of use, and callers, for the order of arrival.
    count: u64,
    /// Callers without a member, in the order of arrival.
    waiting: BTreeSet<u64>,
}

struct Member {
    attributes: Arc<Attributes>,
    client: Client,
    last_use: u64,
    /// Callers that wait for its evaluation.
    leases: usize,
}

impl Members {
    pub(super) const fn new() -> Self {
        Self {
            list: Vec::new(),
            keys: None,
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

    /// Ends the least recently used member that no caller waits for.
    fn evict(&mut self) -> bool {
        let free = self.list.iter().enumerate().filter(|(_, member)| member.leases == 0);
        let Some((at, _)) = free.min_by_key(|(_, member)| member.last_use) else { return false };
        self.list.swap_remove(at).client.end_and_forget();
        true
    }

    /// Ends what the client's present keys, or a program that closes clients itself, have left without use.
    fn tidy(&mut self, keys: &ApiKeys) {
        if self.keys.as_ref() != Some(keys) {
            self.end_all();
            self.keys = Some(keys.clone());
        }
        self.list.retain(|member| member.client.readiness() != Readiness::Closed);
    }
}

/// The outcome of asking for a place.
pub(super) enum Admission {
    Admitted(Lease),
    /// Callers wait for all members, or for a place since earlier.
    Full,
}

impl Pool {
    /// Gives the member of these attributes, made if there is none and the pool has a place for it.
    pub(super) fn admit(
        self: &Arc<Self>,
        attributes: &Arc<Attributes>,
        turn: &Turn,
    ) -> Result<Admission, StartError> {
        let mut members = self.members();
        members.tidy(&self.client.inner().keys());
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
        let parent = self.client.inner();
        let transport = PacedTransport::new(parent.recipe.transport(), &self.pacer);
        let builder = parent.recipe.isolated(parent.keys(), Arc::clone(attributes));
        builder.in_a_pool(transport, &self.listeners, interval).start()
    }
}

/// The place of a caller in the order of arrival.
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

/// A member that a caller waits for, and that therefore does not end.
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
        // Another member of these attributes may have taken its place.
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
