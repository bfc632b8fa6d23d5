//! Changes of rulesets of FeatureSignals, what a flag reads, and what evaluations allocate. `fh-conformance systems run` compares the answers
//! with FeatureSignals' server.
#![cfg(feature = "featuresignals")]
#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use fh_eval::featuresignals::{Compiler, Context, Document, bucket, reason};
use fh_eval::{Kind, Ruleset, Subject, TimeRules, Timestamp, Value, WorkBound};
use fh_test::memory::{Counting, during};
use serde_json::value::RawValue;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const COMPILER: Compiler = Compiler::new();
const NOW: Timestamp = Timestamp::from_millis(1_000);

fn ruleset(json: &str) -> Ruleset {
    COMPILER.compile(&Document::parse(json.as_bytes()).unwrap())
}

/// Returns a ruleset of flags that are on, each with these further members.
fn flags(flags: &[(&str, &str)]) -> Ruleset {
    let (mut all, mut states) = (Vec::new(), Vec::new());
    for (key, members) in flags {
        all.push(format!("\"{key}\": {{\"default_value\": true {members}}}"));
        states.push(format!("\"{key}\": {{\"enabled\": true}}"));
    }
    ruleset(&format!("{{\"flags\": {{{}}}, \"states\": {{{}}}}}", all.join(","), states.join(",")))
}

fn reason_of(ruleset: &Ruleset, flag: &str, key: &str) -> &'static str {
    let context = Context::builder(key).build();
    reason(&ruleset.get(flag).unwrap().evaluate(&Subject::new(context.attributes(), NOW)))
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).unwrap()
}

#[test]
fn prerequisites_are_found_again_after_each_change() {
    let before = flags(&[
        ("filler", ""),
        ("a", r#", "prerequisites": ["base"]"#),
        ("z", r#", "prerequisites": ["a"]"#),
    ]);
    assert_eq!(reason_of(&before, "a", "u"), "PREREQUISITE_FAILED");
    let on = COMPILER
        .flag("base", &raw(r#"{"default_value": true}"#), Some(&raw(r#"{"enabled": true}"#)))
        .unwrap();
    let off = COMPILER.flag("base", &raw(r#"{"default_value": true}"#), None).unwrap();
    let with = before.with(&on);
    for (ruleset, reason) in [
        (with.clone(), "FALLTHROUGH"),
        (with.with(&off), "PREREQUISITE_FAILED"),
        (with.without(["base"]), "PREREQUISITE_FAILED"),
        (with.without(["filler"]), "FALLTHROUGH"),
        (before.without(["filler"]).with(&on), "FALLTHROUGH"),
        (before, "PREREQUISITE_FAILED"),
    ] {
        assert_eq!(reason_of(&ruleset, "a", "u"), reason);
    }
    // A flag that is alone lacks its prerequisite.
    let alone = with.feature("a").unwrap();
    let context = Context::builder("u").build();
    let evaluation = alone.as_ref().evaluate(&Subject::new(context.attributes(), NOW));
    assert_eq!(reason(&evaluation), "PREREQUISITE_FAILED");
}

#[test]
fn a_group_has_one_winner_after_each_change() {
    let group = r#", "mutual_exclusion_group": "g""#;
    let other = r#", "mutual_exclusion_group": "other""#;
    let all = flags(&[("c", group), ("x", other), ("a", group), ("b", group)]);
    for ruleset in [all.clone(), all.without(["a"]), all.without(["x", "c"])] {
        for number in 0..200 {
            let key = format!("user-{number}");
            let members: Vec<_> = ruleset.iter().filter(|flag| flag.key() != "x").collect();
            let winner = members.iter().min_by_key(|flag| (bucket(flag.key(), &key), flag.key()));
            for flag in &members {
                let won = reason_of(&ruleset, flag.key(), &key) == "FALLTHROUGH";
                assert_eq!(won, flag.key() == winner.unwrap().key(), "{key} {}", flag.key());
            }
        }
    }
    assert_eq!(reason_of(&all, "x", "user-1"), "FALLTHROUGH");
}

#[test]
fn a_chain_of_a_hundred_prerequisites_holds_and_a_longer_one_fails() {
    let chain = |length: usize| {
        let keys: Vec<_> = (0..=length).map(|number| format!("f{number}")).collect();
        let members: Vec<_> =
            (1..=length).map(|next| format!(", \"prerequisites\": [\"f{next}\"]")).collect();
        let members = members.iter().map(String::as_str).chain([""]);
        flags(&keys.iter().map(String::as_str).zip(members).collect::<Vec<_>>())
    };
    assert_eq!(reason_of(&chain(100), "f0", "u"), "FALLTHROUGH");
    // The flag that is too deep has its default value, which is true, so that only a stack can tell.
    let long = chain(20_000);
    #[allow(clippy::disallowed_types)]
    let evaluated = std::thread::Builder::new().stack_size(256 << 10);
    let evaluated = evaluated.spawn(move || reason_of(&long, "f0", "u").to_string()).unwrap();
    assert_eq!(evaluated.join().unwrap(), "FALLTHROUGH");
}

#[test]
fn a_flag_reads_the_attributes_of_its_segments_and_prerequisites() {
    let ruleset = ruleset(
        r#"{"flags": {"a": {"prerequisites": ["b"]}, "b": {"expires_at": "1970-01-01T00:00:01Z"}}, "states": {"a": {"enabled": true, "rules":
            [{"percentage": 1, "segment_keys": ["s"]}]}, "b": {"enabled": true, "rules": [{"percentage": 1, "conditions":
            [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}},
            "segments": {"s": {"match_type": "all", "rules": [{"attribute": "team", "operator": "exists"}]}}}"#,
    );
    let mut names = Vec::new();
    let flag = ruleset.get("a").unwrap();
    flag.attributes_read(&mut |name| names.push(name));
    for name in ["key", "plan", "team"] {
        assert!(names.contains(&name) && flag.reads(name), "{name}: {names:?}");
    }
    assert!(!flag.reads("country"));
    assert!(flag.reads_clock());
    let times = TimeRules::of(&ruleset);
    assert_eq!(times.next_change_after(NOW), Some(Timestamp::from_millis(1_001)));
    let at = |millis| {
        let context = Context::builder("u").build();
        let subject = Subject::new(context.attributes(), Timestamp::from_millis(millis));
        reason(&ruleset.get("b").unwrap().evaluate(&subject))
    };
    assert_eq!((at(1_000), at(1_001)), ("FALLTHROUGH", "DISABLED"));
}

#[test]
fn the_work_of_a_flag_grows_with_its_prerequisites_and_its_group() {
    let context = Context::builder("user-1").build();
    let steps = |ruleset: &Ruleset| {
        let flag = ruleset.get("a").unwrap();
        WorkBound::of([flag]).steps(context.attributes())
    };
    let group = r#", "mutual_exclusion_group": "g""#;
    let names: Vec<String> = (0..100).map(|number| format!("m{number}")).collect();
    let mut members: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), group)).collect();
    let alone = steps(&flags(&[("a", group)]));
    members.push(("a", group));
    assert!(steps(&flags(&members)) > alone + 100 * 20);
    let prerequisites = format!(", \"prerequisites\": {}", serde_json::to_string(&names).unwrap());
    let mut linked: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    linked.push(("a", &prerequisites));
    assert!(steps(&flags(&linked)) > steps(&flags(&[("a", "")])) + 100);
}

#[test]
fn values_have_their_own_types() {
    let ruleset = ruleset(
        r#"{"flags": {"a": {"flag_type": "boolean", "default_value": "text"}, "b": {"flag_type": "ab"}, "c": {"default_value": 9007199254740993},
            "d": {"default_value": {"b": [1.0], "a": null}}, "e": {"default_value": 1e400}}}"#,
    );
    let evaluate = |key| ruleset.get(key).unwrap().evaluate(&Subject::without_context(NOW));
    assert_eq!(evaluate("a").string(), Some("text"));
    assert_eq!((evaluate("a").kind(), evaluate("a").boolean()), (Some(Kind::Boolean), None));
    let (_, mismatch) = evaluate("a").read(Kind::Boolean);
    assert_eq!(mismatch.as_str(), "TYPE_MISMATCH");
    assert!(matches!(evaluate("a").read(Kind::String), (Some(Value::Text(_)), _)));
    assert_eq!(evaluate("b").read(Kind::String).1.as_str(), "NOT_SET");
    assert_eq!(evaluate("c").decimal().unwrap().as_str(), "9007199254740992");
    assert_eq!(evaluate("d").json(), Some(r#"{"a":null,"b":[1]}"#));
    assert!(!evaluate("e").is_set());
    assert_eq!(ruleset.get("e").unwrap().diagnostics().len(), 1);
}

#[test]
fn what_cannot_be_read_gives_no_value_to_more_users() {
    let rules = r#"[{"percentage": 1.5, "value": 1}, {"percentage": 10000, "value": 2, "match_type": "some", "conditions": [{"attribute": "key",
        "operator": "exists"}]}, {"percentage": 10000, "value": 3, "conditions": [{"attribute": "key", "operator": "is", "values": ["u"]}]},
        {"percentage": 10000, "value": 4, "conditions": [{"attribute": "key", "operator": "in", "values": [1]}]}, 7,
        {"percentage": 10000, "value": 5, "segment_keys": ["none"]}]"#;
    let json = format!(
        r#"{{"flags": {{"a": {{"default_value": 0}}, "off": {{"default_value": 0}}, "gone": {{"prerequisites": "a"}}, "b": {{"flag_type": "ab",
            "default_value": 0}}}}, "states": {{"a": {{"enabled": true, "rules": {rules}}}, "off": {{"enabled": "yes"}}, "b": {{"enabled": true,
            "variants": [{{"key": "x", "value": 1, "weight": 1e3}}]}}}}}}"#
    );
    let ruleset = ruleset(&json);
    let context = Context::builder("u").build();
    let value = |key| {
        let evaluation =
            ruleset.get(key).unwrap().evaluate(&Subject::new(context.attributes(), NOW));
        (evaluation.number(), reason(&evaluation))
    };
    assert_eq!(value("a"), (Some(0.0), "FALLTHROUGH"));
    assert_eq!(value("off"), (Some(0.0), "DISABLED"));
    assert_eq!(value("b"), (Some(0.0), "FALLTHROUGH"));
    assert!(ruleset.get("gone").is_none());
    let mut texts = String::new();
    for diagnostic in ruleset.diagnostics() {
        writeln!(texts, "{diagnostic}").unwrap();
    }
    assert_eq!(
        texts,
        "flag a, rule 1, percentage 1.5: expected an integer; the rule never holds\n\
         flag a, rule 2, match_type some: unknown match type; the rule never holds\n\
         flag a, rule 5, rules 7: expected an object; the rule never holds\n\
         flag a, rule 3, condition 1 (key), operator is: unknown operator; the condition never holds\n\
         flag a, rule 4, condition 1 (key), values [1]: expected a list of texts; the rule never holds\n\
         flag a, rule 6, segment_keys none: unknown segment; using a segment without members\n\
         flag off, enabled \"yes\": expected a boolean; the flag is off\n\
         flag b, weight 1e3: expected an integer; using no variants\n\
         flag gone, prerequisites {\"prerequisites\": \"a\"}: expected a list of the keys of flags; the flag is left out\n"
    );
}

#[test]
fn evaluations_do_not_allocate() {
    let rules = r#"[{"percentage": 5000, "value": 1, "match_type": "any", "segment_keys": ["s"], "conditions": [
        {"attribute": "mail", "operator": "regex", "values": ["^[a-z]+@shop"]}, {"attribute": "age", "operator": "gt", "values": ["0x1p4"]}]}]"#;
    let json = format!(
        r#"{{"flags": {{"a": {{"flag_type": "ab", "prerequisites": ["b", "c"], "mutual_exclusion_group": "g"}}, "b": {{"prerequisites": ["c"],
            "mutual_exclusion_group": "g"}}, "c": {{"expires_at": "2030-01-01T00:00:00Z"}}}}, "states": {{"a": {{"enabled": true, "rules": {rules},
            "variants": [{{"key": "x", "value": "y", "weight": 5000}}, {{"key": "z", "weight": 5000}}]}}, "b": {{"enabled": true,
            "percentage_rollout": 50}}, "c": {{"enabled": true}}}},
            "segments": {{"s": {{"match_type": "any", "rules": [{{"attribute": "plan", "operator": "in", "values": ["pro", "max"]}}]}}}}}}"#
    );
    let ruleset = ruleset(&json);
    for number in 0..50 {
        let context = Context::builder(format!("u{number}"))
            .attribute("mail", "bob@shop.example")
            .attribute("age", 30)
            .attribute("plan", "pro")
            .build();
        let subject = Subject::new(context.attributes(), NOW);
        let ((), memory) = during(|| {
            for flag in ruleset.iter() {
                std::hint::black_box(flag.evaluate(&subject));
            }
            ruleset.evaluate_all(&subject, |_, evaluation| {
                std::hint::black_box(evaluation.value());
            });
        });
        assert_eq!(memory.allocations, 0);
    }
}
