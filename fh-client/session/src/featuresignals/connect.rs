//! Sends the requests of polls, and fills in URLs and headers.

use super::context::user_key;
use super::refresh::{NextRequest, Refresh};
use super::state::FeatureSignals;
use crate::action::{Action, Request, RequestKind};
use crate::edge_url::SecretUrl;
use crate::kernel::Kernel;

impl Kernel<FeatureSignals> {
    /// Sends the first request of a poll.
    pub(super) fn begin_poll(&mut self) {
        self.own.last_poll = Some(self.now);
        self.own.poll_again = false;
        let refresh = self.new_refresh();
        self.send_refresh(refresh);
    }

    /// Sends the next request of a poll.
    pub(super) fn send_refresh(&mut self, refresh: Refresh) {
        let endpoint = &self.config.endpoint;
        let (url, body) = match refresh.next_request() {
            NextRequest::Map => (endpoint.map(user_key(&refresh.context)), None),
            NextRequest::Part(body) => (endpoint.bulk(), Some(body)),
        };
        let request = self.request(RequestKind::Poll, url, body);
        let limits = self.timing.limits;
        self.send(Action::Send, (refresh, request), limits.head, limits.poll.max(limits.head));
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
