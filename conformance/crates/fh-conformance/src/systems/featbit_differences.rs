//! The answers of FeatBit's running server that differ from those of the engine, by flag, with their exact numbers.

/// A rule of the engine that is not the server's, with the flags that it changes.
pub(super) struct Difference {
    pub(super) rule: &'static str,
    pub(super) flags: &'static [(&'static str, usize)],
}

/// The differences of the files of answers.
pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        rule: "prefixes and suffixes are compared by their characters, and not by culture",
        flags: &[
            ("text-14", 1),
            ("text-18", 1),
            ("text-19", 4),
            ("starts-1", 60),
            ("starts-5", 1),
            ("starts-6", 1),
            ("starts-7", 60),
            ("starts-11", 59),
            ("ends-1", 60),
            ("ends-3", 1),
            ("ends-4", 1),
            ("ends-7", 60),
            ("ends-11", 60),
            ("texts", 3),
        ],
    },
    Difference {
        rule: "look-around, back references and atomic groups are malformed",
        flags: &[
            ("tame-9", 60),
            ("rx-30", 60),
            ("rx-31", 60),
            ("rx-32", 60),
            ("rx-33", 60),
            ("rx-34", 60),
            ("rx-35", 60),
            ("rx-36", 60),
            ("rx-37", 60),
            ("rx-38", 60),
            ("rx-39", 60),
            ("rx-69", 60),
            ("rx-79", 60),
            ("rx-82", 60),
            ("rx-91", 60),
            ("rx-93", 60),
        ],
    },
    Difference {
        rule: "the ids of segments are texts",
        flags: &[
            ("seg-in-8", 60),
            ("seg-in-9", 60),
            ("seg-in-10", 60),
            ("seg-not-8", 60),
            ("seg-not-9", 60),
            ("seg-not-10", 60),
        ],
    },
    Difference {
        rule: "an unknown variation, or one without a value, is malformed",
        flags: &[
            ("vars-empty", 60),
            ("unknown-id", 38),
            ("null-id", 60),
            ("targets-unknown", 20),
            ("off-unknown", 60),
            ("off-empty-id", 60),
            ("vars-null-value", 60),
            ("vars-no-value", 60),
        ],
    },
    Difference {
        rule: "a flag without an interval for the bucket is malformed",
        flags: &[
            ("zero-only", 60),
            ("reversed", 30),
            ("edge-low", 53),
            ("none", 60),
            ("gap", 16),
            ("one-zero", 60),
            ("rule-empty-variations", 60),
        ],
    },
    Difference {
        rule: "an interval without an end contains nothing",
        flags: &[("rollout-huge", 60)],
    },
    Difference { rule: "the names of members are case-sensitive", flags: &[("vars-cased", 60)] },
    Difference {
        rule: "a flag or a segment with a member of a wrong type is not read",
        flags: &[("seg-of-wild-rules-object", 4), ("targets-number-key", 1)],
    },
];

/// The flags for which the server fails, and the engine takes a default for a member that is missing or null.
pub(super) const DEFAULTS: &[(&str, usize)] = &[
    ("cond-no-property", 60),
    ("cond-no-op", 60),
    ("cond-no-value", 60),
    ("expt-missing", 60),
    ("expt-null", 60),
    ("rule-no-name", 60),
    ("rule-no-dispatch", 60),
    ("rule-no-included", 60),
    ("rule-included-null", 60),
    ("rules-null", 60),
    ("targets-null", 60),
    ("targets-keyids-null", 60),
    ("vars-null-first", 60),
    ("seg-of-wild-null-excluded", 60),
    ("seg-of-wild-condition-without-op", 60),
    ("seg-of-wild-null-included", 50),
    ("seg-of-wild-null-rules", 57),
    ("expt-missing-late", 30),
];
