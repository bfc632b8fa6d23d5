//! Parts that test servers share: a port that can be closed and opened again, requests of HTTP/1.1, ends of connections, and records that a
//! test can wait for. A server adds its own routes, answers and faults. It uses threads and the standard library's sockets.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod http;
mod lock;
mod port;
mod recorder;
mod tcp;

pub use http::{ReadRequest, Request, read};
pub use lock::locked;
pub use port::Port;
pub use recorder::{Recorder, TimedOut};
pub use tcp::{Ending, drain, end};
