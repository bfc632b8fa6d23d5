//! How fast requests may follow each other: at most two within the pace, whatever the cause (D-64).

use std::fmt;
use std::time::Duration;

/// Requests that came too close together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// So many requests
    pub requests: usize,
    /// came within this time
    pub within: Duration,
    /// though they should have taken this long.
    pub at_least: Duration,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, within, at_least } = self;
        write!(f, "{requests} requests within {within:?} instead of at least {at_least:?}")
    }
}

/// Looks at every span of time between two requests: of requests that keep the pace, each comes at least one pace after the last but
/// one before it, and so any `n` take (n − 1) ÷ 2 paces, rounded down.
///
/// `slack` is how much a request may have been late on its way: it shortens the time to those behind it. See
/// [`Lateness::slack`](crate::lateness::Lateness::slack).
///
/// ```
/// # use std::time::Duration;
/// # use fh_faults::pace::breach;
/// let at = |millis: &[u64]| millis.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();
/// let (second, slack) = (Duration::from_secs(1), Duration::from_millis(50));
/// assert_eq!(breach(&at(&[0, 1, 1000, 1001, 2000]), second, slack), None);
/// assert_eq!(breach(&at(&[0, 1, 2]), second, slack).map(|breach| breach.requests), Some(3));
/// // Never three at once, and still too many.
/// let hasty: Vec<u64> = (0..20).map(|n| n * 480).collect();
/// assert!(breach(&at(&hasty), second, slack).is_some());
/// ```
#[must_use]
pub fn breach(times: &[Duration], pace: Duration, slack: Duration) -> Option<Breach> {
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
