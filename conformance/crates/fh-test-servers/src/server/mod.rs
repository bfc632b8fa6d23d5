//! Parts that test servers share: a port that can be closed and opened again, connections and their requests, answers, faults, a record that a
//! test can wait for, and a program that lines of JSON drive. A server adds its own routes, answers and faults. It uses threads and the
//! standard library's sockets.
#![cfg_attr(
    not(any(feature = "featbit", feature = "featuresignals")),
    allow(dead_code, unused_imports, reason = "the Edge alone needs only some parts")
)]

mod connection;
mod control;
mod faults;
mod http;
mod lock;
mod port;
mod recorder;
mod response;
mod tcp;

pub(crate) use connection::{Connection, Listener, Protocol, Then};
pub(crate) use control::{Arguments, Control, Outcome, program, text};
pub use faults::Times;
pub(crate) use faults::{FaultPlan, Faults, milliseconds};
pub use http::Request;
pub(crate) use http::{Parsed, Wants, parse};
pub(crate) use lock::locked;
pub use port::Port;
pub(crate) use recorder::Recorder;
pub use recorder::{Counts, SeenRequest, TimedOut};
pub(crate) use response::{Response, reason};
pub(crate) use tcp::{Ending, end};
