//! Commands for the flags of FeatBit.

use serde_json::{Value, json};

use crate::tool::{FEATURES, fh_with, file};

/// A payload whose parts are all in order.
const SHOP: &str = r#"{"messageType": "data-sync", "data": {"eventType": "full",
 "segments": [{"id": "s1", "name": "Beta", "included": ["mara"], "excluded": [], "rules": []}],
 "featureFlags": [{"key": "checkout", "variationType": "string", "isEnabled": true, "disabledVariationId": "a",
   "variations": [{"id": "a", "value": "one page"}, {"id": "b", "value": "two pages"}],
   "targetUsers": [{"keyIds": ["zoe"], "variationId": "b"}],
   "rules": [{"name": "Beta users", "includedInExpt": true, "conditions": [
       {"property": "User is in segment", "op": "", "value": "[\"s1\"]"}, {"property": "plan", "op": "Equal", "value": "pro"}],
     "variations": [{"id": "a", "rollout": [0, 0.5], "exptRollout": 0.5}, {"id": "b", "rollout": [0.5, 1], "exptRollout": 0.5}]}],
   "fallthrough": {"variations": [{"id": "a", "rollout": [0, 1]}]}}]}}"#;

#[test]
fn explain_shows_each_step() {
    let explain = |more: &[&str]| {
        let args = ["explain", "-", "checkout", "--system", "featbit"];
        fh_with(&[&args, more].concat(), SHOP)
    };
    assert_eq!(
        explain(&["-c", "keyId=mara", "-c", "plan=pro"]).expect(0).out,
        "checkout = \"one page\"  (STRING; RuleMatch: rule 1 (Beta users) matches)
  ✓ switch: the flag is on
  ✗ target 1 → \"two pages\": does not name \"mara\"
  ✓ rule 1 (Beta users) → \"one page\": all conditions hold
    ✓ condition 1: User is in segment [\"s1\"]: holds
      ✓ segment s1 (Beta) contains the user: its list `included` names \"mara\"
    ✓ condition 2: plan Equal \"pro\": given \"pro\", holds
    · \"checkoutmara\" (the key of the flag, and keyId \"mara\") falls into bucket 0.0216715969145298
    ✓ [0, 0.5] → \"one page\": contains the bucket
    · [0.5, 1] → \"two pages\": not compared
  · fallthrough → \"one page\": not reached
  · exposure counts for experiments: rule 1 (Beta users) includes all of its users
"
    );
    let user = file(
        "user.json",
        r#"{"keyId": "mara", "customizedProperties": [{"name": "plan", "value": "free"}]}"#,
    );
    let report = explain(&["--user", &user, "--json"]).expect(0).json();
    assert_eq!(
        (&report["value"], &report["variant"], &report["reason"]),
        (&json!("one page"), &json!("a"), &json!("Fallthrough"))
    );
    assert_eq!(report["steps"][2]["because"], "condition 2 (plan) does not hold");
    // Profile `server` compares a missing property as an empty text, and profile `draft` does not compare it.
    let flag = r#"{"featureFlags": [{"key": "f", "variationType": "boolean", "isEnabled": true, "variations": [{"id": "t", "value": "true"}],
        "rules": [{"conditions": [{"property": "plan", "op": "NotEqual", "value": "pro"}], "variations": [{"id": "t", "rollout": [0, 1]}]}],
        "fallthrough": {"variations": [{"id": "t", "rollout": [0, 1]}]}}]}"#;
    for (profile, reason) in [("server", "RuleMatch"), ("draft", "Fallthrough")] {
        let args = [
            "explain",
            "-",
            "f",
            "--system",
            "featbit",
            "--profile",
            profile,
            "-c",
            "keyId=bob",
            "--json",
        ];
        assert_eq!(fh_with(&args, flag).expect(0).json()["reason"], reason);
    }
}

#[test]
fn explain_refuses_what_it_cannot_read() {
    let system = ["--system", "featbit", "-c", "keyId=bob"];
    let explain =
        |key: &str, text: &str| fh_with(&[&["explain", "-", key], &system[..]].concat(), text);
    explain("checkot", SHOP).refused(1, &["no flag checkot", "did you mean checkout?"]);
    explain("BANNER", FEATURES)
        .refused(2, &["features of FeatureHub", "leave --system featbit out"]);
    fh_with(&["explain", "-", "checkout"], SHOP)
        .refused(2, &["flags of FeatBit", "--system featbit"]);
    fh_with(&["lint", "-"], SHOP).refused(2, &["flags of FeatBit", "--system featbit"]);
    fh_with(&["lint", "-", "--system", "featbit"], FEATURES)
        .refused(2, &["leave --system featbit out"]);
    fh_with(&["explain", "-", "BANNER", "--user", "x.json"], FEATURES)
        .refused(2, &["--user", "--system featbit"]);
    fh_with(&["explain", "-", "checkout", "--system", "featbit"], SHOP)
        .refused(2, &["-c keyId=KEY"]);
    fh_with(&["lint", "-", "--system", "featbit", "--profile", "edge"], SHOP)
        .refused(2, &["server or draft"]);
}

#[test]
fn options_of_featurehub_are_refused() {
    for command in [&["eval"][..], &["explain", "checkout"], &["lint"]] {
        for option in [&["--environment", "dev"][..], &["key*"]] {
            let args = [command, &["-"], option, &["--system", "featbit"]].concat();
            fh_with(&args, SHOP).refused(2, &["for features of FeatureHub", "--system featbit"]);
        }
    }
    let archived = SHOP.replace("\"isEnabled\"", "\"isArchived\": true, \"isEnabled\"");
    let args = ["explain", "-", "checkout", "--system", "featbit", "-c", "keyId=bob"];
    fh_with(&args, &archived).refused(1, &["checkout", "is archived"]);
}

/// Returns the findings about a payload as severity, code and place.
fn findings(payload: &str, more: &[&str]) -> Vec<String> {
    let args = ["lint", "-", "--system", "featbit", "--json"];
    let report = fh_with(&[&args, more].concat(), payload).json();
    let found = report["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, name: &str| {
        let value = &finding[name];
        value.as_str().map_or_else(|| value.to_string(), str::to_string)
    };
    found
        .map(|each| {
            let entity = if each["flag"].is_null() { "segment" } else { "flag" };
            let place = [entity, "rule", "condition"].map(|name| text(each, name)).join("/");
            format!("{} {} {place}", text(each, "severity"), text(each, "code"))
        })
        .collect()
}

/// Returns a payload with one flag, of which these members are other than in a flag in order.
fn flag(changes: &str) -> String {
    format!(
        r#"{{"segments": [{{"id": "s1", "included": ["x"]}}, {{"id": "s2", "isArchived": true}}], "featureFlags": [
            {{"key": "k", "isEnabled": true, "disabledVariationId": "a", "variations": [{{"id": "a", "value": "1"}}, {{"id": "b", "value": "2"}}],
            "rules": [], "fallthrough": {{"variations": [{{"id": "a", "rollout": [0, 1]}}]}}, {changes}}},
            {{"key": "other", "isEnabled": true, "disabledVariationId": "a", "variations": [{{"id": "a", "value": "1"}}], "rules": [
                {{"conditions": [{{"property": "User is in segment", "value": "[\"s1\"]"}}], "variations": [{{"id": "a", "rollout": [0, 1]}}]}}],
             "fallthrough": {{"variations": [{{"id": "a", "rollout": [0, 1]}}]}}}}]}}"#
    )
}

/// Returns a flag with rules that have these conditions.
fn rules(conditions: &[&str]) -> String {
    let rule = |conditions: &&str| {
        format!(
            r#"{{"conditions": [{conditions}], "variations": [{{"id": "a", "rollout": [0, 1]}}]}}"#
        )
    };
    let rules: Vec<String> = conditions.iter().map(rule).collect();
    flag(&format!(r#""rules": [{}]"#, rules.join(",")))
}

fn condition(property: &str, op: &str, value: &str) -> String {
    json!({"property": property, "op": op, "value": value}).to_string()
}

#[test]
fn lint_finds_mistakes() {
    let none: [&str; 0] = [];
    assert_eq!(findings(SHOP, &[]), none);
    assert_eq!(findings(&flag(r#""targetUsers": []"#), &[]), none);
    let plan = condition("plan", "Equal", "pro");
    let split =
        |variations: &str| flag(&format!(r#""fallthrough": {{"variations": [{variations}]}}"#));
    for (payload, expected) in [
        (rules(&[&condition("plan", "Equals", "pro")]), "error unknown-operator k/0/0"),
        (rules(&[&condition("plan", "IsOneOf", "pro")]), "error unreadable-value k/0/0"),
        (rules(&[&condition("plan", "IsOneOf", "[]")]), "warning never-holds k/0/0"),
        (rules(&[&condition("age", "LessThan", "1.2.3")]), "warning never-holds k/0/0"),
        (rules(&[&condition("mail", "MatchRegex", r"(a)\1")]), "error regex k/0/0"),
        (
            rules(&[&condition("mail", "NotMatchRegex", "(a.{900}|b?c){30}")]),
            "warning regex-limit k/0/0",
        ),
        (rules(&[&condition("User is in segment", "", "[\"s3\"]")]), "error unknown-segment k/0/0"),
        (
            rules(&[&condition("User is in segment", "", "[\"s2\"]")]),
            "warning archived-segment k/0/0",
        ),
        (rules(&["", &plan]), "warning unreachable k/1/null"),
        (rules(&[&condition("plan", "NotOneOf", "[]"), &plan]), "warning unreachable k/1/null"),
        (rules(&[&plan, &plan]), "warning unreachable k/1/null"),
        (flag(r#""disabledVariationId": "z""#), "warning unknown-variation k/null/null"),
        (
            flag(r#""targetUsers": [{"keyIds": [], "variationId": "a"}]"#),
            "warning empty-target k/null/null",
        ),
        (
            flag(
                r#""targetUsers": [{"keyIds": ["u"], "variationId": "a"}, {"keyIds": ["u"], "variationId": "b"}]"#,
            ),
            "warning duplicate-user k/null/null",
        ),
        (
            flag(r#""targetUsers": [{"keyIds": ["u"], "variationId": "z"}]"#),
            "error unknown-variation k/null/null",
        ),
        (
            flag(r#""variations": [{"id": "a", "value": "1"}, {"id": "a", "value": "2"}]"#),
            "warning duplicate-variation k/null/null",
        ),
        (flag(r#""key": "other""#), "error duplicate-key other/null/null"),
        (
            split(r#"{"id": "a", "rollout": [0, 0.4]}, {"id": "b", "rollout": [0.5, 1]}"#),
            "error interval-gap k/null/null",
        ),
        (
            split(r#"{"id": "a", "rollout": [0, 0.6]}, {"id": "b", "rollout": [0.5, 1]}"#),
            "warning interval-overlap k/null/null",
        ),
        (split(r#"{"id": "a", "rollout": [0, 0]}"#), "error interval-gap k/null/null"),
        (
            split(r#"{"id": "a", "rollout": [0, 50]}, {"id": "b", "rollout": [50, 100]}"#),
            "warning interval-range k/null/null",
        ),
        (split(r#"{"id": "a", "rollout": [1, 0]}"#), "error interval k/null/null"),
    ] {
        assert_eq!(findings(&payload, &[]), [expected], "{payload}");
    }
    // The last bounds of FeatBit's UI are exact, and a share of 0 % is no gap.
    let exact = r#"{"id": "a", "rollout": [0, 0.1]}, {"id": "b", "rollout": [0.1, 0.30000000000000004]}, {"id": "b", "rollout": [0.30000000000000004, 0.30000000000000004]},
        {"id": "a", "rollout": [0.30000000000000004, 1]}"#;
    assert_eq!(findings(&split(exact), &[]), none);
    let draft = rules(&[&condition("User is in segment", "", "[\"s2\"]")]);
    assert_eq!(findings(&draft, &["--profile", "draft"]), ["error archived-segment k/0/0"]);
    let segments = r#"{"featureFlags": [], "segments": [{"id": "a", "included": ["u"], "excluded": ["u"], "rules": []}, {"id": "b"}, {"id": "b"}]}"#;
    assert_eq!(
        findings(segments, &[]),
        [
            "warning unused-segment a/null/null",
            "warning duplicate-user a/null/null",
            "warning unused-segment b/null/null",
            "warning empty-segment b/null/null",
            "warning duplicate-segment b/null/null",
            "warning unused-segment b/null/null",
            "warning empty-segment b/null/null",
        ]
    );
}

#[test]
fn lint_gives_place_and_advice() {
    let payload =
        SHOP.replace("\"op\": \"Equal\"", "\"op\": \"Equals\"").replace("[0.5, 1]", "[0.6, 1]");
    let run = fh_with(&["lint", "-", "--system", "featbit"], &payload).expect(1);
    assert_eq!(
        run.out,
        "error[interval-gap]: the buckets from 0.5 to 0.6 belong to no interval; their users get no value
  at:  stdin:8, flag checkout, rule 1 (Beta users), variations [{\"id\": \"a\", \"rollout\": [0, 0.5], \"exptRollout\": 0.5}, {\"id\": \"b\", \"rollout\": [0.6, 1], \"exptRollout\": 0.5}]
  fix: end the interval before the gap at 0.6, or add one from 0.5 to 0.6

error[unknown-operator]: unknown operator; the condition never holds
  at:  stdin:7, flag checkout, rule 1 (Beta users), condition 2 (plan), op Equals
  fix: write Equal

1 flag: 2 errors, 0 warnings
"
    );
    let allowed = ["lint", "-", "--system", "featbit", "--strict", "--allow", "empty-target"];
    let payload = SHOP.replace("\"zoe\"", "");
    assert!(fh_with(&allowed, &payload).expect(0).out.contains("no warnings (1 warning allowed)"));
    fh_with(&allowed[..5], &payload).expect(1);
}
