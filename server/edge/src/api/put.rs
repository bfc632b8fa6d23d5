//! Answers `PUT /features/…`, with which tests change features.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use super::audit::{self, Entry};
use super::{body, respond};
use crate::origin::{CallerKind, KeyProof, KeyRequest, NotPut, Put, PutAnswer, PutLine};
use crate::shared_state::SharedState;
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

/// Answers a PUT that began at this time. The error is the answer to a PUT that did not get to the origin, and is not in the metrics yet.
/// The effect of the origin's answer adds all other answers to the metrics.
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
    let limited = audit::limited_address(request.extensions());
    let body = async {
        let (body, limit) = (request.into_body(), shared.options.body_limit);
        let body = body::read(&shared.memory, limited, body, limit).await;
        body.map_err(|why| Box::new(why.response()))
    };
    let (environment, named) = (key.environment, feature.to_owned());
    let (metrics, rate) = (Arc::clone(&shared.metrics), Arc::clone(&shared.refused_changes));
    let effect = move |answer: &PutAnswer| {
        if let Some(PutLine { action, account, outcome, is_refused }) = &answer.line {
            let entry = Entry {
                action,
                address,
                environment: Some(environment),
                account: account.as_deref(),
                feature: Some(&named),
                changed: None,
            };
            match is_refused {
                true => entry.write_refused(outcome.as_ref(), &rate),
                false => entry.write(outcome.as_ref()),
            }
        }
        metrics.put_answered(begin, answer.status);
    };
    let request = KeyRequest {
        key: &key,
        caller: CallerKind::Poll,
        address,
        context: &RequestContext::default,
        environments: &shared.environments,
        rates: &shared.rates,
        proof: KeyProof::Wanted,
    };
    let (body, effect) = (Box::pin(body), Box::new(effect));
    match shared.origin.put(Put { request, feature, body, effect }).await {
        Ok(answer) => {
            #[cfg_attr(not(feature = "cluster"), expect(unused_mut))]
            let mut response = response(answer);
            #[cfg(feature = "cluster")]
            super::revision::add(shared, &mut response);
            Ok(response)
        }
        Err(NotPut::NotOpen(why)) => Err(respond::not_open(why).into()),
        Err(NotPut::NoBody(response)) => Err(response),
    }
}

fn response(answer: PutAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.extend(answer.content_type.map(|value| (CONTENT_TYPE, value)));
    headers.extend(answer.retry_after.map(|value| (RETRY_AFTER, value)));
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    given.eq_ignore_ascii_case("application/json")
}
