//! How late a busy machine is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Watches how much later than asked for a thread is woken. Other threads are held up as much: what they did in time may look late, and
/// what came after it early.
#[derive(Debug)]
pub struct Lateness(Arc<Watch>);

#[derive(Debug, Default)]
struct Watch {
    worst: AtomicU64,
    is_over: AtomicBool,
}

const NAP: Duration = Duration::from_millis(1);

impl Lateness {
    /// Watches from now on. Without a thread to be had it knows of no lateness.
    #[must_use]
    pub fn watch() -> Self {
        let watch = Arc::new(Watch::default());
        let own = Arc::clone(&watch);
        let _ = thread::Builder::new().name("lateness".to_owned()).spawn(move || own.run());
        Self(watch)
    }

    /// The worst so far.
    #[must_use]
    pub fn worst(&self) -> Duration {
        Duration::from_micros(self.0.worst.load(Ordering::Relaxed))
    }

    /// What two threads one after the other may have been late, and what is usual on top.
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
