//! The reasons for values.

use std::fmt;

/// The reason for a value: a reason of the evaluation engine, or a reason that only a client can report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A strategy without percentage, or with the percentage 0, matched, or the Edge reports that a strategy matched.
    StrategyMatch,
    /// A strategy with a percentage above 0 matched.
    Split,
    /// The feature has strategies, but none matched, or the read has no context.
    Default,
    /// The feature has no strategies.
    Static,
    /// A flag of FeatBit or FeatureSignals is off, and has the value for that.
    Off,
    /// A flag of FeatBit has the value for users whose keys it lists.
    Target,
    /// A flag of FeatBit is malformed for this user, for example because it names a segment that does not exist. It has no value.
    Malformed,
    /// A flag of FeatureSignals has the value of a variant, by the share of the context.
    Variant,
    /// A flag of FeatureSignals has its default value, because another flag of its group has the context.
    Excluded,
    /// A flag of FeatureSignals has its default value, because a flag that must be on is off for the context.
    PrerequisiteFailed,
    /// An interceptor returned the value.
    Intercepted,
    /// The value is null, and the read requested a type. A read without a requested type has the reason for the null value instead.
    NotSet,
    /// The feature does not exist.
    NotFound,
    /// The feature, its value or its override has another type than the requested type.
    TypeMismatch,
    /// The client has no features yet, or waits for the features of another context.
    NotReady,
    /// The API key is server-evaluated, and the server has evaluated the features for another context than the context of the read.
    OtherContext,
}

impl Reason {
    /// Returns the name of the reason, such as `STRATEGY_MATCH`, which reports and bindings for other languages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrategyMatch => "STRATEGY_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Static => "STATIC",
            Self::Off => "OFF",
            Self::Target => "TARGET",
            Self::Malformed => "MALFORMED",
            Self::Variant => "VARIANT",
            Self::Excluded => "EXCLUDED",
            Self::PrerequisiteFailed => "PREREQUISITE_FAILED",
            Self::Intercepted => "INTERCEPTED",
            Self::NotSet => "NOT_SET",
            Self::NotFound => "NOT_FOUND",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::NotReady => "NOT_READY",
            Self::OtherContext => "OTHER_CONTEXT",
        }
    }

    /// Returns the reason with this name; `None` if no reason has the name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::StrategyMatch,
            Self::Split,
            Self::Default,
            Self::Static,
            Self::Off,
            Self::Target,
            Self::Malformed,
            Self::Variant,
            Self::Excluded,
            Self::PrerequisiteFailed,
            Self::Intercepted,
            Self::NotSet,
            Self::NotFound,
            Self::TypeMismatch,
            Self::NotReady,
            Self::OtherContext,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<fh_eval::EvaluationReason> for Reason {
    fn from(reason: fh_eval::EvaluationReason) -> Self {
        use fh_eval::EvaluationReason as Engine;
        match reason {
            Engine::StrategyMatch => Self::StrategyMatch,
            Engine::Split => Self::Split,
            Engine::Static => Self::Static,
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            Engine::Off => Self::Off,
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            Engine::Target => Self::Target,
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            Engine::Malformed => Self::Malformed,
            #[cfg(feature = "featuresignals")]
            Engine::Variant => Self::Variant,
            #[cfg(feature = "featuresignals")]
            Engine::Excluded => Self::Excluded,
            #[cfg(feature = "featuresignals")]
            Engine::PrerequisiteFailed => Self::PrerequisiteFailed,
            Engine::NotSet => Self::NotSet,
            Engine::NotFound => Self::NotFound,
            Engine::TypeMismatch => Self::TypeMismatch,
            _ => Self::Default,
        }
    }
}
