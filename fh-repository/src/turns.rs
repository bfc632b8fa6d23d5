//! A guard that lets only one thread at a time run a piece of work.

use crate::sync::{AtomicU64, Ordering};

/// A guard that lets only one thread at a time run a piece of work.
pub(crate) struct Turns(AtomicU64);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Runs `work`, and runs it again if another call requested work meanwhile. If another call is running, this call returns at once, and
    /// the other call runs its own `work` again.
    pub(crate) fn take(&self, mut work: impl FnMut()) {
        if self.0.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        let mut asked = 1;
        loop {
            work();
            match self.0.compare_exchange(asked, 0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => asked = now,
            }
        }
    }
}
