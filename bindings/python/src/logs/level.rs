//! The levels of `logging`.

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

/// Returns the number of a level in `logging`.
pub(super) fn number(level: Level) -> u8 {
    let found = LEVELS.iter().find(|(_, filter)| *filter == LevelFilter::from_level(level));
    found.map_or(40, |(number, _)| *number)
}

/// Returns the level with a number of `logging`; `None` turns all levels off.
pub(super) fn filter(number: Option<u8>) -> LevelFilter {
    let found = LEVELS.iter().find(|(each, _)| number.is_some_and(|number| *each >= number));
    found.map_or(LevelFilter::OFF, |(_, level)| *level)
}
