//! Drawn payloads and users, near the boundaries of the rules.

use serde_json::{Value, json};

/// A generator of numbers (splitmix64), the same on every machine.
pub struct Draw(u64);

/// A user: the key, the name and the properties.
#[derive(Debug, Clone)]
pub struct User {
    pub key: String,
    pub name: Option<String>,
    pub properties: Vec<(&'static str, String)>,
}

const KEYS: [&str; 10] = ["bob", "Bob", "ada", "u1", "u2", "u3", "ü", "u-17", "0", " "];
const PROPERTIES: [&str; 6] = ["plan", "age", "note", "keyId", "name", "absent"];
const TEXTS: [&str; 30] = [
    "", "a", "A", "ab", "b", "pro", "bob", "é", "ab\n", "10", "10.0", "9", " 10", "1,000", "1000",
    "1e3", "Infinity", "inf", "NaN", "1e400", "-5", "+5", "5.", ".5", "0x10", "true", "TRUE",
    "false", "u1", "٣",
];
const LISTS: [&str; 11] = [
    r#"["a","pro"]"#,
    r#"["bob"]"#,
    r#"["10","ab\n"]"#,
    "[]",
    r#"["",null]"#,
    "null",
    "a,b",
    r#""a""#,
    r#"[1]"#,
    r#"{"a":1}"#,
    "",
];
const PATTERNS: [&str; 16] = [
    "^a", "b$", "a|10", r"^\d+$", r"\w", "^$", "", "é", "[", "(?=a)", "(?P<n>a)", "(?<n>a)", "^.b",
    "a{,2}", "a++", r"\Z",
];
const SEGMENTS: [&str; 10] = [
    r#"["beta"]"#,
    r#"["vip","beta"]"#,
    r#"["gone"]"#,
    r#"["beta","gone"]"#,
    r#"["gone","beta"]"#,
    r#"["old"]"#,
    r#"["beta","old"]"#,
    "[]",
    "null",
    "beta",
];
const OPERATORS: [&str; 17] = [
    "Equal",
    "NotEqual",
    "Contains",
    "NotContain",
    "StartsWith",
    "EndsWith",
    "IsTrue",
    "IsFalse",
    "LessThan",
    "LessEqualThan",
    "BiggerThan",
    "BiggerEqualThan",
    "IsOneOf",
    "NotOneOf",
    "MatchRegex",
    "NotMatchRegex",
    "Equals",
];

impl Draw {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Draws users.
    pub fn users(&mut self, count: usize) -> Vec<User> {
        let one = |draw: &mut Self| {
            let mut properties = Vec::new();
            for name in ["plan", "age", "note"] {
                if !draw.one_in(4) {
                    properties.push((name, draw.of(&TEXTS).to_owned()));
                }
            }
            let name = (!draw.one_in(3)).then(|| draw.of(&TEXTS).to_owned());
            let key = match draw.below(3) {
                0 => draw.of(&KEYS).to_owned(),
                _ => format!("user-{}", draw.below(10_000)),
            };
            User { key, name, properties }
        };
        (0..count).map(|_| one(self)).collect()
    }

    /// Draws a payload with flags of these keys.
    pub fn payload(&mut self, keys: &[String]) -> Value {
        let flags: Vec<Value> = keys.iter().map(|key| self.flag(key)).collect();
        let segments: Vec<Value> = ["beta", "vip", "old"].map(|id| self.segment(id)).into();
        json!({"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": flags, "segments": segments}})
    }

    fn segment(&mut self, id: &str) -> Value {
        let rules: Vec<Value> = (0..self.below(3))
            .map(|_| json!({"id": "r", "name": "r", "conditions": self.conditions(false)}))
            .collect();
        json!({"id": id, "updatedAt": 1, "included": self.keys(), "excluded": self.keys(), "rules": rules, "isArchived": id == "old"})
    }

    fn keys(&mut self) -> Vec<&'static str> {
        (0..self.below(4)).map(|_| self.of(&KEYS)).collect()
    }

    fn flag(&mut self, key: &str) -> Value {
        let targets: Vec<Value> = (0..self.below(3))
            .map(|_| json!({"keyIds": self.keys(), "variationId": self.variation()}))
            .collect();
        let rules: Vec<Value> = (0..self.below(4))
            .map(|number| {
                let mut rule = self.split();
                rule["name"] = json!(format!("rule {number}"));
                rule["conditions"] = json!(self.conditions(true));
                rule
            })
            .collect();
        json!({
            "id": key, "key": key, "updatedAt": 1, "variationType": "string", "isArchived": false,
            "variations": [{"id": "a", "value": "red"}, {"id": "b", "value": "true"}, {"id": "c", "value": "1.50"}],
            "isEnabled": !self.one_in(12), "disabledVariationId": self.variation(), "targetUsers": targets, "rules": rules,
            "fallthrough": self.split(), "exptIncludeAllTargets": self.one_in(4),
        })
    }

    fn variation(&mut self) -> &'static str {
        if self.one_in(20) { "unknown" } else { self.of(&["a", "b", "c"]) }
    }

    fn split(&mut self) -> Value {
        let ends = match self.below(8) {
            0..=3 => vec![1.0],
            4 | 5 => vec![0.5, 1.0],
            6 => vec![0.2, 0.7, 1.0],
            _ => vec![self.of(&[0.0, 0.3, 0.99, 0.999_995, 2.0])],
        };
        let mut from = 0.0;
        let mut variations = Vec::new();
        for to in ends {
            let share = self.of(&[0.0, 0.1, 0.5, 1.0, -1.0]);
            let mut bounds = vec![from, to];
            if self.one_in(40) {
                bounds.reverse();
            }
            if self.one_in(40) {
                bounds.push(1.0);
            }
            variations
                .push(json!({"id": self.variation(), "rollout": bounds, "exptRollout": share}));
            from = to;
        }
        let key = self.of(&[
            None,
            None,
            Some(""),
            Some("  "),
            Some("plan"),
            Some("absent"),
            Some("keyId"),
            Some("name"),
        ]);
        json!({"dispatchKey": key, "includedInExpt": !self.one_in(3), "variations": variations})
    }

    fn conditions(&mut self, segments: bool) -> Vec<Value> {
        let condition = |draw: &mut Self| {
            if segments && draw.one_in(4) {
                let property = draw.of(&["User is in segment", "User is not in segment"]);
                return json!({"property": property, "op": "", "value": draw.of(&SEGMENTS)});
            }
            let op = draw.of(&OPERATORS);
            let value = match op {
                "IsOneOf" | "NotOneOf" => draw.of(&LISTS),
                "MatchRegex" | "NotMatchRegex" => draw.of(&PATTERNS),
                _ => draw.of(&TEXTS),
            };
            json!({"property": draw.of(&PROPERTIES), "op": op, "value": value})
        };
        (0..self.below(3)).map(|_| condition(self)).collect()
    }
}
