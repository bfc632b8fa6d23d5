//! A test server that speaks the protocol of FeatBit's evaluation server on real sockets. It is correct by default, fails as a test scripts
//! it, and records everything that it receives.
//!
//! It shares no code with the client or the engine, so that it is an independent implementation of the server's side. It uses threads and the
//! standard library's sockets, and writes WebSocket frames itself, so that a test controls every byte. It evaluates nothing: a socket of type
//! `client` is accepted, its pings are answered, and it gets no data.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use fh_test_servers::featbit::{Fault, TestServer, Times, sample};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::start()?;
//! let environment = server.environment();
//! environment.put_flag(&sample::boolean_flag("dark-mode", true))?;
//! // The next two attempts to open a socket are answered with 503, later ones are accepted.
//! server.arm(Fault::UpgradeStatus { status: 503, retry_after: None }, Times::Next(2));
//!
//! let mut socket = TcpStream::connect(server.address())?;
//! write!(
//!     socket,
//!     "GET /api/public/sdk/server/latest-all HTTP/1.1\r\nAuthorization: {}\r\nConnection: close\r\n\r\n",
//!     environment.server_secret()
//! )?;
//! let mut answer = String::new();
//! socket.read_to_string(&mut answer)?;
//! assert!(answer.contains(r#""eventType":"full""#) && answer.contains("dark-mode"));
//! assert_eq!(server.record().requests[0].status, Some(200));
//! # Ok(())
//! # }
//! ```

mod answers;
mod clock;
mod close_frame;
mod control;
mod data_sync;
mod entry;
mod environment;
mod environment_state;
mod fault;
mod frame;
mod guid;
mod handshake;
mod insight;
mod json_text;
mod message_reader;
mod outbox;
mod payload;
mod query;
mod record;
mod request_message;
mod routes;
pub mod sample;
mod script;
mod secret;
mod server;
mod state;
mod streaming;
mod timestamp;
pub mod token;

pub use crate::server::{SeenRequest, Times};
pub use environment::{ChangeError, Environment};
pub use fault::Fault;
pub use record::{Record, SeenClose, SeenMessage, SeenUpgrade, UpgradeOutcome};
pub use script::{Route, ScriptedAnswer};
pub use secret::SecretKind;
pub use server::TestServer;

/// The condition that a test waited for did not come true in time.
pub type TimedOut = crate::server::TimedOut<Record>;

/// Runs a server as a program that lines of JSON drive.
#[must_use]
pub fn program() -> std::process::ExitCode {
    crate::server::program("fh-test-featbit", TestServer::start_on)
}
