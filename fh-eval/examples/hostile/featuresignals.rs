//! Rulesets of FeatureSignals.

use std::fmt::Write;

use fh_eval::featuresignals::{Answer, Compiler, Context, Document};
use fh_eval::{Attributes, EvaluationReason, Ruleset};
use serde_json::value::RawValue;

use super::{Case, keys, list, mistakes, nested};

/// Rulesets with the names of their cases.
pub(crate) const CASES: &[Case] = &[
    ("10,000 prerequisites in a chain", || prerequisites(10_000, |index| vec![index + 1])),
    ("10,000 prerequisites in a cycle", || {
        prerequisites(10_000, |index| vec![(index + 1) % 10_000])
    }),
    ("one flag with 10,000 prerequisites", || {
        prerequisites(10_000, |index| if index == 0 { (1..10_000).collect() } else { Vec::new() })
    }),
    ("1,000 flags that each name the 100 following ones", || {
        prerequisites(1_000, |index| (index + 1..index + 101).collect())
    }),
    ("a group of 10,000 flags", || {
        ruleset(10_000, |_| r#","mutual_exclusion_group":"g""#.to_string(), |_| String::new(), "{}")
    }),
    ("a segment of 1,000,000 keys", || {
        let rules =
            format!(r#"[{{"attribute":"key","operator":"in","values":{}}}]"#, keys(1_000_000));
        one_rule(
            r#""segment_keys":["s"]"#,
            &format!(r#"{{"s":{{"match_type":"all","rules":{rules}}}}}"#),
        )
    }),
    ("a condition with 1,000,000 keys", || {
        one_rule(&condition("key", "in", &keys(1_000_000)), "{}")
    }),
    ("any of 100,000 conditions", || {
        let conditions = list(100_000, |index, text| {
            let _ = write!(text, r#"{{"attribute":"x","operator":"eq","values":["v{index}"]}}"#);
        });
        one_rule(&format!(r#""match_type":"any","conditions":{conditions}"#), "{}")
    }),
    ("100,000 nested lists for a value", || {
        one_rule(&format!("\"value\":{}", nested(100_000)), "{}")
    }),
    ("100,000 nested lists for conditions", || {
        one_rule(&format!("\"conditions\":{}", nested(100_000)), "{}")
    }),
    ("10,000 patterns of nested repetitions", || patterns("((a{1,30}){1,30}){1,30}", 10_000)),
    ("1,000 different patterns as large as allowed", || patterns("([a-z0-9]?){1000}", 1_000)),
    ("10,000 patterns without regard to case", || patterns("(?i)[a-zäöüß]+", 10_000)),
    ("a value of 900,000 digits", || one_rule(&format!("\"value\":{}", "9".repeat(900_000)), "{}")),
    ("a percentage of 900,000 digits", || {
        one_rule(&format!("\"percentage\":{}", "9".repeat(900_000)), "{}")
    }),
    ("a condition on a number of 900,000 digits", || {
        one_rule(&condition("n", "gt", &format!("[\"{}\"]", "9".repeat(900_000))), "{}")
    }),
    ("a ruleset of 50 MB", || {
        let rules = format!(
            r#","rules":[{{"id":"r","percentage":5000,"value":{{"a":[1.50]}},{}}}]"#,
            condition("plan", "in", "[\"pro\",\"team\"]")
        );
        ruleset(220_000, |_| String::new(), |_| rules.clone(), "{}")
    }),
    ("100,000 segments", || {
        let segments = members(100_000, |index, text| {
            let _ = write!(text, r#""s{index}":{{"match_type":"all","rules":[]}}"#);
        });
        one_rule(r#""segment_keys":["s99999"]"#, &segments)
    }),
    ("1,000,000 mistakes in a flag with a key of 1 MB", || {
        let (key, rules) = ("k".repeat(1 << 20), mistakes());
        format!(
            r#"{{"flags":{{"{key}":{{"default_value":1}}}},"states":{{"{key}":{{"enabled":true,"rules":{rules}}}}},"segments":{{}}}}"#
        )
    }),
    ("20,000,000 numbers in a value", || {
        one_rule(&format!("\"value\":[{}7]", "7,".repeat(20_000_000)), "{}")
    }),
    ("one flag key 100,000 times", || {
        let flags = members(100_000, |_, text| text.push_str(r#""f":{"default_value":1}"#));
        format!(r#"{{"flags":{flags},"states":{{"f":{{"enabled":true}}}},"segments":{{}}}}"#)
    }),
];

/// Answers of a server with the names of their cases.
pub(crate) const ANSWERS: &[Case] = &[
    ("a map of 10 MB", || {
        members(400_000, |index, text| {
            let _ = write!(text, r#""flag {index}":{{"a":[1.50]}}"#);
        })
    }),
    ("100,000 nested lists for a value", || format!("{{\"a\":{}}}", nested(100_000))),
    ("a value of 900,000 digits", || format!("{{\"a\":{}}}", "9".repeat(900_000))),
    ("one flag 400,000 times", || {
        members(400_000, |index, text| {
            let _ = write!(text, "\"a\":{index}");
        })
    }),
];

/// Compiles the answers of a server.
///
/// # Errors
/// Fails with the reason if the answers are refused.
pub(crate) fn answers(payload: &str) -> Result<Ruleset, String> {
    let raw: &RawValue = serde_json::from_str(payload).map_err(|why| why.to_string())?;
    let members = fh_eval::internal::members(raw).ok_or("the answers are no object")?;
    let (reason, variant) = (EvaluationReason::Static, None);
    let answer = members.iter().map(|(key, value)| Answer { key, value, reason, variant });
    Ok(Compiler::new().answers(answer))
}

/// Loads a ruleset.
///
/// # Errors
/// Fails with the reason if the ruleset is refused.
pub(crate) fn load(payload: &str) -> Result<Ruleset, String> {
    let document = Document::parse(payload.as_bytes()).map_err(|why| why.to_string())?;
    Ok(Compiler::new().compile(&document))
}

/// Builds the context of the evaluations: one with 10,000 attributes, of which some are long or deep.
pub(crate) fn context() -> Attributes {
    let attributes = members(10_000, |index, text| {
        let _ = write!(text, "\"p{index}\":{index}");
    });
    let attributes = attributes.trim_end_matches('}');
    let json = format!(
        r#"{{"key":"key 999999","attributes":{attributes},"n":"{}","x":"{}!","deep":{}}}}}"#,
        "9".repeat(900_000),
        "a".repeat(100_000),
        nested(10_000)
    );
    Context::from_json(&json).expect("a context").attributes().clone()
}

fn members(count: usize, each: impl FnMut(usize, &mut String)) -> String {
    let list = list(count, each);
    let inner = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or_default();
    format!("{{{inner}}}")
}

fn ruleset(
    count: usize,
    flag: impl Fn(usize) -> String,
    state: impl Fn(usize) -> String,
    segments: &str,
) -> String {
    let flags = members(count, |index, text| {
        let _ = write!(
            text,
            r#""f{index}":{{"flag_type":"boolean","default_value":true{}}}"#,
            flag(index)
        );
    });
    let states = members(count, |index, text| {
        let _ = write!(text, r#""f{index}":{{"enabled":true{}}}"#, state(index));
    });
    format!(r#"{{"flags":{flags},"states":{states},"segments":{segments}}}"#)
}

fn prerequisites(count: usize, of: impl Fn(usize) -> Vec<usize>) -> String {
    let flag = |index| {
        let keys: Vec<String> =
            of(index).into_iter().map(|other| format!("\"f{other}\"")).collect();
        format!(r#","prerequisites":[{}]"#, keys.join(","))
    };
    ruleset(count, flag, |_| String::new(), "{}")
}

/// Returns a ruleset with one rule, whose members are given. Of equal names, the last one counts.
fn one_rule(members: &str, segments: &str) -> String {
    let rules = format!(r#","rules":[{{"id":"r","percentage":10000,"value":"v",{members}}}]"#);
    ruleset(1, |_| String::new(), |_| rules.clone(), segments)
}

fn condition(attribute: &str, operator: &str, values: &str) -> String {
    format!(
        r#""conditions":[{{"attribute":"{attribute}","operator":"{operator}","values":{values}}}]"#
    )
}

fn patterns(pattern: &str, count: usize) -> String {
    let state = |index| {
        let condition = condition("x", "regex", &format!("[\"{pattern}{index}$\"]"));
        format!(r#","rules":[{{"percentage":10000,"value":"v",{condition}}}]"#)
    };
    ruleset(count, |_| String::new(), state, "{}")
}
