//! Limits the rate of refused requests of a client network: those with wrong admin keys, and the log lines of refused changes. Requests
//! above the limit are counted, and the count is reported at most once a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use fh_listen::internal::ClientNetwork;

use super::Bucket;

/// The number of attempts of a client network that are within the limit at once.
const AT_ONCE: f64 = 10.0;
/// The average number of attempts per second of a client network that are within the limit.
const PER_SECOND: f64 = 0.5;
/// The minimum time between two reports, in seconds.
const BETWEEN_REPORTS: f64 = 60.0;
/// The largest number of client networks with a limit of their own. All further networks, and all requests without an address, share one
/// limit.
const ADDRESSES: usize = 1024;

/// The rates of attempts, by client network.
#[derive(Debug)]
pub(crate) struct FailedAttempts {
    started: Instant,
    attempts: Mutex<HashMap<Option<ClientNetwork>, Bucket>>,
    beyond: Mutex<Unreported>,
}

/// The number of attempts beyond the limit that no report contains yet.
#[derive(Debug, Default)]
struct Unreported {
    count: u64,
    /// The time of the last report, in seconds since the start; `None` before the first one.
    reported: Option<f64>,
}

impl FailedAttempts {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), attempts: Mutex::default(), beyond: Mutex::default() }
    }

    /// Counts an attempt towards the limit that applies to this address, or as beyond the limit. `report` gets the number of attempts beyond
    /// the limit since the last report, at most once a minute.
    ///
    /// # Errors
    /// Returns the number of seconds until the next attempt is within the limit, if this attempt is beyond the limit.
    pub(crate) fn take(
        &self,
        address: Option<IpAddr>,
        report: impl FnOnce(u64),
    ) -> Result<(), u64> {
        let now = self.started.elapsed().as_secs_f64();
        let outcome = self.may_try_at(address, now);
        if outcome.is_ok() {
            self.note_at(address, now);
        }
        if let Some(count) = self.report_at(now, outcome.is_err()) {
            report(count);
        }
        outcome
    }

    /// Counts an attempt if it is beyond the limit. Returns the number of such attempts since the last report if a report is due.
    fn report_at(&self, now: f64, is_beyond: bool) -> Option<u64> {
        let mut beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        beyond.count += u64::from(is_beyond);
        let is_early = beyond.reported.is_some_and(|reported| now - reported < BETWEEN_REPORTS);
        if beyond.count == 0 || is_early {
            return None;
        }
        beyond.reported = Some(now);
        Some(std::mem::take(&mut beyond.count))
    }

    fn may_try_at(&self, address: Option<IpAddr>, now: f64) -> Result<(), u64> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            address.map(ClientNetwork::of).filter(|network| attempts.contains_key(&Some(*network)));
        let room = known.is_some() || attempts.len() < ADDRESSES;
        let place = if room { address.map(ClientNetwork::of) } else { None };
        match attempts.get_mut(&place) {
            Some(bucket) => bucket.has_one(PER_SECOND, AT_ONCE, now),
            None => Ok(()),
        }
    }

    fn note_at(&self, address: Option<IpAddr>, now: f64) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = address.map(ClientNetwork::of);
        if attempts.len() >= ADDRESSES && !attempts.contains_key(&place) {
            attempts.retain(|_, bucket| !bucket.is_full(PER_SECOND, AT_ONCE, now));
            if attempts.len() >= ADDRESSES {
                place = None;
            }
        }
        attempts.entry(place).or_insert_with(|| Bucket::full(AT_ONCE, now)).take();
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
        let rate = FailedAttempts::new();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..10 {
            assert_eq!(rate.may_try_at(one, 0.0), Ok(()));
            rate.note_at(one, 0.0);
        }
        assert_eq!(rate.may_try_at(one, 0.0), Err(2));
        assert_eq!(rate.may_try_at(address("::ffff:192.0.2.1"), 0.0), Err(2));
        assert_eq!(rate.may_try_at(other, 0.0), Ok(()));
        assert_eq!(rate.may_try_at(one, 2.0), Ok(()));
        rate.note_at(one, 2.0);
        assert_eq!(rate.may_try_at(one, 2.1), Err(2));
    }

    #[test]
    fn one_line_a_minute_counts_refusals() {
        let rate = FailedAttempts::new();
        assert_eq!(rate.report_at(5.0, true), Some(1));
        for step in 0..59 {
            assert_eq!(rate.report_at(6.0 + f64::from(step), true), None);
        }
        assert_eq!(rate.report_at(65.0, true), Some(60));
        assert_eq!(rate.report_at(66.0, true), None);
        // A later attempt within the limit reports the last refusals.
        assert_eq!(rate.report_at(124.9, false), None);
        assert_eq!(rate.report_at(125.0, false), Some(1));
        assert_eq!(rate.report_at(190.0, false), None);
    }

    #[test]
    fn many_addresses_take_bounded_memory_and_share_one_limit() {
        let rate = FailedAttempts::new();
        let nth = |n: u32| Some(IpAddr::V4(n.into()));
        for n in 0..3000 {
            rate.note_at(nth(n), 0.0);
        }
        assert!(rate.attempts.lock().unwrap().len() <= ADDRESSES + 1);
        assert!(rate.may_try_at(nth(5000), 0.0).is_err());
        assert!(rate.may_try_at(nth(5), 0.0).is_ok());
        // Addresses whose bucket has filled up again are removed.
        rate.note_at(nth(6000), 4000.0);
        assert!(rate.attempts.lock().unwrap().len() < 10);
    }
}
