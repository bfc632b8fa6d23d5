//! The state of a session, and the interface of a protocol.

use std::collections::VecDeque;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::system::System;
use fh_repository::time::Millis;

use crate::action::{Action, CommandId, End, Input, RequestId, ResponseHead};
use crate::config::{Backoff, Limits};
use crate::delay::{Delays, Random, Recent};

/// The state of a session. `own` holds what only its protocol needs.
pub(crate) struct Kernel<P: Protocol> {
    pub(crate) config: P::Config,
    pub(crate) timing: Timing,
    pub(crate) own: P,
    pub(crate) random: Random,
    /// The latest time that the driver passed in. An earlier time that is passed in later is ignored.
    pub(crate) now: Millis,
    pub(crate) state: State<P>,
    pub(crate) backoff: Delays,
    pub(crate) refused: Delays,
    pub(crate) recent: Recent,
    /// The time of the next attempt to stream; `None` unless the client polls in place of streaming.
    pub(crate) poll_until: Option<Millis>,
    /// The time from the next poll, which follows a stream that had data, to the next stream; `None` if no such poll is due or in flight.
    pub(crate) gap: Option<Duration>,
    pub(super) last_request_id: u64,
    /// The commands that wait for the request in flight, or for the next one.
    pub(crate) commands: Vec<Pending>,
    pub(crate) is_suspended: bool,
    pub(crate) last_contact: Option<Millis>,
    pub(crate) status: SessionStatus,
    /// The status that was published last. `status` may change in several steps before it is published.
    pub(super) shown: SessionStatus,
    pub(crate) actions: VecDeque<Action>,
    /// The outcomes of commands, which are reported after features and status are published.
    pub(super) settled: Vec<Action>,
}

/// The present step of a session, or the event for which it waits.
pub(crate) enum State<P: Protocol> {
    Idle,
    /// The session waits for the time of the next request. Until then, the status shows the connection `as_`.
    Due {
        at: Millis,
        as_: Connection,
    },
    /// The session waits for the head of a response.
    Connecting {
        request_id: RequestId,
        purpose: P::Purpose,
        until: Millis,
        /// The time at which a body that follows the head must be complete.
        body_until: Millis,
    },
    Streaming {
        request_id: RequestId,
        stream: Box<P::Stream>,
    },
    Fetching(Body<P::Answer>),
    /// The client polls passively. A read of a feature before the time `until` sends no request.
    Fresh {
        until: Millis,
    },
    /// The client polls passively. The next read of a feature causes a request.
    Expired,
    Done,
    Halted,
    Offline,
    Stopped,
}

/// The part of a response's body that has arrived so far.
pub(crate) struct Body<A> {
    pub(crate) request_id: RequestId,
    pub(crate) until: Millis,
    pub(crate) bytes: Vec<u8>,
    /// The members of the head that the protocol keeps.
    pub(crate) answer: A,
}

/// A command that has no outcome yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) command_id: CommandId,
    pub(crate) sets_context: bool,
    /// The time at which the caller gets a timeout as the outcome; `None` for commands without a time limit.
    pub(crate) expires: Option<Millis>,
}

/// The delays and limits among the settings of a client.
#[derive(Debug)]
pub(crate) struct Timing {
    pub(crate) backoff: Backoff,
    pub(crate) return_within: RangeInclusive<Duration>,
    pub(crate) refused: Backoff,
    pub(crate) pace: Duration,
    pub(crate) limits: Limits,
}

/// The protocol of a system. The functions get the whole session, because what they decide depends on all of it.
pub(crate) trait Protocol: Sized {
    const SYSTEM: System;
    /// The settings of a client.
    type Config: fmt::Debug;
    /// The purpose of a request.
    type Purpose;
    /// The state of an open stream.
    type Stream;
    /// The members of a response head that count when its body is complete.
    type Answer;

    fn timing(config: &Self::Config) -> Timing;
    /// Returns true if features are served.
    fn is_served(&self) -> bool;
    /// Returns true if the server refuses the client.
    fn is_failed(&self) -> bool;

    /// Prepares the start. Returns false if the client sends no requests.
    fn prepare_start(session: &mut Kernel<Self>) -> bool;
    /// Sends the first request.
    fn begin(session: &mut Kernel<Self>) {
        session.connect();
    }
    /// Sends the next request.
    fn send_next(session: &mut Kernel<Self>);
    /// Handles an input that the kernel does not know, such as an event of another request than that of the state.
    fn other_input(session: &mut Kernel<Self>, input: Input<'_>);
    /// Handles the head of the response for which the session waits.
    fn head_arrived(session: &mut Kernel<Self>, request_id: RequestId, head: &ResponseHead);
    /// Handles a piece of the body of a response.
    fn body_arrived(session: &mut Kernel<Self>, bytes: &[u8]) {
        session.collect(bytes, 0);
    }
    /// Handles bytes of a stream.
    fn stream_bytes(_session: &mut Kernel<Self>, _bytes: &[u8]) {}
    /// Handles the end of a stream, whose problem is `None` if it ended in order.
    fn stream_ended(
        _session: &mut Kernel<Self>,
        _stream: Self::Stream,
        _end: End<'_>,
        _problem: Option<Problem>,
    ) {
    }
    /// Returns the time at which the session acts on a stream.
    fn stream_deadline(_session: &Kernel<Self>, _stream: &Self::Stream) -> Option<Millis> {
        None
    }
    /// Acts on the open stream if its time has come.
    fn stream_tick(_session: &mut Kernel<Self>) {}
    /// Handles a request that got no head. The end is `None` if a time limit has passed.
    fn failed(
        session: &mut Kernel<Self>,
        purpose: Self::Purpose,
        end: Option<End<'_>>,
        problem: Problem,
    );
    /// Handles a complete response.
    fn fetched(session: &mut Kernel<Self>, body: Body<Self::Answer>);
    /// Returns true if the head says enough, so that the body may break off.
    fn is_head_enough(_answer: &Self::Answer) -> bool {
        false
    }
    /// Records a failed request, and schedules a retry.
    fn trouble(session: &mut Kernel<Self>, problem: Problem, at_least: Option<Duration>);
    /// Returns the state in which the session waits for a retry.
    fn waiting(_session: &Kernel<Self>, at: Millis) -> State<Self> {
        State::Due { at, as_: Connection::Waiting }
    }
    /// Handles a command that waits while a request is in flight, or before the start.
    fn command_waits(_session: &mut Kernel<Self>) {}
    /// Handles that the request in flight is given up.
    fn given_up(_session: &mut Kernel<Self>) {}
    /// Handles the begin of a suspension.
    fn suspending(_session: &mut Kernel<Self>) {}
    /// Returns true if the request in flight, or the due one, answers the commands that wait while the client is suspended.
    fn answers_commands(session: &Kernel<Self>) -> bool;
    /// Handles that a suspension has aborted the request in flight.
    fn aborted_by_suspension(_session: &mut Kernel<Self>) {}
    /// Handles the end of a suspension.
    fn resumed(_session: &mut Kernel<Self>) {}
    /// Handles the end of a session.
    fn stopped(_session: &mut Kernel<Self>) {}
    /// Returns the time at which the session acts on something that is no part of its state.
    fn other_deadline(_session: &Kernel<Self>) -> Option<Millis> {
        None
    }
    /// Acts on what [`Self::other_deadline`] is about.
    fn other_tick(_session: &mut Kernel<Self>) {}
    /// Publishes what an input has changed.
    fn publish(session: &mut Kernel<Self>) {
        session.show();
    }
    /// Completes the status.
    fn complete_status(_session: &mut Kernel<Self>) {}
}

impl<P: Protocol> Kernel<P> {
    /// Creates a session that has not started. The seed determines its random delays.
    pub(crate) fn new(config: P::Config, own: P, seed: u64) -> Self {
        let status = SessionStatus { system: P::SYSTEM, ..SessionStatus::default() };
        Self {
            timing: P::timing(&config),
            config,
            own,
            random: Random::new(seed),
            now: Millis::default(),
            state: State::Idle,
            backoff: Delays::default(),
            refused: Delays::default(),
            recent: Recent::default(),
            poll_until: None,
            gap: None,
            last_request_id: 0,
            commands: Vec::new(),
            is_suspended: false,
            last_contact: None,
            shown: status.clone(),
            status,
            actions: VecDeque::new(),
            settled: Vec::new(),
        }
    }

    /// Returns true if `request_id` is the id of the request in flight.
    pub(super) fn is_live(&self, request_id: RequestId) -> bool {
        self.state.request_id() == Some(request_id)
    }
}

impl<P: Protocol> State<P> {
    /// Returns the id of the request in flight; `None` if there is none.
    pub(crate) const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::Connecting { request_id, .. } | Self::Streaming { request_id, .. } => {
                Some(*request_id)
            }
            Self::Fetching(body) => Some(body.request_id),
            _ => None,
        }
    }
}

impl Pending {
    /// Returns a command that only waits for a request.
    pub(crate) const fn new(command_id: CommandId) -> Self {
        Self { command_id, sets_context: false, expires: None }
    }
}

impl<P: Protocol> fmt::Debug for Kernel<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Contexts and payloads may hold personal data and are not shown.
        f.debug_struct("Session")
            .field("config", &self.config)
            .field("request_id", &self.state.request_id())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
