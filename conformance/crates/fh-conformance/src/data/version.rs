//! The version of the suite, and the digest of its data.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Data;
use crate::generated::DIGEST;

/// The version of the suite.
pub const SUITE_VERSION: &str = "1.0";

/// Returns the SHA-256 digest of bytes in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns one digest of all data. Two reports are comparable if their digests are equal.
#[must_use]
pub fn digest(data: &Data) -> String {
    let lines = data
        .paths()
        .map(|path| format!("{} {path}\n", sha256(data.bytes(path).unwrap_or_default())));
    let lines: String = lines.collect();
    sha256(format!("{lines}{DIGEST}").as_bytes())
}
