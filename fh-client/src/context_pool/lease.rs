//! The places of callers in the order of arrival, and the members of a pool that callers wait for.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Attributes;

use super::members::Member;
use super::pacing::PacedTransport;
use super::pool::Pool;
use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::start_error::StartError;

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
