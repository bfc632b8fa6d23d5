//! The log events of the client's crates, for the logger of another language.
//!
//! The crates' threads only put records into a bounded [`Queue`]. A thread of the queue delivers them, so that the thread that keeps the
//! features current never waits for a logger.

mod collector;
mod level;
mod queue;
mod sink;

pub use self::collector::set_level;
pub use self::queue::{Queue, Record};
pub use self::sink::Sink;
