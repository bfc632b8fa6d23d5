//! How engines are measured.
//!
//! All engines of a binary live in one process. Every round runs every bench once, in random order, so that whatever else
//! the machine does falls on all of them; the figure of a bench is the median over the rounds. Absolute figures hold for
//! one run on one machine, ratios within a run are what counts.

mod check;
mod cold;
mod engine;
mod floors;
mod heap;
mod hot;
mod load;
mod options;
mod report;
mod session;
mod stats;
mod tables;
mod threads;

pub use check::{Checked, check, check_share};
pub use cold::cold;
pub use engine::{All, Engine, Live, Swapped};
pub use floors::{BoxedByHandle, BoxedByKey, BoxedOwnPatterns, FlatByHandle, Locked};
pub use heap::{Counting, Heap};
pub use hot::{Bench, Column, Suite, run};
pub use load::{JsonValue, Loader};
pub use options::Options;
pub use report::{Report, Table, bytes, multiple, nanos};
pub use session::{Extras, Figures, Role, Row, heap_child, measure};
pub use stats::{Shuffle, median, percentile};
pub use tables::report;
pub use threads::{Scaling, Target, scaling, target};

/// How long one bench runs per round, in nanoseconds.
pub const SLICE: u64 = 4_000_000;
/// The same where one iteration is a thousand flags.
pub const LONG_SLICE: u64 = 16_000_000;
