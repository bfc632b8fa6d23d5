//! Addresses and networks: a network contains the address with which it is written.

use fh_eval::internal::text::address::{Network, Spelling, parse};

pub fn run(text: &str) {
    for spelling in [Spelling::Literal, Spelling::Server] {
        let address = text.split_once('/').map_or(text, |(address, _)| address);
        let address = parse(address, spelling);
        match Network::parse(text, spelling) {
            Ok(network) => assert!(network.contains(address.unwrap())),
            Err(_) => assert!(text.contains('/') || address.is_none()),
        }
        if let Some(address) = address {
            assert_eq!(parse(&address.to_string(), Spelling::Literal), Some(address));
        }
    }
}
