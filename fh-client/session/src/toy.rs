//! The protocol of a client of the toy system, whose server has one GET, flags that are on or off, and an ETag.
//!
//! `GET /flags` answers with an object of keys and booleans. A later poll sends the ETag, and the status is 304 while the flags are the same.
//! Every state in which the session waits for the server has a deadline, so that no failure can stop a client silently.
//!
//! ```
//! use fh_repository::time::Millis;
//! use fh_session::toy::{Config, Session, parse_url};
//! use fh_session::{Action, End, Input, ResponseHead};
//! let mut session = Session::new(Config::new(parse_url("http://localhost:8080")?), 42);
//! session.handle(Millis::new(0), Input::Start);
//! let Some(Action::Send(request_id, request)) = session.poll() else { panic!() };
//! assert_eq!(request.url.expose(), "http://localhost:8080/flags");
//! let head = ResponseHead::new(200).header("content-type", "application/json").header("etag", "\"1\"");
//! session.handle(Millis::new(5), Input::Opened { request_id, head: &head });
//! session.handle(Millis::new(5), Input::Bytes { request_id, bytes: br#"{"dark-mode":true}"# });
//! session.handle(Millis::new(5), Input::Closed { request_id, end: End::Complete });
//! assert!(std::iter::from_fn(|| session.poll()).any(|action| matches!(action, Action::Publish(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::internal::{Token, members_by_key, not_json};
use fh_eval::{Profile, Ruleset};
use fh_repository::problem::Problem;
use fh_repository::publication::Cause;
use fh_repository::rules::{Environments, Rules};
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::system::System;
use fh_repository::time::Millis;
use serde_json::json;
use serde_json::value::RawValue;

use crate::action::{Action, End, Input, Request, RequestId, RequestKind, ResponseHead};
use crate::config::{Backoff, Config as FeatureHubConfig, Limits};
use crate::edge_url::{EdgeUrl, SecretUrl, UrlError};
use crate::kernel::{Body, Kernel, Protocol, State, Timing};
use crate::response_class::{RequestCondition, ResponseClass, cut, response_class, retry_after};

/// Parses the URL of a server.
///
/// # Errors
/// [`UrlError`] if the text is no URL with the scheme `http` or `https`.
pub fn parse_url(text: &str) -> Result<EdgeUrl, UrlError> {
    EdgeUrl::parse_server(text, &["http", "https"])
}

/// The settings of a session. The times and limits have the meaning that they have for FeatureHub.
#[derive(Debug, Clone)]
pub struct Config {
    /// The base URL of the server.
    pub url: EdgeUrl,
    /// The time from the end of a poll to the next one; `None` for a client that sends no requests.
    pub interval: Option<Duration>,
    /// The value of the header `user-agent`; `None` leaves the header to the transport.
    pub identification: Option<String>,
    /// The delays before retries after failures that are probably temporary.
    pub backoff: Backoff,
    /// The delays before retries after the server has refused the client.
    pub refused: Backoff,
    /// The time within which the session sends at most two polls. Further ones wait.
    pub pace: Duration,
    /// The time limits, and the limit of the size of an answer in bytes.
    pub limits: Limits,
}

impl Config {
    /// The interval of polls.
    pub const INTERVAL: Duration = Duration::from_secs(30);

    /// Creates the default settings: polls every 30 seconds, and the delays of a session with FeatureHub.
    #[must_use]
    pub fn new(url: EdgeUrl) -> Self {
        Self {
            url,
            interval: Some(Self::INTERVAL),
            identification: Some(concat!("fh-client/", env!("CARGO_PKG_VERSION")).to_string()),
            backoff: FeatureHubConfig::BACKOFF,
            refused: FeatureHubConfig::REFUSED,
            pace: FeatureHubConfig::PACE,
            limits: Limits::default(),
        }
    }
}

/// The state of one client's communication with a server of the toy system.
///
/// A driver passes events with their time to the session, and performs the actions that the session returns, as for
/// [`fh_session::Session`](crate::Session).
pub struct Session(Kernel<Toy>);

impl Session {
    /// Creates a session that has not started. The seed determines the random delays of the session. Give each client a different seed, so
    /// that clients do not all retry at the same time.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        Self(Kernel::new(config, Toy::default(), seed))
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
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The state of a client, beside that of the kernel.
#[derive(Default)]
struct Toy {
    /// The ETag of the flags that are served.
    etag: Option<String>,
    is_served: bool,
    /// True while the server refuses the client, and no flags were served before.
    is_failed: bool,
}

impl Protocol for Toy {
    const SYSTEM: System = System::Toy;
    type Config = Config;
    type Purpose = RequestCondition;
    type Stream = std::convert::Infallible;
    type Answer = Option<String>;

    fn timing(config: &Config) -> Timing {
        Timing {
            backoff: config.backoff,
            return_within: FeatureHubConfig::RETURN_WITHIN,
            refused: config.refused,
            pace: config.pace,
            limits: config.limits,
        }
    }

    fn is_served(&self) -> bool {
        self.is_served
    }

    fn is_failed(&self) -> bool {
        self.is_failed
    }

    fn prepare_start(session: &mut Kernel<Self>) -> bool {
        session.own.is_served |= session.config.interval.is_none();
        session.config.interval.is_some()
    }

    fn send_next(session: &mut Kernel<Self>) {
        let mut headers = vec![("accept".to_string(), "application/json".to_string())];
        headers
            .extend(session.config.identification.clone().map(|it| ("user-agent".to_string(), it)));
        let etag = session.own.etag.clone();
        let asked = match etag {
            Some(_) => RequestCondition::IfNoneMatch,
            None => RequestCondition::Plainly,
        };
        headers.extend(etag.map(|etag| ("if-none-match".to_string(), etag)));
        let url = SecretUrl::new(format!("{}/flags", session.config.url.as_str()));
        let request = Request { kind: RequestKind::Poll, url, headers, body: None };
        let limits = session.timing.limits;
        session.send(Action::Send, (asked, request), limits.head.min(limits.poll), limits.poll);
    }

    fn other_input(session: &mut Kernel<Self>, input: Input<'_>) {
        match input {
            // The flags are the same for each context, and a client has no keys.
            Input::Context(command_id, _) | Input::Keys(command_id, _) => {
                session.confirm(command_id);
            }
            Input::Stored { source, .. } => {
                session.ignore_stored(&source, "the toy system stores no flags".to_string());
            }
            _ => {}
        }
    }

    fn head_arrived(session: &mut Kernel<Self>, _: RequestId, head: &ResponseHead) {
        let State::Connecting { purpose, .. } = &session.state else { return };
        let class = response_class(RequestKind::Poll, *purpose, head);
        if class == ResponseClass::Features {
            return session.fetch(|_| head.get("etag").map(str::to_string));
        }
        session.give_up();
        match class {
            ResponseClass::Unchanged => session.confirmed(),
            ResponseClass::Refused(problem) => {
                session.own.is_failed = !session.own.is_served;
                session.retry_refused(problem, retry_after(head));
            }
            ResponseClass::Redirect => {
                Self::trouble(session, Problem::Redirect, retry_after(head));
            }
            ResponseClass::Trouble(problem) => Self::trouble(session, problem, retry_after(head)),
            ResponseClass::Features | ResponseClass::LastFeatures | ResponseClass::NoStreaming => {
                let problem = Problem::UnexpectedStatus(head.status);
                Self::trouble(session, problem, retry_after(head));
            }
        }
    }

    fn failed(
        session: &mut Kernel<Self>,
        _: RequestCondition,
        _: Option<End<'_>>,
        problem: Problem,
    ) {
        Self::trouble(session, problem, None);
    }

    fn fetched(session: &mut Kernel<Self>, body: Body<Option<String>>) {
        match compile(&body.bytes) {
            Err(why) => Self::trouble(session, Problem::Malformed(cut(&why, 300)), None),
            Ok(ruleset) => {
                let is_first = !std::mem::replace(&mut session.own.is_served, true);
                session.own.etag = body.answer;
                let cause = if is_first { Cause::First } else { Cause::Change };
                session.publish_rules(
                    Rules::client_evaluated(ruleset, Environments::One(Arc::from("toy"))),
                    cause,
                );
                session.confirmed();
            }
        }
    }

    fn trouble(session: &mut Kernel<Self>, problem: Problem, at_least: Option<Duration>) {
        let delay = session.next_delay(session.timing.backoff.cap);
        session.retry(problem, delay.max(at_least.unwrap_or_default()));
    }

    fn answers_commands(_: &Kernel<Self>) -> bool {
        true
    }
}

impl Kernel<Toy> {
    /// Records that the server has sent or confirmed the flags, and waits for the next poll.
    fn confirmed(&mut self) {
        self.backoff.reset();
        self.refused.reset();
        self.own.is_failed = false;
        self.status.updated = Some(self.now);
        self.status.source = Some(Source::Polling);
        (self.status.problem, self.status.attempts) = (None, 0);
        let interval = self.config.interval.unwrap_or(Config::INTERVAL);
        self.state = State::Due { at: self.now.after(interval), as_: Connection::Resting };
        self.settle(&Ok(()));
    }
}

/// Compiles the body of an answer. A value that is no boolean is an error that names the flag.
fn compile(body: &[u8]) -> Result<Ruleset, String> {
    let text = std::str::from_utf8(body).map_err(|why| why.to_string())?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|why| not_json(text, &why))?;
    let flags = members_by_key(raw).ok_or_else(|| "the body is no JSON object".to_string())?;
    let features: Vec<_> = flags
        .iter()
        .map(|(key, value)| match Token::of(value) {
            Token::Bool(is_on) => Ok(
                json!({ "id": key, "key": key, "type": "BOOLEAN", "value": is_on, "version": 1 }),
            ),
            _ => Err(format!("the flag {} is neither true nor false", cut(key, 100))),
        })
        .collect::<Result<_, _>>()?;
    let document = serde_json::Value::from(features).to_string();
    Ruleset::from_json(document.as_bytes(), Profile::Client).map_err(|why| why.to_string())
}
