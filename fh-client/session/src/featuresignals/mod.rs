//! The protocol of a FeatureSignals client: the answers of a server for one context, or a ruleset that the client evaluates for any context.
//!
//! ```
//! use fh_repository::time::Millis;
//! use fh_session::featuresignals::{Config, Endpoint, Key, Session};
//! use fh_session::{Action, End, Input, ResponseHead};
//! let endpoint = Endpoint::parse("http://localhost:8080", "production")?;
//! let mut session = Session::new(Config::new(endpoint, Key::parse("fs_srv_0123456789")?), 42);
//! session.handle(Millis::new(0), Input::Start);
//! let Some(Action::Send(request_id, request)) = session.poll() else { panic!() };
//! assert_eq!(request.url.expose(), "http://localhost:8080/v1/client/production/flags?key=anonymous");
//! let head = ResponseHead::new(200).header("content-type", "application/json");
//! session.handle(Millis::new(5), Input::Opened { request_id, head: &head });
//! session.handle(Millis::new(5), Input::Bytes { request_id, bytes: br#"{"dark-mode":true}"# });
//! session.handle(Millis::new(5), Input::Closed { request_id, end: End::Complete });
//! assert!(std::iter::from_fn(|| session.poll()).any(|action| matches!(action, Action::Publish(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod config;
mod context;
mod endpoint;
mod key;
mod session;

pub use config::{Config, Mode, Reasons};
pub use endpoint::{Endpoint, EndpointError};
pub use key::{Key, KeyError};
pub use session::Session;

/// Items for the tests and tools of this workspace. They may change or disappear in any version.
#[doc(hidden)]
pub mod internal {
    pub use super::answers::{Bulk, FlagMap, answers_document, error_text};
    pub use super::context::check;
}
