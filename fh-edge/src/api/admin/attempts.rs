//! Guessing the admin key is slow: who gave wrong ones may not try again at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::rate::Bucket;

/// So many wrong keys are one person's mistakes.
const AT_ONCE: f64 = 10.0;
/// How fast they are forgotten.
const PER_SECOND: f64 = 0.5;
/// Addresses that are remembered apart; the others share one bucket.
const ADDRESSES: usize = 1024;

/// Wrong keys, by the address that they came from.
#[derive(Debug)]
pub(super) struct Attempts {
    started: Instant,
    wrong: Mutex<HashMap<Option<IpAddr>, Bucket>>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), wrong: Mutex::default() }
    }

    /// May somebody at this address try a key? If not: after how many seconds.
    ///
    /// Whether the key is the right one does not count, or guesses would be answered all the same.
    pub(super) fn may_try(&self, address: Option<IpAddr>) -> Result<(), u64> {
        self.may_try_at(address, self.started.elapsed().as_secs_f64())
    }

    /// The key was a wrong one.
    pub(super) fn note(&self, address: Option<IpAddr>) {
        self.note_at(address, self.started.elapsed().as_secs_f64());
    }

    fn may_try_at(&self, address: Option<IpAddr>, now: f64) -> Result<(), u64> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let known = address.map(network).filter(|network| wrong.contains_key(&Some(*network)));
        let room = known.is_some() || wrong.len() < ADDRESSES;
        let place = if room { address.map(network) } else { None };
        match wrong.get_mut(&place) {
            Some(bucket) => bucket.has_one(PER_SECOND, AT_ONCE, now),
            None => Ok(()),
        }
    }

    fn note_at(&self, address: Option<IpAddr>, now: f64) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = address.map(network);
        if wrong.len() >= ADDRESSES && !wrong.contains_key(&place) {
            wrong.retain(|_, bucket| !bucket.is_full(PER_SECOND, AT_ONCE, now));
            if wrong.len() >= ADDRESSES {
                place = None;
            }
        }
        wrong.entry(place).or_insert_with(|| Bucket::full(AT_ONCE, now)).take();
    }
}

/// One household has many IPv6 addresses, which count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let first = u128::from(six) & !u128::from(u64::MAX);
            IpAddr::V6(first.into())
        }
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn ten_mistakes_and_then_one_in_two_seconds() {
        let attempts = Attempts::new();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..10 {
            assert_eq!(attempts.may_try_at(one, 0.0), Ok(()));
            attempts.note_at(one, 0.0);
        }
        assert_eq!(attempts.may_try_at(one, 0.0), Err(2));
        assert_eq!(attempts.may_try_at(address("::ffff:192.0.2.1"), 0.0), Err(2));
        assert_eq!(attempts.may_try_at(other, 0.0), Ok(()));
        assert_eq!(attempts.may_try_at(one, 2.0), Ok(()));
        attempts.note_at(one, 2.0);
        assert_eq!(attempts.may_try_at(one, 2.1), Err(2));
    }

    #[test]
    fn one_network_is_one_guesser() {
        let attempts = Attempts::new();
        for host in 0..10 {
            attempts.note_at(address(&format!("2001:db8::{host}")), 0.0);
        }
        assert!(attempts.may_try_at(address("2001:db8::ffff"), 0.0).is_err());
        assert!(attempts.may_try_at(address("2001:db8:0:1::1"), 0.0).is_ok());
    }

    #[test]
    fn many_addresses_take_bounded_memory_and_do_not_help() {
        let attempts = Attempts::new();
        let nth = |n: u32| Some(IpAddr::V4(n.into()));
        for n in 0..3000 {
            attempts.note_at(nth(n), 0.0);
        }
        assert!(attempts.wrong.lock().unwrap().len() <= ADDRESSES + 1);
        assert!(attempts.may_try_at(nth(5000), 0.0).is_err());
        assert!(attempts.may_try_at(nth(5), 0.0).is_ok());
        // Those of long ago are forgotten.
        attempts.note_at(nth(6000), 4000.0);
        assert!(attempts.wrong.lock().unwrap().len() < 10);
    }
}
