//! The two sets of answers to questions on which FeatureHub's own implementations disagree (evaluation 0.2).

use crate::attributes::names;
use crate::bucket::Encoding;

/// Which semantics a ruleset is compiled with. Consumed by compiling: evaluation knows nothing of it.
///
/// ```
/// use fh_eval::Profile;
/// assert_eq!(Profile::default(), Profile::Client);
/// assert_eq!("edge".parse(), Ok(Profile::Edge));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// What a sane majority of FeatureHub's SDKs does, and what the server does wherever it is sane.
    #[default]
    Client,
    /// What FeatureHub's server does, quirks included: for those who may not reshuffle server-evaluated users.
    Edge,
}

impl Profile {
    /// The name, as options and files spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Edge => "edge",
        }
    }

    /// The attribute whose first value is the percentage key before `userkey` (evaluation 2.2).
    #[must_use]
    pub const fn session_attribute(self) -> &'static str {
        match self {
            Self::Client => names::SESSION,
            Self::Edge => names::SESSION_KEY,
        }
    }

    /// How percentage keys are hashed (evaluation 2.9).
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Client => Encoding::Utf8,
            Self::Edge => Encoding::Server,
        }
    }

    /// The bucket of a percentage key under a hash id.
    #[must_use]
    pub fn bucket(self, percentage_key: &str, hash_id: &str) -> u32 {
        crate::bucket::bucket_of([percentage_key, hash_id].into_iter(), self.encoding())
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is neither `client` nor `edge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownProfile;

impl std::fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a profile is `client` or `edge`")
    }
}

impl std::error::Error for UnknownProfile {}

impl std::str::FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        [Self::Client, Self::Edge]
            .into_iter()
            .find(|profile| profile.as_str() == text)
            .ok_or(UnknownProfile)
    }
}
