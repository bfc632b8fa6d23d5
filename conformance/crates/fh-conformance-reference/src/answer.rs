//! What goes into an evaluation beside the feature and the context, and what comes out.

use std::fmt;

use crate::mutants::{Bug, Mutant};

/// Which of the two sets of rules applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The rules for clients, and the default everywhere.
    Client,
    /// What a FeatureHub Edge computes for server-evaluated keys, its quirks included.
    Edge,
}

/// How to evaluate.
#[derive(Clone, Debug)]
pub struct Options {
    /// The set of rules.
    pub profile: Profile,
    /// The time that `now` attributes see: UTC, in milliseconds since the epoch.
    pub now_ms: i64,
    /// Hashed for percentages instead of the feature's own id.
    pub hash_id: Option<String>,
    /// A planted bug to evaluate with.
    pub mutant: Option<Mutant>,
}

impl Options {
    /// Options without a replaced hash id and without a planted bug; `now_ms` as in the field.
    #[must_use]
    pub fn new(profile: Profile, now_ms: i64) -> Options {
        Options { profile, now_ms, hash_id: None, mutant: None }
    }

    pub(crate) fn edge(&self) -> bool {
        self.profile == Profile::Edge
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.mutant.is_some_and(|mutant| mutant.is(bug))
    }
}

/// The answer for one feature and one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether a strategy matched.
    pub matched: bool,
    /// The id of the strategy that matched.
    pub strategy_id: Option<String>,
    /// What is served: the JSON token as it stands in the payload, `None` if absent or null.
    pub value: Option<String>,
    /// Why this value is served.
    pub reason: Reason,
    /// One step for each strategy, in order.
    pub trace: Vec<Step>,
}

/// Why a value is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A strategy without a percentage matched.
    StrategyMatch,
    /// A strategy with a percentage matched.
    Split,
    /// There are strategies, and none matched.
    Default,
    /// There are no strategies.
    Static,
}

impl Reason {
    /// The spelling of the vector files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reason::StrategyMatch => "STRATEGY_MATCH",
            Reason::Split => "SPLIT",
            Reason::Default => "DEFAULT",
            Reason::Static => "STATIC",
        }
    }
}

/// What became of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The strategy's id, empty if it has none.
    pub strategy: String,
    /// How far it came.
    pub outcome: Outcome,
    /// The index of the rule that failed.
    pub attribute: Option<usize>,
    /// The bucket of the context, if one was computed: 0 to 999,999.
    pub bucket: Option<u32>,
    /// The highest bucket that the strategy would have taken, if a bucket was computed.
    pub threshold: Option<u64>,
}

/// How far a strategy came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It matched.
    Match,
    /// The bucket lies above the threshold, or the strategy admits nobody at all (no rules, and a
    /// percentage that is zero or missing).
    PercentageMiss,
    /// It has a percentage, and the context has nothing to hash.
    NoPercentageKey,
    /// A rule did not hold.
    AttributeMiss,
    /// The strategy could not be read, or a rule failed because something in it, or the value
    /// supplied for it, could not be.
    Invalid,
    /// An earlier strategy matched, or there was no context.
    NotReached,
}

impl Outcome {
    /// The spelling of the vector files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Match => "MATCH",
            Outcome::PercentageMiss => "PERCENTAGE_MISS",
            Outcome::NoPercentageKey => "NO_PERCENTAGE_KEY",
            Outcome::AttributeMiss => "ATTRIBUTE_MISS",
            Outcome::Invalid => "INVALID",
            Outcome::NotReached => "NOT_REACHED",
        }
    }
}

/// The input is not what it should be. Evaluation itself never fails; a planted bug may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What was expected, or what broke.
    pub what: String,
}

impl Unreadable {
    pub(crate) fn new(what: impl Into<String>) -> Unreadable {
        Unreadable { what: what.into() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Unreadable {}

/// An exception, as a planted bug throws it into the caller's face.
#[derive(Debug)]
pub(crate) struct Raised;

impl From<Raised> for Unreadable {
    fn from(_: Raised) -> Unreadable {
        Unreadable::new("the planted bug raised")
    }
}
