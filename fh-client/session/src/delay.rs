//! Delays before retries. Random delays are whole milliseconds, computed in doubles, so that a client in another language can compute
//! the same ones.

use std::ops::RangeInclusive;
use std::time::Duration;

use fh_repository::time::Millis;

use crate::config::Backoff;

/// A pseudo-random number generator with a given seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next pseudo-random number, which is at least 0 and less than 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The delays that were used since the last reset, which determine the next delay.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delays {
    count: u32,
    brief_was_used: bool,
}

/// The longest delay between two connections that had data in which no poll follows.
const LONGEST_GAP: Duration = Duration::from_secs(5);
/// Minimum delay that a [`Backoff`] gives. If its initial delay is shorter, the initial delay is the minimum.
const SHORTEST: Duration = Duration::from_millis(100);

impl Delays {
    /// Returns the next delay, drawn from `[d × (1 − jitter), d]`. The value `d` is the initial delay after a reset, and doubles with each
    /// call, at most 31 times. It is limited by `cap` and by the cap of `backoff`. The returned delay is at least [`shortest`].
    pub(crate) fn next(
        &mut self,
        backoff: &Backoff,
        cap: Duration,
        random: &mut Random,
    ) -> Duration {
        let longest = self.longest(backoff).min(cap);
        self.count = self.count.saturating_add(1).min(31);
        let jitter = if backoff.jitter.is_finite() { backoff.jitter.clamp(0.0, 1.0) } else { 0.5 };
        let least = shortest(backoff);
        let longest = millis(longest);
        whole(longest - longest * (jitter * random.share())).max(least)
    }

    /// Returns the largest value that [`Self::next`] may return.
    fn longest(&self, backoff: &Backoff) -> Duration {
        let doubled =
            backoff.initial.saturating_mul(1_u32.checked_shl(self.count).unwrap_or(u32::MAX));
        doubled.min(backoff.cap)
    }

    /// Returns true if the delay of [`Self::after_drop`] may be so long that the client polls in the middle of it.
    pub(crate) fn is_gap_long(&self, backoff: &Backoff) -> bool {
        !self.is_brief() && self.longest(backoff) > LONGEST_GAP
    }

    const fn is_brief(&self) -> bool {
        self.count == 0 && !self.brief_was_used
    }

    /// Returns the delay after the end of a stream that had sent features. If no delay was used since the last reset, the delay is drawn
    /// from the range `brief`. Otherwise the delay is that of [`Self::next`].
    pub(crate) fn after_drop(
        &mut self,
        brief: &RangeInclusive<Duration>,
        backoff: &Backoff,
        random: &mut Random,
    ) -> Duration {
        if self.is_brief() {
            self.brief_was_used = true;
            return within(brief, random);
        }
        self.next(backoff, backoff.cap, random)
    }

    /// Restarts the delays: the next delay is again the first.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Returns the minimum delay that `backoff` gives.
pub(crate) fn shortest(backoff: &Backoff) -> Duration {
    SHORTEST.min(backoff.initial)
}

/// Returns a random duration within a range, so that clients whose streams end at the same time do not all reconnect at the same time.
/// Returns the start of a range whose end is earlier.
pub(crate) fn within(range: &RangeInclusive<Duration>, random: &mut Random) -> Duration {
    let start = millis(*range.start());
    let width = (millis(*range.end()) - start).max(0.0);
    whole(start + width * random.share()).max(*range.start())
}

/// Returns the duration of this many milliseconds, without the fraction. Returns the nearest bound if the number is negative or too large.
pub(crate) fn whole(millis: f64) -> Duration {
    Duration::from_millis(millis as u64)
}

/// Returns the whole milliseconds of a duration.
fn millis(duration: Duration) -> f64 {
    duration.as_millis() as f64
}

/// The times of the last two requests, by which the rate of requests is limited.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent([Option<Millis>; 2]);

impl Recent {
    /// Counts a request at the time `now`, of which at most two are admitted within `pace`.
    ///
    /// # Errors
    /// The time at which the request is admitted, if that is later.
    pub(crate) fn admit(&mut self, now: Millis, pace: Duration) -> Result<(), Millis> {
        let [before_last, last] = self.0;
        match before_last.map(|sent| sent.after(pace)) {
            Some(at) if at > now => Err(at),
            _ => {
                self.0 = [last, Some(now)];
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { initial: Duration::from_secs(1), cap: Duration::from_secs(30), jitter: 0.5 };

    #[test]
    fn doubles_up_to_the_cap_and_stays_within_its_bounds() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let mut delays = Delays::default();
            for full in [1, 2, 4, 8, 16, 30, 30, 30] {
                let full = Duration::from_secs(full);
                let drawn = delays.next(&BACKOFF, BACKOFF.cap, &mut random);
                assert!(drawn <= full && drawn >= full / 2, "{drawn:?} of {full:?}");
            }
            for _ in 0..100 {
                assert!(delays.next(&BACKOFF, BACKOFF.cap, &mut random) <= BACKOFF.cap);
            }
            delays.reset();
            assert!(delays.next(&BACKOFF, BACKOFF.cap, &mut random) <= BACKOFF.initial);
        }
    }

    #[test]
    fn without_jitter_it_is_exact_and_odd_settings_do_no_harm() {
        let mut random = Random::new(7);
        let exact = Backoff { jitter: 0.0, ..BACKOFF };
        let mut delays = Delays::default();
        let drawn: Vec<u64> =
            (0..6).map(|_| delays.next(&exact, exact.cap, &mut random).as_secs()).collect();
        assert_eq!(drawn, [1, 2, 4, 8, 16, 30]);
        for jitter in [f64::NAN, f64::INFINITY, -3.0, 9.0] {
            let odd = Backoff { jitter, initial: Duration::MAX, cap: Duration::from_secs(5) };
            let drawn = Delays::default().next(&odd, odd.cap, &mut random);
            assert!(drawn <= odd.cap.max(SHORTEST), "{jitter}");
        }
        let longest = Backoff { initial: Duration::MAX, cap: Duration::MAX, jitter: 0.0 };
        let drawn = Delays::default().next(&longest, longest.cap, &mut random);
        assert_eq!(drawn, Duration::from_millis(u64::MAX));
        let tiny = Backoff { initial: Duration::from_millis(3), ..BACKOFF };
        assert!(Delays::default().next(&tiny, tiny.cap, &mut random) <= tiny.initial);
    }

    #[test]
    fn the_first_drop_is_brief() {
        let mut random = Random::new(1);
        let mut delays = Delays::default();
        let brief = Duration::from_millis(100)..=Duration::from_millis(300);
        let exact = Backoff { jitter: 0.0, ..BACKOFF };
        let first = delays.after_drop(&brief, &exact, &mut random);
        assert!(brief.contains(&first), "{first:?}");
        assert_eq!(delays.after_drop(&brief, &exact, &mut random), Duration::from_secs(1));
        assert_eq!(delays.after_drop(&brief, &exact, &mut random), Duration::from_secs(2));
    }

    #[test]
    fn ranges_are_used_up_and_backward_ones_do_no_harm() {
        let mut random = Random::new(3);
        let range = Duration::from_millis(100)..=Duration::from_secs(1);
        let drawn: Vec<Duration> = (0..1000).map(|_| within(&range, &mut random)).collect();
        assert!(drawn.iter().all(|drawn| range.contains(drawn)));
        assert!(drawn.iter().any(|drawn| *drawn < Duration::from_millis(120)));
        assert!(drawn.iter().any(|drawn| *drawn > Duration::from_millis(980)));
        let backward = Duration::from_secs(2)..=Duration::from_secs(1);
        assert_eq!(within(&backward, &mut random), Duration::from_secs(2));
    }

    /// The expected values were computed with Python's doubles, which are those of JavaScript.
    #[test]
    fn random_delays_are_whole_milliseconds() {
        let mut random = Random::new(42);
        let mut delays = Delays::default();
        let mut drawn: Vec<u128> =
            (0..6).map(|_| delays.next(&BACKOFF, BACKOFF.cap, &mut random).as_nanos()).collect();
        let range = Duration::from_millis(100)..=Duration::from_secs(1);
        drawn.extend((0..3).map(|_| within(&range, &mut random).as_nanos()));
        let expected = [629, 1840, 3442, 6623, 15695, 16976, 296, 820, 405];
        assert_eq!(drawn, expected.map(|millis: u128| millis * 1_000_000));
    }

    #[test]
    fn random_numbers_are_uniform() {
        let mut random = Random::new(42);
        let mut tenths = [0; 10];
        for _ in 0..10_000 {
            tenths[(random.share() * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1150).contains(count)), "{tenths:?}");
    }
}
