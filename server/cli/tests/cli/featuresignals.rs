//! Commands for the flags of FeatureSignals.

use serde_json::json;

use crate::tool::{FEATURES, fh, fh_with, file};

/// A ruleset with a prerequisite, an experiment and an expiry.
pub(crate) const SHOP: &str = r#"{"flags": {
   "checkout": {"flag_type": "string", "default_value": "one page", "prerequisites": ["shop"]},
   "price": {"flag_type": "ab", "default_value": 1, "expires_at": "2030-01-01T00:00:00Z"},
   "shop": {"flag_type": "boolean", "default_value": true}},
 "states": {"shop": {"enabled": true},
   "checkout": {"enabled": true, "rules": [{"description": "Professionals", "percentage": 10000, "value": {"pages": 2},
     "conditions": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]}]},
   "price": {"enabled": true, "variants": [{"key": "low", "value": 1, "weight": 5000}, {"key": "high", "value": 2, "weight": 5000}]}}}"#;

/// The arguments that read a ruleset from stdin.
pub(crate) const SYSTEM: [&str; 3] = ["-", "--system", "featuresignals"];

#[test]
fn eval_shows_the_value_of_each_flag() {
    let eval = |more: &[&str]| fh_with(&[&["eval"], &SYSTEM[..], more].concat(), SHOP);
    assert_eq!(
        eval(&["-c", "key=bob", "-c", "plan=pro"]).expect(0).out,
        "FLAG      REASON       RULE           VARIANT  VALUE
checkout  TARGETED     Professionals           {\"pages\":2}
price     VARIANT                     low      1
shop      FALLTHROUGH                          true
"
    );
    let rows = eval(&["--no-context", "--json", "-k", "checkout"]).expect(0).json();
    let row = json!([{"flag": "checkout", "type": "STRING", "value": "one page", "variantKey": null, "reason": "FALLTHROUGH", "rule": null}]);
    assert_eq!(rows, row);
    // Several values are a list, and a file has attributes of any type.
    let lists = r#"{"flags": {"f": {"default_value": 0}}, "states": {"f": {"enabled": true, "rules": [{"percentage": 10000, "value": 1,
        "conditions": [{"attribute": "tags", "operator": "eq", "values": ["[a b]"]}]}]}}}"#;
    let user = file("context.json", r#"{"key": "bob", "attributes": {"tags": ["a", "b"]}}"#);
    for options in [&["-c", "key=bob", "-c", "tags=a,b"][..], &["--user", &user]] {
        let args = [&["eval"], &SYSTEM[..], options, &["--json"]].concat();
        assert_eq!(fh_with(&args, lists).expect(0).json()[0]["value"], 1);
    }
    let late = eval(&["--no-context", "--json", "-k", "price", "--now", "2031-01-01T00:00:00Z"]);
    assert_eq!(late.expect(0).json()[0]["reason"], "DISABLED");
}

#[test]
fn explain_shows_each_step() {
    let args = [&["explain"], &SYSTEM[..], &["checkout", "-c", "key=bob"]].concat();
    assert_eq!(
        fh_with(&args, SHOP).expect(0).out,
        "checkout = \"one page\"  (STRING; FALLTHROUGH: no rule matches)
  ✓ switch: the flag is on
  ✓ prerequisites: all prerequisites are on
    ✓ prerequisite shop: its value is true
      shop = true  (BOOLEAN; FALLTHROUGH: the flag has no rules)
        ✓ switch: the flag is on
        ✓ fallthrough → true: the default value
  ✗ rule 1 (Professionals) → {\"pages\":2}: condition 1 (plan) does not hold
    ✗ condition 1: plan eq [\"pro\"]: the context has no such attribute, does not hold
  ✓ fallthrough → \"one page\": the default value
"
    );
}

#[test]
fn cases_give_the_rows_of_the_server() {
    let ruleset = r#"{"flags": {"f": {"flag_type": "ab"}}, "states": {"f": {"enabled": true, "variants": [{"key": "x", "value": 1.0}]}}}"#;
    let cases = format!(
        r#"{{"cases": [{{"name": "one", "ruleset": {ruleset}, "flag_key": "f", "context": {{"key": "u"}}}},
            {{"ruleset": {ruleset}, "flag_key": "g", "context": {{"key": "u"}}}}, {{"id": 7, "ruleset": {ruleset}, "contexts": [{{"key": "u"}}]}},
            {{"ruleset": {ruleset}, "flag_key": "f", "context": {{}}}}, {{"ruleset": [], "flag_key": "f", "context": {{}}}}]}}"#
    );
    let rows = fh_with(&["eval", "--system", "featuresignals", "--cases"], &cases).expect(0).json();
    let answer = json!({"flag_key": "f", "value": 1, "reason": "VARIANT", "variant_key": "x"});
    let mut first = answer.clone();
    first["id"] = json!("one");
    assert_eq!(rows[0], first);
    assert_eq!(rows[1], json!({"id": 2, "flag_key": "g", "value": null, "reason": "NOT_FOUND"}));
    assert_eq!(rows[2], json!({"id": 7, "results": [{"f": answer}]}));
    assert!(rows[3]["error"].as_str().unwrap().contains("key"), "{rows}");
    assert!(rows[4]["error"].as_str().unwrap().contains("no flags"), "{rows}");
    let state = file("state.json", ruleset);
    let steps = r#"{"flag_keys": ["f", "g"], "steps": [{"context": {"key": "u"}}]}"#;
    let args = ["eval", "--system", "featuresignals", "--cases", "-", "--state", &state];
    let rows = fh_with(&args, steps).expect(0).json();
    let missing = json!({"flag_key": "g", "value": null, "reason": "NOT_FOUND"});
    assert_eq!(rows, json!([{"id": 1, "results": [answer, missing]}]));
}

#[test]
fn wrong_inputs_are_refused() {
    let eval = |more: &[&str], text: &str| fh_with(&[&["eval"], more].concat(), text);
    eval(&["-", "-c", "userkey=a"], SHOP)
        .refused(2, &["flags of FeatureSignals", "--system featuresignals"]);
    let of_system = [&SYSTEM[..], &["-c", "key=a"]].concat();
    eval(&of_system, FEATURES).refused(2, &["leave --system featuresignals out"]);
    eval(&of_system, r#"{"featureFlags": []}"#).refused(2, &["write --system featbit"]);
    eval(&of_system, r#"{"flags": []}"#).refused(2, &["`flags` is not an object"]);
    eval(&SYSTEM, SHOP).refused(2, &["-c key=KEY", "--no-context"]);
    eval(&[&of_system[..], &["--profile", "edge"]].concat(), SHOP).refused(2, &["no profiles"]);
    eval(&[&of_system[..], &["-k", "chekout"]].concat(), SHOP)
        .refused(1, &["did you mean checkout?"]);
    let context = file("wrong.json", r#"{"key": "a", "plan": "pro"}"#);
    eval(&[&SYSTEM[..], &["--user", &context]].concat(), SHOP)
        .refused(2, &["no member `plan`", "`attributes`"]);
    fh(&["eval", "--system", "featuresignals", "--state", "x.json"]).refused(2, &["--cases"]);
}

/// A program in the place of psql, which ends with 0 after a failed statement unless ON_ERROR_STOP is set, and then with 3.
#[cfg(unix)]
const PSQL: &str = r#"#!/bin/sh
case "$OUTCOME $*" in
  fails*ON_ERROR_STOP=1*) exit 3 ;;
  works*) echo '{"flags": {}}' ;;
esac
"#;

#[cfg(unix)]
#[test]
fn the_job_of_the_page_keeps_the_ruleset_unless_there_is_a_new_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let page = include_str!("../../../../docs/guide/featuresignals.md");
    let job = page.lines().find(|line| line.starts_with("psql ")).unwrap();
    let psql = file("psql", PSQL);
    std::fs::set_permissions(&psql, std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = std::path::Path::new(&psql).parent().unwrap();
    let search = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    for (outcome, expected) in
        [("fails", SHOP), ("finds nothing", SHOP), ("works", "{\"flags\": {}}\n")]
    {
        let ruleset = file("ruleset.json", SHOP);
        let mut command = std::process::Command::new("sh");
        command.args(["-c", job]).current_dir(folder).env("PATH", &search).env("OUTCOME", outcome);
        let status = command.status().unwrap();
        assert_eq!(std::fs::read_to_string(ruleset).unwrap(), expected, "{outcome}");
        assert_eq!(status.success(), outcome == "works", "{outcome}");
    }
}
