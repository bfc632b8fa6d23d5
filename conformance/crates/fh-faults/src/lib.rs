//! What the client bears, on real sockets.
//!
//! - [`table`]: the 22 faults that the published SDKs were measured with (sdk-behaviour 7.5), with our column.
//! - [`restarts`]: the Edge is killed again and again under reading threads.
//! - [`cycles`]: hundreds of clients made and closed, and what is left of them.
//!
//! A client that is measured runs in a process of its own, the [`subject`]; the Edge that it meets runs in the measuring
//! process. So the memory is the client's alone, and an Edge cannot be restarted by mistake when the client should be.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod cycles;
pub mod lateness;
pub mod pace;
pub mod process;
pub mod published;
pub mod restarts;
pub mod scale;
pub mod subject;
pub mod table;
