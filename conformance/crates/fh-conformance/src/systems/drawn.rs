//! The engine and a plain evaluator on drawn rulesets and contexts of FeatureSignals, near the boundaries of its rules.

use fh_test::generators::Choices;
use fh_test_servers::featuresignals::plain::bucket;

use super::plain::Plain;
use super::{Case, Engine, Expected, Rules, Set, Source};
use crate::json::Json;
use crate::shrink::smallest;

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

/// The time of drawn cases, between the expiries of flags.
const NOW: &str = "2026-01-01T00:00:00Z";

/// The number of different cases that are shrunk.
const SHRUNK: usize = 100;

/// The outcome of a comparison on drawn cases.
#[derive(Debug, Default)]
pub struct Drawing {
    /// The number of evaluations.
    pub evaluations: usize,
    /// The number of evaluations that the plain evaluator has no answer for.
    pub without_answer: usize,
    /// The number of evaluations with different answers.
    pub different: usize,
    /// The smallest of the different cases, with both answers.
    pub smallest: Option<String>,
}

/// Compares the engine with the plain evaluator in at least this many evaluations of drawn flags.
#[must_use]
pub fn draw(seed: u64, count: usize) -> Drawing {
    let mut drawing = Drawing::default();
    for seed in seed.. {
        if drawing.evaluations >= count {
            break;
        }
        let (ruleset, contexts) = drawn(&mut Choices::seeded(seed));
        let cases = contexts.iter().flat_map(|context| FLAGS.map(|flag| (flag, context)));
        let set = set(&ruleset, cases.clone());
        for ((flag, context), [ours, theirs]) in cases.zip(both(&set)) {
            drawing.evaluations += 1;
            if theirs.is_none() {
                drawing.without_answer += 1;
            } else if ours != theirs {
                drawing.different += 1;
                drawing.keep(&ruleset, flag, context);
            }
        }
    }
    drawing
}

impl Drawing {
    /// Keeps a case, as small as it becomes, if it is smaller than the one that is kept.
    fn keep(&mut self, ruleset: &Json, flag: &str, context: &Json) {
        if self.different > SHRUNK {
            return;
        }
        let answers = |case: &Json| match case.elements() {
            [ruleset, context] => both(&set(ruleset, [(flag, context)].into_iter())).pop(),
            _ => None,
        };
        let case = Json::List(vec![ruleset.clone(), context.clone()]);
        // A ruleset or a context that the engine refuses is another difference.
        let is_answered = |case: &Json| answers(case).is_some_and(|[ours, _]| ours.is_some());
        let was_answered = is_answered(&case);
        let case = smallest(case, |smaller| {
            answers(smaller).is_some_and(|[ours, theirs]| {
                ours.is_some() == was_answered && theirs.is_some() && ours != theirs
            })
        });
        let [ours, theirs] = answers(&case).unwrap_or_default().map(Json::from);
        let text =
            format!("flag {flag}, ruleset and context {case}\nengine: {ours}\nplain:  {theirs}");
        if self.smallest.as_ref().is_none_or(|kept| text.len() < kept.len()) {
            self.smallest = Some(text);
        }
    }
}

fn set<'c>(ruleset: &Json, cases: impl Iterator<Item = (&'c str, &'c Json)>) -> Set {
    let case = |(flag, context): (&str, &Json)| Case {
        name: flag.to_owned(),
        flag: flag.to_owned(),
        context: context.to_string(),
        expected: Expected::Nothing,
        row: String::new(),
    };
    Set {
        group: String::new(),
        rules: Rules::FeatureSignals,
        file: String::new(),
        ruleset: ruleset.to_string(),
        now: NOW.to_owned(),
        cases: cases.map(case).collect(),
    }
}

/// Returns the answers of the engine and of the plain evaluator to each case.
fn both(set: &Set) -> Vec<[Option<Json>; 2]> {
    // An evaluator that refuses a ruleset answers none of its cases.
    let none = |_: String| vec![None; set.cases.len()];
    let (ours, theirs) =
        (Engine.answers(set).unwrap_or_else(none), Plain.answers(set).unwrap_or_else(none));
    ours.into_iter().zip(theirs).map(|(ours, theirs)| [ours, theirs]).collect()
}

/// Draws a ruleset and contexts.
fn drawn(choices: &mut Choices<'_>) -> (Json, Vec<Json>) {
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
    (Json::object(parts), contexts)
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
