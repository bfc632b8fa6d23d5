//! The level of the records that are collected.

use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::level_filters::LevelFilter;

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
pub(super) fn present() -> LevelFilter {
    LEVELS.get(PRESENT.load(Ordering::Relaxed)).copied().unwrap_or(LevelFilter::OFF)
}

/// Sets the level. Returns true if it was another one before.
pub(super) fn set(level: LevelFilter) -> bool {
    let position = LEVELS.iter().position(|each| *each == level).unwrap_or_default();
    PRESENT.swap(position, Ordering::Relaxed) != position
}
