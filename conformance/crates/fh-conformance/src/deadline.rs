//! Ends of waits, which a busy machine moves.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The end of a wait for something that must happen.
///
/// The wait grows by twice the time by which the machine woke threads late meanwhile, because the process that the wait is for was late as
/// well. It grows to at most [`MOST`] times its limit, so that every wait ends.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    begin: Instant,
    limit: Duration,
    late_before: Duration,
}

/// The largest factor by which a busy machine lengthens a wait.
pub const MOST: u32 = 6;

/// The time for which the measuring thread sleeps at a time.
const NAP: Duration = Duration::from_millis(5);

/// A delay up to this one is usual on an idle machine.
const USUAL: Duration = Duration::from_millis(2);

/// The sum of all delays in microseconds.
static LATE: AtomicU64 = AtomicU64::new(0);

impl Deadline {
    /// Returns the end of a wait that begins now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self { begin: Instant::now(), limit, late_before: late() }
    }

    /// Returns the time that is left now; zero if the wait is over. It may grow until it is zero.
    #[must_use]
    pub fn left(&self) -> Duration {
        time_left(self.limit, self.begin.elapsed(), late().saturating_sub(self.late_before))
    }

    /// Returns true if no time is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// Returns the time since the beginning of the wait, in seconds with one decimal, for messages.
    #[must_use]
    pub fn waited(&self) -> String {
        format!("{:.1} s", self.begin.elapsed().as_secs_f64())
    }
}

/// Returns by how much threads were woken late so far, all delays together. The first call starts the measurement.
fn late() -> Duration {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        // Without a thread, the lateness stays 0 and waits do not grow.
        let _ = thread::Builder::new().name("deadlines".to_owned()).spawn(|| {
            loop {
                let before = Instant::now();
                thread::sleep(NAP);
                let late = before.elapsed().saturating_sub(NAP + USUAL).as_micros();
                LATE.fetch_add(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
    });
    Duration::from_micros(LATE.load(Ordering::Relaxed))
}

/// Returns the time that is left of a limit after a wait, during which threads were woken late.
fn time_left(limit: Duration, waited: Duration, late: Duration) -> Duration {
    let most = limit.saturating_mul(MOST);
    limit.saturating_add(late.saturating_mul(2)).min(most).saturating_sub(waited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_grows_by_twice_the_lateness_and_ends() {
        let seconds = Duration::from_secs;
        for (waited, late, left) in
            [(4, 0, 6), (10, 0, 0), (10, 3, 6), (16, 3, 0), (59, 100, 1), (60, 100, 0)]
        {
            let found = time_left(seconds(10), seconds(waited), seconds(late));
            assert_eq!(found, seconds(left), "after {waited} s with {late} s of lateness");
        }
    }

    #[test]
    fn a_late_machine_is_measured() {
        let deadline = Deadline::after(Duration::from_secs(60));
        assert!(!deadline.is_over() && Deadline::after(Duration::ZERO).is_over());
        let before = late();
        LATE.fetch_add(1_000_000, Ordering::Relaxed);
        assert!(late() >= before + Duration::from_secs(1));
        assert!(deadline.left() > Duration::from_secs(55));
    }
}
