//! Drawn rulesets and contexts of FeatureSignals, near the boundaries of its rules.

use fh_generators::Choices;
use fh_plain_featuresignals::bucket;

use crate::json::Json;

const FLAGS: [&str; 7] = ["a", "b", "c", "checkout", "new-checkout", "exp", "dark_mode"];
/// Keys of users. The flags `b` and `c` have the same bucket for `user-280`, and `b` and `dark_mode` for `user-1828`.
const USERS: [&str; 8] = ["user-1", "user-2", "bob", "", "ü", "u.v", "user-280", "user-1828"];
const ATTRIBUTES: [&str; 7] = ["plan", "score", "tags", "note", "key", "", "absent"];
/// Values of attributes, as JSON.
const VALUES: [&str; 30] = [
    r#""pro""#,
    r#""Pro""#,
    r#""""#,
    r#""10""#,
    r#""1_000""#,
    r#""0x1p4""#,
    r#""inf""#,
    r#""NaN""#,
    r#""1e400""#,
    r#"" 10""#,
    r#""user-1""#,
    r#""a\nb""#,
    r#""ẞ""#,
    "10",
    "10.0",
    "-0",
    "1000000",
    "999999.5",
    "1e21",
    "1e-5",
    "9007199254740993",
    "true",
    "false",
    "null",
    "[]",
    r#"["admin", 1]"#,
    r#"{"b": 1, "a": [null]}"#,
    "{}",
    "0.1",
    "16",
];
/// Texts with which attributes are compared.
const TEXTS: [&str; 28] = [
    "pro",
    "Pro",
    "",
    "10",
    "10.0",
    "1_000",
    "1e3",
    "0x1p4",
    "inf",
    "-Inf",
    "nan",
    "1e400",
    "1e+06",
    "999999.5",
    "-0",
    "true",
    "false",
    "<nil>",
    "[admin 1]",
    "map[a:[<nil>] b:1]",
    "user-1",
    "u",
    "1",
    "9.007199254740992e+15",
    "1e+21",
    "1e-05",
    "ß",
    "[",
];
const PATTERNS: [&str; 18] = [
    "^pro$", "(?i)PRO", "(?i)ß", r"\d+", r"^\w+$", r"\s", r"\bb\b", "^$", "", "a.b", "(?s)a.b",
    "(?m)^b", "[", "a**", "x{1001}", "{,2}", "[0-9]{2}", "o|1",
];
const OPERATORS: [&str; 16] = [
    "eq",
    "neq",
    "contains",
    "startsWith",
    "endsWith",
    "in",
    "notIn",
    "gt",
    "gte",
    "lt",
    "lte",
    "regex",
    "exists",
    "equals",
    "EQ",
    "",
];

/// A drawn ruleset with contexts, for each of which all flags are evaluated.
pub(super) struct Drawn {
    pub(super) ruleset: Json,
    pub(super) contexts: Vec<Json>,
    pub(super) flag_keys: Vec<&'static str>,
}

/// The time of drawn cases, between the expiries of flags.
pub(super) const NOW: &str = "2026-01-01T00:00:00Z";

/// Draws a case.
pub(super) fn drawn(choices: &mut Choices<'_>) -> Drawn {
    let mut draw = Draw(choices);
    let users: Vec<&str> = (0..4).map(|_| draw.0.one(&USERS)).collect();
    let mut flags = Vec::new();
    let mut states = Vec::new();
    for key in FLAGS {
        if !draw.0.chance(1, 10) {
            flags.push((key, draw.flag()));
        }
        if !draw.0.chance(1, 10) {
            states.push((key, draw.state(key, &users)));
        }
    }
    let segments = ["beta", "vip"].map(|key| (key, draw.segment()));
    let parts = [
        ("flags", Json::object(flags)),
        ("states", Json::object(states)),
        ("segments", Json::object(segments)),
    ];
    let contexts = users.into_iter().map(|user| draw.context(user)).collect();
    Drawn { ruleset: Json::object(parts), contexts, flag_keys: FLAGS.to_vec() }
}

struct Draw<'c, 'b>(&'c mut Choices<'b>);

impl Draw<'_, '_> {
    fn json(&mut self, texts: &[&str]) -> Json {
        Json::parse(self.0.one(texts)).unwrap_or(Json::Null)
    }

    fn texts(&mut self, from: &[&str], most: usize) -> Json {
        let count = self.0.below(most + 1);
        (0..count).map(|_| self.0.one(from)).collect::<Vec<&str>>().into()
    }

    fn value(&mut self) -> Json {
        self.json(&[
            "true",
            "false",
            r#""red""#,
            "1.50",
            "null",
            r#"{"b": 1, "a": 1e2, "b": 2}"#,
            "[1e400]",
        ])
    }

    fn context(&mut self, user: &str) -> Json {
        let mut attributes = Vec::new();
        for name in ATTRIBUTES {
            if name != "absent" && !self.0.chance(1, 3) {
                attributes.push((name, self.json(&VALUES)));
            }
        }
        Json::object([("key", user.into()), ("attributes", Json::object(attributes))])
    }

    fn flag(&mut self) -> Json {
        let mut members =
            vec![("flag_type", self.0.one(&["boolean", "string", "json", "ab", "ab"]).into())];
        if !self.0.chance(1, 10) {
            members.push(("default_value", self.value()));
        }
        if self.0.chance(1, 3) {
            members.push(("mutual_exclusion_group", self.0.one(&["g", "g", "g", "G", ""]).into()));
        }
        if self.0.chance(1, 3) {
            let keys = ["a", "b", "c", "exp", "dark_mode", "unknown"];
            members.push(("prerequisites", self.texts(&keys, 3)));
        }
        if self.0.chance(1, 6) {
            let times = [
                "2025-12-31T23:59:59.999Z",
                NOW,
                "2026-01-01T01:00:00+01:00",
                "2026-01-01T00:00:00.001Z",
                "0001-01-01T00:00:00Z",
            ];
            members.push(("expires_at", self.0.one(&times).into()));
        }
        Json::object(members)
    }

    /// Draws a percentage: often the bucket of a user, or a neighbour.
    fn percentage(&mut self, flag: &str, users: &[&str]) -> Json {
        let near = bucket(flag, self.0.one(users)) + self.0.between(-1, 2);
        Json::number(
            self.0.one(&[10_000, 10_000, 9_999, 0, -1, 1, 5_000, 12_000, near, near, near]),
        )
    }

    fn state(&mut self, flag: &str, users: &[&str]) -> Json {
        let rules = self.0.below(5);
        let rules: Vec<Json> = (0..rules).map(|_| self.rule(flag, users)).collect();
        let mut members =
            vec![("enabled", Json::from(!self.0.chance(1, 8))), ("rules", rules.into())];
        if self.0.chance(1, 2) {
            members.push(("default_value", self.value()));
        }
        if self.0.chance(1, 3) {
            members.push(("percentage_rollout", self.percentage(flag, users)));
        }
        let variants = self.0.below(4);
        let variants: Vec<Json> = (0..variants)
            .map(|_| {
                let key = self.0.one(&["control", "treat", ""]).into();
                Json::object([
                    ("key", key),
                    ("value", self.value()),
                    ("weight", self.percentage(flag, users)),
                ])
            })
            .collect();
        members.push(("variants", variants.into()));
        Json::object(members)
    }

    fn rule(&mut self, flag: &str, users: &[&str]) -> Json {
        let mut members = vec![
            ("id", self.0.one(&["r1", "r2"]).into()),
            ("priority", Json::number(self.0.between(-1, 3))),
            ("percentage", self.percentage(flag, users)),
            ("value", self.value()),
            ("match_type", self.0.one(&["all", "any", "", "ALL"]).into()),
            ("conditions", self.conditions()),
        ];
        if self.0.chance(1, 3) {
            members.push(("segment_keys", self.texts(&["beta", "vip", "unknown"], 2)));
        }
        Json::object(members)
    }

    fn segment(&mut self) -> Json {
        let match_type = self.0.one(&["all", "any", "all", "any", "", "none"]).into();
        Json::object([("match_type", match_type), ("rules", self.conditions())])
    }

    fn conditions(&mut self) -> Json {
        let count = self.0.below(4);
        if count == 3 && self.0.chance(1, 3) {
            return Json::Null;
        }
        let condition = |draw: &mut Self| {
            let operator = draw.0.one(&OPERATORS);
            let from: &[&str] = if operator == "regex" { &PATTERNS } else { &TEXTS };
            let values = draw.texts(from, 2);
            Json::object([
                ("attribute", draw.0.one(&ATTRIBUTES).into()),
                ("operator", operator.into()),
                ("values", values),
            ])
        };
        (0..count).map(|_| condition(self)).collect::<Vec<Json>>().into()
    }
}
