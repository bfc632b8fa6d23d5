//! Sends requests: limits the rate of polls and streams, and fills in URLs and headers.

use fh_repository::status::Connection;
use fh_repository::time::Millis;

use super::refresh::{Flight, NextRequest, Refresh};
use super::{Session, State};
use crate::action::{Action, Request, RequestId, RequestKind};
use crate::edge_url::SecretUrl;

impl Session {
    /// Begins a poll now, or as soon as the limit of the rate allows. The caller has aborted any poll in flight.
    pub(super) fn begin_poll(&mut self) {
        match self.admit() {
            Err(at) => self.state = State::Due { at, as_: Connection::Connecting },
            Ok(()) => {
                self.last_poll = Some(self.now);
                self.poll_again = false;
                let refresh = self.new_refresh();
                self.send(refresh);
            }
        }
    }

    /// Counts a poll or a stream that begins now. Fails with the time at which it may begin.
    pub(super) fn admit(&mut self) -> Result<(), Millis> {
        self.recent.admit(self.now, self.config.pace)
    }

    /// Sends the next request of a poll.
    pub(super) fn send(&mut self, refresh: Refresh) {
        let request = match refresh.next_request() {
            NextRequest::Map => {
                let user_key = crate::featuresignals::context::user_key(refresh.context());
                self.request(RequestKind::Poll, self.config.endpoint.map(user_key), None)
            }
            NextRequest::Part(body) => {
                self.request(RequestKind::Poll, self.config.endpoint.bulk(), Some(body))
            }
        };
        let request_id = self.next_request_id();
        let limits = &self.config.limits;
        self.state = State::Polling(Box::new(Flight {
            request_id,
            until: self.now.after(limits.head),
            complete_until: self.now.after(limits.poll.max(limits.head)),
            head: None,
            body: Vec::new(),
            refresh,
        }));
        self.actions.push_back(Action::Send(request_id, request));
    }

    pub(super) fn next_request_id(&mut self) -> RequestId {
        self.last_request_id += 1;
        self.status.requests += 1;
        RequestId(self.last_request_id)
    }

    pub(super) fn request(
        &self,
        kind: RequestKind,
        url: SecretUrl,
        body: Option<String>,
    ) -> Request {
        let mut headers = Vec::new();
        let mut header =
            |name: &str, value: &str| headers.push((name.to_string(), value.to_string()));
        let accepted = match kind {
            RequestKind::Poll => "application/json",
            RequestKind::Stream => "text/event-stream",
        };
        header("accept", accepted);
        if let Some(key) = &self.config.key {
            header("x-api-key", key.expose());
        }
        if body.is_some() {
            // The server accepts no other spelling.
            header("content-type", "application/json");
        }
        if let Some(identification) = &self.config.identification {
            header("user-agent", identification);
        }
        Request { kind, url, headers, body }
    }
}
