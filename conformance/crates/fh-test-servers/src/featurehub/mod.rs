//! An Edge for tests, on real sockets. It is healthy by default, misbehaves exactly as a test tells it,
//! and records everything it receives.
//!
//! It shares no code with the client or the session, so that it is an independent implementation of the
//! server's side of the protocol (edge-protocol 1 to 5). It uses only threads and the standard library's
//! sockets, so that a test controls every byte that is sent.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::time::Duration;
//! use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Route};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let edge = FakeEdge::start()?;
//! edge.set_feature(Feature::boolean("DARK_MODE", false));
//! // The first poll fails, the others do not.
//! edge.script(Route::Poll, [Behaviour::status(503)], Behaviour::healthy());
//!
//! let poll = || -> std::io::Result<String> {
//!     let mut socket = TcpStream::connect(edge.address())?;
//!     write!(
//!         socket,
//!         "GET /features?apiKey={} HTTP/1.1\r\nconnection: close\r\n\r\n",
//!         edge.client_key()
//!     )?;
//!     let mut answer = String::new();
//!     socket.read_to_string(&mut answer)?;
//!     Ok(answer)
//! };
//! assert!(poll()?.starts_with("HTTP/1.1 503"));
//! let version = edge.set_value("DARK_MODE", true);
//! assert_eq!(version, 2);
//! assert!(poll()?.contains(r#""value":true"#));
//!
//! edge.wait_for_requests(Route::Poll, 2, Duration::from_secs(5))?;
//! let seen = edge.recording();
//! assert_eq!(seen.requests[1].status, Some(200));
//! assert_eq!(seen.connections.len(), 2);
//! # Ok(())
//! # }
//! ```

mod behaviour;
mod connection;
mod context;
mod edge;
mod environment;
mod etag;
mod fault;
mod feature;
mod form;
mod healthy;
#[cfg(feature = "http2")]
mod http2_front;
mod key;
mod player;
#[cfg(feature = "tls")]
mod proxy;
mod recorder;
mod request;
mod serve;
mod server;
mod step;
#[cfg(feature = "tls")]
mod tls_front;
mod world;

pub use behaviour::Behaviour;
pub use connection::Closing;
pub use context::Context;
pub use edge::{ENVIRONMENT, EdgeHandle, FakeEdge};
pub use environment::EnvironmentHandle;
pub use fault::Fault;
pub use feature::Feature;
#[cfg(feature = "http2")]
pub use http2_front::Http2Front;
pub use key::{ApiKey, KeyKind, Permission};
#[cfg(feature = "tls")]
pub use proxy::{ProxiedRequest, Proxy};
pub use recorder::{Ended, Recording, SeenConnection, SeenRequest, TimedOut};
pub use request::{Request, Route};
pub use step::{Framing, RedirectTo};
#[cfg(feature = "tls")]
pub use tls_front::TlsFront;
