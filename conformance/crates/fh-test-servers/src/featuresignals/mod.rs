//! A test server that speaks the evaluation API of FeatureSignals on real sockets. It is correct by default, fails as a test scripts it, and
//! records everything that it receives.
//!
//! It shares no code with the client or the engine, so that it is an independent implementation of the server's side. It uses threads and the
//! standard library's sockets. A plain evaluator gives the values. Its bodies are those of the server, byte for byte.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use fh_test_servers::featuresignals::{Fault, Route, TestServer, Times};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::start()?;
//! server.put_flag(r#"{"key": "dark-mode", "flag_type": "boolean", "default_value": false}"#)?;
//! server.environment().put_state("dark-mode", r#"{"enabled": true, "default_value": true}"#)?;
//! // The second request for the map and all later ones are answered with 401.
//! server.arm(Fault::Unauthorized, Route::Map, Times::After(1));
//!
//! let mut socket = TcpStream::connect(server.address())?;
//! let key = server.environment().server_key();
//! write!(
//!     socket,
//!     "GET /v1/client/production/flags?key=mara HTTP/1.1\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
//! )?;
//! let mut answer = String::new();
//! socket.read_to_string(&mut answer)?;
//! assert!(answer.ends_with("{\"dark-mode\":true}\n"));
//! assert_eq!(server.record().requests[0].status, Some(200));
//! # Ok(())
//! # }
//! ```

mod answers;
mod control;
mod environment;
mod evaluation;
mod fault;
mod go_path;
mod json_reader;
mod json_writer;
mod pause;
pub mod plain;
mod project;
mod record;
mod request_body;
mod routes;
mod server;
mod state;
mod stream_queue;
mod streaming;

pub use crate::server::{SeenRequest, Times};
pub use environment::{ChangeError, Environment};
pub use fault::{Fault, Route};
pub use record::{Record, SeenStream, StreamEnd};
pub use server::TestServer;

/// The condition that a test waited for did not come true in time.
pub type TimedOut = crate::server::TimedOut<Record>;

/// Runs a server as a program that lines of JSON drive.
#[must_use]
pub fn program() -> std::process::ExitCode {
    crate::server::program("fh-test-featuresignals", TestServer::start_on)
}
