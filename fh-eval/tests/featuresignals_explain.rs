//! Explanations of flags of FeatureSignals: their answers equal those of evaluations, and their texts say why.
#![cfg(feature = "featuresignals")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "reads vectors, and a seed")]

use std::fs;

use fh_eval::featuresignals::{Compiler, Context, Document, bucket, explain, reason};
use fh_eval::internal::mend;
use fh_eval::{
    FeatureRef, FlagReport, Ruleset, StepKind, StepOutcome, StepReport, Subject, Timestamp,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Cases<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
struct One {
    ruleset: Box<RawValue>,
    flag_key: String,
    context: Box<RawValue>,
}

#[derive(Deserialize)]
struct All {
    ruleset: Box<RawValue>,
    contexts: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Answers {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    context: Box<RawValue>,
}

fn text(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/data/imported/");
    mend(&fs::read_to_string([folder, name].concat()).unwrap()).into_owned()
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    serde_json::from_str(&text(name)).unwrap()
}

fn compile(json: &str) -> Ruleset {
    Compiler::new().compile(&Document::parse(json.as_bytes()).unwrap())
}

fn now() -> Timestamp {
    "2026-07-01T00:00:00Z".parse().unwrap()
}

/// Asserts that the steps of a report agree with its answer, also in the reports of prerequisites.
fn check_steps(report: &FlagReport, key: &str) {
    let decided = report.steps.iter().position(|step| step.outcome == StepOutcome::Match).unwrap();
    assert_eq!(report.steps[decided].value, report.value, "{report}");
    for (position, step) in report.steps.iter().enumerate() {
        let is_after = step.outcome == StepOutcome::NotReached;
        // A flag that is off may have expired before its switch, which is reached first.
        assert_eq!(position > decided, is_after, "{report}");
        check_step(report, step, key);
    }
}

fn check_step(report: &FlagReport, step: &StepReport, key: &str) {
    if let Some(hashed) = &step.bucket {
        assert_eq!(f64::from(bucket(&report.flag, key)), hashed.bucket, "{report}");
        let contains = step.shares.iter().any(|share| share.contains == Some(true));
        assert_eq!(contains, step.outcome == StepOutcome::Match, "{report}");
    }
    for share in &step.shares {
        if let (Some(hashed), Some(to), Some(contains)) = (&step.bucket, share.to, share.contains) {
            assert_eq!(hashed.bucket < to, contains, "{report}");
        }
    }
    if let Some(winner) = step.members.iter().find(|member| member.is_winner) {
        let least = step.members.iter().min_by_key(|member| (member.bucket, &member.flag)).unwrap();
        assert_eq!(winner, least, "{report}");
        assert_eq!(winner.flag == report.flag, step.outcome == StepOutcome::Passed, "{report}");
    }
    if step.step == StepKind::Prerequisites && step.outcome != StepOutcome::NotReached {
        let is_met = step.prerequisites.iter().all(|prerequisite| prerequisite.is_met);
        assert_eq!(is_met, step.outcome == StepOutcome::Passed, "{report}");
    }
    for nested in step.prerequisites.iter().filter_map(|each| each.report.as_ref()) {
        check_steps(nested, key);
    }
    if step.step == StepKind::Rule && step.outcome == StepOutcome::Match {
        assert!(
            step.conditions.is_empty()
                || step.conditions.iter().any(|each| each.held == Some(true)),
            "{report}"
        );
    }
}

fn check(flag: FeatureRef<'_>, context: &Context) -> FlagReport {
    let evaluation = flag.evaluate(&Subject::new(context.attributes(), now()));
    let explanation = explain(flag, context, now());
    let report = explanation.report();
    assert_eq!(explanation.value(), evaluation.value(), "{report}");
    assert_eq!(explanation.reason(), evaluation.reason(), "{report}");
    assert_eq!(report.variant.as_deref(), evaluation.variant(), "{report}");
    assert_eq!(report.reason, reason(&evaluation), "{report}");
    check_steps(&report, context.attributes().get("key").unwrap().next().unwrap());
    report
}

#[test]
fn explaining_is_evaluating_on_all_vectors() {
    let mut count = 0;
    for case in read::<Cases<One>>("featuresignals/evaluate.json").cases {
        let ruleset = compile(case.ruleset.get());
        let Some(flag) = ruleset.get(&case.flag_key) else { continue };
        check(flag, &Context::from_json(case.context.get()).unwrap());
        count += 1;
    }
    for case in read::<Cases<All>>("featuresignals/fuzz-evaluate-all.json").cases {
        let ruleset = compile(case.ruleset.get());
        for context in &case.contexts {
            for flag in ruleset.iter() {
                check(flag, &Context::from_json(context.get()).unwrap());
                count += 1;
            }
        }
    }
    let ruleset = compile(&text("featuresignals-live/state-1.json"));
    for step in read::<Answers>("featuresignals-live/answers-1.json").steps {
        for flag in ruleset.iter() {
            check(flag, &Context::from_json(step.context.get()).unwrap());
            count += 1;
        }
    }
    assert!(count > 15_000, "{count}");
}

#[test]
fn a_report_says_why() {
    let ruleset = compile(
        r#"{"flags": {"a": {"flag_type": "string", "default_value": "x", "expires_at": "2030-01-01T00:00:00Z", "mutual_exclusion_group": "g",
            "prerequisites": ["b"]}, "b": {"flag_type": "boolean", "default_value": true}, "c": {"mutual_exclusion_group": "g"}}, "states": {"c":
            {"enabled": true}, "b": {"enabled": true}, "a": {"enabled": true, "percentage_rollout": 5000, "default_value": "y", "rules": [
            {"percentage": 10, "value": "z", "segment_keys": ["s"], "match_type": "any", "conditions":
            [{"attribute": "age", "operator": "gt", "values": ["18"]}, {"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]}},
            "segments": {"s": {"match_type": "any", "rules": [{"attribute": "key", "operator": "in", "values": ["u0"]}]}}}"#,
    );
    let context = Context::builder("u0").attribute("plan", "pro").build();
    let text = explain(ruleset.get("a").unwrap(), &context, now()).to_string();
    assert_eq!(
        text,
        "a = \"y\"  (STRING; ROLLOUT: the bucket 690 is below 5000)
  expiry: the flag expires after 2030-01-01T00:00:00Z
  switch: the flag is on
  group: the group g chooses this flag
    a has bucket 690, the smallest of the group
    c has bucket 1970
  prerequisites: all prerequisites are on
    prerequisite b: its value is true
      b = true  (BOOLEAN; FALLTHROUGH: the flag has no rules)
        switch: the flag is on
        fallthrough → true: the default value
  rule 1 → \"z\": the bucket 690 is not below 10
    condition 1: age gt [\"18\"]: the context has no such attribute, does not hold
    condition 2: plan eq [\"pro\"]: given \"pro\", holds
    condition 3: segments in [\"s\"]: holds
      segment s contains the user: condition 1 (key) holds
        rule: condition 1 (key) holds
          condition 1: key in [\"u0\"]: given \"u0\", holds
    \"a.u0\" (the key of the flag, and key \"u0\") falls into bucket 690
  rollout → \"y\": the bucket 690 is below 5000
    \"a.u0\" (the key of the flag, and key \"u0\") falls into bucket 690
    [0, 5000) → \"y\": contains the bucket
  fallthrough → \"x\": not reached"
    );
}

/// Draws flags and contexts. `FH_EXPLAIN_SEED` chooses others.
#[test]
fn ten_drawn_explanations_say_why() {
    let seed = std::env::var("FH_EXPLAIN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or(1);
    println!("FH_EXPLAIN_SEED={seed}");
    let ruleset = compile(&text("featuresignals-live/state-1.json"));
    let steps = read::<Answers>("featuresignals-live/answers-1.json").steps;
    let mut state = seed;
    let mut draw = |below: usize| {
        // A linear congruential generator, whose high bits are drawn.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..10 {
        let flag = ruleset.at(draw(ruleset.len())).unwrap();
        let raw = steps[draw(steps.len())].context.get();
        println!("\n{raw}\n{}", check(flag, &Context::from_json(raw).unwrap()));
    }
}
