//! One request as it was received.
use std::fmt;
use std::ops::Deref;
use std::time::Instant;

use crate::featurehub::context::{self, Context};
use crate::featurehub::form;
use crate::featurehub::key::ApiKey;

/// The response headers that browser pages of other origins may read.
pub(crate) const EXPOSED: &str = "etag,cache-control,retry-after,date";

/// The purpose of a request. A path before `/features` is a prefix and is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// `GET {base}/features?apiKey=…`
    Poll,
    /// `GET {base}/features/{environment}/{key}`
    Stream,
    /// `PUT {base}/features/{environment}/{key}/{feature}`
    Put,
    /// Any other request.
    Other,
}

impl Route {
    /// All routes.
    pub const ALL: [Self; 4] = [Self::Poll, Self::Stream, Self::Put, Self::Other];
}

/// A request: its method, target, headers and body as they were received, and the time at which it was complete.
///
/// `Debug` leaves out the parts that may contain a key: target, query and the values of headers.
#[derive(Clone)]
pub struct Request {
    /// The time at which the request was read completely.
    pub at: Instant,
    /// The purpose of the request.
    pub route: Route,
    /// The path, not decoded.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    received: crate::server::Request,
}

impl Request {
    pub(crate) fn new(received: crate::server::Request) -> Self {
        let origin_form = origin_form(&received.target);
        let (path, query) = origin_form.split_once('?').unwrap_or((origin_form, ""));
        Self {
            at: Instant::now(),
            route: route(&received.method, path),
            path: path.to_owned(),
            query: form::query(query),
            received,
        }
    }

    /// Returns the first value of this name in the query, decoded.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the API keys as sent, in order. Those of a poll are in the query: `sdkUrl` if there is one, otherwise `apiKey`. That of a
    /// stream or PUT is in the path. Keys are neither parsed nor dropped.
    pub fn api_keys(&self) -> Vec<String> {
        match self.route {
            Route::Poll => {
                let of = |name: &str| -> Vec<String> {
                    self.query
                        .iter()
                        .filter(|(known, _)| known == name)
                        .map(|(_, value)| value.clone())
                        .collect()
                };
                let old = of("sdkUrl");
                if old.is_empty() { of("apiKey") } else { old }
            }
            Route::Stream | Route::Put => {
                let mut segments = self.segments();
                if self.route == Route::Put {
                    segments.pop();
                }
                match segments.as_slice() {
                    [one] => vec![one.replace('+', "/")],
                    several => vec![several.join("/")],
                }
            }
            Route::Other => Vec::new(),
        }
    }

    /// Returns the context as a server decodes it: from `?xfeaturehub=` of a stream if there is one, otherwise from all `x-featurehub`
    /// headers (edge-protocol 2.2, 3.1).
    pub fn context(&self) -> Context {
        match self.query_value("xfeaturehub").filter(|_| self.route == Route::Stream) {
            Some(text) => context::decode([text]),
            None => context::decode(self.header_lines("x-featurehub")),
        }
    }

    /// Returns the decoded segments of the path after `features`.
    pub(crate) fn segments(&self) -> Vec<String> {
        behind_features(&self.path).unwrap_or_default()
    }

    /// Returns the key of a stream or PUT.
    pub(crate) fn path_key(&self) -> Option<ApiKey> {
        self.api_keys().first().and_then(|text| ApiKey::parse(text))
    }

    /// Returns true if a browser asks whether a page of another origin may send a request.
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.header("origin").is_some()
    }

    /// Returns true if each answer, also a scripted one, has the headers with which a browser shows it to a page of another origin
    /// (edge-protocol 7.4). Preflights are answered by the healthy Edge or as scripted.
    pub(crate) fn wants_cors_headers(&self) -> bool {
        self.method != "OPTIONS" && self.header("origin").is_some()
    }

    pub(crate) fn wants_close(&self) -> bool {
        let connection = self.header("connection").unwrap_or_default().to_ascii_lowercase();
        if self.version == "1.0" {
            !connection.contains("keep-alive")
        } else {
            connection.contains("close")
        }
    }
}

impl Deref for Request {
    type Target = crate::server::Request;

    fn deref(&self) -> &crate::server::Request {
        &self.received
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("route", &self.route)
            .field("method", &self.method)
            .field("headers", &names)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Returns the path and query of a target. A client that uses a proxy sends `http://host/path`.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://") else { return target };
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// Returns the decoded segments after `features`; `None` if there is no such segment.
fn behind_features(path: &str) -> Option<Vec<String>> {
    let mut segments = path.split('/').skip_while(|segment| *segment != "features");
    segments.next()?;
    let mut segments: Vec<String> = segments
        .map(|segment| form::decode_path(segment).unwrap_or_else(|_| segment.to_owned()))
        .collect();
    // `/features/` is the same as `/features`.
    if segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    Some(segments)
}

fn route(method: &str, path: &str) -> Route {
    match (method, behind_features(path).map(|segments| segments.len())) {
        ("GET" | "HEAD", Some(0)) => Route::Poll,
        ("GET" | "HEAD", Some(1..=3)) => Route::Stream,
        ("PUT", Some(2..=4)) => Route::Put,
        _ => Route::Other,
    }
}
