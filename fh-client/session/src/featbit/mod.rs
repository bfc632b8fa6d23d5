//! The protocol of a FeatBit client with a server-side secret: the connection token, the store of flags and segments, and the session.
//!
//! Every state in which the session waits for the server has a deadline, so that no failure can stop a client silently. There is no deadline
//! before the start, and none for a client that is offline or closed, or suspended without a poll in flight.
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

mod answer;
mod clock;
mod config;
mod connect;
mod endpoints;
mod full;
mod full_sync;
mod message;
mod open_socket;
mod outcome;
mod protocol;
mod publish;
mod refused_token;
mod secret;
mod socket;
mod state;
mod store;
mod token;

pub use config::{Config, Mode};
pub use endpoints::{EndpointError, Endpoints};
pub use secret::{Secret, SecretError};

use std::fmt;

use fh_eval::Timestamp;
use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;

use crate::action::{Action, Input};
use crate::kernel::Kernel;
use state::FeatBit;

/// Items for the tests and tools of this workspace. They may change or disappear in any version.
#[doc(hidden)]
pub mod internal {
    pub use super::message::{Event, Message, MessageText, NoMessage, Sync};
    pub use super::store::{Applied, Store};
    pub use super::token::token;

    /// Returns the store of a session.
    #[must_use]
    pub const fn store(session: &super::Session) -> &Store {
        &session.0.own.store
    }
}

/// The state of one client's communication with a FeatBit server.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns, as for
/// [`fh_session::Session`](crate::Session). The time of day is passed in as well, because tokens hold it.
pub struct Session(Kernel<FeatBit>);

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let own = FeatBit::new(&config);
        Self(Kernel::new(config, own, seed))
    }

    /// Handles an event or a command that arrived at the time `now`, when this machine's clock showed `wall`. Call [`Self::poll`] afterwards
    /// until it returns `None`.
    pub fn handle(&mut self, now: Millis, wall: Timestamp, input: Input<'_>) {
        self.0.own.wall = wall;
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
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
