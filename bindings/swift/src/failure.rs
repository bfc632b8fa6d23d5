//! The error of a wrong argument.

use std::fmt;

use fh_binding::operations::Failure;

/// An argument is wrong. The text says which one, and what to write instead.
#[derive(Debug, uniffi::Error)]
pub(crate) enum NativeError {
    Invalid { text: String },
}

impl NativeError {
    pub(crate) fn of(why: &impl fmt::Display) -> Self {
        Self::Invalid { text: why.to_string() }
    }
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Invalid { text } = self;
        f.write_str(text)
    }
}

impl std::error::Error for NativeError {}

impl From<Failure> for NativeError {
    fn from(why: Failure) -> Self {
        Self::Invalid { text: why.message }
    }
}
