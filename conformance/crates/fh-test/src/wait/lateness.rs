//! How late a busy machine wakes threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A watch that measures how much later than requested a thread is woken. Other threads are delayed as much. Dropping it ends the watch.
#[derive(Debug)]
pub struct Lateness(Arc<Watch>);

#[derive(Debug, Default)]
struct Watch {
    worst: AtomicU64,
    is_over: AtomicBool,
}

const NAP: Duration = Duration::from_millis(1);

impl Lateness {
    /// Starts a watch. If no thread is available, the lateness stays 0.
    #[must_use]
    pub fn watch() -> Self {
        let watch = Arc::new(Watch::default());
        let own = Arc::clone(&watch);
        let _ = thread::Builder::new().name("lateness".to_owned()).spawn(move || own.run());
        Self(watch)
    }

    /// Returns the longest delay so far.
    #[must_use]
    pub fn worst(&self) -> Duration {
        Duration::from_micros(self.0.worst.load(Ordering::Relaxed))
    }

    /// Returns the time by which an upper bound grows: 50 ms, and twice the longest delay so far.
    #[must_use]
    pub fn slack(&self) -> Duration {
        const USUAL: Duration = Duration::from_millis(50);
        USUAL + self.worst() * 2
    }
}

impl Drop for Lateness {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    fn run(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let before = Instant::now();
            thread::sleep(NAP);
            let late = before.elapsed().saturating_sub(NAP).as_micros();
            self.worst.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}
