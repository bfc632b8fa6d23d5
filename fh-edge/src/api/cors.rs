//! Browsers from other origins (edge-protocol 7.4). No credentials are allowed, so every origin may ask.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::respond;
use crate::core::Core;
use crate::options::Options;

/// Request headers that published SDKs and OpenFeature providers send.
const ALLOWED: &str = "x-requested-with,authorization,content-type,accept-version,content-md5,csrf-token,x-ijt,\
    cache-control,x-featurehub,baggage,if-none-match,etag,last-event-id,x-sdk,x-sdk-version,traceparent,\
    tracestate,x-api-key";
const METHODS: &str = "GET, POST, PUT, DELETE, OPTIONS, HEAD";
const EXPOSED: &str = "etag,cache-control";
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The header values, written once.
#[derive(Debug)]
pub(crate) struct Cors {
    allowed: HeaderValue,
    exposed: HeaderValue,
    max_age: HeaderValue,
}

impl Cors {
    /// Names that are no header names are left out.
    pub(crate) fn new(options: &Options) -> Self {
        let with = |start: &str, more: &[String]| {
            let names = more.iter().map(|name| name.trim().to_ascii_lowercase());
            let names = names.filter(|name| HeaderName::try_from(name).is_ok());
            let all = names.fold(start.to_string(), |all, name| format!("{all},{name}"));
            HeaderValue::try_from(all).unwrap_or_else(|_| HeaderValue::from_static(""))
        };
        Self {
            allowed: with(ALLOWED, &options.cors_headers),
            exposed: with(EXPOSED, &options.cors_expose_headers),
            max_age: HeaderValue::from(options.cors_max_age.as_secs()),
        }
    }
}

/// Answers preflights, and adds headers to answers for requests that name an origin. Answers below `/features/` tell nginx
/// not to hold them back (edge-protocol 2.7).
pub(super) async fn apply(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let has_origin = request.headers().contains_key(ORIGIN);
    let is_preflight = has_origin && request.method() == Method::OPTIONS;
    let is_below_features = request.uri().path().starts_with("/features/");
    let mut response =
        if is_preflight { respond::empty(StatusCode::OK) } else { next.run(request).await };
    let headers = response.headers_mut();
    if is_below_features {
        headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    }
    if is_preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, core.cors.allowed.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, core.cors.max_age.clone());
    }
    if has_origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, core.cors.exposed.clone());
    }
    response
}
