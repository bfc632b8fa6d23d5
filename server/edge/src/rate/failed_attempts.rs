//! Limits the rate of wrong admin keys. A wrong key above the limit is answered with status 429 and counted; a log line reports the count
//! at most once a minute. The right key is not limited, so wrong keys cannot lock the operator out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use fh_listen::internal::ClientNetwork;

use crate::rate::Bucket;

/// The number of wrong keys that a client network may send at once without getting status 429.
const AT_ONCE: f64 = 10.0;
/// The average number of wrong keys per second that a client network may send without getting status 429.
const PER_SECOND: f64 = 0.5;
/// The minimum time between two log lines about refused keys, in seconds.
const BETWEEN_LINES: f64 = 60.0;
/// The largest number of client networks with a limit of their own. All further networks, and all requests without an address, share one
/// limit.
const ADDRESSES: usize = 1024;

/// The rates of wrong keys, by the client network that sent the keys.
#[derive(Debug)]
pub(super) struct FailedAttempts {
    started: Instant,
    wrong: Mutex<HashMap<Option<ClientNetwork>, Bucket>>,
    refused: Mutex<Refused>,
}

/// The count of wrong keys that were answered with 429 and that no log line has reported yet.
#[derive(Debug, Default)]
struct Refused {
    count: u64,
    /// The time of the last log line, in seconds since the start; `None` before the first line.
    logged: Option<f64>,
}

impl FailedAttempts {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), wrong: Mutex::default(), refused: Mutex::default() }
    }

    /// Counts a wrong key towards the limit that applies to this address. Beyond the limit, the key counts as refused instead, and a log
    /// line reports the refused keys at most once a minute.
    ///
    /// # Errors
    /// Returns the number of seconds until the next wrong key is within the limit, if this key is beyond the limit.
    pub(super) fn wrong_key(&self, address: Option<IpAddr>) -> Result<(), u64> {
        let now = self.started.elapsed().as_secs_f64();
        let outcome = self.may_try_at(address, now);
        match outcome {
            Ok(()) => self.note_at(address, now),
            Err(_) => {
                if let Some(count) = self.refuse_at(now) {
                    tracing::warn!(target: "fh_edge::audit", count, "wrong admin keys were answered with 429, because their addresses had sent too many wrong admin keys");
                }
            }
        }
        outcome
    }

    /// Counts a refused wrong key. Returns the number of refused keys since the last log line if a new line is due, and `None` otherwise. A
    /// line is due at most once a minute.
    fn refuse_at(&self, now: f64) -> Option<u64> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.count += 1;
        if refused.logged.is_some_and(|logged| now - logged < BETWEEN_LINES) {
            return None;
        }
        refused.logged = Some(now);
        Some(std::mem::take(&mut refused.count))
    }

    fn may_try_at(&self, address: Option<IpAddr>, now: f64) -> Result<(), u64> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            address.map(ClientNetwork::of).filter(|network| wrong.contains_key(&Some(*network)));
        let room = known.is_some() || wrong.len() < ADDRESSES;
        let place = if room { address.map(ClientNetwork::of) } else { None };
        match wrong.get_mut(&place) {
            Some(bucket) => bucket.has_one(PER_SECOND, AT_ONCE, now),
            None => Ok(()),
        }
    }

    fn note_at(&self, address: Option<IpAddr>, now: f64) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = address.map(ClientNetwork::of);
        if wrong.len() >= ADDRESSES && !wrong.contains_key(&place) {
            wrong.retain(|_, bucket| !bucket.is_full(PER_SECOND, AT_ONCE, now));
            if wrong.len() >= ADDRESSES {
                place = None;
            }
        }
        wrong.entry(place).or_insert_with(|| Bucket::full(AT_ONCE, now)).take();
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
        let failed_attempts = FailedAttempts::new();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..10 {
            assert_eq!(failed_attempts.may_try_at(one, 0.0), Ok(()));
            failed_attempts.note_at(one, 0.0);
        }
        assert_eq!(failed_attempts.may_try_at(one, 0.0), Err(2));
        assert_eq!(failed_attempts.may_try_at(address("::ffff:192.0.2.1"), 0.0), Err(2));
        assert_eq!(failed_attempts.may_try_at(other, 0.0), Ok(()));
        assert_eq!(failed_attempts.may_try_at(one, 2.0), Ok(()));
        failed_attempts.note_at(one, 2.0);
        assert_eq!(failed_attempts.may_try_at(one, 2.1), Err(2));
    }

    #[test]
    fn one_line_a_minute_counts_refusals() {
        let failed_attempts = FailedAttempts::new();
        assert_eq!(failed_attempts.refuse_at(5.0), Some(1));
        for step in 0..59 {
            assert_eq!(failed_attempts.refuse_at(6.0 + f64::from(step)), None);
        }
        assert_eq!(failed_attempts.refuse_at(65.0), Some(60));
        assert_eq!(failed_attempts.refuse_at(66.0), None);
    }

    #[test]
    fn one_network_is_one_guesser() {
        let failed_attempts = FailedAttempts::new();
        for host in 0..10 {
            failed_attempts.note_at(address(&format!("2001:db8::{host}")), 0.0);
        }
        assert!(failed_attempts.may_try_at(address("2001:db8::ffff"), 0.0).is_err());
        assert!(failed_attempts.may_try_at(address("2001:db8:0:1::1"), 0.0).is_ok());
    }

    #[test]
    fn many_addresses_take_bounded_memory_and_share_one_limit() {
        let failed_attempts = FailedAttempts::new();
        let nth = |n: u32| Some(IpAddr::V4(n.into()));
        for n in 0..3000 {
            failed_attempts.note_at(nth(n), 0.0);
        }
        assert!(failed_attempts.wrong.lock().unwrap().len() <= ADDRESSES + 1);
        assert!(failed_attempts.may_try_at(nth(5000), 0.0).is_err());
        assert!(failed_attempts.may_try_at(nth(5), 0.0).is_ok());
        // Addresses whose bucket has filled up again are removed.
        failed_attempts.note_at(nth(6000), 4000.0);
        assert!(failed_attempts.wrong.lock().unwrap().len() < 10);
    }
}
