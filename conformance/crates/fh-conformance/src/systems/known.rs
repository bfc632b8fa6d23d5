//! The known classes of different answers of FeatBit's running server, with their exact numbers.

/// A rule of the engine that is not the server's, with the flags whose answers it changes.
struct Known {
    rule: &'static str,
    /// The flags whose answers differ for all [`USERS`].
    all: &'static [&'static str],
    /// Other flags, with the number of users.
    some: &'static [(&'static str, usize)],
}

/// The number of users of the drawn flags.
const USERS: usize = 60;

const LIVE: &[Known] = &[
    Known {
        rule: "prefixes and suffixes are compared by their characters, and not by culture",
        all: &["starts-1", "starts-7", "ends-1", "ends-7", "ends-11"],
        some: &[
            ("text-14", 1),
            ("text-18", 1),
            ("text-19", 4),
            ("starts-5", 1),
            ("starts-6", 1),
            ("starts-11", 59),
            ("ends-3", 1),
            ("ends-4", 1),
            ("texts", 3),
        ],
    },
    Known {
        rule: "back references, and atomic, conditional and balancing groups are malformed",
        all: &["tame-9", "rx-30", "rx-31", "rx-32", "rx-38", "rx-39", "rx-79", "rx-82", "rx-93"],
        some: &[],
    },
    Known {
        rule: "the ids of segments are texts",
        all: &["seg-in-8", "seg-in-9", "seg-in-10", "seg-not-8", "seg-not-9", "seg-not-10"],
        some: &[],
    },
    Known {
        rule: "an unknown variation, or one without a value, is malformed",
        all: &[
            "vars-empty",
            "null-id",
            "off-unknown",
            "off-empty-id",
            "vars-null-value",
            "vars-no-value",
        ],
        some: &[("unknown-id", 38), ("targets-unknown", 20)],
    },
    Known {
        rule: "a flag without an interval for the bucket is malformed",
        all: &["zero-only", "none", "one-zero", "rule-empty-variations"],
        some: &[("reversed", 30), ("edge-low", 53), ("gap", 16)],
    },
    Known {
        rule: "an interval without an end contains nothing",
        all: &["rollout-huge"],
        some: &[],
    },
    Known { rule: "the names of members are case-sensitive", all: &["vars-cased"], some: &[] },
    Known {
        rule: "a flag or a segment with a member of a wrong type is not read",
        all: &[],
        some: &[("seg-of-wild-rules-object", 4), ("targets-number-key", 1)],
    },
];

/// Returns the rule, the name and the number of the known different answers of a group.
pub(super) fn of_group(group: &str) -> Vec<(&'static str, &'static str, usize)> {
    let known = if group.starts_with("featbit.live ") { LIVE } else { &[] };
    let rows = known.iter().flat_map(|known| {
        let all = known.all.iter().map(|name| (*name, USERS));
        all.chain(known.some.iter().copied()).map(|(name, count)| (known.rule, name, count))
    });
    rows.collect()
}

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
