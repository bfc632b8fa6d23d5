//! The levels of `logging`, and the present one.

use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::Level;
use tracing::level_filters::LevelFilter;

/// The levels of `logging`, from the one that shows most, with the levels of the crates. `logging` has no level TRACE.
const LEVELS: [(u8, LevelFilter); 5] = [
    (5, LevelFilter::TRACE),
    (10, LevelFilter::DEBUG),
    (20, LevelFilter::INFO),
    (30, LevelFilter::WARN),
    (40, LevelFilter::ERROR),
];

/// The position in [`LEVELS`] of the present level. The number of levels means that all are off.
static PRESENT: AtomicUsize = AtomicUsize::new(LEVELS.len());

/// Returns the level above which events are left out.
pub(super) fn present() -> LevelFilter {
    let position = PRESENT.load(Ordering::Relaxed);
    LEVELS.get(position).map_or(LevelFilter::OFF, |(_, level)| *level)
}

/// Returns the number of a level in `logging`.
pub(super) fn number(level: Level) -> u8 {
    let found = LEVELS.iter().find(|(_, filter)| *filter == LevelFilter::from_level(level));
    found.map_or(40, |(number, _)| *number)
}

/// Sets the present level: a number of `logging`, or `None` if all levels are off. Returns true if it was another one before.
pub(super) fn set(level: Option<u8>) -> bool {
    let position =
        LEVELS.iter().position(|(number, _)| level.is_some_and(|level| *number >= level));
    let position = position.unwrap_or(LEVELS.len());
    PRESENT.swap(position, Ordering::Relaxed) != position
}
