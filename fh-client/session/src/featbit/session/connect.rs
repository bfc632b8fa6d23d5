//! Sends requests: chooses their purpose, limits their rate, and fills in URL and headers.

use fh_repository::status::Connection;

use super::outcome::MOST_BARREN;
use super::{Mode, Purpose, Session, State};
use crate::action::{Action, Request, RequestId, RequestKind};
use crate::featbit::token::token;

impl Session {
    /// Sends the next request now, or as soon as the limit of the request rate allows. The caller has aborted any request in flight.
    pub(super) fn connect(&mut self) {
        if let Err(at) = self.recent.admit(self.now, self.config.pace) {
            self.state = State::Due { at, as_: Connection::Connecting };
            return;
        }
        let purpose = self.next_purpose();
        self.send(purpose);
    }

    /// Returns the purpose of the next request: a poll if the client does not stream, if it is suspended, if it waits for the next socket
    /// for long, or if sockets brought no message and it is too early for another one; otherwise a socket.
    fn next_purpose(&mut self) -> Purpose {
        if self.clock.is_asked_for() {
            return Purpose::Clock;
        }
        if self.config.mode != Mode::Streaming || self.is_suspended || !self.has_sockets {
            return Purpose::Poll;
        }
        if self.away == MOST_BARREN || self.gap.is_some() {
            return Purpose::Poll;
        }
        match self.poll_until {
            Some(until) if self.now < until => Purpose::Poll,
            _ => {
                self.poll_until = None;
                Purpose::Socket
            }
        }
    }

    fn send(&mut self, purpose: Purpose) {
        let request = self.request(purpose);
        self.last_request_id += 1;
        let request_id = RequestId(self.last_request_id);
        self.status.requests += 1;
        let limits = &self.config.limits;
        self.state = State::Connecting {
            request_id,
            purpose,
            until: self.now.after(limits.head),
            poll_until: self.now.after(limits.poll.max(limits.head)),
        };
        self.actions.push_back(match purpose {
            Purpose::Socket => Action::Connect(request_id, request),
            Purpose::Poll | Purpose::Clock => Action::Send(request_id, request),
        });
    }

    fn request(&mut self, purpose: Purpose) -> Request {
        let endpoints = &self.config.endpoints;
        let mut headers = Vec::new();
        let mut header =
            |name: &str, value: &str| headers.push((name.to_string(), value.to_string()));
        let (kind, url) = match purpose {
            Purpose::Socket => {
                let time = self.clock.token_time(self.wall);
                let token = token(&self.config.secret, time, self.random.share());
                (RequestKind::Stream, endpoints.socket(&token))
            }
            Purpose::Poll => {
                header("accept", "application/json");
                header("authorization", self.config.secret.expose());
                // The first request asks for everything, also if a bootstrap document has given flags.
                let cursor = self.cursor();
                self.polls_all = cursor.is_none();
                (RequestKind::Poll, endpoints.latest(cursor))
            }
            Purpose::Clock => (RequestKind::Poll, endpoints.liveness()),
        };
        if let Some(identification) = &self.config.identification {
            header("user-agent", identification);
        }
        Request { kind, url, headers, body: None }
    }
}
