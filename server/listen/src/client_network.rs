//! The part of a client's address for which limits per address count connections and requests.

use std::net::IpAddr;

/// An IPv4 address, or the /64 network of an IPv6 address, since one household may use all addresses of such a network. An IPv4 address
/// written as IPv6 (`::ffff:192.0.2.1`) equals the plain address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// Returns the network of a client's address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(six) => {
                let network = u128::from(six) & !u128::from(u64::MAX);
                Self(IpAddr::V6(network.into()))
            }
            four => Self(four),
        }
    }
}
