//! CORS headers for browser pages of other origins. Every origin is allowed, but without credentials.

use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::options::Options;

/// The names of the request headers that pages of other origins may send by default.
const ALLOWED: &str = "x-requested-with,authorization,content-type,accept-version,content-md5,csrf-token,x-ijt,\
    cache-control,x-featurehub,baggage,if-none-match,etag,last-event-id,x-sdk,x-sdk-version,traceparent,\
    tracestate,x-api-key";
/// Further request headers, which are allowed if the preflight asks for them. Tracing tools in a page add them to its requests. Names that
/// end with `-` allow all names that begin so.
const TRACING: [&str; 23] = [
    "adrum",
    "b3",
    "elastic-apm-traceparent",
    "newrelic",
    "ot-tracer-",
    "request-context",
    "request-id",
    "sentry-trace",
    "sw8",
    "sw8-correlation",
    "uber-trace-id",
    "x-amzn-trace-id",
    "x-b3-",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-datadog-",
    "x-dtc",
    "x-dtpc",
    "x-dtreferer",
    "x-dynatrace",
    "x-honeycomb-trace",
    "x-instana-",
    "x-request-id",
];
/// The maximum number of these headers in one response.
const MAX_TRACING: usize = 32;
const METHODS: &str = "GET, POST, PUT, DELETE, OPTIONS, HEAD";
/// The names of the response headers that pages of other origins may read by default. Pages need `retry-after` to wait as long as the Edge
/// demands, and `date` to correct a wrong clock.
const EXPOSED: &str = "etag,cache-control,retry-after,date";

/// The values of those CORS headers that depend on the options, rendered once for all responses.
#[derive(Debug)]
pub(crate) struct Cors {
    allowed: HeaderValue,
    exposed: HeaderValue,
    max_age: HeaderValue,
}

impl Cors {
    /// Renders the values of the CORS headers. Names in the options that are not valid header names are left out.
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

    /// Returns the response to a preflight request of a browser, without the headers that [`Self::allow`] adds. CORS has no way to allow
    /// all names that begin alike, so the names of tracing headers in the request are repeated.
    pub(crate) fn preflight(&self, request: &HeaderMap) -> Response {
        let mut response = Response::default();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.allowed_with_tracing(request));
        headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        headers.insert(VARY, HeaderValue::from_static("access-control-request-headers"));
        response
    }

    fn allowed_with_tracing(&self, request: &HeaderMap) -> HeaderValue {
        let lines = request.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
        let names = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let names = names.filter_map(|name| HeaderName::try_from(name.trim()).ok());
        let tracing = names.filter(|name| is_tracing(name.as_str())).take(MAX_TRACING);
        let mut all = self.allowed.as_bytes().to_vec();
        for name in tracing {
            all.push(b',');
            all.extend_from_slice(name.as_str().as_bytes());
        }
        HeaderValue::from_maybe_shared(Bytes::from(all)).unwrap_or_else(|_| self.allowed.clone())
    }

    /// Adds the CORS headers that the API's responses to requests with an `origin` header carry.
    pub(crate) fn allow(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
    }
}

/// Returns true for the name, in lower case, of a header that tracing tools add to requests.
fn is_tracing(name: &str) -> bool {
    TRACING.iter().any(|known| {
        let is_start = known.ends_with('-');
        name == *known || is_start && name.starts_with(known)
    })
}
