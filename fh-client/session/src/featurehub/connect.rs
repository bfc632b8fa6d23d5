//! Chooses the kind of each request, and fills in URL and headers.

use super::state::{FeatureHub, Purpose};
use crate::action::{Action, Request, RequestKind};
use crate::config::ContextPlacement;
use crate::edge_url::SecretUrl;
use crate::kernel::Kernel;
use crate::response_class::RequestCondition;

impl Kernel<FeatureHub> {
    /// Sends the next request, which follows a pending redirect if there is one. Otherwise it is the first of a new attempt.
    pub(super) fn send_request(&mut self) {
        let (kind, followed) = match self.own.following.take() {
            // The request that follows a redirect has the same kind as the redirected request.
            Some((kind, url)) => (kind, Some(url)),
            None => {
                self.own.hops = 0;
                (self.next_kind(), None)
            }
        };
        let (request, asked) = self.request(kind, followed);
        self.own.last_url = Some(request.url.clone());
        let limits = self.timing.limits;
        let head = match kind {
            RequestKind::Poll => limits.head.min(limits.poll),
            RequestKind::Stream => limits.head,
        };
        self.send(Action::Send, (Purpose { kind, asked }, request), head, limits.poll);
    }

    /// Returns the kind of the next request. The kind is a poll if the client does not stream (see [`Self::streams`]), if it is suspended,
    /// if it waits for the next stream for long, or if the Edge could not stream and it is too early to retry streaming. Otherwise
    /// the kind is a stream.
    fn next_kind(&mut self) -> RequestKind {
        if self.streams() && self.may_stream() { RequestKind::Stream } else { RequestKind::Poll }
    }

    fn request(
        &self,
        kind: RequestKind,
        followed: Option<SecretUrl>,
    ) -> (Request, RequestCondition) {
        let context = self.own.header.text().filter(|_| !self.evaluates_here());
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
        let asked = match &self.own.etag {
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
                let context = self.own.header.text().filter(|_| in_query && !self.evaluates_here());
                edge.stream(self.config.keys.first(), context)
            }
            RequestKind::Poll if self.evaluates_here() => {
                edge.poll(&self.config.keys, &crate::context_header::ContextHeader::default())
            }
            RequestKind::Poll => edge.poll(&self.config.keys, &self.own.header),
        }
    }
}
