//! Handles an open socket: its messages and its pings.

use std::mem;

use fh_eval::SharedText;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::source::Source;

use super::message::{Event, Message, MessageText, NoMessage};
use super::open_socket::{Awaited, PING_EVERY, Repeats, Socket};
use super::outcome::Failure;
use super::state::FeatBit;
use crate::action::{Action, RequestId};
use crate::kernel::{Kernel, State};
use crate::response_class::cut;

const PING: &str = r#"{"messageType":"ping","data":{}}"#;

impl Kernel<FeatBit> {
    /// Asks for flags on a socket that has just been opened.
    pub(super) fn socket_opened(&mut self, request_id: RequestId) {
        let cursor = self.cursor().unwrap_or(0);
        self.own.unanswered = self.own.has_full.then(|| self.read_until());
        self.own.repeats = Repeats::default();
        self.ask(request_id, cursor);
        let stream = Box::new(Socket::new(self.now, cursor == 0));
        self.state = State::Streaming { request_id, stream };
    }

    fn ask(&mut self, request_id: RequestId, cursor: i64) {
        let request = format!(r#"{{"messageType":"data-sync","data":{{"timestamp":{cursor}}}}}"#);
        self.actions.push_back(Action::Write(request_id, request));
    }

    /// Asks for everything on the open socket, unless such an answer is outstanding.
    pub(super) fn ask_for_all(&mut self) {
        let State::Streaming { request_id, stream: socket } = &mut self.state else { return };
        if socket.awaited.as_ref().is_none_or(|awaited| !awaited.is_full) {
            socket.awaited = Some(Awaited::new(self.now, true));
            let request_id = *request_id;
            self.ask(request_id, 0);
        }
    }

    /// Records that bytes of a message have arrived.
    pub(super) fn message_progress(&mut self, request_id: RequestId, bytes: usize) {
        if self.state.request_id() != Some(request_id) {
            return;
        }
        self.last_contact = Some(self.now);
        if let State::Streaming { stream: socket, .. } = &mut self.state {
            socket.last_byte = self.now;
            if let Some(awaited) = &mut socket.awaited {
                awaited.bytes = awaited.bytes.saturating_add(bytes as u64);
            }
        }
    }

    pub(super) fn text_arrived(&mut self, request_id: RequestId, text: SharedText) {
        if self.state.request_id() == Some(request_id)
            && matches!(self.state, State::Streaming { .. })
        {
            self.last_contact = Some(self.now);
            self.message_arrived(&text.into());
        }
    }

    pub(super) fn socket_tick(&mut self) {
        let State::Streaming { request_id, stream: socket } = &mut self.state else { return };
        match socket.deadline(&self.config.limits) {
            (at, _) if at > self.now => {
                if self.is_full_due() {
                    self.ask_for_all();
                }
            }
            (_, None) => {
                socket.next_ping = self.now.after(PING_EVERY);
                self.actions.push_back(Action::Write(*request_id, PING.to_string()));
            }
            (_, Some(problem)) => {
                let has_message = socket.has_message;
                let failure = if has_message { Failure::Other } else { Failure::Blocked };
                self.give_up();
                self.socket_lost(has_message, failure, problem, None);
            }
        }
    }

    pub(super) fn message_arrived(&mut self, text: &MessageText) {
        let State::Streaming { request_id, stream: mut socket } =
            mem::replace(&mut self.state, State::Idle)
        else {
            return;
        };
        socket.last_byte = self.now;
        let message = text.parse();
        // The time limit of the answer counts the bytes of the message that is arriving, so that pushed patches cannot extend it for ever.
        if let Some(awaited) = &mut socket.awaited {
            awaited.bytes = 0;
        }
        if message.is_ok() {
            socket.has_message = true;
            self.own.barren = 0;
            self.own.away = 0;
            self.own.was_noticed = false;
            self.own.clock.is_corrected = false;
        }
        let mut is_too_large = false;
        match message {
            Err(NoMessage::TooDense) => is_too_large = true,
            Err(NoMessage::Malformed(why)) => {
                let what = format!("a message of the server: {}", cut(&why, 300));
                self.notice(Notice::Ignored { what });
                if self.own.has_full {
                    self.own.unread = Some(self.read_until());
                    self.own.unanswered = self.own.unanswered.or(self.own.unread);
                }
            }
            // The server answers in order. If none of its patches can only be the answer, its database may have failed.
            Ok(Message::Pong) => {
                if let Some(cursor) = self.own.unanswered.filter(|_| socket.is_synchronised()) {
                    self.own.repeats.asked_again();
                    self.ask(request_id, cursor);
                }
            }
            Ok(Message::Other) => {}
            Ok(Message::Sync(sync)) => match &mut socket.awaited {
                Some(awaited) if awaited.is_full && sync.event == Event::Patch => {
                    awaited.early_bytes = awaited.early_bytes.saturating_add(sync.text.len());
                    awaited.early.push(sync.text.clone());
                    is_too_large = awaited.early_bytes > self.config.limits.bytes;
                    if self.own.has_full {
                        self.received(&sync, Source::Streaming);
                    }
                }
                awaited => {
                    let early = awaited.take().map(|awaited| awaited.early);
                    let was_answered = self.own.unanswered.is_none();
                    let applied = self.received(&sync, Source::Streaming);
                    // A pushed patch has one flag or one segment. An answer may have one as well, but none that is older than the
                    // store's, or that the request did not ask for.
                    let is_single = sync.flags.len() + sync.segments.len() == 1;
                    let versions = applied.oldest.zip(self.own.unanswered);
                    let is_outdated = applied.has_older
                        || versions.is_some_and(|(oldest, asked)| oldest <= asked);
                    let is_push =
                        is_single && (applied.is_changed || is_outdated || applied.is_broken);
                    let is_repeated = is_push && self.own.repeats.is_repeated(sync.text);
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
                        self.own.unanswered = self.own.unanswered.or(self.own.unread);
                    }
                }
            },
        }
        let is_synchronised = socket.is_synchronised();
        self.state = State::Streaming { request_id, stream: socket };
        if is_too_large {
            self.give_up();
            self.poll_failed(Problem::TooLarge(self.config.limits.bytes), None);
        } else if is_synchronised {
            self.good();
            self.settle(&Ok(()));
        }
    }
}
