//! What is asked of servers, in the words of both kinds.

use std::io::Write;

use crate::environment::{CLIENT_KEY, COUNTRY, ENVIRONMENT, SERVER_KEY, VERSION};
use crate::unleash::{CLIENT_TOKEN, FRONTEND_TOKEN};

/// How many different contexts are asked with when they repeat.
const CONTEXTS: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// All features with their strategies, for clients that evaluate themselves.
    List,
    Unchanged,
    /// All features evaluated, with contexts that repeat.
    Evaluated,
    EvaluatedUnchanged,
    /// No two contexts alike.
    EvaluatedAnew,
    /// Only the features that are on for the context, no two contexts alike: Unleash has this.
    Enabled,
}

/// Whose language a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Floors take no notice of what is asked.
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

    /// Whom the server evaluates for, if it does.
    fn user(self, number: usize) -> Option<usize> {
        match self {
            Self::List | Self::Unchanged => None,
            Self::Evaluated => Some(number % CONTEXTS),
            // Of one context, since the etag is of one.
            Self::EvaluatedUnchanged => Some(0),
            Self::EvaluatedAnew | Self::Enabled => Some(number),
        }
    }

    /// The request with this number; `etag` is of an earlier answer.
    pub fn write(self, api: Api, etag: &str, number: usize, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
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

    /// A request that asks for no etag.
    pub fn request(self, api: Api, number: usize) -> String {
        let mut out = Vec::new();
        self.write(api, "", number, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// The end of a request's first line, and the header that every request needs.
const HEAD: &str = " HTTP/1.1\r\nhost: bench\r\n";
