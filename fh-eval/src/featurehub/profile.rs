//! The two evaluation profiles. FeatureHub's implementations disagree in places, and the profile decides which
//! behaviour applies.

use crate::attributes::names;
use crate::bucket::Encoding;

/// The semantics with which features are compiled. The compiler applies the profile; an evaluation only follows the
/// compiled rules.
///
/// ```
/// use fh_eval::Profile;
/// assert_eq!(Profile::default(), Profile::Client);
/// assert_eq!("edge".parse(), Ok(Profile::Edge));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Profile {
    /// The default profile. In general, it follows FeatureHub's server where the server's behaviour has no defect and
    /// is possible in a client. Elsewhere it follows most of FeatureHub's client SDKs.
    #[default]
    Client,
    /// The behaviour of FeatureHub's server, including the server's defects, with some differences. For example, an
    /// input on which the server raises an error only makes a rule or a strategy fail, host names are never looked up,
    /// and the current date is the date in UTC. Use this profile if users of
    /// server-evaluated keys must keep the values that FeatureHub's server gives them. Percentages then also need the
    /// ids of feature values ([`Compiler::hash_ids`](crate::featurehub::Compiler::hash_ids)).
    Edge,
}

impl Profile {
    /// Returns the profile's name in options and files: `client` or `edge`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Edge => "edge",
        }
    }

    /// Returns the name of the attribute whose first value is the default percentage key: `session` or `sessionkey`. If
    /// the context lacks this attribute, the default percentage key is the first value of `userkey`.
    pub(crate) const fn session_attribute(self) -> &'static str {
        match self {
            Self::Client => names::SESSION,
            Self::Edge => names::SESSION_KEY,
        }
    }

    /// Returns the encoding with which percentage keys are hashed.
    pub(crate) const fn encoding(self) -> Encoding {
        match self {
            Self::Client => Encoding::Utf8,
            Self::Edge => Encoding::Server,
        }
    }

    /// Returns the bucket, 0 to 999,999, of a percentage key for the feature with the id `hash_id`. The hashed text is
    /// the key followed by the id. FeatureHub's server takes the id of the feature's value.
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

/// The error for a text that is neither `client` nor `edge`.
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
