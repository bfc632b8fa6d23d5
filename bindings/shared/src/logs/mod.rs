//! The log events of the client's crates, for the logger of another language.
//!
//! The crates' threads only put records into a bounded [`Queue`]. A thread of the queue delivers them, so that the thread that keeps the
//! features current never waits for a logger.

mod collector;
mod queue;

pub use self::queue::{Queue, Record};

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::level_filters::LevelFilter;

use self::collector::Collector;

const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// The position in [`LEVELS`] of the present level.
static PRESENT: AtomicUsize = AtomicUsize::new(0);

/// Returns the level above which events are left out. Events of a level that is off cost one comparison.
#[must_use]
pub fn level() -> LevelFilter {
    LEVELS.get(PRESENT.load(Ordering::Relaxed)).copied().unwrap_or(LevelFilter::OFF)
}

/// Sets the level, and begins to collect events. `deliver` is the work of the thread that delivers the records of a queue; it is the same in
/// each call.
pub fn set_level(level: LevelFilter, deliver: fn(&Queue)) {
    static COLLECT: Once = Once::new();
    let position = LEVELS.iter().position(|each| *each == level).unwrap_or_default();
    let has_changed = PRESENT.swap(position, Ordering::Relaxed) != position;
    COLLECT.call_once(|| {
        // This fails only if the program has a collector already.
        let _ = tracing::subscriber::set_global_default(Collector { deliver });
    });
    if has_changed {
        tracing::callsite::rebuild_interest_cache();
    }
}
