//! Answers `GET /features/{environment}/{key}` with event streams.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::features::context_text;
use super::query::pairs;
use super::{audit, respond};
use crate::metrics::{Outcome, RequestClass};
use crate::origin::KeyProof;
use crate::shared_state::SharedState;
use crate::stream::{EventStream, Start};
use crate::wire::api_key::environment_id;

/// Answers `GET /features/{environment}/{key}`; see [`stream`].
pub(super) async fn two(
    State(shared): State<Arc<SharedState>>,
    Path((environment, secret)): Path<(String, String)>,
    request: Request,
) -> Response {
    stream(&shared, &environment, &secret, &request.into_parts().0)
}

/// Answers `GET /features/{cache}/{environment}/{key}`; see [`stream`]. The segment `{cache}` has no effect.
pub(super) async fn three(
    State(shared): State<Arc<SharedState>>,
    Path((_, environment, secret)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    stream(&shared, &environment, &secret, &request.into_parts().0)
}

/// Opens a stream and returns its response. The response has status 404 if the environment is not a valid id, and 413 if the context or its
/// evaluation exceeds a limit.
fn stream(shared: &Arc<SharedState>, environment: &str, secret: &str, request: &Parts) -> Response {
    let Some(environment) = environment_id(environment) else {
        let mut response = respond::unknown_key();
        add_cache_control(&mut response, shared.options.cache_control.as_ref());
        return response;
    };
    let in_query = request.uri.query().into_iter().flat_map(pairs);
    let mut in_query = in_query.filter(|(name, _)| name == "xfeaturehub").map(|(_, value)| value);
    let context = match in_query.next() {
        Some(value) => value,
        None => context_text(&request.headers),
    };
    let start = Start {
        environment,
        secret,
        context: &context,
        last_event_id: last_event_id(&request.headers),
        sdk: sdk(&request.headers),
        address: audit::address(&request.extensions),
        limited: audit::limited_address(&request.extensions),
        proof: KeyProof::Wanted,
    };
    let (events, cache_control) = match EventStream::open(shared, start) {
        Ok(opened) => opened,
        Err(why) => {
            shared.metrics.count(RequestClass::Stream, Outcome::Failed);
            return respond::refused(shared, why);
        }
    };
    let mut response = Response::new(Body::new(events));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    add_cache_control(&mut response, Some(&of_streams(cache_control.as_ref())));
    response
}

/// Returns the `cache-control` of a stream: the configured value if it forbids both storing and transforming, or else these two directives.
///
/// A cache that stores a stream, and a proxy that compresses one, may pass its events on only after its end. So both are forbidden even if
/// caches may store responses to polls. Compressing middleware for Node (Express, Next, webpack-dev-server) leaves out only responses with
/// `no-transform`.
fn of_streams(configured: Option<&HeaderValue>) -> HeaderValue {
    let configured = configured.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has = |wanted: &str| {
        configured.split(',').any(|directive| directive.trim().eq_ignore_ascii_case(wanted))
    };
    let value = match (has("no-store"), has("no-transform")) {
        (true, true) => HeaderValue::from_str(configured),
        (true, false) => HeaderValue::from_str(&format!("{configured}, no-transform")),
        (false, _) => Ok(respond::NOT_STORED_OR_CHANGED.clone()),
    };
    value.unwrap_or_else(|_| respond::NOT_STORED_OR_CHANGED.clone())
}

/// Returns the name of the SDK from the header `x-sdk`, or else from `user-agent`. The name is cut to 80 characters to save memory. Returns
/// `None` if neither header exists.
fn sdk(headers: &HeaderMap) -> Option<Box<str>> {
    let named = headers.get("x-sdk").or_else(|| headers.get(USER_AGENT))?;
    let text: String = String::from_utf8_lossy(named.as_bytes()).chars().take(80).collect();
    Some(text.into())
}

fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("last-event-id").and_then(|value| value.to_str().ok())
}

fn add_cache_control(response: &mut Response, value: Option<&HeaderValue>) {
    if let Some(value) = value {
        response.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_sdk_is_cut_to_80_characters() {
        let named = |name: &'static str, value: &str| {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                value.parse().unwrap(),
            )]);
            sdk(&headers).map(String::from)
        };
        assert_eq!(named("x-sdk", "Java-OKHTTP,5.0").as_deref(), Some("Java-OKHTTP,5.0"));
        assert_eq!(named("user-agent", &"x".repeat(1000)), Some("x".repeat(80)));
        assert_eq!(named("accept", "*/*"), None);
    }
}
