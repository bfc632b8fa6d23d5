//! `GET /features`: polling (edge-protocol 2).

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{ACCEPT, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use super::query::pairs;
use super::respond;
use crate::core::{Core, Opened, Opening};
use crate::metrics::{Hit, Outcome};
use crate::origin::relay::Asker;
use crate::serving::{Answer, Phase};
use crate::wire::api_key::RequestKey;
use crate::wire::condition::{Condition, Written};
use crate::wire::context::RequestContext;
use crate::world::now;

/// More keys in one request are refused.
const MAX_KEYS: usize = 100;
const STALE: u16 = 236;
pub(super) const NOT_READY: &str = "cache layer not ready, try again shortly";

/// The context of a request: the lines of its header, as they are written.
pub(super) fn context_text(headers: &HeaderMap) -> Cow<'_, str> {
    let lines = headers.get_all("x-featurehub").iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines.reduce(|all, line| Cow::Owned(format!("{all},{line}"))).unwrap_or_default()
}

/// What one of the keys of a request comes to.
enum Found {
    /// Features.
    Open(Opened),
    /// Nothing that this key opens, or nothing yet.
    Nothing(Uuid),
}

pub(super) async fn get(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let polling = core.metrics.begin_poll();
    let mut response = answer(&core, &parts).await;
    drop(polling);
    core.metrics.count(Hit::Poll, Outcome::of(Hit::Poll, response.status()));
    // Nobody is to keep what went wrong (edge-protocol 2.7).
    let may_be_kept = matches!(response.status().as_u16(), 200 | STALE | 304 | 404);
    if may_be_kept
        && !response.headers().contains_key(CACHE_CONTROL)
        && let Some(value) = &core.options.cache_control
    {
        response.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
    response
}

async fn answer(core: &Core, request: &Parts) -> Response {
    let headers = &request.headers;
    if !accepts_json(headers) {
        return respond::empty(StatusCode::NOT_ACCEPTABLE);
    }
    let query = request.uri.query().unwrap_or_default();
    let given: Vec<_> =
        pairs(query).filter(|(name, _)| name == "apiKey" || name == "sdkUrl").collect();
    let name = if given.iter().any(|(name, _)| name == "sdkUrl") { "sdkUrl" } else { "apiKey" };
    let texts: Vec<&str> =
        given.iter().filter(|(given, _)| given == name).map(|(_, text)| &**text).collect();
    if texts.is_empty() {
        return respond::empty(StatusCode::BAD_REQUEST);
    }
    if texts.len() > MAX_KEYS {
        return respond::text(StatusCode::BAD_REQUEST, "too many keys");
    }
    let mut keys: Vec<RequestKey<'_>> = Vec::with_capacity(texts.len());
    for key in texts.into_iter().filter_map(RequestKey::parse) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let context = context_text(headers);
    // All first, so that a relay asks upstream for all at once.
    let openings: Vec<Opening> = keys
        .iter()
        .map(|key| core.open(key, Asker::Poll, || RequestContext::read([&*context])))
        .collect();
    let (mut found, mut opened, mut waiting) = (Vec::with_capacity(keys.len()), 0, false);
    for (key, opening) in keys.iter().zip(openings) {
        let environment = key.environment;
        let opening = match opening {
            Opening::Open(open) => core.fetched(open).await,
            other => other,
        };
        found.push(match opening {
            Opening::Unknown => Found::Nothing(environment),
            Opening::Busy(_, seconds) | Opening::Full(seconds) => {
                return respond::too_many(seconds);
            }
            Opening::NotYet => {
                waiting = true;
                Found::Nothing(environment)
            }
            Opening::Open(open) if open.published.phase == Phase::Waiting => {
                waiting = true;
                Found::Nothing(environment)
            }
            Opening::Open(open) => {
                opened += 1;
                Found::Open(open)
            }
        });
    }
    if opened == 0 {
        return if waiting {
            respond::text(StatusCode::SERVICE_UNAVAILABLE, NOT_READY)
        } else {
            respond::empty(StatusCode::NOT_FOUND)
        };
    }
    respond_with(&found, headers, &context)
}

/// Answers keys of which at least one opens something.
fn respond_with(found: &[Found], headers: &HeaderMap, context: &str) -> Response {
    let tags = || {
        found.iter().map(|each| match each {
            Found::Open(open) => open.view().map_or("0", |view| &view.tag),
            Found::Nothing(_) => "0",
        })
    };
    let opened = || {
        found.iter().filter_map(|each| match each {
            Found::Open(open) => Some(open),
            Found::Nothing(_) => None,
        })
    };
    let is_stale = opened().all(|open| open.published.settings.stale);
    let held = headers.get(IF_NONE_MATCH).filter(|held| {
        // Whether the asker holds it is known without evaluating anything.
        let condition = held.to_str().ok().and_then(|text| {
            Condition::read(text, Written::Quoted, found.len(), &context_tag(context))
        });
        condition.is_some_and(|condition| condition.holds(tags()))
    });
    let mut response = match held {
        Some(etag) if !is_stale => {
            let mut response = respond::empty(StatusCode::NOT_MODIFIED);
            response.headers_mut().insert(ETAG, etag.clone());
            response
        }
        _ => {
            let (body, etag) = match found {
                [Found::Open(open)] => match render(open, context) {
                    Some(answer) => (answer.body.clone(), answer.etag.clone()),
                    None => return respond::empty(StatusCode::NOT_FOUND),
                },
                several => (join(several, context), etag(tags(), &context_tag(context))),
            };
            let status = if is_stale { STALE } else { StatusCode::OK.as_u16() };
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = respond::bytes(status, "application/json", body);
            if let Some(etag) = etag {
                response.headers_mut().insert(ETAG, etag);
            }
            response
        }
    };
    let cache_control = opened().find_map(|open| open.published.settings.cache_control.clone());
    if let Some(value) = cache_control {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

/// What stands for a context in etags.
fn context_tag(context: &str) -> String {
    RequestContext::read([context]).tag()
}

/// What a key's holder sees with a context, which is written as the request wrote it.
fn render(open: &Opened, context: &str) -> Option<Arc<Answer>> {
    let view = open.view()?;
    if view.key.is_shared() {
        let shared = view.shared(&open.published);
        return Some(match context_tag(context) {
            tag if tag == "0" => Arc::clone(shared),
            tag => Arc::new(shared.for_context(view, &tag)),
        });
    }
    Some(view.evaluated(context, || {
        let read = RequestContext::read([context]);
        let attributes = open.published.as_read(read.attributes());
        let now = now();
        Answer::of(&open.published, view, &read.tag(), |feature, out| {
            open.published.write_evaluated(feature, &attributes, now, view.key.detail, out);
        })
    }))
}

fn join(found: &[Found], context: &str) -> Bytes {
    let mut body = BytesMut::new();
    for (position, each) in found.iter().enumerate() {
        body.put_u8(if position == 0 { b'[' } else { b',' });
        let answer = match each {
            Found::Open(open) => render(open, context).ok_or(open.published.id),
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

/// May JSON be sent? Who does not say takes everything.
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
