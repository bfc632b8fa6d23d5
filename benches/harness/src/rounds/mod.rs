//! Interleaved rounds of benches, and the figures that they give.

mod check;
mod cold;
mod engine;
mod floors;
mod heap;
mod hot;
mod load;
mod options;
mod session;
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
pub use session::{Extras, Figures, Role, Row, heap_child, measure};
pub use tables::report;
pub use threads::{Scaling, Target, scaling, target};

/// The duration of a bench in each round, in nanoseconds.
const SLICE: u64 = 4_000_000;
/// The duration for benches whose iteration evaluates a thousand flags, in nanoseconds.
const LONG_SLICE: u64 = 16_000_000;
