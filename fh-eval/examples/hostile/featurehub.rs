//! Payloads of FeatureHub.

use std::fmt::Write;

use fh_eval::{Attributes, Profile, Ruleset};

use super::{Case, list, mistakes};

/// Payloads with the names of their cases.
pub(crate) const CASES: &[Case] = &[
    ("10,000 ordinary features", ordinary),
    ("100,000 nested lists in an unknown member", || deep("extra")),
    ("100,000 nested lists for strategies", || deep("strategies")),
    ("nesting that is never closed", || {
        "[{\"key\":\"A\",\"x\":".to_string() + &"[".repeat(1_000_000)
    }),
    ("strings of 1 MB everywhere", long_strings),
    ("100,000 strategies", strategies),
    ("100,000 rules in one strategy", rules),
    ("1,000,000 values in one rule", values),
    ("one feature key 100,000 times", duplicates),
    ("100,000 attribute names", fields),
    ("10,000 patterns of nested repetitions", || patterns("((a{1,30}){1,30}){1,30}", 10_000)),
    ("1,000 different patterns as large as allowed", || patterns("([a-z0-9]?){3300}", 1_000)),
    ("a pattern of 60 KB", || patterns(&"(a|b)".repeat(12_000), 1)),
    ("10,000 list elements that are no features", || format!("[{}]", ["7"; 10_000].join(","))),
    ("percentages and versions of 10,000 digits", long_numbers),
    ("1,000,000 mistakes in a feature with a key of 1 MB", || {
        format!("[{}]", feature(&"k".repeat(1 << 20), &mistakes()))
    }),
    ("20,000,000 list elements that are no features", || format!("[{}7]", "7,".repeat(20_000_000))),
];

/// Loads a payload.
///
/// # Errors
/// Fails with the reason if the payload is refused.
pub(crate) fn load(payload: &str) -> Result<Ruleset, String> {
    Ruleset::from_json(payload.as_bytes(), Profile::Client).map_err(|why| why.to_string())
}

/// Builds the context of the evaluations.
pub(crate) fn context() -> Attributes {
    let supplied = "a".repeat(100_000);
    Attributes::builder()
        .user_key("mara")
        .attribute("x", [supplied.as_str(), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"])
        .build()
}

fn feature(key: &str, strategies: &str) -> String {
    format!(
        r#"{{"id":"9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11","key":"{key}","type":"STRING","value":"v","strategies":{strategies}}}"#
    )
}

fn rule(kind: &str, conditional: &str, values: &str) -> String {
    format!(
        r#"{{"fieldName":"x","type":"{kind}","conditional":"{conditional}","values":[{values}]}}"#
    )
}

fn ordinary() -> String {
    list(10_000, |index, text| {
        let rule = rule("STRING", "EQUALS", r#""fiji","samoa","tonga","new_zealand","australia""#);
        let strategies = format!(
            r#"[{{"id":"a","percentage":200000,"value":"w"}},{{"id":"b","attributes":[{rule}],"value":"x"}}]"#
        );
        text.push_str(&feature(&format!("FEATURE_{index}"), &strategies));
    })
}

fn deep(member: &str) -> String {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    format!(r#"[{{"key":"A","type":"STRING","value":"v","{member}":{nested}}}]"#)
}

fn long_strings() -> String {
    let long = "é".repeat(500_000);
    let rule = rule("STRING", "INCLUDES", &format!("\"{long}\""));
    let strategies = format!(r#"[{{"id":"{long}","attributes":[{rule}],"value":"{long}"}}]"#);
    format!("[{}]", feature(&long, &strategies))
}

fn strategies() -> String {
    let rule = rule("STRING", "EQUALS", r#""nobody""#);
    let strategies = list(100_000, |index, text| {
        let _ =
            write!(text, r#"{{"id":"s{index}","percentage":1,"attributes":[{rule}],"value":"w"}}"#);
    });
    format!("[{}]", feature("A", &strategies))
}

fn rules() -> String {
    let rule = rule("NUMBER", "NOT_EQUALS", "1,2,3");
    let rules = list(100_000, |_, text| text.push_str(&rule));
    format!("[{}]", feature("A", &format!(r#"[{{"id":"s","attributes":{rules},"value":"w"}}]"#)))
}

fn values() -> String {
    let values = list(1_000_000, |index, text| {
        let _ = write!(text, "\"value {index}\"");
    });
    let rule = rule("STRING", "EQUALS", values.trim_start_matches('[').trim_end_matches(']'));
    format!("[{}]", feature("A", &format!(r#"[{{"id":"s","attributes":[{rule}],"value":"w"}}]"#)))
}

fn duplicates() -> String {
    list(100_000, |_, text| text.push_str(&feature("A", "[]")))
}

fn fields() -> String {
    let strategies = list(100_000, |index, text| {
        let _ = write!(
            text,
            r#"{{"id":"s","attributes":[{{"fieldName":"field {index}","type":"STRING","conditional":"EQUALS","values":["y"]}}]}}"#
        );
    });
    format!("[{}]", feature("A", &strategies))
}

fn patterns(pattern: &str, count: usize) -> String {
    list(count, |index, text| {
        let rule = rule("STRING", "REGEX", &format!("\"{pattern}{index}$\""));
        let strategies = format!(r#"[{{"id":"s","attributes":[{rule}],"value":"w"}}]"#);
        text.push_str(&feature(&format!("F{index}"), &strategies));
    })
}

fn long_numbers() -> String {
    let digits = "9".repeat(10_000);
    list(100, |index, text| {
        let rules = [
            rule("NUMBER", "GREATER", &digits),
            rule("SEMANTIC_VERSION", "LESS", &format!("\"{}\"", "1.".repeat(5_000))),
        ];
        let strategies = format!(
            r#"[{{"id":"s","percentage":{digits},"attributes":[{}],"value":{digits}}}]"#,
            rules.join(",")
        );
        text.push_str(&feature(&format!("F{index}"), &strategies));
    })
}
