//! Explanations of flags of FeatBit: their answers equal those of evaluations, and their texts say why.
#![cfg(feature = "featbit")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "reads vectors, and a seed")]

use std::collections::BTreeMap;
use std::fs;

use fh_eval::featbit::{
    Compiler, Document, Profile, User, bucket, explain, reason, send_to_experiment,
};
use fh_eval::internal::mend;
use fh_eval::{FeatureRef, FlagReport, StepOutcome, StepReport, Subject, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Evaluate {
    datasets: BTreeMap<String, Box<RawValue>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    dataset: String,
    flag_key: String,
    user: Box<RawValue>,
}

#[derive(Deserialize)]
struct Live {
    environments: BTreeMap<String, Environment>,
    users: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Environment {
    ruleset: Box<RawValue>,
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/data/imported/");
    serde_json::from_str(&mend(&fs::read_to_string([folder, name].concat()).unwrap())).unwrap()
}

/// Asserts that an explanation has the answer of the evaluation, and that its steps agree with the answer.
fn check(flag: FeatureRef<'_>, user: &User) -> FlagReport {
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    let evaluation = flag.evaluate(&subject);
    let explanation = explain(flag, user);
    let report = explanation.report();
    let text = report.to_string();
    assert_eq!(explanation.value(), evaluation.value(), "{text}");
    assert_eq!(explanation.reason(), evaluation.reason(), "{text}");
    assert_eq!(report.variant.as_deref(), evaluation.variant(), "{text}");
    assert_eq!(report.reason, reason(&evaluation), "{text}");
    let sent = report.exposure.as_ref().is_some_and(|exposure| exposure.counts);
    let is_set = evaluation.value().is_some();
    assert_eq!(sent, is_set && send_to_experiment(flag, user.attributes(), &evaluation), "{text}");
    let decided: Vec<&StepReport> = (report.steps.iter())
        .filter(|step| matches!(step.outcome, StepOutcome::Match | StepOutcome::Malformed))
        .collect();
    let has_key = decided.len() == 1;
    assert!(has_key || report.because.contains("keyId"), "{text}");
    if let [step] = decided.as_slice() {
        assert_eq!(step.outcome == StepOutcome::Malformed, !is_set, "{text}");
        if is_set {
            assert_eq!((&step.value, &step.variant), (&report.value, &report.variant), "{text}");
        }
        for step in report.steps.iter().skip_while(|other| !std::ptr::eq(*other, *step)).skip(1) {
            assert_eq!(step.outcome, StepOutcome::NotReached, "{text}");
        }
    }
    for step in &report.steps {
        if let Some(hashed) = &step.bucket {
            assert_eq!(bucket(&hashed.input), hashed.bucket, "{text}");
        }
        for condition in &step.conditions {
            let is_reached = step.outcome != StepOutcome::NotReached;
            assert!(is_reached || condition.held.is_none(), "{text}");
        }
        if step.outcome == StepOutcome::Miss
            && step.position.is_some()
            && !step.conditions.is_empty()
        {
            assert!(step.conditions.iter().any(|each| each.held == Some(false)), "{text}");
        }
    }
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["flag"], Value::from(flag.key()));
    report
}

#[test]
fn explaining_is_evaluating_on_all_vectors() {
    let mut count = 0;
    let file: Evaluate = read("featbit/evaluate.json");
    for profile in [Profile::Server, Profile::Draft] {
        for case in &file.cases {
            let dataset = file.datasets[&case.dataset].get();
            let ruleset =
                Compiler::new(profile).compile(&Document::parse(dataset.as_bytes()).unwrap());
            let Some(flag) = ruleset.get(&case.flag_key) else { continue };
            check(flag, &User::from_json(case.user.get()).unwrap());
            count += 1;
        }
    }
    for name in ["featbit-live/answers.json", "featbit-live/product.json"] {
        let file: Live = read(name);
        for environment in file.environments.values() {
            let document = Document::parse(environment.ruleset.get().as_bytes()).unwrap();
            let ruleset = Compiler::new(Profile::Server).compile(&document);
            for user in file.users.iter().filter_map(|user| User::from_json(user.get()).ok()) {
                for flag in ruleset.iter() {
                    check(flag, &user);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 20_000, "{count}");
}

/// Draws flags and users. `FH_EXPLAIN_SEED` chooses others.
#[test]
fn ten_drawn_explanations_say_why() {
    let seed = std::env::var("FH_EXPLAIN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or(1);
    println!("FH_EXPLAIN_SEED={seed}");
    let file: Live = read("featbit-live/answers.json");
    let mut state = seed;
    let mut draw = |below: usize| {
        // A linear congruential generator, whose high bits are drawn.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let environments: Vec<&Environment> = file.environments.values().collect();
    for _ in 0..10 {
        let environment = environments[draw(environments.len())];
        let document = Document::parse(environment.ruleset.get().as_bytes()).unwrap();
        let ruleset = Compiler::new(Profile::Server).compile(&document);
        let flag = ruleset.at(draw(ruleset.len())).unwrap();
        let raw = file.users[draw(file.users.len())].get();
        let report = check(flag, &User::from_json(raw).unwrap());
        println!("\n{raw}\n{report}");
    }
}

const SHOP: &[u8] = br#"{"segments": [
    {"id": "s1", "name": "Beta", "excluded": ["eve"], "included": ["mara"], "rules": [
        {"name": "Testers", "conditions": [{"property": "mail", "op": "EndsWith", "value": "@shop.example"}]}]}],
    "featureFlags": [{"key": "checkout", "variationType": "string", "isEnabled": true, "exptIncludeAllTargets": false,
        "variations": [{"id": "a", "value": "one page"}, {"id": "b", "value": "two pages"}],
        "targetUsers": [{"keyIds": ["zoe"], "variationId": "b"}],
        "rules": [
            {"name": "Beta users", "includedInExpt": true, "conditions": [
                {"property": "User is in segment", "op": "", "value": "[\"s1\"]"},
                {"property": "country", "op": "IsOneOf", "value": "[\"nz\", \"au\"]"},
                {"property": "age", "op": "BiggerThan", "value": "17"}],
             "variations": [{"id": "a", "rollout": [0, 0.5], "exptRollout": 0.5}, {"id": "b", "rollout": [0.5, 1], "exptRollout": 0.25}]},
            {"name": "Gone", "conditions": [{"property": "User is not in segment", "op": "", "value": "[\"s9\"]"}],
             "variations": [{"id": "b", "rollout": [0, 1]}]}],
        "fallthrough": {"variations": [{"id": "a", "rollout": [0, 1]}]}}]}"#;

#[test]
fn texts_say_why() {
    let ruleset = Compiler::new(Profile::Server).compile(&Document::parse(SHOP).unwrap());
    let text = |user: &User| check(ruleset.get("checkout").unwrap(), user).to_string();
    let bob = User::builder("bob").property("mail", "bob@shop.example").property("age", "18");
    let targeted = "  rule 1 (Beta users): not reached
  rule 2 (Gone) → \"two pages\": not reached
  fallthrough → \"one page\": not reached";
    assert_eq!(
        text(&bob.clone().property("country", "nz").build()),
        "checkout = \"two pages\"  (STRING; RuleMatch: rule 1 (Beta users) matches)
  switch: the flag is on
  target 1 → \"two pages\": does not name \"bob\"
  rule 1 (Beta users) → \"two pages\": all conditions hold
    condition 1: User is in segment [\"s1\"]: holds
      segment s1 (Beta) contains the user: rule 1 (Testers) matches
        rule 1 (Testers): all conditions hold
          condition 1: mail EndsWith \"@shop.example\": given \"bob@shop.example\", holds
    condition 2: country IsOneOf [\"nz\",\"au\"]: given \"nz\", holds
    condition 3: age BiggerThan \"17\": given \"18\", holds
    \"checkoutbob\" (the key of the flag, and keyId \"bob\") falls into bucket 0.6133162742480636
    [0, 0.5] → \"one page\": does not contain the bucket
    [0.5, 1] → \"two pages\": contains the bucket
  rule 2 (Gone) → \"two pages\": not reached
  fallthrough → \"one page\": not reached
  exposure counts for experiments: \"exptcheckoutbob\" falls into bucket 0.46185166854411364, within 0.5"
    );
    assert_eq!(
        text(&User::builder("eve").property("age", "x").build()),
        "checkout = no value  (STRING; Error: rule 2 (Gone): condition 1 (User is not in segment): segment s9 cannot be evaluated (it is unknown or archived))
  switch: the flag is on
  target 1 → \"two pages\": does not name \"eve\"
  rule 1 (Beta users): condition 1 (User is in segment) does not hold
    condition 1: User is in segment [\"s1\"]: does not hold
      segment s1 (Beta) does not contain the user: its list `excluded` names \"eve\"
    condition 2: country IsOneOf [\"nz\",\"au\"]: not evaluated
    condition 3: age BiggerThan \"17\": given \"x\", not evaluated
  rule 2 (Gone) → \"two pages\": condition 1 (User is not in segment): segment s9 cannot be evaluated (it is unknown or archived)
    condition 1: User is not in segment [\"s9\"]: cannot be evaluated
      segment s9 cannot be evaluated: it is unknown or archived
  fallthrough → \"one page\": not reached"
    );
    assert_eq!(
        text(&User::builder("zoe").build()),
        format!(
            "checkout = \"two pages\"  (STRING; TargetMatch: target 1 names \"zoe\")
  switch: the flag is on
  target 1 → \"two pages\": names \"zoe\"
{targeted}
  exposure does not count for experiments: the flag does not include users of targets"
        )
    );
    assert_eq!(
        text(&User::builder(" ").build()),
        format!(
            "checkout = no value  (STRING; Error: the keyId of the user is blank)
  switch: not reached
  target 1 → \"two pages\": not reached
{targeted}"
        )
    );
}

#[test]
fn json_has_every_step() {
    let ruleset = Compiler::new(Profile::Server).compile(&Document::parse(SHOP).unwrap());
    let user = User::builder("mara").property("country", "au").property("age", "x").build();
    let json = serde_json::to_value(explain(ruleset.get("checkout").unwrap(), &user)).unwrap();
    let rule = &json["steps"][2];
    assert_eq!((&json["value"], &json["reason"]), (&Value::Null, &"Error".into()));
    assert_eq!(
        (&rule["step"], &rule["outcome"], &rule["name"]),
        (&"rule".into(), &"MISS".into(), &"Beta users".into())
    );
    assert_eq!(
        rule["conditions"][0]["segments"][0]["because"],
        "its list `included` names \"mara\""
    );
    assert_eq!(rule["conditions"][1]["wanted"], serde_json::json!(["nz", "au"]));
    assert_eq!(rule["conditions"][2]["note"], "not a number");
    assert_eq!(
        rule["shares"][1],
        serde_json::json!({"from": 0.5, "to": 1, "value": "two pages", "variant": "b", "contains": null})
    );
    assert_eq!(json["steps"][4]["outcome"], "NOT_REACHED");
}
