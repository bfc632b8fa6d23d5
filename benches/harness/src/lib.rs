//! The measurement of engines.
//!
//! All engines of a program run in one process. Every round runs every bench once, in random order, so that disturbances by
//! the machine affect all of them. The figure of a bench is the median over the rounds. Absolute figures are valid for one
//! run on one machine; only ratios within a run can be compared.

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

/// The duration of a bench in each round, in nanoseconds.
pub const SLICE: u64 = 4_000_000;
/// The duration for benches whose iteration evaluates a thousand flags, in nanoseconds.
pub const LONG_SLICE: u64 = 16_000_000;
