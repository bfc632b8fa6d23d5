//! Faults: what the server does wrong on the next requests.

use std::time::Duration;

use crate::server::milliseconds;
use serde::Deserialize;

/// One way in which the server misbehaves. Several faults apply to one request if a test arms several.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Fault {
    /// 401, which the server also answers if it cannot load its ruleset.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429, with `Retry-After` in seconds.
    TooManyRequests {
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// This status with an error body, such as 500 or 503.
    Status {
        /// The status.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// No answer on an open connection.
    Silence,
    /// The connection is reset.
    Reset,
    /// The correct answer is cut: its length is announced, but only this many bytes follow, and the connection is closed.
    Truncate {
        /// Number of bytes of the body that are sent.
        keep: usize,
    },
    /// Status 200 and the JSON list `[]`.
    List,
    /// Status 200 and a page of HTML, as a proxy answers.
    Page,
    /// Status 200 and this text as JSON.
    Json(String),
    /// A flag that bulk answers with `NOT_FOUND`, although the map has it: it was deleted in between.
    Gone {
        /// The key of the flag.
        flag_key: String,
    },
    /// The answer comes after this time. Its values are those at the time of the request.
    Delay(#[serde(deserialize_with = "milliseconds")] Duration),
    /// The answer waits until the test releases it. Its values are those at the time of the request.
    Hold,
    /// Status 500 and `streaming unsupported` for a valid request, as the server is shipped. Only streams are affected.
    StreamingUnsupported,
    /// A stream that ends without a last chunk after its first event and this many further ones. Only streams are affected.
    CutStream {
        /// Number of events after `connected`.
        events: u32,
    },
}

impl Fault {
    /// Returns true if the fault, armed for a route, affects a request of another one.
    pub(crate) fn affects(&self, armed: Route, route: Route) -> bool {
        let is_addressed = armed == route || (armed == Route::Any && route != Route::Health);
        is_addressed
            && match self {
                Self::StreamingUnsupported | Self::CutStream { .. } => route == Route::Stream,
                Self::Gone { .. } => route == Route::Bulk,
                _ => true,
            }
    }
}

/// The requests that a fault affects.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Route {
    /// `GET /v1/client/{environment}/flags`.
    Map,
    /// `POST /v1/evaluate`.
    Evaluate,
    /// `POST /v1/evaluate/bulk`.
    Bulk,
    /// `GET /v1/stream/{environment}`.
    Stream,
    /// `GET /health`.
    Health,
    /// All routes but `/health`.
    #[default]
    Any,
}
