//! Answers `PUT /features/…` in a relay. The upstream Edge accepts or refuses the change, and the relay passes on the status and up to 16
//! KiB of the body of a response that comes from an Edge (D-92).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

use super::audit::{self, Entry};
use super::features::NOT_READY;
use super::{body, respond};
use crate::origin::relay::{CallerKind, PutAnswer, PutTrouble, Relay};
use crate::serving::Phase;
use crate::shared_state::{Opening, SharedState};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

pub(super) async fn put(
    shared: &SharedState,
    relay: &Relay,
    key: &RequestKey<'_>,
    feature: &str,
    (begin, request): (Instant, Request),
) -> Result<Response, Box<Response>> {
    let address = audit::address(request.extensions());
    admit(shared, relay, key, address).await?;
    let limited = audit::limited_address(request.extensions());
    let (body, limit) = (request.into_body(), shared.options.body_limit);
    let body = body::read(&shared.memory, limited, body, limit).await;
    let body = body.map_err(body::NoBody::response)?;
    let upstream = relay.put_request(key, feature, body).ok_or_else(respond::unknown_key)?;
    let (environment, feature) = (key.environment, feature.to_owned());
    let (metrics, rate) = (Arc::clone(&shared.metrics), Arc::clone(&shared.refused_changes));
    let effect = move |outcome: &Result<PutAnswer, PutTrouble>| {
        let entry = Entry {
            action: "put upstream",
            address,
            environment: Some(environment),
            feature: Some(&feature),
            ..Entry::default()
        };
        let line = outcome.as_ref().map(|answer| answer.status.as_u16());
        match line {
            Ok(400..=499) | Err(PutTrouble::NotSent) => entry.write_refused(line, &rate),
            // The change was made, or may have been made.
            _ => entry.write(line),
        }
        metrics.put_answered(begin, status(outcome));
    };
    let outcome = relay.put(upstream, Box::new(effect)).await;
    let status = status(&outcome);
    Ok(match outcome {
        Ok(answer) => {
            let mut response = Response::new(Body::from(answer.body));
            *response.status_mut() = status;
            let headers = response.headers_mut();
            headers.extend(answer.content_type.map(|value| (CONTENT_TYPE, value)));
            headers.extend(answer.retry_after.map(|value| (RETRY_AFTER, value)));
            response
        }
        Err(why) => respond::text(status, why.sentence()),
    })
}

fn status(outcome: &Result<PutAnswer, PutTrouble>) -> StatusCode {
    match outcome {
        Ok(answer) => answer.status,
        Err(PutTrouble::NotSent | PutTrouble::Unreachable) => StatusCode::SERVICE_UNAVAILABLE,
        Err(PutTrouble::NotAnEdge) => StatusCode::BAD_GATEWAY,
    }
}

/// Admits a request within its rate limits if its key is configured, or if the relay has features for the key. The error is the response to
/// a request that is not admitted.
async fn admit(
    shared: &SharedState,
    relay: &Relay,
    key: &RequestKey<'_>,
    address: Option<IpAddr>,
) -> Result<(), Box<Response>> {
    if relay.is_configured(key) {
        let counted = shared.count(key, address);
        return counted
            .map_err(|beyond| Box::new(respond::too_many(beyond.seconds(), beyond.as_str())));
    }
    let opening = match shared.open(key, CallerKind::Poll, address, RequestContext::default) {
        Opening::Open(open) => shared.fetched(open).await,
        other => other,
    };
    Err(Box::new(match opening {
        Opening::Open(open) if open.published.phase != Phase::Waiting => return Ok(()),
        Opening::Open(_) | Opening::NotYet => {
            respond::text(StatusCode::SERVICE_UNAVAILABLE, NOT_READY)
        }
        Opening::Busy(_, beyond) => respond::too_many(beyond.seconds(), beyond.as_str()),
        Opening::Full(seconds, why) => respond::too_many(seconds, why),
        Opening::Unknown => respond::unknown_key(),
    }))
}
