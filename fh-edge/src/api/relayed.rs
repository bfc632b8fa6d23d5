//! `PUT /features/…` of a relay: the upstream Edge decides, and its response is passed on (D-92).

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

use super::audit::{self, Entry};
use super::features::NOT_READY;
use super::{body, respond};
use crate::core::{Core, Opening};
use crate::origin::relay::{Asker, PutTrouble, Relay};
use crate::serving::Phase;
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

pub(super) async fn put(
    core: &Core,
    relay: &Relay,
    key: &RequestKey<'_>,
    feature: &str,
    request: Request,
) -> Response {
    let address = audit::address(request.extensions());
    if let Err(refusal) = admit(core, relay, key, address).await {
        return *refusal;
    }
    let body = match body::read(request.into_body(), core.options.body_limit).await {
        Ok(body) => body,
        Err(why) => return why.response(),
    };
    let Some(outcome) = relay.put(key, feature, body).await else {
        return respond::empty(StatusCode::NOT_FOUND);
    };
    let entry = Entry {
        action: "put upstream",
        address,
        environment: Some(key.environment),
        feature: Some(feature),
        ..Entry::default()
    };
    entry.write(outcome.as_ref().map(|answer| answer.status.as_u16()));
    match outcome {
        Ok(answer) => {
            let mut response = Response::new(Body::from(answer.body));
            *response.status_mut() = answer.status;
            let headers = response.headers_mut();
            headers.extend(answer.content_type.map(|value| (CONTENT_TYPE, value)));
            headers.extend(answer.retry_after.map(|value| (RETRY_AFTER, value)));
            response
        }
        Err(why @ (PutTrouble::NotSent | PutTrouble::Unreachable)) => {
            respond::text(StatusCode::SERVICE_UNAVAILABLE, why.sentence())
        }
        Err(why @ PutTrouble::NotAnEdge) => respond::text(StatusCode::BAD_GATEWAY, why.sentence()),
    }
}

/// Admits configured keys, and other keys that the upstream Edge has accepted.
async fn admit(
    core: &Core,
    relay: &Relay,
    key: &RequestKey<'_>,
    address: Option<IpAddr>,
) -> Result<(), Box<Response>> {
    if relay.is_configured(key) {
        let counted = core.count(key, address);
        return counted.map_err(|beyond| Box::new(respond::too_many(beyond.seconds())));
    }
    let opening = match core.open(key, Asker::Poll, address, RequestContext::default) {
        Opening::Open(open) => core.fetched(open).await,
        other => other,
    };
    Err(Box::new(match opening {
        Opening::Open(open) if open.published.phase != Phase::Waiting => return Ok(()),
        Opening::Open(_) | Opening::NotYet => {
            respond::text(StatusCode::SERVICE_UNAVAILABLE, NOT_READY)
        }
        Opening::Busy(_, beyond) => respond::too_many(beyond.seconds()),
        Opening::Full(seconds) => respond::too_many(seconds),
        Opening::Unknown => respond::empty(StatusCode::NOT_FOUND),
    }))
}
