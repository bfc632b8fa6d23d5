//! Payloads of FeatBit.

use std::fmt::Write;

use fh_eval::featbit::{Compiler, Document, Profile, User};
use fh_eval::{Attributes, Ruleset};

use super::{Case, keys, list, mistakes, nested};

/// Payloads with the names of their cases.
pub(crate) const CASES: &[Case] = &[
    ("a segment of 1,000,000 keys", || {
        let flag = flag("a", &format!("[{}]", rule(&segments("[\"s0\"]"), ALL)), "");
        payload(&format!("[{flag}]"), &format!("[{}]", segment("s0", &keys(1_000_000), "[]")))
    }),
    ("a target list of 1,000,000 keys", || {
        let targets =
            format!(r#""targetUsers":[{{"keyIds":{},"variationId":"on"}}],"#, keys(1_000_000));
        payload(&format!("[{}]", flag("a", "[]", &targets)), "[]")
    }),
    ("100,000 target lists", || {
        let targets = list(100_000, |index, text| {
            let _ = write!(text, r#"{{"keyIds":["key {index}"],"variationId":"on"}}"#);
        });
        payload(&format!("[{}]", flag("a", "[]", &format!("\"targetUsers\":{targets},"))), "[]")
    }),
    ("100,000 nested lists in an unknown member", || {
        payload(&format!("[{}]", flag("a", "[]", &format!("\"extra\":{},", nested(100_000)))), "[]")
    }),
    ("100,000 nested lists for rules", || {
        payload(&format!("[{}]", flag("a", &nested(100_000), "")), "[]")
    }),
    ("100,000 nested lists for bounds", || {
        let variations = format!(r#"[{{"id":"on","rollout":{}}}]"#, nested(100_000));
        payload(&format!("[{}]", flag("a", &format!("[{}]", rule("[]", &variations)), "")), "[]")
    }),
    ("a list of 100,000 nested lists in a condition", || {
        one_condition("IsOneOf", &nested(100_000))
    }),
    ("a value of 100,000 nested lists", || {
        let variations = format!(r#""variations":[{{"id":"on","value":"{}"}}],"#, nested(100_000));
        payload(&format!("[{}]", flag("a", "[]", &variations)), "[]")
    }),
    ("10,000 patterns of nested repetitions", || patterns("((a{1,30}){1,30}){1,30}", 10_000)),
    ("1,000 different patterns as large as allowed", || patterns("([a-z0-9]?){3300}", 1_000)),
    ("10,000 patterns with all of .NET's classes", || patterns(r"[\\w-[\\d]]\\p{L}\\s", 10_000)),
    ("a condition on a number of 900,000 digits", || {
        one_condition("BiggerThan", &"9".repeat(900_000))
    }),
    ("bounds of 900,000 digits", || {
        let digits = "9".repeat(900_000);
        let variations =
            format!(r#"[{{"id":"on","rollout":[0.{digits},{digits}],"exptRollout":{digits}}}]"#);
        payload(&format!("[{}]", flag("a", &format!("[{}]", rule("[]", &variations)), "")), "[]")
    }),
    ("a value of 900,000 digits", || {
        let variations =
            format!(r#""variations":[{{"id":"on","value":"{}"}}],"#, "9".repeat(900_000));
        payload(&format!("[{}]", flag("a", "[]", &variations)), "[]")
    }),
    ("an envelope of 50 MB", || {
        let rules =
            format!("[{}]", rule(&condition("plan", "IsOneOf", r#"[\"pro\",\"team\"]"#), SPLIT));
        payload(&flags(120_000, |key| flag(key, &rules, "")), "[]")
    }),
    ("100,000 segments", || payload("[]", &all_segments(100_000))),
    ("10,000 flags that name 10,000 segments", || {
        let flags = list(10_000, |index, text| {
            let rule = rule(&segments(&format!("[\"s{index}\",\"s0\"]")), ALL);
            text.push_str(&flag(&format!("f{index}"), &format!("[{rule}]"), ""));
        });
        payload(&flags, &all_segments(10_000))
    }),
    ("one flag that names 100,000 segments", || {
        let ids = list(100_000, |index, text| {
            let _ = write!(text, "\"s{index}\"");
        });
        let flag = flag("a", &format!("[{}]", rule(&segments(&ids), ALL)), "");
        payload(&format!("[{flag}]"), &all_segments(100_000))
    }),
    ("100,000 intervals in one rule", || {
        let variations = list(100_000, |index, text| {
            let _ = write!(text, r#"{{"id":"on","rollout":[0.{index:06},0.{index:06}1]}}"#);
        });
        payload(&format!("[{}]", flag("a", &format!("[{}]", rule("[]", &variations)), "")), "[]")
    }),
    ("100,000 rules in one flag", || {
        let rules =
            list(100_000, |_, text| text.push_str(&rule(&condition("x", "Equal", "y"), SPLIT)));
        payload(&format!("[{}]", flag("a", &rules, "")), "[]")
    }),
    ("1,000,000 mistakes in a flag with a key of 1 MB", || {
        payload(&format!("[{}]", flag(&"k".repeat(1 << 20), &mistakes(), "")), &mistakes())
    }),
    ("20,000,000 numbers in a flag", || {
        let numbers = format!("\"extra\":[{}7],", "7,".repeat(20_000_000));
        payload(&format!("[{}]", flag("a", "[]", &numbers)), "[]")
    }),
    ("one flag key 100,000 times", || payload(&flags(100_000, |_| flag("a", "[]", "")), "[]")),
];

const ALL: &str = r#"[{"id":"on","rollout":[0,1],"exptRollout":1}]"#;
const SPLIT: &str = r#"[{"id":"on","rollout":[0,0.5],"exptRollout":1},{"id":"off","rollout":[0.5,1],"exptRollout":1}]"#;

/// Loads a payload.
///
/// # Errors
/// Fails with the reason if the payload is refused.
pub(crate) fn load(payload: &str) -> Result<Ruleset, String> {
    let document = Document::parse(payload.as_bytes()).map_err(|why| why.to_string())?;
    Ok(Compiler::new(Profile::Server).compile(&document))
}

/// Builds the context of the evaluations: a user with 10,000 properties, of which some are long.
pub(crate) fn context() -> Attributes {
    let properties = list(10_000, |index, text| {
        let _ = write!(text, r#"{{"name":"p{index}","value":"v"}}"#);
    });
    let properties = properties.trim_end_matches(']');
    let (digits, letters) = ("9".repeat(900_000), "a".repeat(100_000));
    let json = format!(
        r#"{{"keyId":"key 999999","name":"{letters}","customizedProperties":{properties},{{"name":"n","value":"{digits}"}},{{"name":"x","value":"{letters}!"}},
            {{"name":"list","value":{}}}]}}"#,
        nested(100_000)
    );
    User::from_json(&json).expect("a user").attributes().clone()
}

fn payload(flags: &str, segments: &str) -> String {
    format!(
        r#"{{"messageType":"data-sync","data":{{"eventType":"full","featureFlags":{flags},"segments":{segments}}}}}"#
    )
}

fn flags(count: usize, mut each: impl FnMut(&str) -> String) -> String {
    list(count, |index, text| text.push_str(&each(&format!("f{index}"))))
}

/// Returns a flag. Of members with the same name, the last one counts, so that `members` come last.
fn flag(key: &str, rules: &str, members: &str) -> String {
    let members = members.trim_end_matches(',');
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{"key":"{key}","isEnabled":true,"variationType":"string","variations":[{{"id":"on","value":"1"}},{{"id":"off","value":"0"}}],"rules":{rules},"fallthrough":{{"variations":{ALL}}}{comma}{members}}}"#
    )
}

fn rule(conditions: &str, variations: &str) -> String {
    let conditions = if conditions.starts_with('[') {
        conditions.to_string()
    } else {
        format!("[{conditions}]")
    };
    format!(
        r#"{{"name":"r","conditions":{conditions},"includedInExpt":true,"variations":{variations}}}"#
    )
}

fn condition(property: &str, op: &str, value: &str) -> String {
    format!(r#"{{"property":"{property}","op":"{op}","value":"{value}"}}"#)
}

fn one_condition(op: &str, value: &str) -> String {
    let property = if op == "BiggerThan" { "n" } else { "x" };
    let rules = format!("[{}]", rule(&condition(property, op, value), ALL));
    payload(&format!("[{}]", flag("a", &rules, "")), "[]")
}

fn segments(ids: &str) -> String {
    condition("User is in segment", "", &ids.replace('"', "\\\""))
}

fn segment(id: &str, included: &str, rules: &str) -> String {
    format!(r#"{{"id":"{id}","included":{included},"excluded":[],"rules":{rules}}}"#)
}

fn all_segments(count: usize) -> String {
    list(count, |index, text| text.push_str(&segment(&format!("s{index}"), "[\"a\"]", "[]")))
}

fn patterns(pattern: &str, count: usize) -> String {
    let flags = list(count, |index, text| {
        let rules = format!(
            "[{}]",
            rule(&condition("x", "MatchRegex", &format!("{pattern}{index}$")), ALL)
        );
        text.push_str(&flag(&format!("f{index}"), &rules, ""));
    });
    payload(&flags, "[]")
}
