//! Handles answers: their heads, the bodies of polls, and the ends of requests.

use std::mem;
use std::time::Duration;

use fh_eval::SharedText;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::source::Source;

use super::message::{Event, Message, MessageText, NoMessage, Sync};
use super::open_socket::Socket;
use super::outcome::{Failure, MOST_BARREN};
use super::state::{FeatBit, Purpose};
use super::store::Applied;
use crate::action::{End, RequestId, ResponseHead};
use crate::kernel::{Kernel, State};
use crate::response_class::{cut, retry_after, status_problem, upgrade_problem};

/// The close code of a server that refuses a token.
const REFUSED: u16 = 4003;
/// The time within which the end of a socket without a message counts as an obstacle on the way, also if the socket was closed in order.
const AT_ONCE: Duration = Duration::from_secs(1);

impl Kernel<FeatBit> {
    /// Handles the head of the response to a request with this purpose.
    pub(super) fn judge_head(
        &mut self,
        request_id: RequestId,
        purpose: Purpose,
        head: &ResponseHead,
    ) {
        self.own.clock.measure(head, self.own.wall);
        match (purpose, head.status) {
            (Purpose::Socket, 101) => return self.socket_opened(request_id),
            (Purpose::Poll, 200 | 204) => return self.fetch(|_| ()),
            _ => self.give_up(),
        }
        match (purpose, head.status) {
            (Purpose::Clock, _) => self.clock_answered(),
            (Purpose::Poll, 304) => self.confirmed(),
            (Purpose::Socket, status) => {
                let failure = match status {
                    429 => Failure::Other,
                    500..600 => Failure::Away,
                    _ => Failure::Blocked,
                };
                self.socket_lost(false, failure, upgrade_problem(head), retry_after(head));
            }
            // A poll in an outage, or between two sockets, must not delay the next socket for long.
            (Purpose::Poll, status @ (400 | 401 | 403 | 404))
                if self.own.away != MOST_BARREN && self.gap.is_none() =>
            {
                self.refuse(status_problem(status), retry_after(head));
            }
            (Purpose::Poll, status) => self.poll_failed(status_problem(status), retry_after(head)),
        }
    }

    /// Handles the end of a socket.
    pub(super) fn socket_ended(&mut self, socket: &Socket, end: End<'_>, problem: Option<Problem>) {
        self.was_open_since(socket.opened, socket.is_synchronised(), self.config.healthy_after);
        if end == End::Closed(Some(REFUSED)) {
            return self.denied();
        }
        let is_in_order = matches!(end, End::Closed(_));
        let is_at_once = self.now.since(socket.opened) <= AT_ONCE;
        let is_obstacle = !is_in_order || is_at_once;
        let is_barren = !socket.has_message && is_obstacle && end != End::TooLarge;
        let failure = if is_barren { Failure::Blocked } else { Failure::Other };
        let ended = if socket.has_message { Problem::Disconnected } else { Problem::ClosedEarly };
        self.socket_lost(socket.has_message, failure, problem.unwrap_or(ended), None);
    }

    /// Handles a request that got no response. `end` is `None` if a time limit has passed.
    pub(super) fn unanswered(&mut self, purpose: Purpose, end: Option<End<'_>>, problem: Problem) {
        let failure = match (purpose, end) {
            (Purpose::Poll, _) => return self.poll_failed(problem, None),
            (Purpose::Clock, _) => return self.clock_answered(),
            (Purpose::Socket, Some(End::Unsupported)) => {
                self.own.has_sockets = false;
                self.notice(Notice::SocketsUnsupported);
                return self.connect();
            }
            // No connection was opened.
            (Purpose::Socket, Some(End::Unreached(_) | End::Tls(_) | End::ConnectTimeout)) => {
                Failure::Away
            }
            (Purpose::Socket, Some(End::NoTunnel(_))) => Failure::NoTunnel,
            (Purpose::Socket, _) => Failure::Blocked,
        };
        self.socket_lost(false, failure, problem, None);
    }

    /// Handles the complete body of a poll.
    pub(super) fn body_complete(&mut self, bytes: Vec<u8>) {
        // An empty body means that nothing has changed.
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return self.confirmed();
        }
        match MessageText::of(bytes).parse() {
            Ok(Message::Sync(sync)) => {
                self.received_answer(&sync);
                self.poll_succeeded();
            }
            Ok(Message::Pong | Message::Other) => {
                self.poll_failed(Problem::Malformed("the body is no data-sync".to_string()), None);
            }
            Err(why) => self.poll_failed(self.unread(why), None),
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
        self.own.has_contact = true;
        if self.refuses(sync) {
            self.full_refused();
            return Applied::default();
        }
        if sync.event == Event::Full {
            self.own.unread = None;
            if !self.own.has_full && sync.flags.is_empty() && sync.segments.is_empty() {
                self.notice(Notice::NoFlags);
            }
            let had_full = mem::replace(&mut self.own.has_full, true);
            if self.full_arrived(sync.text) && had_full {
                self.serves(source);
                return Applied::default();
            }
            return self.apply(sync, source);
        }
        let before = self.read_until();
        let applied = self.apply(sync, source);
        if applied.is_changed {
            self.own.full.last = None;
        }
        if applied.is_broken && self.own.has_full {
            self.own.unread = Some(before);
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
        self.own.unanswered = None;
        if !applied.is_broken {
            self.own.unread = None;
        }
    }

    /// Handles an answer to a poll that says that nothing has changed. To a request for everything, only another program answers so, such
    /// as the default page of a load balancer.
    fn confirmed(&mut self) {
        if self.own.polls_all {
            let why = "the answer is empty, but the client has asked for all flags";
            return self.poll_failed(Problem::Malformed(why.to_string()), None);
        }
        let text = SharedText::from("");
        let (flags, segments) = (Vec::new(), Vec::new());
        let nothing = Sync { text: &text, event: Event::Patch, flags, segments, further: 0 };
        self.received_answer(&nothing);
        self.poll_succeeded();
    }

    /// Serves the flags of a bootstrap document, until the server sends its own.
    pub(super) fn stored(&mut self, source: Source, bytes: &[u8]) {
        if self.own.has_contact || matches!(self.state, State::Stopped) {
            return;
        }
        match MessageText::of(bytes).parse() {
            Ok(Message::Sync(sync)) => {
                self.apply(&sync, source);
            }
            Ok(Message::Pong | Message::Other) => {
                self.ignore_stored(&source, "it is no data-sync".to_string());
            }
            Err(why) => self.ignore_stored(&source, why.to_string()),
        }
    }
}
