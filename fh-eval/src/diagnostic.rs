//! What was not understood in a payload, where it stands, and what was assumed instead. Diagnostics are data: nothing in the
//! engine fails because of them.

use std::fmt;

use crate::text::pattern::Refusal;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is odd, but evaluates as written.
    Warning,
    /// A part never matches, or is missing, because it could not be read.
    Error,
}

/// One thing that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong.
    #[serde(serialize_with = "as_text")]
    pub problem: Problem,
    /// What the engine does about it.
    #[serde(serialize_with = "as_text")]
    pub consequence: Consequence,
}

fn as_text<T: fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A place in a payload.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// Id of the environment, where the payload names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Box<str>>,
    /// Key of the feature, or `#3` for the fourth of the list if it has none.
    pub feature: Box<str>,
    /// Position of the strategy, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<u32>,
    /// Id of the strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy_id: Option<Box<str>>,
    /// Position of the rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// The attribute that the rule reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Box<str>>,
    /// The member in question. Absent for members that are unknown: `value` is the name, then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<&'static str>,
    /// What stands there, cut at 120 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<str>>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The part has the wrong JSON type; this was expected.
    Expected(&'static str),
    /// A name from a closed list that is not on it.
    Unknown(&'static str),
    /// A value that cannot be read as what the rule compares.
    NotA(&'static str),
    /// A pattern that is invalid or outside the dialect.
    Pattern(Refusal),
    /// Too many and too large patterns in one ruleset.
    PatternBudget,
    /// A percentage, but no id to hash.
    NoFeatureId,
    /// Profile `edge` hashes value ids, and none is known for this feature.
    NoHashId,
    /// Two features have the same key.
    DuplicateKey,
    /// A near miss of this member, which was probably meant (D-118).
    MisspeltMember(&'static str),
    /// A member that means nothing here (D-118).
    UnknownMember,
    /// The FeatureHub server raises an error here and loses the environment's whole list.
    ServerRaises,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Unknown(what) => write!(f, "unknown {what}"),
            Self::NotA(what) => write!(f, "not {what}"),
            Self::Pattern(refusal) => refusal.fmt(f),
            Self::PatternBudget => {
                f.write_str("the patterns of this environment are too large together")
            }
            Self::NoFeatureId => f.write_str("a percentage needs a feature id"),
            Self::NoHashId => f.write_str("no value id is known to hash"),
            Self::DuplicateKey => f.write_str("another feature has the same key"),
            Self::MisspeltMember(meant) => write!(f, "unknown member, probably {meant} is meant"),
            Self::UnknownMember => f.write_str("unknown member"),
            Self::ServerRaises => f.write_str("the FeatureHub server raises an error here"),
        }
    }
}

/// What the engine does about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consequence {
    /// The feature is left out.
    FeatureLeftOut,
    /// The strategy never matches and takes no part in percentages.
    StrategyNeverMatches,
    /// The rule never holds.
    RuleNeverHolds,
    /// The value is dropped, the rule's other values count.
    ValueDropped,
    /// The member means nothing.
    MemberIgnored,
    /// The rule ends at this value: the values before it count, then it fails (profile `edge`).
    RuleEndsHere,
    /// This is taken in its place.
    Assumed(&'static str),
}

impl Consequence {
    /// Losing a part is an error, an assumption a warning.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Assumed(_) | Self::MemberIgnored => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FeatureLeftOut => "the feature is left out",
            Self::StrategyNeverMatches => "the strategy never matches",
            Self::RuleNeverHolds => "the rule never holds",
            Self::ValueDropped => "the value is ignored",
            Self::MemberIgnored => "the member is ignored",
            Self::RuleEndsHere => "the rule ends here",
            Self::Assumed(what) => return write!(f, "{what} is assumed"),
        })
    }
}

impl Diagnostic {
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.consequence.severity()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(environment) = &self.environment {
            write!(f, "environment {environment}, ")?;
        }
        write!(f, "feature {}", self.feature)?;
        if let Some(strategy) = self.strategy {
            write!(f, ", strategy {}", strategy + 1)?;
            if let Some(id) = &self.strategy_id {
                write!(f, " ({id})")?;
            }
        }
        if let Some(rule) = self.rule {
            write!(f, ", rule {}", rule + 1)?;
            if let Some(field) = &self.field {
                write!(f, " ({field})")?;
            }
        }
        if let Some(member) = self.member {
            write!(f, ", {member}")?;
        }
        if let Some(value) = &self.value {
            write!(f, " {value}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.consequence)
    }
}

/// Cuts what stands in a payload to a length that can be shown.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pattern::Construct;

    #[test]
    fn reads_as_a_sentence_with_its_place() {
        let diagnostic = Diagnostic {
            place: Place {
                environment: Some("prod".into()),
                feature: "CHECKOUT".into(),
                strategy: Some(1),
                strategy_id: Some("x7Ab".into()),
                rule: Some(0),
                field: Some("email".into()),
                member: Some("values"),
                value: Some("\"(\"".into()),
            },
            problem: Problem::Pattern(Refusal::Unsupported(Construct::LookAhead)),
            consequence: Consequence::ValueDropped,
        };
        assert_eq!(
            diagnostic.to_string(),
            "environment prod, feature CHECKOUT, strategy 2 (x7Ab), rule 1 (email), values \"(\": look-ahead (?=…) is not \
             supported (patterns run in linear time); the value is ignored"
        );
        assert_eq!(diagnostic.severity(), Severity::Error);
        let json = serde_json::to_string(&diagnostic).unwrap();
        assert!(json.contains("\"strategy\":1") && json.contains("\"field\":\"email\""), "{json}");
    }

    #[test]
    fn excerpts_are_short() {
        assert_eq!(excerpt("short").as_ref(), "short");
        assert_eq!(excerpt(&"é".repeat(500)).chars().count(), 121);
    }
}
