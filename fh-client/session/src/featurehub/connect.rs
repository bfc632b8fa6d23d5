//! Sends requests: chooses their kind, limits their rate, and fills in URL and headers.

use fh_repository::status::Connection;

use super::{Redirect, Session, State};
use crate::action::{Action, Request, RequestId, RequestKind};
use crate::config::ContextPlacement;
use crate::edge_url::SecretUrl;
use crate::response_class::RequestCondition;

impl Session {
    /// Sends a request now, or as soon as the limit of the request rate allows. The request follows a pending redirect, if there is one.
    /// The caller has aborted any request in flight.
    pub(super) fn connect(&mut self) {
        let following = match &mut self.state {
            State::Due { following, .. } => following.take(),
            _ => None,
        };
        self.connect_to(following);
    }

    /// Sends a request now, or as soon as the limit of the request rate allows. The request follows the redirect `following`; without a
    /// redirect, the request is the first of a new attempt.
    pub(super) fn connect_to(&mut self, following: Option<Redirect>) {
        if let Err(at) = self.recent.admit(self.now, self.config.pace) {
            self.state = State::Due { at, as_: Connection::Connecting, following };
            return;
        }
        let (kind, followed) = match following {
            // The request that follows a redirect has the same kind as the redirected request.
            Some((kind, url)) => (kind, Some(url)),
            None => {
                self.hops = 0;
                (self.next_kind(), None)
            }
        };
        let (request, asked) = self.request(kind, followed);
        self.last_url = Some(request.url.clone());
        self.last_request_id += 1;
        let request_id = RequestId(self.last_request_id);
        self.status.requests += 1;
        let limits = &self.config.limits;
        self.state = State::Connecting {
            request_id,
            kind,
            asked,
            until: self.now.after(match kind {
                RequestKind::Poll => limits.head.min(limits.poll),
                RequestKind::Stream => limits.head,
            }),
            poll_until: self.now.after(limits.poll),
        };
        self.actions.push_back(Action::Send(request_id, request));
    }

    /// Returns the kind of the next request. The kind is a poll if the client does not stream (see [`Self::streams`]), if it is suspended,
    /// if it waits for the next stream for long, or if the Edge could not stream and it is too early to retry streaming. Otherwise
    /// the kind is a stream.
    fn next_kind(&mut self) -> RequestKind {
        if !self.streams() || self.is_suspended || self.gap.is_some() {
            return RequestKind::Poll;
        }
        match self.poll_until {
            Some(until) if self.now < until => RequestKind::Poll,
            _ => {
                self.poll_until = None;
                RequestKind::Stream
            }
        }
    }

    fn request(
        &self,
        kind: RequestKind,
        followed: Option<SecretUrl>,
    ) -> (Request, RequestCondition) {
        let context = self.header.text().filter(|_| !self.evaluates_here());
        let in_query =
            kind == RequestKind::Stream && self.config.context_placement == ContextPlacement::Query;
        let url = followed.unwrap_or_else(|| self.url(kind, in_query));
        let mut headers = Vec::new();
        let mut header =
            |name: &str, value: &str| headers.push((name.to_string(), value.to_string()));
        match kind {
            RequestKind::Poll => header("accept", "application/json"),
            RequestKind::Stream => {
                header("accept", "text/event-stream");
                header("cache-control", "no-cache");
            }
        }
        if let Some(context) = context.filter(|_| !in_query) {
            header("x-featurehub", context);
        }
        if let Some(identification) = &self.config.identification {
            header("x-sdk", identification);
        }
        let asked = match &self.etag {
            Some(etag) if kind == RequestKind::Poll && !self.config.keys.are_several() => {
                header("if-none-match", etag);
                RequestCondition::IfNoneMatch
            }
            _ => RequestCondition::Plainly,
        };
        headers.extend(
            self.config
                .headers
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.clone())),
        );
        (Request { kind, url, headers, body: None }, asked)
    }

    fn url(&self, kind: RequestKind, in_query: bool) -> SecretUrl {
        let edge = &self.config.edge;
        match kind {
            RequestKind::Stream => {
                let context = self.header.text().filter(|_| in_query && !self.evaluates_here());
                edge.stream(self.config.keys.first(), context)
            }
            RequestKind::Poll if self.evaluates_here() => {
                edge.poll(&self.config.keys, &crate::context_header::ContextHeader::default())
            }
            RequestKind::Poll => edge.poll(&self.config.keys, &self.header),
        }
    }
}
