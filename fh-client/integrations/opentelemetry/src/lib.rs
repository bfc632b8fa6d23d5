#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod baggage;

mod attribute;
mod spans;
mod written;

pub use spans::{Mode, SpanUsage};
