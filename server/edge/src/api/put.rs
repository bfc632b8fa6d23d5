//! Answers `PUT /features/…`, with which tests change features (edge-protocol 5).

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use super::audit::{self, Entry};
use super::features::NOT_READY;
use super::{body, relayed, respond};
use crate::metrics::{Outcome, RequestClass};
use crate::origin::relay::CallerKind;
use crate::shared_state::{Opening, Origin, SharedState};
use crate::state_store::{Update, UpdateOutcome};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

/// Answers `PUT /features/{environment+key}/{feature}`, which changes a feature. The environment and the key are one path segment, joined
/// by `+` or by an encoded `/`.
pub(super) async fn two(
    State(shared): State<Arc<SharedState>>,
    Path((key, feature)): Path<(String, String)>,
    request: Request,
) -> Response {
    let key = key.replace('+', "/");
    match key.split('/').collect::<Vec<_>>().as_slice() {
        [environment, secret] => put(&shared, environment, secret, &feature, request).await,
        _ => respond::text(
            StatusCode::BAD_REQUEST,
            "the path has no API key: write PUT /features/ENVIRONMENT/KEY/FEATURE",
        ),
    }
}

/// Answers `PUT /features/{environment}/{key}/{feature}`, which changes a feature.
pub(super) async fn three(
    State(shared): State<Arc<SharedState>>,
    Path((environment, secret, feature)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    put(&shared, &environment, &secret, &feature, request).await
}

/// Answers `PUT /features/{cache}/{environment}/{key}/{feature}`, which changes a feature. The segment `{cache}` has no effect.
pub(super) async fn four(
    State(shared): State<Arc<SharedState>>,
    Path((_, environment, secret, feature)): Path<(String, String, String, String)>,
    request: Request,
) -> Response {
    put(&shared, &environment, &secret, &feature, request).await
}

async fn put(
    shared: &SharedState,
    environment: &str,
    secret: &str,
    feature: &str,
    request: Request,
) -> Response {
    let begin = Instant::now();
    let response = answer(shared, environment, secret, feature, request).await;
    shared.metrics.put_took(begin.elapsed());
    shared.metrics.count(RequestClass::Put, Outcome::of(RequestClass::Put, response.status()));
    response
}

async fn answer(
    shared: &SharedState,
    environment: &str,
    secret: &str,
    feature: &str,
    request: Request,
) -> Response {
    if !is_json(request.headers()) {
        let why = "the content-type must be application/json";
        return respond::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
    }
    let Some(key) = RequestKey::of(environment, secret) else {
        return respond::unknown_key();
    };
    let address = audit::address(request.extensions());
    if let Origin::Relay(relay) = &shared.origin {
        return relayed::put(shared, relay, &key, feature, request).await;
    }
    match shared.open(&key, CallerKind::Poll, address, RequestContext::default) {
        Opening::Open(_) => {}
        Opening::Busy(_, beyond) => return respond::too_many(beyond.seconds(), beyond.as_str()),
        Opening::Full(seconds, why) => return respond::too_many(seconds, why),
        Opening::Unknown => return respond::unknown_key(),
        Opening::NotYet => return respond::text(StatusCode::SERVICE_UNAVAILABLE, NOT_READY),
    }
    let body = match body::read(request.into_body(), shared.options.body_limit).await {
        Ok(body) => body,
        Err(why) => return why.response(),
    };
    // The body may take long to arrive, so the key is looked up again.
    let Some(open) = shared.find(&key) else { return respond::unknown_key() };
    let update = match Update::read(&body) {
        Ok(update) => update,
        Err(refusal) => return refused(refusal.answer()),
    };
    let outcome = shared.put(&key, &open, feature, update).await;
    let entry = Entry {
        action: "put",
        address,
        environment: Some(key.environment),
        account: Some(&open.grant.account),
        feature: Some(feature),
        changed: None,
    };
    entry.write(outcome.as_ref());
    match outcome {
        Ok(UpdateOutcome::Changed | UpdateOutcome::AlreadySo) => respond::empty(StatusCode::OK),
        Ok(UpdateOutcome::SameValue) => respond::empty(StatusCode::ACCEPTED),
        Err(why) => refused(why.answer()),
    }
}

fn refused((status, sentence): (u16, &'static str)) -> Response {
    respond::text(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), sentence)
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    given.eq_ignore_ascii_case("application/json")
}
