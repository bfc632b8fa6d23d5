//! Addresses and networks.

use crate::generators::choices::Choices;

const ADDRESSES: &[&str] = &[
    "10.1.2.3",
    "10.200.2.3",
    "10.0.0.1",
    "8.8.8.8",
    "192.168.86.75",
    "192.168.086.075",
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "2001:db8::5",
    "2001:db8:0:0:0:0:0:5",
    "2001:DB8::5",
    "::1",
    "::",
    "::ffff:10.1.2.3",
    "::ffff:a01:203",
    "::10.1.2.3",
    "fe80::1",
    "10.1",
    "167772161",
    "localhost",
    "banana",
    "",
    "10.1.2.3.4",
    "10.1.2.256",
    "10.1.2.-1",
    " 10.1.2.3",
    "1.2.3",
    "2001:db8::g",
    "10.1.2.3/32",
    "[::1]",
    "fe80::1%eth0",
    ":::",
    "1:2:3:4:5:6:7:8:9",
    "0010.1.2.3",
];

const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "10.1.0.0/8",
    "10.1.2.3/32",
    "10.1.2.0/24",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "2001:db8::5/128",
    "::ffff:10.0.0.0/104",
    "::ffff:0:0/96",
    "192.168.0.0/16",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/8/8",
    "10.0.0.0/08",
    "10.0.0.0/255.0.0.0",
    "2001:db8::/129",
    "10.1.2.3/31",
    "128.0.0.0/1",
];

/// Draws an address, which may be malformed.
pub(super) fn draw(choices: &mut Choices<'_>) -> String {
    match choices.weighted(&[4, 1, 1]) {
        0 => choices.one(ADDRESSES).to_owned(),
        1 => format!("10.1.{}.{}", choices.below(256), choices.below(256)),
        _ => format!("2001:db8::{:x}", choices.below(65_536)),
    }
}

/// Draws a network or an address.
pub(super) fn draw_network(choices: &mut Choices<'_>) -> String {
    match choices.weighted(&[3, 2, 2, 1]) {
        0 => choices.one(NETWORKS).to_owned(),
        1 => draw(choices),
        2 => format!("10.1.{}.0/{}", choices.below(256), choices.below(34)),
        _ => format!("2001:db8::{:x}/{}", choices.below(65_536), choices.between(90, 129)),
    }
}

/// Returns an address in a network, or another spelling of it.
pub(super) fn inside(value: &str, twist: u8) -> Option<String> {
    let address = value.split('/').next().unwrap_or(value);
    match twist % 12 {
        0..=2 => Some(address.to_owned()),
        3 if address.contains('.') => Some(format!("::ffff:{address}")),
        4 => Some(address.replace(".0", ".255")),
        5 => Some(address.replace(".0", ".1")),
        6 => Some(address.to_uppercase()),
        7 if address.contains("::") => Some(format!("{address}1")),
        8 => Some(address.replace('.', ".0")),
        _ => None,
    }
}
