//! The protocol of a FeatBit client with a server-side secret: the connection token, the store of flags and segments, and the session.
//!
//! ```
//! use fh_eval::Timestamp;
//! use fh_repository::time::Millis;
//! use fh_session::featbit::{Config, Endpoints, Secret, Session};
//! use fh_session::{Action, Input, ResponseHead};
//! let secret = Secret::parse("ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg")?;
//! let endpoints = Endpoints::parse(Some("ws://localhost:5100"), None, None)?;
//! let mut session = Session::new(Config::new(endpoints, secret), 42);
//! let wall = Timestamp::from_millis(1_700_000_000_000);
//! session.handle(Millis::new(0), wall, Input::Start);
//! let Some(Action::Connect(request_id, request)) = session.poll() else { panic!() };
//! assert!(request.url.expose().starts_with("http://localhost:5100/streaming?type=server&token="));
//! session.handle(Millis::new(5), wall, Input::Opened { request_id, head: &ResponseHead::new(101) });
//! let written = std::iter::from_fn(|| session.poll()).find_map(|action| match action {
//!     Action::Write(_, text) => Some(text),
//!     _ => None,
//! });
//! assert_eq!(written.as_deref(), Some(r#"{"messageType":"data-sync","data":{"timestamp":0}}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod endpoints;
mod message;
mod secret;
mod session;
mod store;
mod token;

pub use config::{Config, Mode};
pub use endpoints::{EndpointError, Endpoints};
pub use secret::{Secret, SecretError};
pub use session::Session;

/// Items for the tests and tools of this workspace. They may change or disappear in any version.
#[doc(hidden)]
pub mod internal {
    pub use super::message::{Event, Message, MessageText, NoMessage, Sync};
    pub use super::store::{Applied, Store};
    pub use super::token::token;
}
