//! Parts that test servers share: a port that can be closed and opened again, requests of HTTP/1.1, ends of connections, records that a test
//! can wait for, and control by lines of JSON. A server adds its own routes, answers and faults. It uses threads and the standard library's sockets.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod control;
mod http;
mod lock;
mod port;
mod recorder;
mod tcp;

pub use control::{Control, Outcome, arguments, serve};
pub use http::{ReadRequest, Request, read};
pub use lock::locked;
pub use port::Port;
pub use recorder::{Recorder, TimedOut};
pub use tcp::{Ending, drain, end};
