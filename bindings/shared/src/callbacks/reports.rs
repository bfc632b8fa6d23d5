//! The failures of a function that a binding reports.

use std::sync::atomic::{AtomicBool, Ordering};

/// The failures of a function that a binding reports to the program, for example by writing them to the log. The client counts all of them.
#[derive(Debug)]
pub enum Reports {
    /// Each failure, as for listeners.
    Each,
    /// The first failure, as for interceptors and observers, which are called for each read. The flag is true once it was reported.
    First(AtomicBool),
}

impl Reports {
    /// Returns the choice to report the first failure only.
    #[must_use]
    pub const fn first() -> Self {
        Self::First(AtomicBool::new(false))
    }

    /// Returns true if the failure that has just happened is one to report.
    pub fn is_due(&self) -> bool {
        match self {
            Self::Each => true,
            Self::First(was_reported) => !was_reported.swap(true, Ordering::Relaxed),
        }
    }
}
