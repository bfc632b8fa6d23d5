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
use crate::origin::relay::CallerKind;
use crate::serving::ServedFeature;
use crate::shared_state::{Opened, Opening, Origin, SharedState};
use crate::state_store::{PutError, Refusal, Update, UpdateOutcome};
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
    match answer(shared, environment, secret, feature, (begin, request)).await {
        Ok(response) => response,
        Err(refusal) => {
            shared.metrics.put_answered(begin, refusal.status());
            *refusal
        }
    }
}

/// Answers a PUT that began at this time. The error is the answer to a PUT that was not passed on, and is not in the metrics yet. The
/// effect of the outcome adds all other answers to the metrics.
async fn answer(
    shared: &SharedState,
    environment: &str,
    secret: &str,
    feature: &str,
    (begin, request): (Instant, Request),
) -> Result<Response, Box<Response>> {
    if !is_json(request.headers()) {
        let why = "the content-type must be application/json";
        return Err(respond::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, why).into());
    }
    let key = RequestKey::of(environment, secret).ok_or_else(respond::unknown_key)?;
    let address = audit::address(request.extensions());
    if let Origin::Relay(relay) = &shared.origin {
        return relayed::put(shared, relay, &key, feature, (begin, request)).await;
    }
    match shared.open(&key, CallerKind::Poll, address, RequestContext::default) {
        Opening::Open(open) => {
            if let Some(refusal) = refusal_without_body(&open, feature) {
                let outcome = Err(PutError::Refused(refusal));
                let entry = Entry {
                    action: "put",
                    address,
                    environment: Some(key.environment),
                    account: Some(&open.grant.account),
                    feature: Some(feature),
                    changed: None,
                };
                entry.write_refused(outcome.as_ref(), &shared.refused_changes);
                return Err(response(&outcome).into());
            }
        }
        Opening::Busy(_, beyond) => {
            return Err(respond::too_many(beyond.seconds(), beyond.as_str()).into());
        }
        Opening::Full(seconds, why) => return Err(respond::too_many(seconds, why).into()),
        Opening::Unknown => return Err(respond::unknown_key().into()),
        Opening::NotYet => {
            return Err(respond::text(StatusCode::SERVICE_UNAVAILABLE, NOT_READY).into());
        }
    }
    let limited = audit::limited_address(request.extensions());
    let (body, limit) = (request.into_body(), shared.options.body_limit);
    let body = body::read(&shared.memory, limited, body, limit).await;
    let body = body.map_err(body::NoBody::response)?;
    // The body may take long to arrive, so the key is looked up again.
    let open = shared.find(&key).ok_or_else(respond::unknown_key)?;
    let update =
        Update::read(&body).map_err(|refusal| response(&Err(PutError::Refused(refusal))))?;
    let (environment, account) = (key.environment, Arc::clone(&open.grant.account));
    let (named, metrics) = (feature.to_owned(), Arc::clone(&shared.metrics));
    let rate = Arc::clone(&shared.refused_changes);
    let effect = move |outcome: &Result<UpdateOutcome, PutError>| {
        let entry = Entry {
            action: "put",
            address,
            environment: Some(environment),
            account: Some(&account),
            feature: Some(&named),
            changed: None,
        };
        match outcome {
            Err(PutError::Refused(_)) => entry.write_refused(outcome.as_ref(), &rate),
            _ => entry.write(outcome.as_ref()),
        }
        metrics.put_answered(begin, status(outcome));
    };
    let outcome = shared.put(&key, &open, feature, update, Box::new(effect)).await;
    Ok(response(&outcome))
}

fn status(outcome: &Result<UpdateOutcome, PutError>) -> StatusCode {
    match outcome {
        Ok(UpdateOutcome::Changed | UpdateOutcome::AlreadySo) => StatusCode::OK,
        Ok(UpdateOutcome::SameValue) => StatusCode::ACCEPTED,
        Err(why) => StatusCode::from_u16(why.answer().0).unwrap_or(StatusCode::BAD_REQUEST),
    }
}

fn response(outcome: &Result<UpdateOutcome, PutError>) -> Response {
    match outcome {
        Ok(_) => respond::empty(status(outcome)),
        Err(why) => respond::text(status(outcome), why.answer().1),
    }
}

/// Returns the reason to refuse every PUT to this feature with this key, whatever the body says. FeatureHub makes these checks before all
/// others (edge-protocol 5.3), and a caller that may change nothing must not make the server read a body.
fn refusal_without_body(open: &Opened, feature: &str) -> Option<Refusal> {
    let view = open.view()?;
    let is_visible =
        |each: &Arc<ServedFeature>| *each.key == *feature && each.passes(&view.key.filters);
    if !open.published.features.iter().any(is_visible) {
        return Some(Refusal::NotFound);
    }
    open.grant.permissions.is_read_only().then_some(Refusal::NoWriteRoles)
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    given.eq_ignore_ascii_case("application/json")
}
