//! `fh lint` for rulesets of FeatureSignals.

use serde_json::{Value, json};

use crate::featuresignals::{SHOP, SYSTEM};
use crate::tool::{FEATURES, fh_with};

/// Returns the findings about a ruleset as severity, code and place.
fn findings(ruleset: &str) -> Vec<String> {
    let args = [&["lint"], &SYSTEM[..], &["--json"]].concat();
    let report = fh_with(&args, ruleset).json();
    let text = |finding: &Value, name: &str| {
        let value = &finding[name];
        value.as_str().map_or_else(|| value.to_string(), str::to_string)
    };
    let found = report["findings"].as_array().unwrap().iter();
    found
        .map(|each| {
            let entity = if each["flag"].is_null() { "segment" } else { "flag" };
            let place = [entity, "rule", "condition", "member"].map(|name| text(each, name));
            format!("{} {} {}", text(each, "severity"), text(each, "code"), place.join("/"))
        })
        .collect()
}

/// Returns a ruleset with the flag `k`, which has these members and this state, and with a flag and a segment in order.
fn flag(members: &str, state: &str) -> String {
    format!(
        r#"{{"flags": {{"k": {{"flag_type": "boolean", {members} "default_value": false}}, "leaf": {{"flag_type": "boolean", "default_value": true}}}},
            "states": {{"k": {{"enabled": true, {state} "variants": null}}, "leaf": {{"enabled": true, "rules": [
                {{"percentage": 10000, "value": false, "segment_keys": ["beta"]}}]}}}},
            "segments": {{"beta": {{"match_type": "all", "rules": [{{"attribute": "beta", "operator": "eq", "values": ["true"]}}]}}}}}}"#
    )
}

/// Returns a ruleset with a flag that has these rules, each with a value and a priority of its own.
fn rules(rules: &[&str]) -> String {
    let rule = |(priority, rule): (usize, &&str)| {
        format!(r#"{{"value": true, "priority": {priority}, {rule}}}"#)
    };
    let rules: Vec<String> = rules.iter().enumerate().map(rule).collect();
    flag("", &format!(r#""rules": [{}],"#, rules.join(",")))
}

/// Returns a ruleset with a flag that has a rule with one condition.
fn condition(attribute: &str, operator: &str, values: &Value) -> String {
    let condition = json!({"attribute": attribute, "operator": operator, "values": values});
    rules(&[&format!(r#""percentage": 10000, "conditions": [{condition}]"#)])
}

/// Returns a ruleset with an experiment that has these weights and this further member of its state.
fn experiment(weights: &[i64], member: &str) -> String {
    let variants: Vec<Value> =
        weights.iter().map(|weight| json!({"value": 1, "weight": weight})).collect();
    let variants = json!(variants);
    format!(
        r#"{{"flags": {{"k": {{"flag_type": "ab", "default_value": 0}}}}, "states": {{"k": {{"enabled": true, {member} "variants": {variants}}}}}}}"#
    )
}

#[test]
fn lint_finds_mistakes_in_rules() {
    let none: [&str; 0] = [];
    assert_eq!(findings(SHOP), ["warning value-type checkout/0/null/value"]);
    assert_eq!(findings(&flag("", "")), none);
    let all = r#""percentage": 10000"#;
    let half = r#""percentage": 5000"#;
    let pro = r#""conditions": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}]"#;
    let pro_all = &format!("{all}, {pro}");
    let pro_half = &format!("{half}, {pro}");
    for (ruleset, expected) in [
        (rules(&[all, pro_all]), "warning unreachable k/1/null/null"),
        // Rules are tried in the order of their priorities.
        (
            rules(&[&format!(r#"{pro_all}, "priority": 9"#), all]),
            "warning unreachable k/0/null/null",
        ),
        // All percentages read one bucket.
        (rules(&[half, pro_half]), "warning unreachable k/1/null/null"),
        (rules(&[pro_half, pro_half]), "warning unreachable k/1/null/null"),
        (
            rules(&[
                r#""percentage": 10000, "conditions": [{"attribute": "key", "operator": "exists"}]"#,
                pro_all,
            ]),
            "warning unreachable k/1/null/null",
        ),
        (
            flag(
                "",
                &format!(r#""rules": [{{"value": true, {half}}}], "percentage_rollout": 5000,"#),
            ),
            "warning unreachable k/null/null/percentage_rollout",
        ),
        (rules(&[pro]), "warning no-percentage k/0/null/percentage"),
        (rules(&[r#""percentage": -1"#]), "warning no-percentage k/0/null/percentage"),
        (rules(&[r#""percentage": 50"#]), "warning percentage-unit k/0/null/percentage"),
        (rules(&[r#""percentage": 10001"#]), "warning percentage-range k/0/null/percentage"),
        (rules(&[r#""percentage": "all""#]), "error wrong-type k/0/null/percentage"),
        (
            flag("", r#""percentage_rollout": 20,"#),
            "warning percentage-unit k/null/null/percentage_rollout",
        ),
        (
            rules(&[r#""percentage": 5000, "segment_keys": ["bet"]"#]),
            "error unknown-segment k/0/null/segment_keys",
        ),
        (
            rules(&[r#""percentage": 0, "priority": 7, "segment_keys": ["beta", "alpha"]"#]),
            "warning no-percentage k/0/null/percentage|warning unknown-segment k/0/null/segment_keys",
        ),
        (
            rules(&[
                r#""percentage": 10000, "priority": 7, "match_type": "ALL", "conditions": [{"attribute": "a", "operator": "exists"}]"#,
            ]),
            "error unknown-name k/0/null/match_type",
        ),
        (
            rules(&[
                &format!(r#"{pro_half}, "priority": 1"#),
                &format!(r#"{half}, "priority": 1"#),
            ]),
            "warning duplicate-priority k/1/null/priority",
        ),
        (rules(&[r#""percentage": 10000, "value": "yes""#]), "warning value-type k/0/null/value"),
        (flag("", r#""rules": [{"percentage": 10000}],"#), "warning value-type k/0/null/null"),
        (flag("", r#""default_value": [],"#), "warning value-type k/null/null/default_value"),
    ] {
        assert_eq!(findings(&ruleset).join("|"), expected, "{ruleset}");
    }
    // A smaller percentage leaves contexts to the rule, and so does a rule that never answers.
    for reached in [
        rules(&[half, pro_all]),
        rules(&[pro_half, pro_all]),
        rules(&[r#""percentage": 10000, "segment_keys": ["beta"]"#, pro_all]),
        flag("", &format!(r#""rules": [{{"value": true, {half}}}], "percentage_rollout": 5001,"#)),
    ] {
        assert_eq!(findings(&reached), none, "{reached}");
    }
}

#[test]
fn lint_says_which_orders_of_rules_are_not_portable() {
    let message = |count: usize| {
        let rule = |at: usize| {
            format!(
                r#""percentage": 10000, "priority": 0, "segment_keys": ["beta"], "conditions": [{{"attribute": "a{at}", "operator": "exists"}}]"#
            )
        };
        let texts: Vec<String> = (0..count).map(rule).collect();
        let ruleset = rules(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let args = [&["lint"], &SYSTEM[..], &["--json"]].concat();
        fh_with(&args, &ruleset).json()["findings"][0]["message"].as_str().unwrap().to_string()
    };
    assert_eq!(
        message(12),
        "rule 1, this rule and 10 others have the same priority, 0; they are tried in the order of the list"
    );
    assert!(message(13).contains("the server may try them in another order"), "{}", message(13));
}

#[test]
fn lint_finds_mistakes_in_conditions() {
    let none: [&str; 0] = [];
    let of = |code: &str, member: &str| format!("warning {code} k/0/0/{member}");
    for (operator, values, expected) in [
        ("eq", json!(["a", "b"]), of("ignored-values", "values")),
        ("startsWith", json!(["a", "b"]), of("ignored-values", "values")),
        ("exists", json!(["False"]), of("ignored-values", "values")),
        ("eq", json!([]), of("never-holds", "values")),
        ("in", json!([]), of("never-holds", "values")),
        ("gt", json!(["NaN"]), "error unreadable-value k/0/0/values".to_string()),
        ("eq", json!(["1000000"]), of("attribute-text", "values")),
        ("notIn", json!(["5", "-12345678"]), of("attribute-text", "values")),
        ("eq", json!(["True"]), of("attribute-text", "values")),
        ("in", json!(["[\"a\"]"]), of("attribute-text", "values")),
        ("in", json!(["pro,trial"]), of("attribute-text", "values")),
        ("gt", json!(["1.2.3"]), "error unreadable-value k/0/0/values".to_string()),
        ("regex", json!(["a(?=b)"]), "error regex k/0/0/values".to_string()),
        ("regex", json!(["(a.{900}|b?c)".repeat(20)]), of("regex-limit", "values")),
        ("equals", json!(["a"]), "error unknown-operator k/0/0/operator".to_string()),
        ("EQ", json!(["a"]), "error unknown-operator k/0/0/operator".to_string()),
        ("eq", json!([1]), "error wrong-type k/0/0/values".to_string()),
    ] {
        let ruleset = condition("plan", operator, &values);
        assert_eq!(findings(&ruleset), [expected], "{ruleset}");
    }
    for (operator, values) in [
        ("eq", json!(["999999"])),
        ("eq", json!(["1e+06"])),
        ("eq", json!(["0123456"])),
        ("in", json!(["Washington, DC"])),
        ("in", json!(["a,b", "c"])),
        ("in", json!(["[a b]"])),
        ("notIn", json!([])),
        ("exists", json!(["false"])),
        ("exists", json!([])),
        ("gte", json!(["1000000"])),
        ("lt", json!(["0x1p4"])),
        ("lte", json!(["1_000"])),
        ("neq", json!(["a"])),
        ("contains", json!(["a"])),
        ("endsWith", json!(["a"])),
        ("regex", json!(["^a{,3}$"])),
    ] {
        assert_eq!(findings(&condition("plan", operator, &values)), none, "{operator} {values}");
    }
    // The key of a context is a text, also if it looks like a number.
    assert_eq!(findings(&condition("key", "eq", &json!(["1000000"]))), none);
}

#[test]
fn lint_finds_mistakes_in_flags_and_segments() {
    for (ruleset, expected) in [
        (experiment(&[5000, 4000], ""), "warning weight-sum k/null/null/variants"),
        (experiment(&[5000, 6000], ""), "warning weight-sum k/null/null/variants"),
        (experiment(&[-1, 10001], ""), "warning weight-sum k/null/null/variants"),
        (experiment(&[10000], ""), ""),
        (
            experiment(&[10000], r#""percentage_rollout": 5000,"#),
            "warning hidden-variants k/null/null/variants",
        ),
        (
            experiment(&[10000], r#""rules": [{"percentage": 10000, "value": 1}],"#),
            "warning hidden-variants k/null/null/variants",
        ),
        (experiment(&[10000], r#""rules": [{"percentage": 5000, "value": 1}],"#), ""),
        (
            flag("", r#""variants": [{"weight": 10000}], "rules": [],"#).replace(r#", "rules": [], "variants": null"#, ""),
            "warning hidden-variants k/null/null/variants",
        ),
        (flag("", r#""scheduled_enable_at": "2030-01-01T00:00:00Z","#), "warning schedule k/null/null/scheduled_enable_at"),
        (flag("", r#""scheduled_disable_at": "2030-01-01T00:00:00Z","#), "warning schedule k/null/null/scheduled_disable_at"),
        (flag("", r#""scheduled_disable_at": null,"#), ""),
        (flag(r#""prerequisites": ["leav"],"#, ""), "error unknown-prerequisite k/null/null/prerequisites"),
        (flag(r#""prerequisites": ["k"],"#, ""), "error prerequisite-cycle k/null/null/prerequisites"),
        (flag(r#""prerequisites": ["leaf", "leaf"],"#, ""), ""),
        (flag(r#""expires_at": "soon","#, ""), "error wrong-type k/null/null/expires_at"),
        (r#"{"flags": {}, "states": {"k": {}}}"#.to_string(), "warning unknown-flag k/null/null/null"),
        (r#"{"flags": {"k": {}}, "states": {"k": {}, "k": {}}}"#.to_string(), "warning duplicate-key k/null/null/null"),
        (r#"{"flags": {"k": {"prerequisites": ["gone"]}, "k": {}}}"#.to_string(), "error duplicate-key k/null/null/null"),
        (
            r#"{"flags": {}, "segments": {"s": {"rules": []}, "s": {"match_type": "all", "rules": [{"attribute": "a", "operator": "is"}]}}}"#.to_string(),
            "warning unused-segment s/null/null/null|warning empty-segment s/null/null/null|warning duplicate-segment s/null/null/null|warning unused-segment s/null/null/null|error unknown-operator s/null/0/operator",
        ),
    ] {
        assert_eq!(findings(&ruleset).join("|"), expected, "{ruleset}");
    }
}

/// Returns a ruleset of flags that are on, with these prerequisites and this further member.
fn with_prerequisites(flags: &[(String, Vec<String>)], member: &str) -> String {
    let flag = |(key, links): &(String, Vec<String>)| {
        format!(r#""{key}": {{{member} "default_value": true, "prerequisites": {}}}"#, json!(links))
    };
    let state = |(key, _): &(String, Vec<String>)| format!(r#""{key}": {{"enabled": true}}"#);
    let flags_json: Vec<String> = flags.iter().map(flag).collect();
    let states: Vec<String> = flags.iter().map(state).collect();
    format!(r#"{{"flags": {{{}}}, "states": {{{}}}}}"#, flags_json.join(","), states.join(","))
}

#[test]
fn lint_follows_prerequisites() {
    let flags = |links: &[(&str, &[&str])]| {
        let owned = |(key, links): &(&str, &[&str])| {
            (key.to_string(), links.iter().copied().map(String::from).collect())
        };
        with_prerequisites(&links.iter().map(owned).collect::<Vec<_>>(), "")
    };
    let cycle = flags(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
    assert_eq!(findings(&cycle), ["error prerequisite-cycle c/null/null/prerequisites"]);
    let cycles = flags(&[("a", &["b"]), ("b", &["c"]), ("c", &["a", "b"])]);
    assert_eq!(
        findings(&cycles),
        [
            "error prerequisite-cycle c/null/null/prerequisites",
            "warning prerequisite-twice c/null/null/prerequisites",
        ]
    );
    let ways =
        flags(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &["e"]), ("e", &[])]);
    assert_eq!(findings(&ways), ["warning prerequisite-twice a/null/null/prerequisites"]);
    let leaf = flags(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])]);
    assert_eq!(findings(&leaf), [""; 0]);
    // The answer of the engine changes at the same length as the finding appears.
    for (links, expected, reason) in [
        (100, vec![], "FALLTHROUGH"),
        (101, vec!["error prerequisite-depth f0/null/null/prerequisites"], "PREREQUISITE_FAILED"),
    ] {
        let chain: Vec<(String, Vec<String>)> = (0..=links)
            .map(|at| {
                (
                    format!("f{at}"),
                    (at < links).then(|| format!("f{}", at + 1)).into_iter().collect(),
                )
            })
            .collect();
        let ruleset = with_prerequisites(&chain, "")
            .replace("\"default_value\": true", "\"default_value\": false");
        // All flags but the last ones are on, and have a state's value that passes.
        let ruleset =
            ruleset.replace("\"enabled\": true", "\"enabled\": true, \"default_value\": true");
        assert_eq!(findings(&ruleset), expected);
        let args = [&["eval"], &SYSTEM[..], &["--no-context", "--json", "-k", "f0"]].concat();
        assert_eq!(fh_with(&args, &ruleset).expect(0).json()[0]["reason"], reason, "{links}");
    }
}

#[test]
fn lint_warns_of_percentages_in_groups() {
    let members = r#""mutual_exclusion_group": "g","#;
    let flags = [("a".to_string(), vec![]), ("b".to_string(), vec![])];
    let even = with_prerequisites(&flags, members);
    assert_eq!(findings(&even), [""; 0]);
    let split = even.replace(
        r#""a": {"enabled": true"#,
        r#""a": {"enabled": true, "percentage_rollout": 5000"#,
    );
    assert_eq!(findings(&split), ["warning skewed-group a/null/null/mutual_exclusion_group"]);
    let alone = split.replace(r#""b": {"enabled": true"#, r#""b": {"enabled": false"#);
    assert_eq!(findings(&alone), [""; 0]);
}

#[test]
fn lint_gives_place_and_advice() {
    let ruleset = SHOP.replace("\"eq\"", "\"equal\"").replace("5000}]", "4000}]");
    let ruleset = ruleset.replace("{\"pages\": 2}", "\"two pages\"");
    let args = [&["lint"], &SYSTEM[..]].concat();
    assert_eq!(
        fh_with(&args, &ruleset).expect(1).out,
        "error[unknown-operator]: unknown operator; the condition never holds
  at:  stdin:7, flag checkout, rule 1 (Professionals), condition 1 (plan), operator equal
  fix: write one of eq, neq, contains, startsWith, endsWith, in, notIn, gt, gte, lt, lte, regex, exists

warning[weight-sum]: the weights add up to 9000 of 10000; the last variant also gets the remaining 10 %
  at:  stdin:8, flag price, variants [{\"key\": \"low\", \"value\": 1, \"weight\": 5000}, {\"key\": \"high\", \"value\": 2, \"weight\": 4000}]
  fix: write weights that add up to 10000

3 flags: 1 error, 1 warning
"
    );
    // A part that the switch hides now is a warning.
    let off =
        ruleset.replace("\"checkout\": {\"enabled\": true", "\"checkout\": {\"enabled\": false");
    let allowed = [&args[..], &["--allow", "weight-sum"]].concat();
    let out = fh_with(&allowed, &off).expect(0).out;
    assert!(out.contains("the condition never holds (once the flag is on)"), "{out}");
    assert!(out.contains("0 errors, 1 warning (1 warning allowed)"), "{out}");
    fh_with(&[&allowed[..], &["--strict"]].concat(), &off).expect(1);
    fh_with(&[&args[..], &["--profile", "draft"]].concat(), &off).refused(2, &["no profiles"]);
    fh_with(&args, FEATURES).refused(2, &["leave --system featuresignals out"]);
    fh_with(&[&args[..], &["--environment", "production"]].concat(), &off)
        .refused(2, &["for features of FeatureHub", "--system featuresignals"]);
}
