//! The options of an evaluation and its answer.

use std::fmt;

use crate::mutants::{Bug, Mutant};

/// One of the two sets of evaluation rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The rules for clients. This is the default.
    Client,
    /// The rules of a FeatureHub Edge for server-evaluated keys, with the Edge's deviations.
    Edge,
}

/// The options of an evaluation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The set of rules to apply.
    pub profile: Profile,
    /// The current time for rules on `now`, in milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
    /// The id to hash for percentages in place of the feature's own id.
    pub hash_id: Option<String>,
    /// The mutant (seeded bug) to evaluate with.
    pub mutant: Option<Mutant>,
}

impl Options {
    /// Returns options without a replaced hash id and without a mutant. `now_ms` is the current time as in [`Options::now_ms`].
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
    /// True if a strategy matched.
    pub matched: bool,
    /// The id of the strategy that matched.
    pub strategy_id: Option<String>,
    /// The served value: the JSON token as written in the payload, `None` if absent or null.
    pub value: Option<String>,
    /// The reason why this value is served.
    pub reason: Reason,
    /// One step for each strategy, in order.
    pub trace: Vec<Step>,
}

/// The reason why a value is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A strategy without a percentage matched.
    StrategyMatch,
    /// A strategy with a percentage matched.
    Split,
    /// The feature has strategies, but none matched.
    Default,
    /// The feature has no strategies.
    Static,
}

impl Reason {
    /// Returns the name that the vector files use.
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

/// The result of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The strategy's id, empty if it has none.
    pub strategy: String,
    /// The outcome of the strategy.
    pub outcome: Outcome,
    /// The index of the rule that failed.
    pub attribute: Option<usize>,
    /// The bucket of the context, if one was computed: 0 to 999,999.
    pub bucket: Option<u32>,
    /// The highest bucket that the strategy accepts, if a bucket was computed.
    pub threshold: Option<u64>,
}

/// The outcome of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The strategy matched.
    Match,
    /// The bucket lies above the threshold, or the strategy matches no context at all: it has no rules, and its percentage is zero or
    /// missing.
    PercentageMiss,
    /// The strategy has a percentage, and the context has no percentage key.
    NoPercentageKey,
    /// A rule did not match.
    AttributeMiss,
    /// The strategy could not be read, or a rule failed because the rule or the supplied value could not be read.
    Invalid,
    /// The strategy was not tried, because an earlier strategy matched or because there was no context.
    NotReached,
}

impl Outcome {
    /// Returns the name that the vector files use.
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

/// An error: the input could not be read. Evaluation itself never fails, except with a mutant that raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// A description of the error.
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

/// The error of a mutant that raises, in place of the exception that an SDK with this bug throws at its caller.
#[derive(Debug)]
pub(crate) struct Raised;

impl From<Raised> for Unreadable {
    fn from(_: Raised) -> Unreadable {
        Unreadable::new("the mutant raised an error")
    }
}
