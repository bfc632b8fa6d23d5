//! The requests to the servers, for both APIs.

use std::io::Write;

use crate::environment::{CLIENT_KEY, COUNTRY, ENVIRONMENT, SERVER_KEY, VERSION};
use crate::unleash::{CLIENT_TOKEN, FRONTEND_TOKEN};

/// The number of different contexts that repeat.
const CONTEXTS: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// All features with their strategies, for clients that evaluate.
    List,
    Unchanged,
    /// All features evaluated, for contexts that repeat.
    Evaluated,
    EvaluatedUnchanged,
    /// All features evaluated, for a new context in each request.
    EvaluatedAnew,
    /// Only the features that are on, for a new context in each request. Only Unleash has this.
    Enabled,
}

/// The API of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// FeatureHub's API. The minimal servers accept it as well, because they ignore the request.
    FeatureHub,
    Unleash,
}

impl Question {
    pub fn status(self) -> u16 {
        if self.unchanged() { 304 } else { 200 }
    }

    fn unchanged(self) -> bool {
        matches!(self, Self::Unchanged | Self::EvaluatedUnchanged)
    }

    /// Returns the number of the context. `None` if the server does not evaluate.
    fn user(self, number: usize) -> Option<usize> {
        match self {
            Self::List | Self::Unchanged => None,
            Self::Evaluated => Some(number % CONTEXTS),
            // The etag belongs to one context, so all requests have the same.
            Self::EvaluatedUnchanged => Some(0),
            Self::EvaluatedAnew | Self::Enabled => Some(number),
        }
    }

    /// Writes the request with this number. `etag` comes from an earlier response.
    pub fn write(self, api: Api, etag: &str, number: usize, out: &mut Vec<u8>) {
        // Writing to a `Vec` cannot fail.
        let _ = match (api, self.user(number)) {
            (Api::FeatureHub, None) => {
                write!(out, "GET /features?apiKey={ENVIRONMENT}/{CLIENT_KEY}{HEAD}")
            }
            (Api::FeatureHub, Some(user)) => write!(
                out,
                "GET /features?apiKey={ENVIRONMENT}/{SERVER_KEY}{HEAD}x-featurehub: country={COUNTRY},userkey=user-{user},version={VERSION}\r\n",
            ),
            (Api::Unleash, None) => {
                write!(out, "GET /api/client/features{HEAD}authorization: {CLIENT_TOKEN}\r\n")
            }
            (Api::Unleash, Some(user)) => {
                let all = if self == Self::Enabled { "" } else { "/all" };
                write!(
                    out,
                    "GET /api/frontend{all}?userId=user-{user}&properties[country]={COUNTRY}&properties[version]={VERSION}{HEAD}authorization: {FRONTEND_TOKEN}\r\n",
                )
            }
        };
        if self.unchanged() {
            let _ = write!(out, "if-none-match: {etag}\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Returns a request without an etag of an earlier response.
    pub fn request(self, api: Api, number: usize) -> String {
        let mut out = Vec::new();
        self.write(api, "", number, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// The end of the request line, and the required header.
const HEAD: &str = " HTTP/1.1\r\nhost: bench\r\n";
