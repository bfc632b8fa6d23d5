//! OFREP, the OpenFeature Remote Evaluation Protocol. Its requests evaluate one feature or all features for a context (D-107).

mod answer;
mod context;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use fh_eval::Attributes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{audit, body, respond};
use crate::clock::now;
use crate::evaluations::{Caller, Effort, Refused};
use crate::origin::relay::CallerKind;
use crate::request_memory::{Reservation, of_context};
use crate::serving::{Detail, Phase, Published, View};
use crate::shared_state::{Admission, Opened, Opening, SharedState};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;
use crate::wire::entity_tags::entity_tags;
use answer::{Evaluated, Failure, evaluate};
use context::{EvaluationContext, Unusable};

pub(super) fn router(shared: &Arc<SharedState>) -> Router<Arc<SharedState>> {
    Router::new()
        .route("/ofrep/v1/evaluate/flags", post(all))
        .route("/ofrep/v1/evaluate/flags/{key}", post(one))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(shared), with_valid_key))
        .route("/ofrep/v1/configuration", get(configuration))
}

/// Answers a request with status 401 if its key was revoked while the request waited for memory or was evaluated.
async fn with_valid_key(
    State(shared): State<Arc<SharedState>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers().clone();
    let response = next.run(request).await;
    admitted(&shared, &headers).map_or_else(|refusal| *refusal, |_| response)
}

/// Answers `POST /ofrep/v1/evaluate/flags/{key}` with the evaluation of one feature.
async fn one(
    State(shared): State<Arc<SharedState>>,
    Path(key): Path<String>,
    request: Request,
) -> Response {
    let (open, context, reservation) = match read(&shared, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal.response(&shared, Some(&key)),
    };
    let feature =
        open.view().and_then(|view| view.features().iter().find(|each| *each.key == *key));
    let detail = open.view().map(|view| view.key.detail);
    let (Some(feature), Some(detail)) = (feature, detail) else {
        return json(StatusCode::NOT_FOUND, &Failure::not_found().for_key(&key));
    };
    let steps = open.published.steps_of(feature, &context.attributes);
    let evaluated = match shared.evaluations.effort(steps) {
        Effort::TooLarge => {
            return Refusal::TooLarge(Refused::TooMuchWork).response(&shared, Some(&key));
        }
        Effort::Small => {
            one_answer(&evaluate(&open.published, feature, &context.attributes, now(), detail))
        }
        Effort::Large => {
            let (published, feature) = (Arc::clone(&open.published), Arc::clone(feature));
            let work = move |_: &Caller| {
                one_answer(&evaluate(&published, &feature, &context.attributes, now(), detail))
            };
            match shared.evaluations.run(work).await {
                Some(answer) => answer,
                None => one_answer(&Err(Failure::internal())),
            }
        }
    };
    match evaluated {
        Ok(body) => {
            respond::bytes(StatusCode::OK, "application/json", reservation.hold_answer(body))
        }
        Err((status, failure)) => json(status, &failure.for_key(&key)),
    }
}

/// Returns the body of the response to a request for one feature. On an error, returns the status of the response and the failure.
fn one_answer(evaluated: &Result<Evaluated<'_>, Failure>) -> Result<Bytes, (StatusCode, Failure)> {
    match evaluated {
        Ok(answer) => Ok(Bytes::from(serde_json::to_vec(answer).unwrap_or_default())),
        Err(failure) => {
            let status = if failure.is_not_found() {
                StatusCode::NOT_FOUND
            } else if failure.is_internal() {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::BAD_REQUEST
            };
            Err((status, failure.clone()))
        }
    }
}

/// Answers `POST /ofrep/v1/evaluate/flags` with the evaluations of all features that the key may read and that have a value. If a value
/// cannot be converted, the response contains an error in its place.
async fn all(State(shared): State<Arc<SharedState>>, request: Request) -> Response {
    let conditions: Vec<HeaderValue> =
        request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect();
    let (open, context, reservation) = match read(&shared, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal.response(&shared, None),
    };
    let Some(view) = open.view() else { return unauthorised() };
    // OFREP evaluates on the server for keys of both kinds. So the rules on `now` count even if the view itself is not evaluated.
    let time_state =
        open.published.time_state.tag().map_or_else(String::new, |tag| format!(";{tag}"));
    let etag = format!("{}{time_state}//{}", view.tag, context.tag);
    let lines = conditions.iter().filter_map(|line| line.to_str().ok());
    let holds = lines.flat_map(entity_tags).any(|tag| tag.opaque == etag);
    let mut response = if holds {
        respond::empty(StatusCode::NOT_MODIFIED)
    } else {
        match all_answers(&shared, &open, context.attributes).await {
            Ok(body) => {
                respond::bytes(StatusCode::OK, "application/json", reservation.hold_answer(body))
            }
            Err(response) => return *response,
        }
    };
    if let Ok(etag) = HeaderValue::try_from(format!("\"{etag}\"")) {
        response.headers_mut().insert(ETAG, etag);
    }
    if let Some(value) = &open.published.settings.cache_control {
        response.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
    response
}

/// Returns the body of the response with all features. The error is a response with status 413 or 500.
async fn all_answers(
    shared: &SharedState,
    open: &Opened,
    attributes: Attributes,
) -> Result<Bytes, Box<Response>> {
    let steps = open.view().map_or(0, |view| view.steps(&open.published, &attributes));
    match shared.evaluations.effort(steps) {
        Effort::TooLarge => {
            Err(Box::new(Refusal::TooLarge(Refused::TooMuchWork).response(shared, None)))
        }
        Effort::Small => {
            Ok(all_flags(&open.published, open.grant.view, &attributes, &Caller::default()))
        }
        Effort::Large => {
            let (published, view) = (Arc::clone(&open.published), open.grant.view);
            let work = move |caller: &Caller| all_flags(&published, view, &attributes, caller);
            let made = shared.evaluations.run(work).await;
            made.ok_or_else(|| {
                Box::new(json(StatusCode::INTERNAL_SERVER_ERROR, &Failure::internal()))
            })
        }
    }
}

fn all_flags(
    published: &Published,
    view: usize,
    attributes: &Attributes,
    caller: &Caller,
) -> Bytes {
    let now = now();
    let features = published.view(view).map_or(&[][..], View::features);
    let detail = published.view(view).map_or(Detail::Plain, |view| view.key.detail);
    let flags = features.iter().take_while(|_| !caller.has_left()).filter_map(|feature| {
        match evaluate(published, feature, attributes, now, detail) {
            Ok(answer) => serde_json::to_string(&answer).ok(),
            // A feature without a value is left out, so that the program uses its own default.
            Err(failure) if failure.is_not_found() => None,
            Err(failure) => serde_json::to_string(&failure.for_key(&feature.key)).ok(),
        }
    });
    let flags: Vec<String> = flags.collect();
    Bytes::from(format!("{{\"flags\":[{}]}}", flags.join(",")))
}

/// Answers `GET /ofrep/v1/configuration` with the capabilities of this Edge.
async fn configuration(State(shared): State<Arc<SharedState>>, request: Request) -> Response {
    match admitted(&shared, request.headers()) {
        Ok(_) => {
            let body = r#"{"name":"fh-edge","capabilities":{"cacheInvalidation":{"polling":{"enabled":true}},"flagEvaluation":{"supportedTypes":["int","float","string","boolean","object"]}}}"#;
            respond::bytes(StatusCode::OK, "application/json", Bytes::from_static(body.as_bytes()))
        }
        Err(response) => *response,
    }
}

/// The reason why the Edge evaluates no feature for a request.
enum Refusal {
    Response(Box<Response>),
    Context(Failure),
    TooLarge(Refused),
}

impl Refusal {
    /// Returns the response to a request for the feature `key`, or for all features if `key` is `None`.
    fn response(self, shared: &SharedState, key: Option<&str>) -> Response {
        let (status, failure) = match self {
            Self::Response(response) => return *response,
            Self::Context(failure) => (StatusCode::BAD_REQUEST, failure),
            Self::TooLarge(why) => {
                shared.metrics.refused(why);
                (StatusCode::PAYLOAD_TOO_LARGE, Failure::refused(why))
            }
        };
        match key {
            Some(key) => json(status, &failure.for_key(key)),
            None => json(status, &failure),
        }
    }
}

async fn read(
    shared: &SharedState,
    request: Request,
) -> Result<(Opened, EvaluationContext, Reservation), Refusal> {
    let refuse = |response| Refusal::Response(Box::new(response));
    let (parts, body) = request.into_parts();
    let key = admitted(shared, &parts.headers).map_err(Refusal::Response)?;
    let address = audit::limited_address(&parts.extensions);
    let body = body::read(&shared.memory, address, body, shared.options.body_limit).await;
    let body = body.map_err(|why| refuse(why.response()))?;
    let held = of_context(body.len().min(shared.options.max_context_bytes));
    let check = |bytes| shared.evaluations.check_context(bytes);
    let mut context = EvaluationContext::read(&body, check).map_err(|why| match why {
        Unusable::Failure(failure) => Refusal::Context(failure),
        Unusable::Refused(why) => Refusal::TooLarge(why),
    })?;
    // The body may take long to arrive, so the key is looked up after the body.
    let open =
        open(shared, &key, audit::address(&parts.extensions), &context).await.map_err(refuse)?;
    context.attributes = open.published.as_read(context.attributes);
    let bytes = open.view().map_or(0, View::answer_bytes);
    let reservation = shared.memory.reserve(address, bytes, held).await;
    let reservation = reservation.map_err(|_| refuse(respond::no_memory()))?;
    Ok((open, context, reservation))
}

/// Returns the API key from `authorization: Bearer`, or else from `x-api-key`. OFREP providers can set these two headers. Returns `None` if
/// both are missing, or if the key that was found is malformed.
fn key(headers: &HeaderMap) -> Option<RequestKey<'_>> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let bearer = text(AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    bearer.or_else(|| text("x-api-key")).and_then(RequestKey::parse)
}

/// Returns the API key of a request unless it is missing, malformed or certainly unknown. The error is a response with status 401, or with
/// 503 while the Edge has no state.
fn admitted<'a>(
    shared: &SharedState,
    headers: &'a HeaderMap,
) -> Result<RequestKey<'a>, Box<Response>> {
    let key = key(headers).ok_or_else(|| Box::new(unauthorised()))?;
    match shared.admits(&key) {
        Admission::Yes => Ok(key),
        Admission::NotYet => Err(Box::new(no_state())),
        Admission::No => Err(Box::new(unauthorised())),
    }
}

/// Looks up the key. If a relay fetches the features of the key on demand, waits for them up to a time limit. The error is a response with
/// status 401, 429 or 503.
async fn open(
    shared: &SharedState,
    key: &RequestKey<'_>,
    address: Option<IpAddr>,
    context: &EvaluationContext,
) -> Result<Opened, Response> {
    let given = || RequestContext::of(&context.attributes);
    let opening = match shared.open(key, CallerKind::Poll, address, given) {
        Opening::Open(open) => shared.fetched(open).await,
        other => other,
    };
    match opening {
        Opening::Open(open) if open.published.phase != Phase::Waiting => Ok(open),
        Opening::Open(_) | Opening::NotYet => Err(no_state()),
        Opening::Busy(_, beyond) => Err(respond::too_many(beyond.seconds(), beyond.as_str())),
        Opening::Full(seconds, why) => Err(respond::too_many(seconds, why)),
        Opening::Unknown => Err(unauthorised()),
    }
}

fn no_state() -> Response {
    respond::text(
        StatusCode::SERVICE_UNAVAILABLE,
        "there are no features to serve at the moment; try again shortly",
    )
}

fn unauthorised() -> Response {
    let sentence = "a valid API key is needed, in the header `Authorization: Bearer ENVIRONMENT/KEY` or `X-API-Key: ENVIRONMENT/KEY`";
    respond::text(StatusCode::UNAUTHORIZED, sentence)
}

fn json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    // The body consists of strings and of JSON that was parsed before, so serialising it cannot fail.
    let body = serde_json::to_vec(body).unwrap_or_default();
    respond::bytes(status, "application/json", Bytes::from(body))
}
