//! Diagnostics. A diagnostic describes a problem of a part of a payload, the part's position, and how the engine treats
//! the part. A diagnostic is data; no evaluation fails because of a diagnostic.

pub(crate) mod limit;

use std::fmt;

use serde::ser::SerializeMap;

#[cfg(feature = "patterns")]
use crate::text::pattern::Refusal;

/// The severity of a diagnostic, by the engine's treatment of the part that has the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The engine ignores an unknown member, or continues with an assumption, such as that the feature has no
    /// strategies.
    Warning,
    /// A part is not used. A feature is left out, a strategy or a rule cannot match, a rule ends at a value, or a value
    /// is dropped.
    Error,
}

/// A problem of a part of a payload, and how the engine treats the part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// The position, in the payload, of the part that has the problem.
    #[serde(flatten)]
    pub place: Place,
    /// The kind of the problem, with its details.
    #[serde(serialize_with = "as_text")]
    pub problem: DiagnosticKind,
    /// The engine's treatment of the part that has the problem.
    #[serde(serialize_with = "as_text")]
    pub consequence: Consequence,
}

fn as_text<T: fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The words of a system for the parts of a payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vocabulary {
    /// Features with strategies, whose rules read attributes (FeatureHub).
    #[default]
    Feature,
    /// Flags with rules, whose conditions read properties (FeatBit, FeatureSignals).
    Flag,
    /// Segments with rules, whose conditions read properties (FeatBit, FeatureSignals).
    Segment,
}

impl Vocabulary {
    /// Returns the words for a feature, a strategy and a rule.
    const fn nouns(self) -> [&'static str; 3] {
        match self {
            Self::Feature => ["feature", "strategy", "rule"],
            Self::Flag => ["flag", "rule", "condition"],
            Self::Segment => ["segment", "rule", "condition"],
        }
    }
}

/// The position of a part of a payload: its environment, feature, strategy, rule and member. In a system with other words, the field
/// `strategy` is the position of a rule of the flag, and `rule` is the position of a condition. The text and the JSON of a place have the
/// words of the system.
///
/// ```
/// use fh_eval::{Place, Vocabulary};
/// let place = Place { feature: "checkout".into(), strategy: Some(1), strategy_id: Some("Beta users".into()), rule: Some(0),
///     field: Some("country".into()), ..Place::default() };
/// assert_eq!(place.to_string(), "feature checkout, strategy 2 (Beta users), rule 1 (country)");
/// let place = Place { vocabulary: Vocabulary::Flag, ..place };
/// assert_eq!(place.to_string(), "flag checkout, rule 2 (Beta users), condition 1 (country)");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The words for the parts.
    pub vocabulary: Vocabulary,
    /// Id of the environment; `None` if the environment has no id that is a text, or if the feature was compiled
    /// without its environment.
    pub environment: Option<Box<str>>,
    /// Key of the feature. A feature whose key is missing, empty or not a text is named by its position in the list,
    /// counted from 0: `#3` is the fourth feature.
    pub feature: Box<str>,
    /// Position of the strategy in the feature's list, from 0; `None` if the part is not in a strategy.
    pub strategy: Option<u32>,
    /// Id of the strategy; `None` if the part is not in a strategy, or if the strategy has no id that is a text of at
    /// least one character.
    pub strategy_id: Option<Box<str>>,
    /// Position of the rule in the strategy's list, from 0; `None` if the part is not in a rule.
    pub rule: Option<u32>,
    /// Name of the attribute that the rule reads; `None` if the part is not in a rule, or if the rule has no attribute
    /// name that is a text of at least one character.
    pub field: Option<Box<str>>,
    /// Name of the JSON member; `None` if the diagnostic is not about a member, or if the member is unknown. The field
    /// `value` holds the name of an unknown member. If the feature as a whole is not an object, this name is `feature`.
    pub member: Option<&'static str>,
    /// The text of the payload that the diagnostic shows; `None` if the diagnostic shows no text. A text of more than
    /// 120 characters is cut off and ends with `…`.
    pub value: Option<Box<str>>,
}

/// A kind of problem that a part of a payload can have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiagnosticKind {
    /// The part does not have the JSON form that this text names, such as `a list`.
    Expected(&'static str),
    /// A name is missing, is not a text, or is not in the closed list of names that this text describes, such as
    /// `rule type`.
    Unknown(&'static str),
    /// A value cannot be parsed as the type that this text names, such as `a date`.
    NotA(&'static str),
    /// A regular expression is invalid, too large, or uses a construct that the engine's dialect does not support.
    #[cfg(feature = "patterns")]
    Pattern(Refusal),
    /// A regular expression was not compiled, because the expressions that were compiled before it exceed the limit for
    /// the size of all expressions together.
    PatternBudget,
    /// A strategy has a percentage, but its feature has no id to hash, so no bucket can be computed.
    NoFeatureId,
    /// The compiler was given ids of feature values, from which it computes buckets in place of feature ids. None of
    /// the ids belongs to this feature.
    NoHashId,
    /// The list has this many further elements of the wrong form, of which no diagnostics are kept.
    Further(usize),
    /// A later feature of the list has the same key and replaces this feature.
    DuplicateKey,
    /// A strategy or a rule has an unknown member, but this known member has nearly the same name and was probably
    /// meant.
    MisspeltMember(&'static str),
    /// A strategy or a rule has a member that the engine does not know.
    UnknownMember,
    /// FeatureHub's server may raise an error when it evaluates the rule, because of this value or because a value is
    /// missing. After such an error, the server serves no feature of the environment. This engine raises no error.
    ServerRaises,
    /// The feature needs a part of the engine that this build of the engine lacks: `patterns` for a regular expression,
    /// or `edge-profile` for the profile [`Edge`](crate::Profile::Edge). The text is the name of the cargo feature of
    /// `fh-eval` that adds the part.
    MissingCargoFeature(&'static str),
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Unknown(what) => write!(f, "unknown {what}"),
            Self::NotA(what) => write!(f, "not {what}"),
            #[cfg(feature = "patterns")]
            Self::Pattern(refusal) => refusal.fmt(f),
            Self::PatternBudget => {
                f.write_str("the regular expressions of this environment are too large together, so this expression is not compiled")
            }
            Self::NoFeatureId => f.write_str("the strategy has a percentage, but the feature has no id from which the percentage is computed"),
            Self::NoHashId => {
                f.write_str("the feature's value has no id (valueId) to compute percentages from")
            }
            Self::Further(count) => write!(f, "{count} further elements of the list have the wrong form"),
            Self::DuplicateKey => f.write_str("another feature has the same key"),
            Self::MisspeltMember(meant) => {
                write!(f, "unknown member, probably a misspelling of {meant}")
            }
            Self::UnknownMember => f.write_str("unknown member"),
            Self::ServerRaises => f.write_str("FeatureHub's server raises an error on this value"),
            Self::MissingCargoFeature(name) => {
                write!(f, "this build of the engine lacks the cargo feature `{name}` of fh-eval")
            }
        }
    }
}

/// The engine's treatment of a part that has a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consequence {
    /// This feature is not part of the ruleset. If a later feature has the same key, reads find that feature instead.
    FeatureLeftOut,
    /// The strategy never matches, and its percentage is not added to the percentages of later strategies.
    StrategyNeverMatches,
    /// The rule never holds, so its strategy never matches.
    RuleNeverHolds,
    /// The value is dropped from the rule's list. The rule is evaluated with its other values.
    ValueDropped,
    /// The engine ignores the member. The strategy or the rule is evaluated without it.
    MemberIgnored,
    /// The rule ends at this value (profile `edge`). A rule with NOT_EQUALS or EXCLUDES then never holds. Any other
    /// rule holds only if a comparison with a value before this one passes.
    RuleEndsHere,
    /// The engine continues with the assumption that this text names, such as `no id`.
    Assumed(&'static str),
    /// This flag is not part of the ruleset. If a later flag has the same key, reads find that flag instead.
    #[cfg(feature = "first-row")]
    FlagLeftOut,
    /// This segment is not part of the ruleset, as if the payload had no such segment.
    #[cfg(feature = "first-row")]
    SegmentLeftOut,
    /// The condition never holds, so its rule never matches.
    #[cfg(feature = "first-row")]
    ConditionNeverHolds,
    /// A flag has no value for the users whose evaluation reaches this part.
    #[cfg(feature = "featbit")]
    FlagMalformed,
    /// The flag is off, and has its default value.
    #[cfg(feature = "featuresignals")]
    FlagOff,
}

impl Consequence {
    /// Returns the severity of this consequence: a warning for an assumption or an ignored member, an error for
    /// everything else.
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
            Self::RuleEndsHere => "the rule fails if it reaches this value",
            Self::Assumed(what) => return write!(f, "using {what}"),
            #[cfg(feature = "first-row")]
            Self::FlagLeftOut => "the flag is left out",
            #[cfg(feature = "first-row")]
            Self::SegmentLeftOut => "the segment is left out",
            #[cfg(feature = "first-row")]
            Self::ConditionNeverHolds => "the condition never holds",
            #[cfg(feature = "featuresignals")]
            Self::FlagOff => "the flag is off",
            #[cfg(feature = "featbit")]
            Self::FlagMalformed => "a flag that reaches this part has no value",
        })
    }
}

impl Diagnostic {
    /// Returns the severity of the diagnostic, which follows from its consequence.
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
        let [feature, strategy_noun, rule_noun] = self.vocabulary.nouns();
        write!(f, "{feature} {}", self.feature)?;
        if let Some(strategy) = self.strategy {
            write!(f, ", {strategy_noun} {}", strategy + 1)?;
            if let Some(id) = &self.strategy_id {
                write!(f, " ({id})")?;
            }
        }
        if let Some(rule) = self.rule {
            write!(f, ", {rule_noun} {}", rule + 1)?;
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

impl serde::Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [feature, strategy, rule] = self.vocabulary.nouns();
        let (strategy_id, field) = match self.vocabulary {
            Vocabulary::Feature => ("strategy_id", "field"),
            Vocabulary::Flag | Vocabulary::Segment => ("rule_name", "property"),
        };
        let mut map = serializer.serialize_map(None)?;
        if let Some(environment) = &self.environment {
            map.serialize_entry("environment", environment)?;
        }
        map.serialize_entry(feature, &self.feature)?;
        for (noun, position, name_of, name) in [
            (strategy, self.strategy, strategy_id, &self.strategy_id),
            (rule, self.rule, field, &self.field),
        ] {
            if let Some(position) = position {
                map.serialize_entry(noun, &position)?;
            }
            if let Some(name) = name {
                map.serialize_entry(name_of, name)?;
            }
        }
        if let Some(member) = self.member {
            map.serialize_entry("member", member)?;
        }
        if let Some(value) = &self.value {
            map.serialize_entry("value", value)?;
        }
        map.end()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.consequence)
    }
}

/// Returns a text of the payload, cut off after 120 characters. A text that was cut off ends with `…`.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some((at, _)) => [text.get(..at).unwrap_or_default(), "…"].concat().into(),
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
                vocabulary: Vocabulary::Feature,
                environment: Some("prod".into()),
                feature: "CHECKOUT".into(),
                strategy: Some(1),
                strategy_id: Some("x7Ab".into()),
                rule: Some(0),
                field: Some("email".into()),
                member: Some("values"),
                value: Some("\"(\"".into()),
            },
            problem: DiagnosticKind::Pattern(Refusal::Unsupported(Construct::BackReference)),
            consequence: Consequence::ValueDropped,
        };
        assert_eq!(
            diagnostic.to_string(),
            "environment prod, feature CHECKOUT, strategy 2 (x7Ab), rule 1 (email), values \"(\": a back-reference is not \
             supported; the value is ignored"
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
