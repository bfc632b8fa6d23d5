//! Admission of connections. There is a limit for all connections, and there may be a limit per address. A few connections beyond these
//! limits may be reserved for health checks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::client_network::ClientNetwork;

/// The number of connections beyond the limits that are reserved for health checks if the application answers health checks.
pub(super) const RESERVED: usize = 16;
/// The largest number of reserved connections per IPv4 address or IPv6 /64 network, so that one address cannot block the health checks of
/// others. This limit does not apply to trusted proxies.
const RESERVED_PER_ADDRESS: usize = 8;

/// The connection limits of a server, and the numbers of connections that count towards them.
#[derive(Debug)]
pub(super) struct Capacity {
    limits: Limits,
    counts: Mutex<Counts>,
}

/// The largest numbers of open connections of each kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// The limit of regular connections per address; `None` if only `connections` limits them.
    pub(super) per_address: Option<usize>,
    /// The number of reserved connections, which is 0 if no health checks are configured.
    pub(super) reserved: usize,
}

#[derive(Debug, Default)]
struct Counts {
    regular: usize,
    reserved: usize,
    by_address: HashMap<ClientNetwork, OfAddress>,
}

#[derive(Clone, Copy, Debug, Default)]
struct OfAddress {
    regular: usize,
    reserved: usize,
}

/// The kind of an admitted connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Regular,
    /// A connection beyond this limit, which may be used only for a health check, unless it becomes a regular connection.
    Reserved(Beyond),
}

/// The limit that a connection exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    Connections,
    PerAddress,
}

/// A peer, and whether the limit per address applies to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// A client, to which the limit per address applies.
    Client(IpAddr),
    /// A trusted proxy, which carries the connections of many clients and has no limit per address.
    Proxy(IpAddr),
}

impl Peer {
    fn network(self) -> ClientNetwork {
        match self {
            Self::Client(address) | Self::Proxy(address) => ClientNetwork::of(address),
        }
    }
}

impl Capacity {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::default() }
    }

    /// Returns true if no connection of any address can be admitted until an open connection closes.
    pub(super) fn is_exhausted(&self) -> bool {
        let counts = self.lock();
        counts.regular >= self.limits.connections && counts.reserved >= self.limits.reserved
    }

    /// Admits a connection and returns its kind. If the connection exceeds a limit, it becomes a reserved connection. The number of
    /// reserved connections is limited in total and, except for trusted proxies, per address.
    ///
    /// # Errors
    /// Returns the limit that is reached, if no reserved connection is left for this peer either. The caller has to close the connection.
    pub(super) fn admit(&self, peer: Peer) -> Result<Place, Beyond> {
        let mut counts = self.lock();
        let place = self.place(&counts, peer)?;
        counts.add(peer, place != Place::Regular);
        Ok(place)
    }

    /// Counts a connection of the peer `from` as one of the peer `to`, and returns its kind.
    ///
    /// # Errors
    /// Returns the limit that is reached, if no reserved connection is left for `to` either. The connection then still counts for `from`.
    pub(super) fn replace(
        &self,
        from: Peer,
        was_reserved: bool,
        to: Peer,
    ) -> Result<Place, Beyond> {
        let mut counts = self.lock();
        counts.remove(from, was_reserved);
        let place = self.place(&counts, to);
        let (peer, is_reserved) =
            place.map_or((from, was_reserved), |place| (to, place != Place::Regular));
        counts.add(peer, is_reserved);
        place
    }

    /// Counts a reserved connection of this peer as a regular one. Returns false and changes nothing if a limit does not allow it.
    pub(super) fn promote(&self, peer: Peer) -> bool {
        let mut counts = self.lock();
        if self.beyond(&counts, peer).is_some() {
            return false;
        }
        counts.remove(peer, true);
        counts.add(peer, false);
        true
    }

    /// Subtracts a closed connection of this peer from the counts.
    pub(super) fn release(&self, peer: Peer, was_reserved: bool) {
        self.lock().remove(peer, was_reserved);
    }

    fn place(&self, counts: &Counts, peer: Peer) -> Result<Place, Beyond> {
        let Some(beyond) = self.beyond(counts, peer) else { return Ok(Place::Regular) };
        let is_crowded =
            matches!(peer, Peer::Client(_)) && counts.of(peer).reserved >= RESERVED_PER_ADDRESS;
        match is_crowded || counts.reserved >= self.limits.reserved {
            true => Err(beyond),
            false => Ok(Place::Reserved(beyond)),
        }
    }

    fn beyond(&self, counts: &Counts, peer: Peer) -> Option<Beyond> {
        let is_over = |limit| counts.of(peer).regular >= limit;
        if counts.regular >= self.limits.connections {
            Some(Beyond::Connections)
        } else if matches!(peer, Peer::Client(_)) && self.limits.per_address.is_some_and(is_over) {
            Some(Beyond::PerAddress)
        } else {
            None
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, peer: Peer, is_reserved: bool) {
        let of_address = self.by_address.entry(peer.network()).or_default();
        for count in match is_reserved {
            true => [&mut self.reserved, &mut of_address.reserved],
            false => [&mut self.regular, &mut of_address.regular],
        } {
            *count += 1;
        }
    }

    fn remove(&mut self, peer: Peer, was_reserved: bool) {
        let Self { regular, reserved, by_address } = self;
        let count = if was_reserved { reserved } else { regular };
        *count = count.saturating_sub(1);
        if let Some(of_address) = by_address.get_mut(&peer.network()) {
            let count =
                if was_reserved { &mut of_address.reserved } else { &mut of_address.regular };
            *count = count.saturating_sub(1);
            if of_address.regular == 0 && of_address.reserved == 0 {
                by_address.remove(&peer.network());
            }
        }
    }

    fn of(&self, peer: Peer) -> OfAddress {
        self.by_address.get(&peer.network()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Peer {
        Peer::Client(text.parse().unwrap())
    }

    fn capacity(connections: usize, per_address: Option<usize>) -> Capacity {
        Capacity::new(Limits { connections, per_address, reserved: RESERVED })
    }

    #[test]
    fn sixteen_connections_are_reserved_beyond_the_limit_and_eight_per_address() {
        let capacity = capacity(2, None);
        let (one, other) = (client("192.0.2.1"), client("192.0.2.2"));
        for _ in 0..2 {
            assert_eq!(capacity.admit(one), Ok(Place::Regular));
        }
        for _ in 0..RESERVED_PER_ADDRESS {
            assert_eq!(capacity.admit(one), Ok(Place::Reserved(Beyond::Connections)));
        }
        assert_eq!(capacity.admit(one), Err(Beyond::Connections));
        assert_eq!(capacity.admit(other), Ok(Place::Reserved(Beyond::Connections)));
        let proxy = Peer::Proxy("10.0.0.1".parse().unwrap());
        for _ in RESERVED_PER_ADDRESS + 1..RESERVED {
            assert!(!capacity.is_exhausted());
            assert_eq!(capacity.admit(proxy), Ok(Place::Reserved(Beyond::Connections)));
        }
        assert!(capacity.is_exhausted());
        assert_eq!(capacity.admit(proxy), Err(Beyond::Connections));
        capacity.release(one, true);
        assert!(!capacity.is_exhausted());
    }

    #[test]
    fn a_limit_per_address_that_proxies_do_not_have() {
        let capacity = capacity(100, Some(3));
        for _ in 0..3 {
            assert_eq!(capacity.admit(client("192.0.2.1")), Ok(Place::Regular));
        }
        assert_eq!(capacity.admit(client("192.0.2.1")), Ok(Place::Reserved(Beyond::PerAddress)));
        assert_eq!(capacity.admit(client("192.0.2.2")), Ok(Place::Regular));
        // All addresses of one IPv6 /64 network count as one address.
        for host in ["2001:db8::1", "2001:db8::2", "2001:db8::3:4"] {
            assert_eq!(capacity.admit(client(host)), Ok(Place::Regular));
        }
        assert_eq!(capacity.admit(client("2001:db8::5")), Ok(Place::Reserved(Beyond::PerAddress)));
        assert_eq!(capacity.admit(client("2001:db8:0:1::1")), Ok(Place::Regular));
        let proxy = Peer::Proxy("10.0.0.1".parse().unwrap());
        for _ in 0..50 {
            assert_eq!(capacity.admit(proxy), Ok(Place::Regular));
        }
    }

    #[test]
    fn a_place_that_is_free_again_is_taken_by_a_reserved_connection() {
        let capacity = capacity(10, Some(1));
        let one = client("192.0.2.1");
        assert_eq!(capacity.admit(one), Ok(Place::Regular));
        assert_eq!(capacity.admit(one), Ok(Place::Reserved(Beyond::PerAddress)));
        assert!(!capacity.promote(one));
        capacity.release(one, false);
        assert!(capacity.promote(one));
        assert!(!capacity.promote(one));
        capacity.release(one, false);
        let counts = capacity.lock();
        assert_eq!((counts.regular, counts.reserved, counts.by_address.len()), (0, 0, 0));
    }
}
