//! The log events of the client's crates, for the logger of another language.
//!
//! The crates' threads only put records into a bounded [`Queue`]. A thread of the queue delivers them, so that the thread that keeps the
//! features current never waits for a logger.

mod collector;
mod level;
mod queue;

pub use self::queue::{Queue, Record};

use std::sync::Once;

use tracing::level_filters::LevelFilter;

use self::collector::Collector;

/// Sets the level, and begins to collect events. `deliver` is the work of the thread that delivers the records of a queue; it is the same in
/// each call.
pub fn set_level(level: LevelFilter, deliver: fn(&Queue)) {
    static COLLECT: Once = Once::new();
    let has_changed = level::set(level);
    COLLECT.call_once(|| {
        // This fails only if the program has a collector already.
        let _ = tracing::subscriber::set_global_default(Collector { deliver });
    });
    if has_changed {
        tracing::callsite::rebuild_interest_cache();
    }
}
