//! The rules of FeatBit's programs, where they differ.

/// The rules by which flags are evaluated, where FeatBit's programs differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Profile {
    /// The answers of FeatBit's evaluation server, and of its .NET SDK.
    #[default]
    Server,
    /// The rules of FeatBit's draft of a specification for SDKs: a condition on a missing property does not hold.
    Draft,
}

impl Profile {
    /// Returns the profile's name in options and files: `server` or `draft`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Draft => "draft",
        }
    }
}
