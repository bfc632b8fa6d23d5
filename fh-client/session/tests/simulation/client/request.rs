//! Checks of the requests that are sent.

use fh_session::{ContextPlacement, KeyKind, Request, RequestKind};

use super::Client;
use crate::edge::ReceivedRequest;
use crate::invariant::{Broken, Invariant, hold};
use crate::world::KEYS;

impl Client {
    /// Checks that the request is the expected one. Returns it as the Edge receives it.
    pub(super) fn request(&mut self, request: &Request) -> Result<ReceivedRequest, Broken> {
        let keys = &KEYS[self.spec.keys];
        let (_, header) = &self.users[self.spec.asked];
        let text = header.text().filter(|_| keys.kind == KeyKind::ServerEvaluated);
        let in_query = request.kind == RequestKind::Stream
            && self.spec.config.context_placement == ContextPlacement::Query;
        let url = request.url.expose();
        hold(Invariant::Redirect, url.starts_with("http://edge/"), || url.to_string())?;
        let follows = self.spec.follows;
        self.hops = if follows { self.hops + 1 } else { 0 };
        let expected = match request.kind {
            _ if follows => format!("http://edge/moved/{}", self.hops),
            RequestKind::Stream => {
                let query = text.filter(|_| in_query).map_or(String::new(), |text| {
                    let once_more = text.replace('%', "%25").replace('=', "%3D");
                    format!("?xfeaturehub={once_more}")
                });
                format!("http://edge/features/{}{query}", keys.texts[0])
            }
            RequestKind::Poll => {
                let sha = text.map_or_else(|| "0".to_string(), |_| header.context_sha());
                let keys: Vec<String> =
                    keys.texts.iter().map(|key| format!("apiKey={key}&")).collect();
                format!("http://edge/features?{}contextSha={sha}", keys.concat())
            }
        };
        hold(Invariant::Context, url == expected, || format!("{url}, expected {expected}"))?;
        let get = |name: &str| {
            request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
        };
        let told = get("x-featurehub");
        hold(Invariant::Context, told == text.filter(|_| !in_query), || {
            format!("x-featurehub {told:?}")
        })?;
        let accept = match request.kind {
            RequestKind::Poll => "application/json",
            RequestKind::Stream => "text/event-stream",
        };
        hold(Invariant::Context, get("accept") == Some(accept), || format!("{:?}", get("accept")))?;
        let etag = get("if-none-match");
        let may = request.kind == RequestKind::Poll && keys.texts.len() == 1;
        hold(
            Invariant::Etag,
            etag.is_none() || (may && etag == self.spec.etag.as_deref()),
            || format!("{etag:?}, the last one is {:?}", self.spec.etag),
        )?;
        if may && self.spec.etag_is_sure {
            hold(Invariant::Etag, etag == self.spec.etag.as_deref(), || {
                format!("{etag:?} instead of {:?}", self.spec.etag)
            })?;
        }
        Ok(ReceivedRequest {
            kind: request.kind,
            keys: self.spec.keys,
            user: self.spec.asked,
            etag: etag.map(str::to_string),
            hops: self.hops,
        })
    }
}
