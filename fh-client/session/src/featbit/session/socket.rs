//! Handles an open socket: its messages, its pings, and its time limits.

use std::mem;
use std::time::Duration;

use fh_eval::SharedText;
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage};
use fh_repository::source::Source;
use fh_repository::time::Millis;

use super::full::fingerprint;
use super::outcome::Failure;
use super::{Session, State};
use crate::action::{Action, RequestId};
use crate::config::Limits;
use crate::featbit::message::{Event, Message, MessageText, NoMessage};
use crate::response_class::cut;

/// The time between two pings.
const PING_EVERY: Duration = Duration::from_secs(15);

const PING: &str = r#"{"messageType":"ping","data":{}}"#;

pub(super) struct Socket {
    pub(super) request_id: RequestId,
    pub(super) opened: Millis,
    /// True once a message has arrived.
    pub(super) has_message: bool,
    /// The outstanding answer to the request for flags.
    awaited: Option<Awaited>,
    last_byte: Millis,
    next_ping: Millis,
}

/// The answer to a request for flags.
struct Awaited {
    since: Millis,
    /// Number of bytes that have arrived since the request and since the last complete message.
    bytes: u64,
    /// True if the answer must be a full message, because the request named no version.
    is_full: bool,
    /// The patches that arrived before the full message, which is older than they are.
    early: Vec<SharedText>,
    early_bytes: usize,
}

/// The hashes of the patches that may be pushes or answers: the last one, and the last one before the request was repeated. A server pushes a
/// change once, so a patch that comes again after the request is its answer.
#[derive(Default)]
pub(super) struct Repeats {
    last: Option<u64>,
    before: Option<u64>,
}

impl Repeats {
    fn asked_again(&mut self) {
        self.before = self.last.take();
    }

    fn is_repeated(&mut self, text: &str) -> bool {
        self.last = Some(fingerprint(text));
        self.before == self.last
    }
}

impl Awaited {
    const fn new(since: Millis, is_full: bool) -> Self {
        Self { since, bytes: 0, is_full, early: Vec::new(), early_bytes: 0 }
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket")
            .field("request_id", &self.request_id)
            .field("opened", &self.opened)
            .field("has_message", &self.has_message)
            .field("is_synchronised", &self.is_synchronised())
            .finish_non_exhaustive()
    }
}

impl Socket {
    fn new(request_id: RequestId, now: Millis, is_full: bool) -> Self {
        let awaited = Awaited::new(now, is_full);
        Self {
            request_id,
            opened: now,
            has_message: false,
            awaited: Some(awaited),
            last_byte: now,
            next_ping: now.after(PING_EVERY),
        }
    }

    /// Returns true if the answer to the request for flags has arrived.
    pub(super) const fn is_synchronised(&self) -> bool {
        self.awaited.is_none()
    }

    /// Returns the next time at which the session acts on this socket if nothing arrives, and the problem that it then reports; `None` for a
    /// ping.
    pub(super) fn deadline(&self, limits: &Limits) -> (Millis, Option<Problem>) {
        let silence = (self.last_byte.after(limits.idle), Some(Problem::TimedOut(Stage::Silence)));
        let end = match &self.awaited {
            None => silence,
            Some(awaited) => {
                let problem = Some(Problem::TimedOut(Stage::FirstEvent));
                let answer = limits.held_back;
                let slowest = answer.max(Duration::from_secs(awaited.bytes / Limits::SLOWEST));
                let until = self
                    .last_byte
                    .max(awaited.since)
                    .after(answer)
                    .min(awaited.since.after(slowest));
                (until, problem)
            }
        };
        if end.0 <= self.next_ping { end } else { (self.next_ping, None) }
    }
}

impl Session {
    /// Asks for flags on a socket that has just been opened.
    pub(super) fn socket_opened(&mut self, request_id: RequestId) {
        let cursor = self.cursor().unwrap_or(0);
        self.unanswered = self.has_full.then(|| self.read_until());
        self.repeats = Repeats::default();
        self.ask(request_id, cursor);
        self.state = State::Open(Box::new(Socket::new(request_id, self.now, cursor == 0)));
    }

    fn ask(&mut self, request_id: RequestId, cursor: i64) {
        let request = format!(r#"{{"messageType":"data-sync","data":{{"timestamp":{cursor}}}}}"#);
        self.actions.push_back(Action::Write(request_id, request));
    }

    /// Asks for everything on the open socket, unless such an answer is outstanding.
    pub(super) fn ask_for_all(&mut self) {
        let State::Open(socket) = &mut self.state else { return };
        if socket.awaited.as_ref().is_none_or(|awaited| !awaited.is_full) {
            socket.awaited = Some(Awaited::new(self.now, true));
            let request_id = socket.request_id;
            self.ask(request_id, 0);
        }
    }

    /// Records that bytes of a message have arrived.
    pub(super) fn progress(&mut self, request_id: RequestId, bytes: usize) {
        if !self.is_live(request_id) {
            return;
        }
        self.last_contact = Some(self.now);
        if let State::Open(socket) = &mut self.state {
            socket.last_byte = self.now;
            if let Some(awaited) = &mut socket.awaited {
                awaited.bytes = awaited.bytes.saturating_add(bytes as u64);
            }
        }
    }

    pub(super) fn socket_tick(&mut self) {
        let State::Open(socket) = &mut self.state else { return };
        match socket.deadline(&self.config.limits) {
            (at, _) if at > self.now => {
                if self.is_full_due() {
                    self.ask_for_all();
                }
            }
            (_, None) => {
                socket.next_ping = self.now.after(PING_EVERY);
                self.actions.push_back(Action::Write(socket.request_id, PING.to_string()));
            }
            (_, Some(problem)) => {
                let has_message = socket.has_message;
                let failure = if has_message { Failure::Other } else { Failure::Blocked };
                self.give_up();
                self.socket_lost(has_message, failure, problem, None);
            }
        }
    }

    pub(super) fn message(&mut self, text: &MessageText) {
        let State::Open(mut socket) = mem::replace(&mut self.state, State::Idle) else { return };
        socket.last_byte = self.now;
        let message = text.parse();
        // The time limit of the answer counts the bytes of the message that is arriving, so that pushed patches cannot extend it for ever.
        if let Some(awaited) = &mut socket.awaited {
            awaited.bytes = 0;
        }
        if message.is_ok() {
            socket.has_message = true;
            self.barren = 0;
            self.away = 0;
            self.was_noticed = false;
            self.clock.accepted();
        }
        let mut is_too_large = false;
        match message {
            Err(NoMessage::TooDense) => is_too_large = true,
            Err(NoMessage::Malformed(why)) => {
                let what = format!("a message of the server: {}", cut(&why, 300));
                self.actions.push_back(Action::Notice(Notice::Ignored { what }));
                if self.has_full {
                    self.unread = Some(self.read_until());
                    self.unanswered = self.unanswered.or(self.unread);
                }
            }
            // The server answers in order. If none of its patches can only be the answer, its database may have failed.
            Ok(Message::Pong) => {
                if let Some(cursor) = self.unanswered.filter(|_| socket.is_synchronised()) {
                    self.repeats.asked_again();
                    self.ask(socket.request_id, cursor);
                }
            }
            Ok(Message::Other) => {}
            Ok(Message::Sync(sync)) => match &mut socket.awaited {
                Some(awaited) if awaited.is_full && sync.event == Event::Patch => {
                    awaited.early_bytes = awaited.early_bytes.saturating_add(sync.text.len());
                    awaited.early.push(sync.text.clone());
                    is_too_large = awaited.early_bytes > self.config.limits.bytes;
                    if self.has_full {
                        self.received(&sync, Source::Streaming);
                    }
                }
                awaited => {
                    let early = awaited.take().map(|awaited| awaited.early);
                    let was_answered = self.unanswered.is_none();
                    let applied = self.received(&sync, Source::Streaming);
                    // A pushed patch has one flag or one segment. An answer may have one as well, but none that is older than the
                    // store's, or that the request did not ask for.
                    let is_single = sync.flags.len() + sync.segments.len() == 1;
                    let versions = applied.oldest.zip(self.unanswered);
                    let is_outdated = applied.has_older
                        || versions.is_some_and(|(oldest, asked)| oldest <= asked);
                    let is_push =
                        is_single && (applied.is_changed || is_outdated || applied.is_broken);
                    let is_repeated = is_push && self.repeats.is_repeated(sync.text);
                    let is_push = was_answered || is_push && !is_repeated;
                    if sync.event == Event::Full || !is_push {
                        self.answer_arrived(&applied);
                    }
                    for patch in early.unwrap_or_default() {
                        if let Ok(Message::Sync(sync)) = Message::parse(&patch) {
                            self.received(&sync, Source::Streaming);
                        }
                    }
                    // The request after the next pong asks for the patch again.
                    if is_push && applied.is_broken {
                        self.unanswered = self.unanswered.or(self.unread);
                    }
                }
            },
        }
        let is_synchronised = socket.is_synchronised();
        self.state = State::Open(socket);
        if is_too_large {
            self.give_up();
            self.trouble(Problem::TooLarge(self.config.limits.bytes), None);
        } else if is_synchronised {
            self.good();
            self.settle(&Ok(()));
        }
    }

    /// Resets the retry delays if a socket with flags that was opened at this time has been open for at least `Config::healthy_after`.
    pub(super) fn was_open_since(&mut self, opened: Millis, has_data: bool) {
        if has_data && self.now.since(opened) >= self.config.healthy_after {
            self.backoff.reset();
        }
    }
}
