//! A client in a process of its own. It is told what to do line by line, and tells what it sees line by line, in JSON.

mod child;
mod handle;
mod messages;
mod readers;
mod served;
mod witness;

pub use child::run;
pub use handle::{Subject, SubjectError};
pub use messages::{Driver, News, Order, Report, Settings};
pub use served::{number, value};

/// The feature whose value tells what has arrived.
pub const FEATURE: &str = "STATE";
