//! OFREP, the OpenFeature Remote Evaluation Protocol. Its requests evaluate one feature or all features for a context.

mod answer;
mod attributes;
mod context;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use fh_eval::Attributes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, IF_NONE_MATCH, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::body::NoBody;
use super::{audit, body, respond};
use crate::clock::now;
use crate::evaluations::{Caller, Effort, Refused};
use crate::origin::{Admission, CallerKind, NotOpen, Opened};
use crate::request_memory::{Reservation, of_context};
use crate::serving::{Published, View};
use crate::shared_state::SharedState;
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;
use answer::{Evaluated, Failure, Unusable, evaluate};
use context::EvaluationContext;

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
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path(key)) = path else {
        let key = request.uri().path().rsplit('/').next().unwrap_or_default();
        return Refusal::Failure(Failure::bad_path()).response(Some(key));
    };
    let (open, context, reservation) = match read(&shared, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal.response(Some(&key)),
    };
    let feature =
        open.view().and_then(|view| view.features().iter().find(|each| *each.key == *key));
    let view_key = open.view().map(|view| &view.key);
    let (Some(feature), Some(view_key)) = (feature, view_key) else {
        return json(StatusCode::NOT_FOUND, &Failure::not_found().for_key(&key));
    };
    let steps = open.published.steps_of(feature, &context.attributes);
    let evaluated = match shared.evaluations.effort(steps) {
        Effort::TooLarge => {
            return Refusal::too_large(&shared, Refused::TooMuchWork).response(Some(&key));
        }
        Effort::Small => {
            one_answer(&evaluate(&open.published, feature, &context.attributes, now(), view_key))
        }
        Effort::Large => {
            let (published, feature) = (Arc::clone(&open.published), Arc::clone(feature));
            let view_key = view_key.clone();
            let work = move |_: &Caller| {
                one_answer(&evaluate(&published, &feature, &context.attributes, now(), &view_key))
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
        Err(refusal) => return refusal.response(None),
    };
    let Some(view) = open.view() else { return unauthorised() };
    // OFREP evaluates on the server for keys of both kinds. So the rules on `now` count even if the view itself is not evaluated.
    let time_state =
        open.published.time_state.tag().map_or_else(String::new, |tag| format!(";{tag}"));
    let etag = format!("{}{time_state}//{}", view.values_tag(), context.tag);
    let mut lines = conditions.iter().filter_map(|line| line.to_str().ok());
    let mut response = if lines.any(|line| contains_tag(line, &etag)) {
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

/// Returns true if a line of `If-None-Match` contains the tag `etag`, which has neither quotes nor commas. The tag in the line may be weak,
/// and it may lack its quotes, as in the protocol's own example.
fn contains_tag(line: &str, etag: &str) -> bool {
    let mut tags = line.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag.trim_matches('"') == etag)
}

/// Returns the body of the response with all features. The error is a response with status 400 or 500.
async fn all_answers(
    shared: &SharedState,
    open: &Opened,
    attributes: Attributes,
) -> Result<Bytes, Box<Response>> {
    let steps = open.view().map_or(0, |view| open.published.steps_of_view(view, &attributes));
    match shared.evaluations.effort(steps) {
        Effort::TooLarge => {
            Err(Box::new(Refusal::too_large(shared, Refused::TooMuchWork).response(None)))
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
    let features = published.view(view).map(|view| (view.features().iter(), &view.key));
    let features = features.into_iter().flat_map(|(all, key)| all.map(move |each| (each, key)));
    let flags = features.take_while(|_| !caller.has_left()).filter_map(|(feature, key)| {
        match evaluate(published, feature, attributes, now, key) {
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
    /// The status of the response is 400, also for a body or a context that is too large: OFREP has no 413.
    Failure(Failure),
}

impl Refusal {
    /// Returns the refusal of a context or an evaluation that exceeds its limit, and counts it in the metrics.
    fn too_large(shared: &SharedState, why: Refused) -> Self {
        shared.metrics.refused(why);
        Self::Failure(Failure::refused(why))
    }

    /// Returns the response to a request for the feature `key`, or for all features if `key` is `None`.
    fn response(self, key: Option<&str>) -> Response {
        match (self, key) {
            (Self::Response(response), _) => *response,
            (Self::Failure(failure), Some(key)) => {
                json(StatusCode::BAD_REQUEST, &failure.for_key(key))
            }
            (Self::Failure(failure), None) => json(StatusCode::BAD_REQUEST, &failure),
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
    let body = body.map_err(|why| match why {
        NoBody::NoMemory => refuse(respond::no_memory()),
        _ => Refusal::Failure(Failure::without_body(why)),
    })?;
    let check = |bytes| shared.evaluations.check_context(bytes);
    let mut context = EvaluationContext::read(&body, check).map_err(|why| match why {
        Unusable::Failure(failure) => Refusal::Failure(failure),
        Unusable::Refused(why) => Refusal::too_large(shared, why),
    })?;
    // The body may take long to arrive, so the key is looked up after the body.
    let open =
        open(shared, &key, audit::address(&parts.extensions), &context).await.map_err(refuse)?;
    context.attributes = open.published.as_read(context.attributes);
    let bytes = open.view().map_or(0, View::answer_bytes);
    let reservation = shared.memory.reserve(address, bytes, of_context(context.size)).await;
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
    let opening = shared.open(key, CallerKind::Poll, address, given);
    opening.settled().await.map_err(|why| match why {
        NotOpen::NotReady => no_state(),
        NotOpen::Unknown => unauthorised(),
        NotOpen::TooMany(..) => respond::not_open(why),
    })
}

fn no_state() -> Response {
    respond::unavailable("there are no features to serve at the moment; try again shortly")
}

fn unauthorised() -> Response {
    let sentence = "a valid API key is needed, in the header `Authorization: Bearer ENVIRONMENT/KEY` or `X-API-Key: ENVIRONMENT/KEY`";
    let mut response = respond::text(StatusCode::UNAUTHORIZED, sentence);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    // The body consists of strings and of JSON that was parsed before, so serialising it cannot fail.
    let body = serde_json::to_vec(body).unwrap_or_default();
    respond::bytes(status, "application/json", Bytes::from(body))
}
