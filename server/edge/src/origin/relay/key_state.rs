//! Decides how long the features of an upstream key are served after the last successful upstream response.
//!
//! At least two consecutive definite refusals revoke the key once the first of them is as old as [`Terms::revoke_after`]. The features
//! expire when the last successful response is as old as [`Terms::max_age`], unless that is zero. Other results since then do not count.

use std::time::Duration;

use fh_eval::Timestamp;

/// The minimum number of consecutive refusals before a key is revoked. A single refusal may be an accident, even if it was long ago.
const REPEATED: u32 = 2;

/// The times for which the features of a key are served without a successful upstream response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// The time from the last successful response until the features expire. Zero means that features never expire.
    pub(super) max_age: Duration,
    /// The minimum time from the first of several consecutive definite refusals until the key is revoked.
    pub(super) revoke_after: Duration,
}

/// The report about the last attempt of an upstream client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The upstream Edge answers the key successfully, for example on an open stream.
    Answered,
    /// The upstream Edge definitely refused an attempt. Each attempt has its own number.
    Refused { attempt: u64 },
    /// An attempt ended with neither a successful response nor a definite refusal.
    Unanswered { attempt: u64 },
    /// There is no result to count, for example because the client has no features yet, or because the attempt is still running or was
    /// already counted.
    Pending,
}

/// The decision whether the features of a key may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServeDecision {
    Serve,
    /// The key is treated as unknown, as if it had never been valid.
    Revoke,
    /// The features are too old. They are not served until the next successful response.
    Expire,
}

/// A series of definite refusals without any other result in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusals {
    pub(super) since: Timestamp,
    pub(super) count: u32,
}

/// The time of the last successful response for one upstream key, the latest consecutive refusals, and whether the key is revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KeyState {
    pub(super) last_answered: Option<Timestamp>,
    pub(super) refusals: Option<Refusals>,
    pub(super) is_revoked: bool,
    /// The number of the last attempt that was counted as a refusal or as unanswered; `None` before the first such attempt of this run.
    pub(super) last_attempt: Option<u64>,
}

impl KeyState {
    /// Applies a report to the state of the key, and returns whether the features may be served at the time `now`.
    pub(super) fn apply(&mut self, report: Report, now: Timestamp, terms: &Terms) -> ServeDecision {
        match report {
            Report::Answered => {
                self.last_answered = Some(now);
                self.refusals = None;
                self.is_revoked = false;
            }
            Report::Refused { attempt } if self.is_new(attempt) => {
                let first = Refusals { since: now, count: 0 };
                let refusals = self.refusals.get_or_insert(first);
                refusals.count = refusals.count.saturating_add(1);
            }
            Report::Unanswered { attempt } if self.is_new(attempt) => self.refusals = None,
            Report::Refused { .. } | Report::Unanswered { .. } | Report::Pending => {}
        }
        self.decide(now, terms)
    }

    /// Returns true if this attempt is not the last one that was counted, and marks it as counted.
    fn is_new(&mut self, attempt: u64) -> bool {
        self.last_attempt.replace(attempt) != Some(attempt)
    }

    /// Returns true if this attempt was the last one that was counted.
    pub(super) fn has_counted(&self, attempt: u64) -> bool {
        self.last_attempt == Some(attempt)
    }

    fn decide(&mut self, now: Timestamp, terms: &Terms) -> ServeDecision {
        let repeated = self.refusals.filter(|refusals| refusals.count >= REPEATED);
        self.is_revoked |=
            repeated.is_some_and(|refusals| age(refusals.since, now) >= terms.revoke_after);
        if self.is_revoked {
            return ServeDecision::Revoke;
        }
        let is_old = |answered| !terms.max_age.is_zero() && age(answered, now) >= terms.max_age;
        if self.last_answered.is_some_and(is_old) {
            ServeDecision::Expire
        } else {
            ServeDecision::Serve
        }
    }
}

/// Returns the time from `then` to `now`; zero if `now` is earlier.
pub(super) fn age(then: Timestamp, now: Timestamp) -> Duration {
    let millis = now.as_millis().saturating_sub(then.as_millis());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    const TERMS: Terms =
        Terms { max_age: Duration::from_secs(7 * 86_400), revoke_after: Duration::from_secs(600) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn answered() -> KeyState {
        let mut key_state = KeyState::default();
        assert_eq!(key_state.apply(Report::Answered, at(0), &TERMS), ServeDecision::Serve);
        key_state
    }

    #[test]
    fn one_refusal_is_not_repeated() {
        let mut key_state = answered();
        let refused = Report::Refused { attempt: 1 };
        for minute in 0..60 {
            let decision = key_state.apply(refused, at(DAY + minute * MINUTE), &TERMS);
            assert_eq!(decision, ServeDecision::Serve, "the same attempt is seen again and again");
        }
        let second = Report::Refused { attempt: 2 };
        assert_eq!(key_state.apply(second, at(2 * DAY), &TERMS), ServeDecision::Revoke);
    }

    #[test]
    fn any_other_answer_begins_the_ten_minutes_anew() {
        for other in [Report::Answered, Report::Unanswered { attempt: 3 }] {
            let mut key_state = answered();
            for attempt in 1..=2 {
                key_state.apply(Report::Refused { attempt }, at(DAY), &TERMS);
            }
            assert_eq!(key_state.apply(other, at(DAY + 9 * MINUTE), &TERMS), ServeDecision::Serve);
            for (attempt, minute) in [(4, 10), (5, 19)] {
                let report = Report::Refused { attempt };
                let decision = key_state.apply(report, at(DAY + minute * MINUTE), &TERMS);
                assert_eq!(decision, ServeDecision::Serve, "{other:?}");
            }
            let end = at(DAY + 20 * MINUTE);
            assert_eq!(key_state.apply(Report::Pending, end, &TERMS), ServeDecision::Revoke);
        }
    }

    #[test]
    fn a_key_without_a_successful_answer_has_nothing_to_expire() {
        let mut key_state = KeyState::default();
        let silent = Report::Unanswered { attempt: 1 };
        assert_eq!(key_state.apply(silent, at(999 * DAY), &TERMS), ServeDecision::Serve);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_nothing() {
        let mut key_state = answered();
        key_state.last_answered = Some(at(DAY));
        assert_eq!(key_state.apply(Report::Pending, at(-99 * DAY), &TERMS), ServeDecision::Serve);
    }
}
