//! Parsers of IP addresses and networks. Only literals are parsed; a host name is never looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The set of spellings of IP addresses that a parser accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// IPv4 addresses of four decimal numbers, which can have leading zeros, and IPv6 addresses. An IPv6 address can be
    /// in brackets and have a zone, which is ignored.
    Literal,
    /// The spellings of [`Self::Literal`], and others that FeatureHub's server reads without a DNS lookup: IPv4
    /// addresses of one to three numbers, such as `10.1` and `167772161`, and the empty text for loopback. Masks of
    /// networks are read as the server reads them, such as `/-1` and `/8/9`.
    Server,
}

/// Parses an IP address. An IPv4-mapped IPv6 address becomes IPv4. Returns `None` for any other text.
///
/// ```
/// use fh_eval::internal::text::address::{parse, Spelling};
/// assert_eq!(parse("::ffff:192.0.2.9", Spelling::Literal), parse("192.0.2.9", Spelling::Literal));
/// assert_eq!(parse("010.0.0.1", Spelling::Literal), parse("10.0.0.1", Spelling::Literal));
/// assert_eq!(parse("10.1", Spelling::Literal), None);
/// assert_eq!(parse("localhost", Spelling::Literal), None);
/// ```
#[must_use]
pub fn parse(text: &str, spelling: Spelling) -> Option<IpAddr> {
    if spelling == Spelling::Server && text.is_empty() {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    if let Some(v4) = v4(text, spelling) {
        return Some(IpAddr::V4(v4));
    }
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => text,
    };
    let address = match inner.split_once('%') {
        Some((address, zone)) if !zone.is_empty() => address,
        Some(_) => return None,
        None => inner,
    };
    v6(address).map(|v6| match v6.to_ipv4_mapped() {
        Some(v4) => IpAddr::V4(v4),
        None => IpAddr::V6(v6),
    })
}

fn v4(text: &str, spelling: Spelling) -> Option<Ipv4Addr> {
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in text.split('.') {
        let slot = parts.get_mut(count)?;
        if part.is_empty() || part.len() > 20 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *slot = part.parse().ok()?;
        count += 1;
    }
    if count != 4 && spelling == Spelling::Literal {
        return None;
    }
    let [a, b, c, d] = parts;
    // In a short form such as `10.1`, the last part fills the remaining bytes of the address.
    let (heads, last) = match count {
        4 => ([a, b, c], (d, 0xFF)),
        3 => ([a, b, 0], (c, 0xFFFF)),
        2 => ([a, 0, 0], (b, 0xFF_FFFF)),
        _ => ([0, 0, 0], (a, 0xFFFF_FFFF)),
    };
    if heads.iter().any(|head| *head > 255) || last.0 > last.1 {
        return None;
    }
    let [a, b, c] = heads;
    Some(Ipv4Addr::from_bits(((a << 24) | (b << 16) | (c << 8) | last.0) as u32))
}

/// Parses an IPv6 address as the standard library does, but accepts leading zeros in an embedded IPv4 address. Returns
/// `None` for any other text.
fn v6(text: &str) -> Option<Ipv6Addr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (head, quad) = text.rsplit_once(':')?;
    let last = v4(quad, Spelling::Literal)?.to_bits();
    // If leading zeros of the embedded IPv4 address are the only problem, the text can be parsed with two groups of zeros in
    // place of this address. The buffer is on the stack.
    const ZEROS: &[u8] = b":0:0";
    let mut buffer = [0_u8; 48];
    let length = head.len() + ZEROS.len();
    let (start, end) = buffer.get_mut(..length)?.split_at_mut(head.len());
    start.copy_from_slice(head.as_bytes());
    end.copy_from_slice(ZEROS);
    let written = std::str::from_utf8(buffer.get(..length)?).ok()?;
    let address: Ipv6Addr = written.parse().ok()?;
    Some(Ipv6Addr::from_bits(address.to_bits() | u128::from(last)))
}

/// The value of an IP_ADDRESS rule: an address or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// An IPv4 network.
    V4 {
        /// The network address, with the host bits cleared.
        network: u32,
        /// The mask: bits that belong to the network are one.
        mask: u32,
    },
    /// An IPv6 network.
    V6 {
        /// The network address, with the host bits cleared.
        network: u128,
        /// The mask: bits that belong to the network are one.
        mask: u128,
    },
}

/// The error for a rule value that is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidNetwork {
    /// The address cannot be parsed, or the mask has more bits than the address. With [`Spelling::Server`], this is
    /// also the error for a mask from −2,147,483,648 to −2. No address is in such a network.
    ContainsNothing,
    /// The mask is not a number that the spelling accepts. In profile `edge` the rule then ends at this value, as on
    /// FeatureHub's server.
    BadMask,
}

impl Network {
    /// Parses `address` or `address/bits`. Host bits can be set; they are cleared.
    ///
    /// Fails with [`InvalidNetwork`] if the text is neither an address nor a network.
    ///
    /// ```
    /// use fh_eval::internal::text::address::{parse, Network, Spelling};
    /// let network = Network::parse("10.1.0.0/8", Spelling::Literal).unwrap();
    /// assert!(network.contains(parse("10.200.2.3", Spelling::Literal).unwrap()));
    /// assert!(!network.contains(parse("::1", Spelling::Literal).unwrap()));
    /// assert!(Network::parse("10.0.0.0/33", Spelling::Literal).is_err());
    /// ```
    pub fn parse(text: &str, spelling: Spelling) -> Result<Self, InvalidNetwork> {
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, mask)) => (address, mask_bits(mask, spelling)?),
        };
        let address = parse(address, spelling).ok_or(InvalidNetwork::ContainsNothing)?;
        match address {
            IpAddr::V4(v4) => {
                let bits = bits.unwrap_or(32);
                let mask = match bits {
                    0 => 0,
                    1..=32 => u32::MAX << (32 - bits),
                    _ => return Err(InvalidNetwork::ContainsNothing),
                };
                Ok(Self::V4 { network: v4.to_bits() & mask, mask })
            }
            IpAddr::V6(v6) => {
                let bits = bits.unwrap_or(128);
                let mask = match bits {
                    0 => 0,
                    1..=128 => u128::MAX << (128 - bits),
                    _ => return Err(InvalidNetwork::ContainsNothing),
                };
                Ok(Self::V6 { network: v6.to_bits() & mask, mask })
            }
        }
    }

    /// Returns true if the address is in this network. An IPv4 address is never in an IPv6 network, and an IPv6 address
    /// is never in an IPv4 network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { network, mask }, IpAddr::V4(v4)) => v4.to_bits() & mask == *network,
            (Self::V6 { network, mask }, IpAddr::V6(v6)) => v6.to_bits() & mask == *network,
            _ => false,
        }
    }
}

/// Parses the number of bits of a mask, such as the `24` of `/24`. With [`Spelling::Server`], returns `Ok(None)` for
/// `/-1`, which FeatureHub's server reads as a network of this single address.
fn mask_bits(mask: &str, spelling: Spelling) -> Result<Option<u32>, InvalidNetwork> {
    let mask = match (spelling, mask.split_once('/')) {
        (Spelling::Server, Some((mask, _))) => mask,
        (Spelling::Literal, Some(_)) => return Err(InvalidNetwork::BadMask),
        (_, None) => mask,
    };
    let (negative, digits) = match mask.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mask.strip_prefix('+').unwrap_or(mask)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidNetwork::BadMask);
    }
    let bits = digits
        .bytes()
        .fold(0_u64, |n, digit| n.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    match (negative, spelling, bits) {
        (false, Spelling::Server, 2_147_483_648..) => Err(InvalidNetwork::BadMask),
        (false, _, _) => Ok(Some(bits.min(255) as u32)),
        (true, Spelling::Server, 1) => Ok(None),
        (true, Spelling::Server, 0) => Ok(Some(0)),
        (true, Spelling::Server, ..=2_147_483_648) => Err(InvalidNetwork::ContainsNothing),
        (true, _, _) => Err(InvalidNetwork::BadMask),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn literal(text: &str) -> Option<IpAddr> {
        parse(text, Spelling::Literal)
    }

    fn within(network: &str, address: &str) -> bool {
        let address = literal(address).unwrap();
        Network::parse(network, Spelling::Literal).is_ok_and(|network| network.contains(address))
    }

    #[test]
    fn spellings() {
        let v4: IpAddr = "10.0.0.1".parse().unwrap();
        for text in
            ["10.0.0.1", "010.000.0.001", "::ffff:10.0.0.1", "::ffff:a00:1", "[::ffff:010.0.0.1]"]
        {
            assert_eq!(literal(text), Some(v4), "{text}");
        }
        let v6: IpAddr = "fe80::1".parse().unwrap();
        for text in ["fe80::1", "FE80:0:0:0:0:0:0:1", "[fe80::1]", "fe80::1%eth0", "[fe80::1%3]"] {
            assert_eq!(literal(text), Some(v6), "{text}");
        }
        assert_eq!(literal("::1.2.3.4"), "::102:304".parse().ok());
        for text in [
            "",
            "10.1",
            "167772161",
            "localhost",
            "256.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            " 10.0.0.1",
            "10.0.0.1 ",
            "[10.0.0.1",
            "fe80::1%",
            "[fe80::1",
            "fe80::1]",
            "::g",
            "1.2.3.-4",
            "0x10.0.0.1",
            "1..2.3",
            "::ffff:1.2.3.256",
        ] {
            assert_eq!(literal(text), None, "{text}");
        }
    }

    #[test]
    fn the_server_reads_more() {
        let server = |text| parse(text, Spelling::Server);
        for text in ["10.1", "10.0.1", "167772161"] {
            assert_eq!(server(text), literal("10.0.0.1"), "{text}");
        }
        assert_eq!(server(""), literal("127.0.0.1"));
        assert_eq!(server("localhost"), None);
        assert_eq!(server("10.16777216"), None);
        assert_eq!(server("4294967296"), None);
        assert_eq!(server("example"), None);
        assert_eq!(
            Network::parse("10.0.0.0/8/9", Spelling::Server),
            Network::parse("10.0.0.0/+08", Spelling::Literal)
        );
        assert_eq!(
            Network::parse("10.0.0.0/-1", Spelling::Server),
            Network::parse("10.0.0.0", Spelling::Literal)
        );
        assert_eq!(Network::parse("10.0.0.0/x", Spelling::Server), Err(InvalidNetwork::BadMask));
    }

    #[test]
    fn networks() {
        assert!(within("10.1.0.0/8", "10.200.2.3"));
        assert!(within("0.0.0.0/0", "8.8.8.8"));
        assert!(within("192.0.2.2/31", "192.0.2.3"));
        assert!(!within("192.0.2.2/31", "192.0.2.4"));
        assert!(within("192.0.2.1/32", "192.0.2.1"));
        assert!(!within("::/0", "192.0.2.1"));
        assert!(within("::ffff:10.0.0.0/8", "10.9.9.9"));
        assert!(within("2001:db8::/32", "2001:DB8::5"));
        for text in [
            "10.0.0.0/",
            "10.0.0.0/x",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "10.0.0.0/33",
            "::ffff:10.0.0.0/104",
            "::/129",
            "/8",
            "10.0.0.0/ 8",
            "10.0.0.0/99999999999999999999999",
        ] {
            assert!(Network::parse(text, Spelling::Literal).is_err(), "{text}");
        }
    }

    /// The `ipnetwork` crate is the reference for texts that both parsers accept. The two parsers differ on
    /// purpose: `ipnetwork` refuses leading zeros, brackets, zones and masks such as `+8`. It accepts netmasks such as
    /// `/255.0.0.0`, and keeps IPv4-mapped addresses as IPv6.
    mod against_ipnetwork {
        use super::*;

        proptest! {
            #[test]
            fn v4_agrees(a in any::<u32>(), b in any::<u32>(), flip in 0_u32..33, bits in 0_u8..33) {
                let near = if flip == 32 { b } else { a ^ (1 << flip) };
                let network = format!("{}/{bits}", Ipv4Addr::from_bits(a));
                let reference: ipnetwork::IpNetwork = network.parse().unwrap();
                let address = IpAddr::V4(Ipv4Addr::from_bits(near));
                prop_assert_eq!(within(&network, &address.to_string()), reference.contains(address));
            }

            #[test]
            fn v6_agrees(a in any::<u128>(), b in any::<u128>(), flip in 0_u32..129, bits in 0_u8..129) {
                let near = if flip == 128 { b } else { a ^ (1 << flip) };
                let (a, near) = (Ipv6Addr::from_bits(a), Ipv6Addr::from_bits(near));
                prop_assume!(a.to_ipv4_mapped().is_none() && near.to_ipv4_mapped().is_none());
                let network = format!("{a}/{bits}");
                let reference: ipnetwork::IpNetwork = network.parse().unwrap();
                prop_assert_eq!(within(&network, &near.to_string()), reference.contains(IpAddr::V6(near)));
            }

            #[test]
            fn every_network_of_ipnetwork_is_accepted(text in "[0-9a-f:./]{1,18}") {
                prop_assume!(!text.split_once('/').is_some_and(|(_, mask)| mask.contains(['.', ':'])));
                if let Ok(reference) = text.parse::<ipnetwork::IpNetwork>() {
                    let ours = Network::parse(&text, Spelling::Literal);
                    if !matches!(reference.ip(), IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
                        prop_assert!(ours.is_ok(), "{}", text);
                    }
                }
            }
        }
    }
}
