//! SHA-256 with the processor's own instructions, where it has them. A start with a data folder computes it for each record.

use sha2::{Digest, Sha256};

/// The state of a digest.
pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    pub(crate) fn finalize(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Returns the digest of these bytes.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns the first `len` bytes of a digest in hexadecimal digits.
pub(crate) fn digits(digest: &[u8; 32], len: usize) -> String {
    let halves = digest.iter().take(len).flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}
