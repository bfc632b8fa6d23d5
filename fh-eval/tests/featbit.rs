//! Changes of rulesets of FeatBit, and what evaluations allocate. `fh-conformance systems run` compares the answers with FeatBit's server.
#![cfg(feature = "featbit")]
#![allow(clippy::unwrap_used)]

use fh_eval::featbit::{Compiler, Document, Profile, Segment, User, reason};
use fh_eval::{Evaluation, Ruleset, Subject, Timestamp};
use fh_test::memory::{Counting, during};
use serde_json::value::RawValue;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const COMPILER: Compiler = Compiler::new(Profile::Server);

/// Returns a flag whose rule is for the members of the segment `beta`.
fn flag(key: &str) -> String {
    format!(
        r#"{{"key": "{key}", "variationType": "string", "isEnabled": true,
            "targetUsers": [{{"keyIds": ["mara"], "variationId": "a"}}],
            "variations": [{{"id": "a", "value": "red"}}, {{"id": "b", "value": "blue"}}, {{"id": "c", "value": "1.50"}}],
            "rules": [{{"name": "beta", "conditions": [
                {{"property": "User is in segment", "op": "", "value": "[\"beta\"]"}},
                {{"property": "mail", "op": "NotMatchRegex", "value": "^x"}}, {{"property": "age", "op": "LessThan", "value": "1e3"}}],
                "variations": [{{"id": "b", "rollout": [0, 1], "exptRollout": 1}}]}}],
            "fallthrough": {{"variations": [{{"id": "a", "rollout": [0, 0.5]}}, {{"id": "c", "rollout": [0.5, 1]}}]}}}}"#
    )
}

fn segment(members: &str) -> Segment {
    let json = format!(r#"{{"id": "beta", "included": {members}, "rules": []}}"#);
    COMPILER.segment(&RawValue::from_string(json).unwrap()).unwrap()
}

fn ruleset(flags: &[String], segments: &str) -> Ruleset {
    let json = format!(r#"{{"featureFlags": [{}], "segments": [{segments}]}}"#, flags.join(","));
    COMPILER.compile(&Document::parse(json.as_bytes()).unwrap())
}

fn user(key: &str) -> User {
    User::builder(key).property("mail", "bob@shop.example").property("age", 30).build()
}

fn evaluate<'r>(ruleset: &'r Ruleset, key: &str, user: &'r User) -> Evaluation<'r> {
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    ruleset.get(key).unwrap().evaluate(&subject)
}

#[test]
fn a_segment_is_replaced_and_removed_without_copying_a_flag() {
    let flags: Vec<String> = (0..1000).map(|number| flag(&format!("f{number}"))).collect();
    let before = ruleset(&flags, r#"{"id": "beta", "included": ["bob"]}"#);
    let bob = user("bob");
    assert_eq!(evaluate(&before, "f999", &bob).string(), Some("blue"));
    let empty = segment("[]");
    let (after, memory) = during(|| before.with_segment("beta", Some(&empty)));
    assert!(memory.allocations <= 4, "{} allocations", memory.allocations);
    assert_ne!(evaluate(&after, "f999", &bob).string(), Some("blue"));
    let without = after.with_segment("beta", None);
    assert_eq!(reason(&evaluate(&without, "f0", &bob)), "Error");
    // The former ruleset is as it was.
    assert_eq!(evaluate(&before, "f0", &bob).string(), Some("blue"));
}

#[test]
fn flags_are_replaced_without_copying_the_others() {
    let segments = r#"{"id": "alpha", "included": ["eve"]}, {"id": "beta", "included": ["bob"]}"#;
    let names: Vec<String> = (0..1000).map(|number| format!("f{number}")).collect();
    let before = ruleset(&names.iter().map(|name| flag(name)).collect::<Vec<_>>(), segments);
    let (bob, eve) = (user("bob"), user("eve"));
    let changed = |name: &str| {
        let json = flag(name).replace("\"blue\"", "\"green\"");
        COMPILER.flag(&RawValue::from_string(json).unwrap()).unwrap().unwrap()
    };
    let (mut ruleset, mut former) = (before.clone(), before.clone());
    let all = changed("f7");
    for _ in 0..1000 {
        let memory;
        (ruleset, memory) = during(|| ruleset.with(&all));
        // A copy of the other flags takes more than 100 KB.
        assert!(memory.taken <= 8192, "{} bytes", memory.taken);
    }
    // More flags than are replaced without a copy, and then other members of the segment.
    for (number, name) in names.iter().enumerate().take(200) {
        former = ruleset.clone();
        ruleset = ruleset.with(&changed(name));
        let value =
            |ruleset: &_, name: &str| evaluate(ruleset, name, &bob).string().map(str::to_owned);
        let expected = [Some("blue".to_owned()), Some("green".to_owned())];
        assert_eq!(value(&former, name), expected[usize::from(number == 7)]);
        assert_eq!(value(&ruleset, name), expected[1]);
        assert_eq!(value(&ruleset, "f999"), expected[0]);
    }
    let other = ruleset.with_segment("beta", Some(&segment(r#"["eve"]"#)));
    for (name, value) in [("f0", "green"), ("f199", "green"), ("f200", "blue")] {
        assert_eq!(evaluate(&other, name, &eve).string(), Some(value));
        assert_ne!(evaluate(&other, name, &bob).string(), Some(value));
    }
    assert_eq!((ruleset.len(), former.len()), (1000, 1000));
    assert_eq!(evaluate(&before, "f0", &bob).string(), Some("blue"));
}

#[test]
fn a_flag_that_is_added_later_finds_the_segments_of_its_ruleset() {
    let json = RawValue::from_string(flag("late")).unwrap();
    let late = COMPILER.flag(&json).unwrap().unwrap();
    let bob = user("bob");
    for segments in [r#"{"id": "beta", "included": ["bob"]}"#, ""] {
        let grown = ruleset(&[flag("early")], segments).with(&late);
        let expected = if segments.is_empty() { None } else { Some("blue") };
        for key in ["early", "late"] {
            assert_eq!(evaluate(&grown, key, &bob).string(), expected, "{key} with {segments}");
        }
        let alone = grown.without(["early"]).with_segment("beta", Some(&segment(r#"["bob"]"#)));
        assert_eq!(evaluate(&alone, "late", &bob).string(), Some("blue"));
        assert_eq!(evaluate(&alone, "late", &bob).rule_name(), Some("beta"));
    }
}

#[test]
fn evaluating_allocates_nothing() {
    let ruleset =
        ruleset(&[flag("f")], r#"{"id": "beta", "included": ["bob"], "excluded": ["eve"]}"#);
    for key in ["bob", "mara", "eve", "zoe"] {
        let user = user(key);
        // The first search of a pattern may allocate a cache.
        let _ = evaluate(&ruleset, "f", &user);
        let (evaluation, memory) = during(|| evaluate(&ruleset, "f", &user));
        assert_eq!((memory.allocations, evaluation.is_set()), (0, true), "{key}");
    }
}
