//! A header that a relay sends.

/// A header for every request to the relayed Edge. `Debug` does not show its value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RelayHeader {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl std::fmt::Debug for RelayHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayHeader").field("name", &self.name).finish_non_exhaustive()
    }
}
