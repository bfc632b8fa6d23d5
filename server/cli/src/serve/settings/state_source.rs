//! The value of `--state`: a file, or a URL.

use std::fmt;
use std::path::{Path, PathBuf};

use super::value::path;
use crate::serve::state_url::StateUrl;

/// The place of a state that the server follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StateSource {
    File(PathBuf),
    Url(StateUrl),
}

impl StateSource {
    /// Parses a path or a URL. An empty text means that no source is set.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        match StateUrl::is_meant(text.trim()) {
            true => StateUrl::parse(text).map(Self::Url).map(Some),
            false => Ok(path(text).map(Self::File)),
        }
    }

    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Url(_) => None,
        }
    }

    pub(crate) const fn url(&self) -> Option<&StateUrl> {
        match self {
            Self::File(_) => None,
            Self::Url(url) => Some(url),
        }
    }
}

impl fmt::Display for StateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}
