//! The measurements of the scenarios of faults. The delays of an SDK are random, so a recording holds limits that seldom change: numbers are
//! rounded up, and the largest of all runs of one version stays.

use serde::{Deserialize, Serialize};

use crate::sdk::Measurement;

/// The numbers of one fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedFault {
    /// Number of requests during the fault that an Edge saw, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Number of requests during the fault that the client handed to its HTTP library, rounded up, if an Edge could not see all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
    /// Maximum number of requests that the documented delays of the SDK allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Seconds from the end of the fault, or from the start of the client under a fault that does not end, within which the client has the
    /// features, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_within_s: Option<u64>,
    /// Seconds from the end of the fault in which the client did not get the features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_back_within_s: Option<u64>,
    /// Seconds within which the client saw a change during a fault that does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_within_s: Option<u64>,
    /// Memory above what the process had before the client, in megabytes, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_mb: Option<u64>,
}

/// The smallest recorded growth of memory in megabytes. Smaller numbers depend on the runtime.
const LEAST_GROWTH: u64 = 10;

/// The recorded number of more than 1,000 requests, if the SDK documents no limit. The exact number depends on the machine alone.
pub const STORM: u64 = 2000;

impl RecordedFault {
    /// Returns what a scenario measured.
    #[must_use]
    pub fn of(measurements: &[Measurement]) -> Self {
        let named = |name: &str| {
            let found = measurements.iter().find(|measurement| measurement.name == name);
            found.map(|measurement| whole(measurement.value))
        };
        let limit = named("at most");
        let counted = |name: &str| {
            let most = |n: u64| limit.map_or(STORM, |limit| limit.max(n));
            named(name).map(|n| rounded_up(n).min(most(n)))
        };
        let change_within_s = named("change after s").map(|seconds| seconds.max(1));
        Self {
            requests: counted("requests"),
            sent: counted("sent"),
            limit,
            back_within_s: named("back after s").map(|seconds| match change_within_s {
                // The delays of a client under a fault that does not end are hardly random.
                Some(_) => seconds.max(1),
                None => rounded_up(seconds.max(1)),
            }),
            not_back_within_s: named("not back within s"),
            change_within_s,
            growth_mb: named("MB above the start").map(|mb| rounded_up(mb).max(LEAST_GROWTH)),
        }
    }

    /// Returns the larger of each two numbers. A client that once did not get the features did not recover.
    #[must_use]
    pub fn merged(self, earlier: Self) -> Self {
        let not_back_within_s = self.not_back_within_s.max(earlier.not_back_within_s);
        let back = self.back_within_s.max(earlier.back_within_s);
        Self {
            requests: self.requests.max(earlier.requests),
            sent: self.sent.max(earlier.sent),
            limit: self.limit,
            back_within_s: back.filter(|_| not_back_within_s.is_none()),
            not_back_within_s,
            change_within_s: self.change_within_s.max(earlier.change_within_s),
            growth_mb: self.growth_mb.max(earlier.growth_mb),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
fn whole(value: f64) -> u64 {
    value.max(0.0).ceil() as u64
}

/// Returns the number itself up to 10, and above it the next of 10, 20, 30, 50, 100 and so on.
fn rounded_up(number: u64) -> u64 {
    let mut unit = 10;
    while number > unit * 10 {
        unit *= 10;
    }
    match number {
        0..=10 => number,
        _ => [1, 2, 3, 5, 10]
            .map(|step| step * unit)
            .into_iter()
            .find(|limit| number <= *limit)
            .unwrap_or(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(numbers: &[(&'static str, f64)]) -> RecordedFault {
        let each = |(name, value): &(&'static str, f64)| Measurement { name, value: *value };
        RecordedFault::of(&numbers.iter().map(each).collect::<Vec<_>>())
    }

    #[test]
    fn numbers_are_rounded_up() {
        let rounded = [0, 9, 10, 11, 20, 21, 31, 51, 100, 101, 2085, 2239].map(rounded_up);
        assert_eq!(rounded, [0, 9, 10, 20, 20, 30, 50, 100, 100, 200, 3000, 3000]);
    }

    #[test]
    fn a_limit_is_not_exceeded_by_rounding() {
        let fault = measured(&[("requests", 21.0), ("at most", 26.0), ("back after s", 0.2)]);
        assert_eq!((fault.requests, fault.limit), (Some(26), Some(26)));
        assert_eq!(fault.back_within_s, Some(1));
        assert_eq!(measured(&[("requests", 27.0), ("at most", 26.0)]).requests, Some(27));
        assert_eq!(measured(&[("requests", 1000.0)]).requests, Some(1000));
        assert_eq!(measured(&[("requests", 20_543.0)]).requests, Some(STORM));
    }

    #[test]
    fn the_largest_numbers_stay_and_a_client_that_was_lost_once_stays_lost() {
        let quick = measured(&[("requests", 4.0), ("back after s", 3.0)]);
        let slow = measured(&[("requests", 5.0), ("back after s", 12.0)]);
        let lost = measured(&[("requests", 1.0), ("not back within s", 45.0)]);
        assert_eq!(quick.merged(slow), slow);
        assert_eq!(slow.merged(quick), slow);
        let merged = lost.merged(slow);
        assert_eq!((merged.requests, merged.back_within_s), (Some(5), None));
        assert_eq!(merged.not_back_within_s, Some(45));
        assert_eq!(slow.merged(lost), merged);
    }
}
