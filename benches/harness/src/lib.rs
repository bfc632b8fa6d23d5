//! The measurement of engines.
//!
//! All engines of a program run in one process. Every round runs every bench once, in random order, so that disturbances by
//! the machine affect all of them. The figure of a bench is the median over the rounds. Absolute figures are valid for one
//! run on one machine; only ratios within a run can be compared.

#[cfg(feature = "rounds")]
pub mod floor;
mod report;
#[cfg(feature = "rounds")]
mod rounds;
mod stats;
pub mod workload;

pub use report::{Report, Table, bytes, end, multiple, nanos, write};
#[cfg(feature = "rounds")]
pub use rounds::*;
pub use stats::{Shuffle, median, percentile};
