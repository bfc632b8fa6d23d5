//! The pace of requests: at most two within a span of time, whatever the cause (D-64).

use std::fmt;
use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Recording, Route};

use super::scenario::Verdict;
use super::scene::Scene;
use super::stop::Stop;
use super::tempo::Tempo;

/// Requests that followed each other too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// Number of requests.
    pub requests: usize,
    /// The time from the first to the last of them.
    pub within: Duration,
    /// The shortest time that the pace allows for them.
    pub at_least: Duration,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, within, at_least } = self;
        write!(f, "{requests} requests within {within:?}, which must take at least {at_least:?}")
    }
}

/// Returns the first requests that break the pace, if any do.
///
/// Each request comes at least one pace after the last but one before it. So any `n` requests take at least (n − 1) ÷ 2 paces, rounded
/// down. `slack` is the time by which a request may have been delayed on its way, which shortens the time to the requests after it.
#[must_use]
pub fn breach(times: &[Instant], pace: Duration, slack: Duration) -> Option<Breach> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.iter().enumerate().find_map(|(first, from)| {
        times.iter().enumerate().skip(first + 2).find_map(|(last, to)| {
            let paces = u32::try_from((last - first) / 2).unwrap_or(u32::MAX);
            let at_least = pace.saturating_mul(paces);
            let within = to.saturating_duration_since(*from);
            let requests = last - first + 1;
            (within + slack < at_least).then_some(Breach { requests, within, at_least })
        })
    })
}

impl Tempo {
    /// Returns the time within which a client sends at most two requests: one second, scaled with the first delay before a retry.
    #[must_use]
    pub fn pace(&self) -> Duration {
        self.retry
    }
}

impl Scene<'_> {
    /// Checks that a client kept the pace with its requests of a route.
    ///
    /// The check allows for the lateness of the machine. So a client whose requests come too fast is watched for longer: on a busy machine,
    /// a few fast requests could be late ones, but many could not.
    ///
    /// # Errors
    /// The failed check.
    pub fn keeps_pace(&self, label: &str, route: Route) -> Verdict {
        let pace = self.tempo().pace();
        let breach = |seen: &Recording, slack: Duration| {
            let times: Vec<Instant> = seen.of(route).map(|seen| seen.request.at).collect();
            breach(&times, pace, slack)
        };
        if breach(&self.edge().recording(), Duration::ZERO).is_some() {
            let watch = pace * 20 + self.lateness().slack() * 2;
            let is_breach = |seen: &Recording| breach(seen, self.lateness().slack()).is_some();
            // A timeout means that the client kept the pace otherwise.
            let _ = self.edge().wait_until(watch, is_breach);
        }
        match breach(&self.edge().recording(), self.lateness().slack()) {
            None => Ok(()),
            Some(breach) => {
                Err(Stop::failed(label, format!("at most two within {pace:?}"), breach.to_string()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const SLACK: Duration = Duration::from_millis(50);

    fn at(millis: impl IntoIterator<Item = u64>) -> Vec<Instant> {
        let start = Instant::now();
        millis.into_iter().map(|millis| start + Duration::from_millis(millis)).collect()
    }

    #[test]
    fn two_at_once_keep_the_pace_and_three_do_not() {
        assert_eq!(breach(&at([0, 1, 1000, 1001, 2000]), SECOND, SLACK), None);
        let three = breach(&at([0, 1, 2]), SECOND, SLACK).unwrap();
        assert_eq!((three.requests, three.at_least), (3, SECOND));
        assert_eq!(breach(&at([0, 1, 951]), SECOND, SLACK), None, "the slack counts");
    }

    #[test]
    fn a_rate_that_is_too_high_is_found_without_three_at_once() {
        assert!(breach(&at((0..20).map(|n| n * 480)), SECOND, SLACK).is_some());
        assert_eq!(breach(&at((0..20).map(|n| n * 500)), SECOND, SLACK), None);
    }
}
