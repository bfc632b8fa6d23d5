//! The reasons of evaluations.

/// The reason why an evaluation has its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum EvaluationReason {
    /// A strategy matched through its rules alone. The strategy has no percentage, or the percentage 0.
    StrategyMatch,
    /// A strategy with a percentage matched, with rules or without.
    Split,
    /// The feature has strategies, but no strategy matched or the subject has no context.
    Default,
    /// The feature has no strategies.
    Static,
    /// The value of the feature for the subject is null or missing.
    NotSet,
    /// There is no feature with the requested key.
    NotFound,
    /// The feature's type, or the type of its value, is not the requested type.
    TypeMismatch,
    /// The flag is off (FeatBit, FeatureSignals).
    #[cfg(feature = "first-row")]
    Off,
    /// A list of the flag names the user (FeatBit).
    #[cfg(feature = "first-row")]
    Target,
    /// The flag cannot be evaluated for the subject (FeatBit). There is no value.
    #[cfg(feature = "first-row")]
    Malformed,
    /// The subject's share of the variants of an experiment has the value (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    Variant,
    /// Another flag of the same group has the subject (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    Excluded,
    /// A flag that must be on is off for the subject (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    PrerequisiteFailed,
}

impl EvaluationReason {
    /// Returns the name that reports and other languages use, such as `STRATEGY_MATCH`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrategyMatch => "STRATEGY_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Static => "STATIC",
            Self::NotSet => "NOT_SET",
            Self::NotFound => "NOT_FOUND",
            Self::TypeMismatch => "TYPE_MISMATCH",
            #[cfg(feature = "first-row")]
            Self::Off => "OFF",
            #[cfg(feature = "first-row")]
            Self::Target => "TARGET",
            #[cfg(feature = "first-row")]
            Self::Malformed => "MALFORMED",
            #[cfg(feature = "featuresignals")]
            Self::Variant => "VARIANT",
            #[cfg(feature = "featuresignals")]
            Self::Excluded => "EXCLUDED",
            #[cfg(feature = "featuresignals")]
            Self::PrerequisiteFailed => "PREREQUISITE_FAILED",
        }
    }
}

impl std::fmt::Display for EvaluationReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
