#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod counters;
mod enrich;
mod exporter;
mod message;
mod queue;
mod sender;

pub use builder::{SegmentBuilder, StartError};
pub use counters::Counters;
pub use enrich::enrich;
pub use exporter::SegmentExporter;
