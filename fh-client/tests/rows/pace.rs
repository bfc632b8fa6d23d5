//! The pace of requests: at most two within a span of time, whatever the cause (D-64).

use std::fmt;
use std::time::Duration;

/// Requests that followed each other too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breach {
    /// Number of requests.
    pub(super) requests: usize,
    /// The time from the first to the last of them.
    pub(super) within: Duration,
    /// The shortest time that the pace allows for them.
    pub(super) at_least: Duration,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, within, at_least } = self;
        write!(f, "{requests} requests within {within:?} instead of at least {at_least:?}")
    }
}

/// Returns the first requests that break the pace, if any do.
///
/// Each request comes at least one pace after the last but one before it. So any `n` requests take at least (n − 1) ÷ 2 paces, rounded
/// down. `slack` is the time by which a request may have been delayed on its way, which shortens the time to the requests after it.
pub(super) fn breach(times: &[Duration], pace: Duration, slack: Duration) -> Option<Breach> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.iter().enumerate().find_map(|(first, from)| {
        times.iter().enumerate().skip(first + 2).find_map(|(last, to)| {
            let paces = u32::try_from((last - first) / 2).unwrap_or(u32::MAX);
            let at_least = pace.saturating_mul(paces);
            let within = to.saturating_sub(*from);
            (within + slack < at_least).then_some(Breach {
                requests: last - first + 1,
                within,
                at_least,
            })
        })
    })
}

#[test]
fn a_pace_is_broken_by_any_number_of_requests() {
    let at = |millis: &[u64]| -> Vec<Duration> {
        millis.iter().copied().map(Duration::from_millis).collect()
    };
    let (second, slack) = (Duration::from_secs(1), Duration::from_millis(50));
    assert_eq!(breach(&at(&[0, 1, 1000, 1001, 2000]), second, slack), None);
    assert_eq!(breach(&at(&[0, 1, 2]), second, slack).map(|breach| breach.requests), Some(3));
    // Never three at once, and still too many.
    let hasty: Vec<u64> = (0..20).map(|n| n * 480).collect();
    assert!(breach(&at(&hasty), second, slack).is_some());
}
