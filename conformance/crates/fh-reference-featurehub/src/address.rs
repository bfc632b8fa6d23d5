//! IP addresses and networks, parsed from text only. Host names are never looked up.

use crate::answer::Options;
use crate::mutants::Bug;

/// An IP address. An IPv4 address that is mapped into IPv6 is stored as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    bits: u128,
    /// Number of bits: 32 or 128.
    width: i64,
}

impl Address {
    /// Parses an IPv4 or IPv6 address.
    ///
    /// IPv4 is a dotted quad; leading zeros have no meaning. IPv6 may be in brackets and may have a zone, which is ignored. Profile
    /// `edge` also reads the short forms of IPv4 and takes the empty text for 127.0.0.1.
    pub(crate) fn parse(text: &str, options: &Options) -> Option<Address> {
        if options.edge() && text.is_empty() {
            return Some(v4(0x7f00_0001));
        }
        if options.has(Bug::IpHostNameResolved) && text == "localhost" {
            return Some(v4(0x7f00_0001));
        }
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if text.contains(':') {
            return parse_v6(bracketed.unwrap_or(text), options);
        }
        let short = options.edge() || options.has(Bug::IpShortForms);
        parse_v4(text, short, options).map(v4)
    }
}

fn v4(bits: u32) -> Address {
    Address { bits: u128::from(bits), width: 32 }
}

/// Parses an IPv4 address: four numbers below 256. In the short forms there are fewer numbers, and the last one fills all remaining bytes.
fn parse_v4(text: &str, short: bool, options: &Options) -> Option<u32> {
    let numbers: Vec<u64> =
        text.split('.').map(|part| number(part, options)).collect::<Option<_>>()?;
    let (last, leading) = numbers.split_last()?;
    if leading.len() > 3 || (!short && leading.len() != 3) {
        return None;
    }
    let mut bits: u64 = 0;
    let mut width = 32;
    for number in leading {
        if *number > 255 {
            return None;
        }
        bits = bits << 8 | number;
        width -= 8;
    }
    (*last < 1 << width).then(|| u32::try_from(bits << width | last).ok()).flatten()
}

fn number(text: &str, options: &Options) -> Option<u64> {
    let octal = options.has(Bug::IpLeadingZerosOctal) && text.starts_with('0');
    let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| u64::from_str_radix(text, if octal { 8 } else { 10 }).ok()).flatten()
}

fn parse_v6(text: &str, options: &Options) -> Option<Address> {
    let literal = match text.split_once('%') {
        Some((_, "")) => return None,
        Some((literal, _zone)) => literal,
        None => text,
    };
    let groups = match literal.split_once("::") {
        Some((head, tail)) => {
            let (head, tail) =
                (parse_groups(head, false, options)?, parse_groups(tail, true, options)?);
            // `::` stands for at least one group of zeros.
            let zeros = 8_usize.checked_sub(head.len() + tail.len()).filter(|zeros| *zeros > 0)?;
            [head, vec![0; zeros], tail].concat()
        }
        None => parse_groups(literal, true, options)?,
    };
    if groups.len() != 8 {
        return None;
    }
    let bits = groups.iter().fold(0, |bits: u128, group| bits << 16 | u128::from(*group));
    if bits >> 32 == 0xffff && !options.has(Bug::IpMappedNotNormalised) {
        return Some(Address { bits: bits & 0xffff_ffff, width: 32 });
    }
    Some(Address { bits, width: 128 })
}

/// Parses groups of one to four hexadecimal digits. With `at_end`, the last group may be a dotted quad.
fn parse_groups(text: &str, at_end: bool, options: &Options) -> Option<Vec<u16>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<&str> = text.split(':').collect();
    let mut groups = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if at_end && at + 1 == parts.len() && part.contains('.') {
            let quad = parse_v4(part, false, options)?;
            groups.extend([(quad >> 16) as u16, quad as u16]);
        } else if (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit()) {
            groups.push(u16::from_str_radix(part, 16).ok()?);
        } else {
            return None;
        }
    }
    Some(groups)
}

/// A rule value as an IP rule reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// All addresses that share this number of leading bits with the address.
    Of(Address, i64),
    /// The rule value is neither an address nor a network.
    Unreadable,
    /// The mask cannot be read, so that profile `edge` stops evaluating the rule here.
    Stops,
}

impl Network {
    /// Parses an address, or an address, a slash and the number of significant bits.
    pub(crate) fn parse(text: &str, options: &Options) -> Network {
        let Some((address, mask)) = text.split_once('/') else {
            return match Address::parse(text, options) {
                Some(address) => Network::Of(address, address.width),
                None => Network::Unreadable,
            };
        };
        let mask = if options.edge() { mask.split('/').next().unwrap_or_default() } else { mask };
        let digits =
            if options.edge() { mask.strip_prefix(['+', '-']) } else { mask.strip_prefix('+') }
                .unwrap_or(mask);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return if options.edge() { Network::Stops } else { Network::Unreadable };
        }
        let sign = if mask.starts_with('-') { -1 } else { 1 };
        let bits = sign * digits.parse::<i64>().unwrap_or(i64::MAX);
        if options.edge() && i32::try_from(bits).is_err() {
            return Network::Stops;
        }
        match Address::parse(address, options) {
            Some(address) if bits == -1 => Network::Of(address, address.width),
            Some(address) => Network::Of(address, bits),
            None => Network::Unreadable,
        }
    }

    /// Returns true if the network contains the address.
    pub(crate) fn contains(self, address: Address, options: &Options) -> bool {
        let Network::Of(network, bits) = self else {
            return false;
        };
        if network.width != address.width || !(0..=network.width).contains(&bits) {
            return false;
        }
        let host_bits = network.width - bits;
        if options.has(Bug::IpHostBitsRefused)
            && shift(network.bits, host_bits) << host_bits.min(127) != network.bits
        {
            return false;
        }
        if options.has(Bug::IpZeroMaskIsEmpty) && bits == 0 {
            return false;
        }
        shift(network.bits, host_bits) == shift(address.bits, host_bits)
    }

    pub(crate) fn is_other_family(self, address: Address) -> bool {
        matches!(self, Network::Of(network, _) if network.width != address.width)
    }
}

/// Shifts right by up to 128 bits. A shift by 128 gives 0.
fn shift(bits: u128, by: i64) -> u128 {
    u32::try_from(by).ok().and_then(|by| bits.checked_shr(by)).unwrap_or(0)
}
