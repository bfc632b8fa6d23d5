//! Finds parts of the flags of FeatBit and FeatureSignals that cannot be used, and parts that are probably mistakes. Each system has a folder
//! with its checks; the findings, their places and their lines are common to all systems.

pub(crate) mod featbit;
pub(crate) mod featuresignals;
mod findings;
mod node;

/// The code of every check of further systems, with a description. Some codes of FeatureHub's checks are used as well.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("unknown-operator", "FeatBit, FeatureSignals: an operator that does not exist"),
    ("unknown-segment", "FeatBit, FeatureSignals: a segment that the payload does not have"),
    ("unused-segment", "FeatBit, FeatureSignals: a segment that no flag names"),
    (
        "empty-segment",
        "FeatBit: a segment without users and rules. FeatureSignals: a segment without rules, which contains every context",
    ),
    ("duplicate-segment", "FeatBit, FeatureSignals: several segments with the same id or key"),
    ("unknown-variation", "FeatBit: a variation that the flag does not have"),
    ("archived-segment", "FeatBit: a condition on a segment that is archived"),
    ("interval", "FeatBit: an interval that can contain no bucket"),
    (
        "interval-gap",
        "FeatBit: buckets that belong to no interval, so that their users get no value",
    ),
    ("interval-overlap", "FeatBit: buckets that belong to several intervals"),
    ("interval-range", "FeatBit: an interval outside of 0 to 1"),
    ("duplicate-user", "FeatBit: a user in several lists of a flag or a segment"),
    ("duplicate-variation", "FeatBit: several variations with the same id"),
    ("empty-target", "FeatBit: a target without users"),
    ("duplicate-priority", "FeatureSignals: rules of a flag with the same priority"),
    ("no-percentage", "FeatureSignals: a rule with a percentage of 0 or less, which never answers"),
    ("ignored-values", "FeatureSignals: values that the operator does not read"),
    ("attribute-text", "FeatureSignals: a value that differs from the text of such an attribute"),
    ("weight-sum", "FeatureSignals: weights of variants that do not add up to 10000"),
    ("hidden-variants", "FeatureSignals: variants that the rollout or the type of the flag hides"),
    ("unknown-prerequisite", "FeatureSignals: a prerequisite that does not exist"),
    ("prerequisite-cycle", "FeatureSignals: flags that require each other"),
    ("prerequisite-twice", "FeatureSignals: a prerequisite that fails when it is reached again"),
    ("prerequisite-depth", "FeatureSignals: a chain of more than 100 prerequisites"),
    (
        "skewed-group",
        "FeatureSignals: a percentage of a flag that competes with the flags of a group",
    ),
    ("unknown-flag", "FeatureSignals: a state without a flag"),
    (
        "schedule",
        "FeatureSignals: a time at which the server, but not the engine, changes the switch",
    ),
];
