//! Answers polls, the requests to `GET /features`.

mod evaluation;
mod found;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_NONE_MATCH, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};

use evaluation::{Reserved, evaluate, reserve};
pub(super) use found::context_text;
use found::{Context, Found, opened};

use super::query::{Few, keys, written_keys};
use super::{audit, respond};
use crate::metrics::{Outcome, RequestClass};
use crate::options::Compression;
use crate::origin::{Admission, CallerKind, NotOpen, Opened, Opening};
use crate::request_memory::NoMemory;
use crate::serving::Answer;
use crate::shared_state::SharedState;
use crate::wire::coding::accepts_gzip;
use crate::wire::condition::Condition;
use crate::wire::context::RequestContext;
use crate::wire::entity_tags::entity_tags;

const STALE: u16 = 236;
// These header values are statics, so that their characters are checked once and not for every request.
static VARY_COMPRESSED: HeaderValue =
    HeaderValue::from_static("x-featurehub, accept-encoding, origin");
static VARY_PLAIN: HeaderValue = HeaderValue::from_static("x-featurehub, origin");

pub(super) async fn get(State(shared): State<Arc<SharedState>>, request: Request) -> Response {
    let address = audit::address(request.extensions());
    let limited = audit::limited_address(request.extensions());
    poll(&shared, &request.into_parts().0, (address, limited)).await.map(Body::from)
}

/// Answers a poll. The caller adds the headers that the responses of all routes share. The first address is that of the client. The second
/// one is the same unless the client is a trusted proxy, which has no limit of memory per address.
pub(super) async fn poll(
    shared: &SharedState,
    request: &Parts,
    address: (Option<IpAddr>, Option<IpAddr>),
) -> http::Response<Bytes> {
    #[cfg(feature = "cluster")]
    if let Err(response) = super::revision::wait(shared, &request.headers).await {
        return response;
    }
    let polling = shared.metrics.begin_poll();
    let mut response = answer(shared, request, address).await;
    drop(polling);
    let status = response.status();
    shared.metrics.count(RequestClass::Poll, Outcome::of(RequestClass::Poll, status));
    // Caches must not store errors, except 404 (edge-protocol 2.7).
    if let Some(value) = &shared.options.cache_control
        && matches!(status.as_u16(), 200 | STALE | 304 | 404)
    {
        response.headers_mut().entry(CACHE_CONTROL).or_insert_with(|| value.clone());
    }
    response
}

async fn answer(
    shared: &SharedState,
    request: &Parts,
    (address, limited): (Option<IpAddr>, Option<IpAddr>),
) -> http::Response<Bytes> {
    let headers = &request.headers;
    if !accepts_json(headers) {
        let why = "the accept header excludes application/json, the form of features";
        return respond::text(StatusCode::NOT_ACCEPTABLE, why);
    }
    let texts = written_keys(request.uri.query().unwrap_or_default());
    let keys = match keys(&texts) {
        Ok(keys) => keys,
        Err(sentence) => return respond::text(StatusCode::BAD_REQUEST, sentence),
    };
    let context = Context::of(headers);
    if let Err(why) = shared.evaluations.check_context(context.text.len()) {
        return respond::refused(shared, why);
    }
    let read = || RequestContext::read([&*context.text]);
    // All keys are looked up before the first wait, so that a relay fetches the features of all keys at once.
    let openings = keys.iter().map(|key| shared.open(key, CallerKind::Poll, address, read));
    let openings: Few<Opening> = openings.collect();
    let (mut found, mut waiting) = (Few::with_capacity(keys.len()), false);
    for (key, opening) in keys.iter().zip(openings) {
        let environment = key.environment;
        found.push(match opening.settled().await {
            Ok(open) => Found::Open(open, None),
            Err(NotOpen::Unknown) => Found::Nothing(environment),
            Err(NotOpen::NotReady) => {
                waiting = true;
                Found::Nothing(environment)
            }
            Err(why @ NotOpen::TooMany(..)) => return respond::not_open(why),
        });
    }
    if opened(&found).next().is_none() {
        return if waiting { respond::not_open(NotOpen::NotReady) } else { respond::unknown_key() };
    }
    let mut lines = headers.get_all(IF_NONE_MATCH).iter();
    let held = lines.find_map(|line| held(line, &found, &context));
    let held = held.filter(|_| !is_stale(&found));
    let mut reserved = None;
    if held.is_none() {
        reserved = match reserve(shared, &mut found, &context, limited).await {
            Ok(reserved) => reserved,
            Err(NoMemory) => return respond::no_memory(),
        };
        if let Err(response) = evaluate(shared, &mut found, &context).await {
            return response;
        }
        // A key may have been revoked while the request waited for memory or for a long evaluation.
        if reserved.is_some() {
            for (key, found) in keys.iter().zip(&mut found) {
                if shared.admits(key) == Admission::No {
                    *found = Found::Nothing(key.environment);
                }
            }
            if opened(&found).next().is_none() {
                return respond::unknown_key();
            }
        }
    }
    respond_with(shared.options.compression, &found, held, headers, &context, reserved)
}

/// Returns true if the environments of all keys in [`Found::Open`] are stale.
fn is_stale(found: &[Found]) -> bool {
    opened(found).all(|open| open.published.settings.stale)
}

/// Returns the etag in a line of `If-None-Match` that names the current answer, as the client wrote it. This check evaluates no feature.
fn held(line: &HeaderValue, found: &[Found], context: &Context<'_>) -> Option<HeaderValue> {
    // In most cases the line is exactly the etag of the cached answer.
    if let [Found::Open(open, _)] = found
        && let Some(answer) = kept(open, context)
        && answer.etag.as_ref().is_some_and(|known| known == strong(line))
    {
        return Some(line.clone());
    }
    let held = entity_tags(line.to_str().ok()?).find(|tag| {
        let condition = Condition::of_etag(tag.opaque, found.len(), context.tag());
        condition.is_some_and(|condition| condition.holds(tags(found)))
    })?;
    HeaderValue::from_str(held.text).ok()
}

/// Returns the etag without the prefix `W/` of weak etags.
fn strong(etag: &HeaderValue) -> &[u8] {
    etag.as_bytes().strip_prefix(b"W/").unwrap_or(etag.as_bytes())
}

/// Returns the weak form of an etag, for a compressed body (RFC 9110, 8.8.3.3).
fn weak(etag: &HeaderValue) -> Option<HeaderValue> {
    HeaderValue::from_bytes(&[b"W/", etag.as_bytes()].concat()).ok()
}

fn tags(found: &[Found]) -> impl Iterator<Item = &str> {
    found.iter().map(|each| match each {
        Found::Open(open, _) => open.view().map_or("0", |view| &view.tag),
        Found::Nothing(_) => "0",
    })
}

/// Returns the response to a poll with at least one [`Found::Open`]. If `held` is given, the response has status 304, this etag and no
/// body. `reserved` is released once the body is sent or dropped.
fn respond_with(
    compression: Compression,
    found: &[Found],
    held: Option<HeaderValue>,
    headers: &HeaderMap,
    context: &Context<'_>,
    reserved: Option<Reserved>,
) -> http::Response<Bytes> {
    let mut response = match held {
        Some(etag) => {
            let mut response = respond::empty(StatusCode::NOT_MODIFIED);
            response.headers_mut().insert(ETAG, etag);
            response
        }
        None => {
            let takes_gzip = compression == Compression::Gzip && accepts_gzip(headers);
            let (body, etag, is_compressed) = match found {
                [Found::Open(open, answer)] => match render(open, answer.as_ref(), context) {
                    Some(answer) => {
                        match takes_gzip.then(|| compressed(open, context, &answer)).flatten() {
                            Some(body) => (body, answer.etag.as_ref().and_then(weak), true),
                            None => (answer.body.clone(), answer.etag.clone(), false),
                        }
                    }
                    None => return respond::unknown_key(),
                },
                several => (join(several, context), etag(tags(found), context.tag()), false),
            };
            let body = match (reserved, found) {
                (None, _) => body,
                (Some(Reserved::Shared(sending)), _) => sending.hold(body),
                (Some(Reserved::New(new)), [Found::Open(_, Some(answer))]) => {
                    answer.share(new).hold(body)
                }
                (Some(Reserved::New(new)), _) => new.hold_answer(body),
            };
            let status = if is_stale(found) { STALE } else { StatusCode::OK.as_u16() };
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = respond::bytes(status, "application/json", body);
            if let Some(etag) = etag {
                response.headers_mut().insert(ETAG, etag);
            }
            if is_compressed {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
    };
    // `vary` lists `origin`, because responses to pages of other origins carry CORS headers.
    let vary = match compression {
        Compression::Gzip => &VARY_COMPRESSED,
        Compression::Off => &VARY_PLAIN,
    };
    response.headers_mut().insert(VARY, vary.clone());
    let cache_control =
        opened(found).find_map(|open| open.published.settings.cache_control.clone());
    if let Some(value) = cache_control {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

/// Returns the cached answer for a key and a context. Returns `None` if no answer is cached, if the key's view does not exist, or if the
/// view is shared and the request has a context.
fn kept(open: &Opened, context: &Context<'_>) -> Option<Arc<Answer>> {
    let view = open.view()?;
    match (view.key.is_shared(), &*context.text) {
        (true, "") => view.shared_if_made().cloned(),
        (true, _) => None,
        (false, text) => view.evaluated_if_made(text),
    }
}

/// Returns the answer for a key and a context. `evaluated` is the answer of a view that depends on the context. Returns `None` if the key's
/// view does not exist, or if its answer depends on the context and `evaluated` is `None`.
fn render(
    open: &Opened,
    evaluated: Option<&Arc<Answer>>,
    context: &Context<'_>,
) -> Option<Arc<Answer>> {
    let view = open.view()?;
    if !view.key.is_shared() {
        return evaluated.cloned();
    }
    let shared = view.shared();
    Some(match context.tag() {
        "0" => Arc::clone(shared),
        tag => Arc::new(Answer::clone(shared).with_etag(view.etag(tag))),
    })
}

/// Returns the gzip-compressed body of the answer to one key. Returns `None` if the body is short, if compression saves less than half of
/// it, or if the key's view does not exist.
fn compressed(open: &Opened, context: &Context<'_>, answer: &Answer) -> Option<Bytes> {
    open.view()?.compressed(&context.text, answer)
}

fn join(found: &[Found], context: &Context<'_>) -> Bytes {
    let mut body = BytesMut::new();
    for (position, each) in found.iter().enumerate() {
        body.put_u8(if position == 0 { b'[' } else { b',' });
        let answer = match each {
            Found::Open(open, answer) => {
                render(open, answer.as_ref(), context).ok_or(open.published.id)
            }
            Found::Nothing(id) => Err(*id),
        };
        match answer {
            Ok(answer) => body.put(answer.environment()),
            Err(id) => body.put(format!(r#"{{"id":"{id}","features":[]}}"#).as_bytes()),
        }
    }
    body.put_u8(b']');
    body.freeze()
}

fn etag<'a>(tags: impl Iterator<Item = &'a str>, context_tag: &str) -> Option<HeaderValue> {
    let tags: Vec<&str> = tags.collect();
    let tags = tags.join(";");
    let text = if context_tag == "0" {
        format!("\"{tags}\"")
    } else {
        format!("\"{tags}//{context_tag}\"")
    };
    HeaderValue::try_from(text).ok()
}

/// Returns true if the `accept` header names JSON or a range that includes JSON, or has an empty element. Weights are ignored, so
/// `application/json;q=0` counts as accepted. A client without the header accepts every content type.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().peekable();
    if lines.peek().is_none() {
        return true;
    }
    lines.any(|line| {
        let line = String::from_utf8_lossy(line.as_bytes());
        line.split(',').any(|range| {
            let range = range.split(';').next().unwrap_or_default().trim();
            ["*/*", "application/*", "application/json", "*", ""]
                .iter()
                .any(|accepted| range.eq_ignore_ascii_case(accepted))
        })
    })
}
