//! CORS headers for browser pages of other origins (edge-protocol 7.4). Every origin is allowed, but without credentials.

use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::options::Options;

/// The names of the request headers that pages of other origins may send by default.
const ALLOWED: &str = "x-requested-with,authorization,content-type,accept-version,content-md5,csrf-token,x-ijt,\
    cache-control,x-featurehub,baggage,if-none-match,etag,last-event-id,x-sdk,x-sdk-version,traceparent,\
    tracestate,x-api-key";
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

    /// Returns the response to a preflight request of a browser, without the headers that [`Self::allow`] adds.
    pub(crate) fn preflight(&self) -> Response {
        let mut response = Response::default();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.allowed.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        response
    }

    /// Adds the CORS headers that the API's responses to requests with an `origin` header carry.
    pub(crate) fn allow(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
    }
}
