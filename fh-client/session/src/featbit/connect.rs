//! Chooses the purpose of each request, and fills in URL and headers.

use super::config::Mode;
use super::outcome::MOST_BARREN;
use super::state::{FeatBit, Purpose};
use super::token::token;
use crate::action::{Action, Request, RequestKind};
use crate::kernel::Kernel;

impl Kernel<FeatBit> {
    pub(super) fn send_request(&mut self) {
        let purpose = self.next_purpose();
        let request = self.request(purpose);
        let action = match purpose {
            Purpose::Socket => Action::Connect,
            Purpose::Poll | Purpose::Clock => Action::Send,
        };
        let limits = self.timing.limits;
        self.send(action, (purpose, request), limits.head, limits.poll.max(limits.head));
    }

    /// Returns the purpose of the next request: a poll if the client does not stream, if it is suspended, if it waits for the next socket
    /// for long, or if sockets brought no message and it is too early for another one; otherwise a socket.
    fn next_purpose(&mut self) -> Purpose {
        if self.own.clock.is_asked_for {
            return Purpose::Clock;
        }
        let streams = self.config.mode == Mode::Streaming && self.own.has_sockets;
        if streams && self.own.away != MOST_BARREN && self.may_stream() {
            Purpose::Socket
        } else {
            Purpose::Poll
        }
    }

    fn request(&mut self, purpose: Purpose) -> Request {
        let endpoints = &self.config.endpoints;
        let mut headers = Vec::new();
        let mut header =
            |name: &str, value: &str| headers.push((name.to_string(), value.to_string()));
        let (kind, url) = match purpose {
            Purpose::Socket => {
                let time = self.own.clock.token_time(self.own.wall);
                let token = token(&self.config.secret, time, self.random.share());
                (RequestKind::Stream, endpoints.socket(&token))
            }
            Purpose::Poll => {
                header("accept", "application/json");
                header("authorization", self.config.secret.expose());
                // The first request asks for everything, also if a bootstrap document has given flags.
                let cursor = self.cursor();
                self.own.polls_all = cursor.is_none();
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
