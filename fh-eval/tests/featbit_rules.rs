//! Rules of FeatBit's evaluation that no recorded answer covers. `fh-conformance systems run` compares the recorded ones.
#![cfg(feature = "featbit")]
#![allow(clippy::unwrap_used)]

use fh_eval::featbit::{Compiler, Document, Profile, User, bucket, explain, reason};
use fh_eval::{Subject, Timestamp};

/// Evaluates a flag `f` with one rule, which serves `rule`, and a fallthrough, which serves `rest`. Returns the reason and the value.
fn evaluate(user: &User, conditions: &str, rest: &str) -> (&'static str, Option<String>) {
    let json = format!(
        r#"{{"featureFlags": [{{"key": "f", "isEnabled": true, "variations": [{{"id": "a", "value": "rule"}}, {{"id": "b", "value": "rest"}}],
            "rules": [{{"name": "r", "conditions": {conditions}, "variations": [{{"id": "a", "rollout": [0, 1]}}]}}],
            "fallthrough": {{"variations": [{{"id": "b", "rollout": {rest}}}]}}}}]}}"#
    );
    let ruleset =
        Compiler::new(Profile::Server).compile(&Document::parse(json.as_bytes()).unwrap());
    let evaluation = ruleset
        .get("f")
        .unwrap()
        .evaluate(&Subject::new(user.attributes(), Timestamp::from_millis(0)));
    (reason(&evaluation), evaluation.string().map(str::to_string))
}

const BROKEN: &str = r#"{"property": "plan", "op": "MatchRegex", "value": "["}"#;
const NO_RULE: &str = r#"[{"property": "plan", "op": "Equal", "value": "none"}]"#;

#[test]
fn a_condition_that_does_not_hold_decides_before_a_malformed_one() {
    let bob = User::builder("bob").property("plan", "pro").build();
    let conditions = |plan: &str| {
        format!(r#"[{{"property": "plan", "op": "Equal", "value": "{plan}"}}, {BROKEN}]"#)
    };
    assert_eq!(
        evaluate(&bob, &conditions("free"), "[0, 1]"),
        ("Fallthrough", Some("rest".to_string()))
    );
    assert_eq!(evaluate(&bob, &conditions("pro"), "[0, 1]"), ("Error", None));
}

/// A pattern whose search of a long text is beyond the limit, and a text within and beyond it.
const PATTERN: &str = "(?:[a-z]?){1000}[0-9]{900}";

#[test]
fn a_search_beyond_the_limit_makes_the_flag_malformed_negated_or_not() {
    let segment =
        |text: &str| format!(r#"[{{"property": "agent", "op": "{text}", "value": "{PATTERN}"}}]"#);
    let with = |len: usize| User::builder("bob").property("agent", "x".repeat(len)).build();
    for (op, within) in [("MatchRegex", "Fallthrough"), ("NotMatchRegex", "RuleMatch")] {
        let conditions = segment(op);
        assert_eq!(evaluate(&with(9), &conditions, "[0, 1]").0, within, "{op}");
        assert_eq!(evaluate(&with(8 << 10), &conditions, "[0, 1]"), ("Error", None), "{op}");
        let later = format!("{},{}", &NO_RULE[..NO_RULE.len() - 1], &conditions[1..]);
        assert_eq!(evaluate(&with(8 << 10), &later, "[0, 1]").0, "Fallthrough", "{op}");
        // In a segment, and with a condition that costs less after it.
        let json = format!(
            r#"{{"segments": [{{"id": "s", "rules": [{{"conditions": {conditions}}}]}}], "featureFlags": [{{"key": "f", "isEnabled": true,
                "variations": [{{"id": "a", "value": "rule"}}], "fallthrough": {{"variations": [{{"id": "a", "rollout": [0, 1]}}]}},
                "rules": [{{"conditions": [{{"property": "User is not in segment", "value": "[\"s\"]"}}], "variations": [{{"id": "a", "rollout": [0, 1]}}]}}]}}]}}"#
        );
        let ruleset =
            Compiler::new(Profile::Server).compile(&Document::parse(json.as_bytes()).unwrap());
        let user = with(8 << 10);
        let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
        let evaluation = ruleset.get("f").unwrap().evaluate(&subject);
        assert_eq!(reason(&evaluation), "Error", "{op}");
        let text = explain(ruleset.get("f").unwrap(), &user).to_string();
        assert!(text.contains("more steps than the limit"), "{text}");
    }
}

#[test]
fn an_interval_that_ends_near_one_contains_the_buckets_above_its_end() {
    let last = User::builder("user-46903").build();
    assert!(bucket("fuser-46903") > 0.999_995);
    assert_eq!(
        evaluate(&last, NO_RULE, "[0, 0.999995]"),
        ("Fallthrough", Some("rest".to_string()))
    );
    assert_eq!(evaluate(&last, NO_RULE, "[0, 0.99998]"), ("Error", None));
    assert_eq!(evaluate(&last, NO_RULE, "[0.1, 0.999995]"), ("Error", None));
}

#[test]
fn a_user_with_a_blank_key_has_no_value() {
    for blank in ["", " ", "\t\n", "\u{2003}"] {
        assert_eq!(evaluate(&User::builder(blank).build(), "[]", "[0, 1]"), ("Error", None));
    }
}
