//! placeholder
#![forbid(unsafe_code)]
pub mod bucket;
mod time;
pub mod text;
pub use time::{BadTimestamp, Clock, Timestamp};
