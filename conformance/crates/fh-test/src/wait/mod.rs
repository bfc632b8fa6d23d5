//! Waits of tests. They sleep between two looks, so that they do not take the processor from the threads that they wait for.
//!
//! ```
//! use std::sync::mpsc::channel;
//!
//! use fh_test::wait::{PATIENCE, wait_for, wait_until};
//!
//! let (sender, receiver) = channel();
//! let thread = std::thread::spawn(move || sender.send(7));
//! assert_eq!(wait_for("a number", || receiver.try_recv().ok()), 7);
//! wait_until("the thread ended", || thread.is_finished());
//! assert!(receiver.recv_timeout(PATIENCE).is_err());
//! ```

mod lateness;

use std::thread;
use std::time::{Duration, Instant};

pub use lateness::Lateness;

/// The time limit of every wait. It only ends tests that hang, so it is long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Repeats `look` until it returns true. It may repeat what triggers the expected state, such as a request.
///
/// # Panics
/// If it is false for longer than [`PATIENCE`]. The message contains `expected`.
#[track_caller]
pub fn wait_until(expected: &str, mut look: impl FnMut() -> bool) {
    wait_for(expected, || look().then_some(()));
}

/// Repeats `look` until it returns a value, and returns the value. It may repeat what triggers the expected state, such as a request.
///
/// # Panics
/// If there is no value for longer than [`PATIENCE`]. The message contains `expected`.
#[track_caller]
pub fn wait_for<T>(expected: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let limit = Limit::new(PATIENCE);
    loop {
        if let Some(found) = look() {
            return found;
        }
        limit.check(expected);
        thread::sleep(PAUSE);
    }
}

/// Repeats `look` until its future returns true, as [`wait_until`] does. If tokio's clock is paused, each look advances it by 5 ms.
///
/// # Panics
/// If it is false for longer than [`PATIENCE`]. The message contains `expected`.
pub async fn wait_until_async(expected: &str, mut look: impl AsyncFnMut() -> bool) {
    let limit = Limit::new(PATIENCE);
    while !look().await {
        limit.check(expected);
        tokio::time::sleep(PAUSE).await;
    }
}

/// The end of a wait.
struct Limit {
    end: Instant,
}

impl Limit {
    fn new(patience: Duration) -> Self {
        Self { end: Instant::now() + patience }
    }

    #[track_caller]
    fn check(&self, expected: &str) {
        assert!(Instant::now() < self.end, "not in time: {expected}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_repeats_its_trigger_until_it_has_an_effect() {
        let mut requests = 0;
        wait_until("three requests", || {
            requests += 1;
            requests == 3
        });
        assert_eq!(requests, 3);
    }

    #[test]
    #[should_panic(expected = "not in time: a miracle")]
    fn a_wait_has_an_end() {
        Limit::new(Duration::ZERO).check("a miracle");
    }
}
