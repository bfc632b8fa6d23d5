//! Handles answers: their heads, the bodies of polls, and the ends of requests.

use std::mem;
use std::time::Duration;

use fh_eval::SharedText;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::source::Source;
use fh_repository::time::Millis;

use super::outcome::{Failure, MOST_BARREN};
use super::{Purpose, Session, State};
use crate::action::{Action, End, RequestId, ResponseHead};
use crate::featbit::message::{Event, Message, MessageText, NoMessage, Sync};
use crate::featbit::store::Applied;
use crate::response_class::{cut, end_problem, retry_after, status_problem, upgrade_problem};

/// The close code of a server that refuses a token.
const REFUSED: u16 = 4003;
/// The time within which the end of a socket without a message counts as an obstacle on the way, also if the socket was closed in order.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The part of a poll's body that has arrived so far.
pub(super) struct Body {
    pub(super) request_id: RequestId,
    pub(super) until: Millis,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body")
            .field("request_id", &self.request_id)
            .field("until", &self.until)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl Session {
    pub(super) fn opened(&mut self, request_id: RequestId, head: &ResponseHead) {
        if !self.is_live(request_id) {
            return;
        }
        let State::Connecting { purpose, poll_until, .. } = self.state else { return };
        self.last_contact = Some(self.now);
        self.clock.measure(head, self.wall);
        match (purpose, head.status) {
            (Purpose::Socket, 101) => self.socket_opened(request_id),
            (Purpose::Clock, _) => {
                self.give_up();
                self.clock_answered();
            }
            (Purpose::Poll, 200 | 204) => {
                self.state =
                    State::Fetching(Body { request_id, until: poll_until, bytes: Vec::new() });
            }
            (Purpose::Poll, 304) => {
                self.give_up();
                self.confirmed();
            }
            (Purpose::Socket, status) => {
                self.give_up();
                let failure = match status {
                    429 => Failure::Other,
                    500..600 => Failure::Away,
                    _ => Failure::Blocked,
                };
                self.socket_lost(false, failure, upgrade_problem(head), retry_after(head));
            }
            // A poll in an outage, or between two sockets, must not delay the next socket for long.
            (Purpose::Poll, status @ (400 | 401 | 403 | 404))
                if self.away != MOST_BARREN && self.gap.is_none() =>
            {
                self.give_up();
                self.refuse(status_problem(status), retry_after(head));
            }
            (Purpose::Poll, status) => {
                self.give_up();
                self.trouble(status_problem(status), retry_after(head));
            }
        }
    }

    pub(super) fn bytes(&mut self, request_id: RequestId, bytes: &[u8]) {
        if !self.is_live(request_id) {
            return;
        }
        self.last_contact = Some(self.now);
        match &mut self.state {
            State::Fetching(body) => {
                let limit = self.config.limits.bytes;
                if body.bytes.len().saturating_add(bytes.len()) > limit {
                    self.give_up();
                    self.trouble(Problem::TooLarge(limit), None);
                } else {
                    body.bytes.extend_from_slice(bytes);
                }
            }
            State::Open(_) => self.message(&MessageText::of(bytes)),
            _ => {}
        }
    }

    pub(super) fn text(&mut self, request_id: RequestId, text: SharedText) {
        if self.is_live(request_id) && matches!(self.state, State::Open(_)) {
            self.last_contact = Some(self.now);
            self.message(&text.into());
        }
    }

    pub(super) fn closed(&mut self, request_id: RequestId, end: End<'_>) {
        if !self.is_live(request_id) {
            return;
        }
        let problem = end_problem(end, self.config.limits.bytes);
        match mem::replace(&mut self.state, State::Idle) {
            State::Connecting { purpose: Purpose::Socket, .. } if end == End::Unsupported => {
                self.has_sockets = false;
                self.actions.push_back(Action::Notice(Notice::SocketsUnsupported));
                self.connect();
            }
            State::Connecting { purpose, .. } => {
                let without =
                    || Problem::Unreachable("the connection closed without a response".to_string());
                let problem = problem.unwrap_or_else(without);
                match (purpose, end) {
                    // No connection was opened.
                    (Purpose::Socket, End::Unreached(_) | End::Tls(_) | End::ConnectTimeout) => {
                        self.socket_lost(false, Failure::Away, problem, None);
                    }
                    (Purpose::Socket, End::NoTunnel(_)) => {
                        self.socket_lost(false, Failure::NoTunnel, problem, None);
                    }
                    _ => self.failed(purpose, problem),
                }
            }
            State::Open(socket) => {
                self.was_open_since(socket.opened, socket.is_synchronised());
                match end {
                    End::Closed(Some(REFUSED)) => self.denied(),
                    _ => {
                        let is_in_order = matches!(end, End::Closed(_));
                        let is_at_once = self.now.since(socket.opened) <= AT_ONCE;
                        let is_obstacle = !is_in_order || is_at_once;
                        let is_barren = !socket.has_message && is_obstacle && end != End::TooLarge;
                        let failure = if is_barren { Failure::Blocked } else { Failure::Other };
                        let ended = if socket.has_message {
                            Problem::Disconnected
                        } else {
                            Problem::ClosedEarly
                        };
                        self.socket_lost(
                            socket.has_message,
                            failure,
                            problem.unwrap_or(ended),
                            None,
                        );
                    }
                }
            }
            State::Fetching(body) => match problem {
                Some(problem) => self.trouble(problem, None),
                None => self.fetched(body.bytes),
            },
            other => self.state = other,
        }
    }

    /// Handles a request that got no answer.
    pub(super) fn failed(&mut self, purpose: Purpose, problem: Problem) {
        match purpose {
            Purpose::Socket => self.socket_lost(false, Failure::Blocked, problem, None),
            Purpose::Poll => self.trouble(problem, None),
            Purpose::Clock => self.clock_answered(),
        }
    }

    fn fetched(&mut self, bytes: Vec<u8>) {
        // An empty body means that nothing has changed.
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return self.confirmed();
        }
        match MessageText::of(bytes).parse() {
            Ok(Message::Sync(sync)) => {
                self.received_answer(&sync);
                self.answered();
            }
            Ok(Message::Pong | Message::Other) => {
                self.trouble(Problem::Malformed("the body is no data-sync".to_string()), None);
            }
            Err(why) => self.trouble(self.unread(why), None),
        }
    }

    /// Returns the problem of a message that is not read. The client keeps its flags.
    pub(super) fn unread(&self, why: NoMessage) -> Problem {
        match why {
            NoMessage::TooDense => Problem::TooLarge(self.config.limits.bytes),
            NoMessage::Malformed(why) => Problem::Malformed(cut(&why, 300)),
        }
    }

    /// Applies flags of the server.
    pub(super) fn received(&mut self, sync: &Sync<'_>, source: Source) -> Applied {
        self.has_contact = true;
        if self.refuses(sync) {
            self.full_refused();
            return Applied::default();
        }
        if sync.event == Event::Full {
            self.unread = None;
            if !self.has_full && sync.flags.is_empty() && sync.segments.is_empty() {
                self.actions.push_back(Action::Notice(Notice::NoFlags));
            }
            let had_full = mem::replace(&mut self.has_full, true);
            if self.full_arrived(sync.text) && had_full {
                self.serves(source);
                return Applied::default();
            }
            return self.apply(sync, source);
        }
        let before = self.read_until();
        let applied = self.apply(sync, source);
        if applied.is_changed {
            self.full.patched();
        }
        if applied.is_broken && self.has_full {
            self.unread = Some(before);
        }
        applied
    }

    /// Applies the answer to a poll.
    fn received_answer(&mut self, sync: &Sync<'_>) {
        let applied = self.received(sync, Source::Polling);
        self.answer_arrived(&applied);
    }

    /// Records that an answer to a request for flags has arrived. If all of it could be read, it had what former patches lack.
    pub(super) fn answer_arrived(&mut self, applied: &Applied) {
        self.unanswered = None;
        if !applied.is_broken {
            self.unread = None;
        }
    }

    /// Handles an answer to a poll that says that nothing has changed. To a request for everything, only another program answers so, such
    /// as the default page of a load balancer.
    fn confirmed(&mut self) {
        if self.polls_all {
            let why = "the answer is empty, but the client has asked for all flags";
            return self.trouble(Problem::Malformed(why.to_string()), None);
        }
        let text = SharedText::from("");
        let (flags, segments) = (Vec::new(), Vec::new());
        let nothing = Sync { text: &text, event: Event::Patch, flags, segments, further: 0 };
        self.received_answer(&nothing);
        self.answered();
    }

    /// Serves the flags of a bootstrap document, until the server sends its own.
    pub(super) fn stored(&mut self, source: Source, bytes: &[u8]) {
        if self.has_contact || matches!(self.state, State::Stopped) {
            return;
        }
        match MessageText::of(bytes).parse() {
            Ok(Message::Sync(sync)) => {
                self.apply(&sync, source);
            }
            Ok(Message::Pong | Message::Other) => {
                self.not_stored(source, "it is no data-sync".to_string());
            }
            Err(why) => self.not_stored(source, why.to_string()),
        }
    }

    fn not_stored(&mut self, source: Source, why: String) {
        self.actions.push_back(Action::Notice(Notice::StoreIgnored { source, why }));
    }
}
