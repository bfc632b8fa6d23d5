//! The reasons why the keys or headers of a client could not be replaced.

use std::fmt;

use fh_repository::problem::Problem;
use fh_repository::system::System;
use fh_session::KeyError;

use crate::header::write_unsendable;

/// The reason why [`Client::set_headers`](crate::Client::set_headers) failed: a header cannot be sent, the request did not
/// succeed, or the client is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetHeadersError {
    /// The header with this name cannot be sent. The client continues to use the former headers.
    Header(String),
    /// The request for the features did not succeed, or the client is closed. A client that is not closed uses the new
    /// headers.
    Edge(Problem),
}

impl fmt::Display for SetHeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write_unsendable(f, name),
            Self::Edge(problem) => problem.fmt(f),
        }
    }
}

impl std::error::Error for SetHeadersError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Header(_) => None,
            Self::Edge(problem) => Some(problem),
        }
    }
}

/// The reason why [`Client::set_api_keys`](crate::Client::set_api_keys) failed: the keys are invalid or cannot be streamed,
/// the request did not succeed, or the client is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetKeysError {
    /// The keys are invalid. The client continues to use the former keys.
    Keys(KeyError),
    /// There are several keys, but the program has selected [`ClientBuilder::streaming`](crate::ClientBuilder::streaming), and
    /// a stream serves only one key. The client continues to use the former keys.
    SeveralKeysStream,
    /// The client's server is no Edge, whose API keys alone can be replaced.
    NoKeys,
    /// The request with the new keys did not succeed, or the client is closed. A client that is not closed uses the new keys.
    Edge(Problem),
}

impl fmt::Display for SetKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => error.fmt(f),
            Self::SeveralKeysStream => {
                f.write_str("several API keys cannot be streamed: use polling")
            }
            Self::NoKeys => f.write_str(
                "only the API keys of FeatureHub can be replaced: start another client with the other key or secret",
            ),
            Self::Edge(problem) => problem.on(System::FeatureHub).fmt(f),
        }
    }
}

impl std::error::Error for SetKeysError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Keys(error) => Some(error),
            Self::SeveralKeysStream | Self::NoKeys => None,
            Self::Edge(problem) => Some(problem),
        }
    }
}
