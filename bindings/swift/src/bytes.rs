//! Bytes that Swift reads where they are.

/// Bytes for Swift. UniFFI would copy a list of bytes one by one.
#[derive(uniffi::Object)]
pub(crate) struct NativeBytes(Vec<u8>);

impl NativeBytes {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[uniffi::export]
impl NativeBytes {
    /// Returns the address of the first byte, which is valid as long as this object exists.
    fn address(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    fn count(&self) -> u64 {
        self.0.len() as u64
    }
}
