//! A guard that lets only one thread at a time run a piece of work.

use crate::sync::{AtomicU64, Ordering};

/// Ends the turn of a thread whose work panicked, so that later calls run their work.
struct EndOnPanic<'t>(&'t AtomicU64);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

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
            let turn = EndOnPanic(&self.0);
            work();
            std::mem::forget(turn);
            match self.0.compare_exchange(asked, 0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => asked = now,
            }
        }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, target_family = "wasm")))]
mod tests {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::Turns;

    #[test]
    fn work_runs_after_other_work_has_panicked() {
        let turns = Turns::new();
        let panicked = catch_unwind(AssertUnwindSafe(|| turns.take(|| panic!("broken"))));
        assert!(panicked.is_err());
        let ran = Cell::new(0);
        turns.take(|| ran.set(ran.get() + 1));
        assert_eq!(ran.get(), 1);
    }
}
