//! The protocol of a FeatureSignals client: the answers of a server for one context, or a ruleset that the client evaluates for any context.
//!
//! Every state in which the session waits for the server has a deadline, so that no failure can stop a client silently. There is no deadline
//! before the start, and none for a client that is offline, local, done or closed, or suspended without a request in flight.
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
mod change_stream;
mod config;
mod connect;
mod context;
mod contexts;
mod endpoint;
mod key;
mod outcome;
mod protocol;
mod publish;
mod refresh;
mod responses;
mod state;
mod stream;

pub use config::{Config, Mode, Reasons};
pub use endpoint::{Endpoint, EndpointError};
pub use key::{Key, KeyError};

use std::fmt;
use std::sync::Arc;

use fh_eval::Attributes;
use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;

use crate::action::{Action, Input};
use crate::kernel::Kernel;
use state::FeatureSignals;

/// Items for the tests and tools of this workspace. They may change or disappear in any version.
#[doc(hidden)]
pub mod internal {
    pub use super::answers::{Bulk, FlagMap, answers_document, error_text};
    pub use super::context::check;
}

/// The state of one client's communication with a FeatureSignals server.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns, as for
/// [`fh_session::Session`](crate::Session). Two requests may be in flight: a stream and a poll.
pub struct Session(Kernel<FeatureSignals>);

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        Self(Kernel::new(config, FeatureSignals::default(), seed))
    }

    /// Handles an event or a command that arrived at the time `now`. Call [`Self::poll`] afterwards until it returns `None`.
    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        self.0.handle(now, input);
    }

    /// Removes the next action for the driver, and returns it; `None` if no action is left.
    pub fn poll(&mut self) -> Option<Action> {
        self.0.actions.pop_front()
    }

    /// Returns the time at which the driver must pass in [`Input::Tick`] if no other event comes before; `None` if the session waits for no
    /// time.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.0.deadline()
    }

    /// Returns the time when the server last sent data. Returns `None` before the first data.
    #[must_use]
    pub const fn last_contact(&self) -> Option<Millis> {
        self.0.last_contact
    }

    /// Returns the current status of the client.
    #[must_use]
    pub const fn status(&self) -> &SessionStatus {
        &self.0.status
    }

    /// Returns the context that was set last: the waiting context, or the current one if no context waits; `None` if the
    /// client evaluates.
    #[must_use]
    pub fn newest_context(&self) -> Option<&Arc<Attributes>> {
        self.0.newest_context()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
