use serde_json::Value;

use crate::tool::{FEATURES, fh, fh_with, file};

fn lint(features: &str) -> Value {
    let run = fh_with(&["lint", "-", "--json"], features);
    let report = run.json();
    let errors = report["errors"].as_u64().unwrap();
    assert_eq!(run.code, i32::from(errors > 0), "{report}");
    report
}

/// Returns the codes of all findings in order, those of errors in capitals.
fn codes(features: &str) -> Vec<String> {
    let report = lint(features);
    let findings = report["findings"].as_array().unwrap().iter();
    let code = |finding: &Value| {
        let code = finding["code"].as_str().unwrap();
        if finding["severity"] == "error" { code.to_uppercase() } else { code.to_string() }
    };
    findings.map(code).collect()
}

fn feature(strategies: &str) -> String {
    format!(
        r#"[{{"id": "f", "key": "K", "type": "BOOLEAN", "value": false, "strategies": [{strategies}]}}]"#
    )
}

fn rule(field: &str, kind: &str, conditional: &str, values: &str) -> String {
    let values = if values.is_empty() { String::new() } else { format!(", \"values\": {values}") };
    format!(
        r#"{{"fieldName": "{field}", "type": "{kind}", "conditional": "{conditional}"{values}}}"#
    )
}

fn with_rule(field: &str, kind: &str, conditional: &str, values: &str) -> String {
    let rule = rule(field, kind, conditional, values);
    feature(&format!(r#"{{"id": "s", "value": true, "attributes": [{rule}]}}"#))
}

fn strategy(id: &str, percentage: &str, rules: &[String]) -> String {
    let percentage = if percentage.is_empty() {
        String::new()
    } else {
        format!("\"percentage\": {percentage},")
    };
    format!(r#"{{"id": "{id}", {percentage} "value": true, "attributes": [{}]}}"#, rules.join(","))
}

#[test]
fn percentages() {
    let check = |strategies: &[String], expected: &[&str]| {
        assert_eq!(codes(&feature(&strategies.join(","))), expected, "{strategies:?}");
    };
    let pure = |id: &str, percentage: &str| strategy(id, percentage, &[]);
    check(&[pure("a", "600000"), pure("b", "400000")], &[]);
    check(&[pure("a", "600000"), pure("b", "400001")], &["percentage-sum"]);
    check(
        &[pure("a", "600000"), pure("b", "600000"), pure("c", "100000")],
        &["percentage-sum", "unreachable"],
    );
    check(&[pure("a", "1000000"), pure("b", "100000")], &["percentage-sum", "unreachable"]);
    check(&[pure("a", "1000001")], &["percentage-range"]);
    check(&[pure("a", "-1")], &["percentage-range"]);
    check(&[pure("a", "0")], &["percentage-zero"]);
    // Under profile `edge`, such a strategy matches bucket 0.
    let message = lint(&feature(&pure("a", "0")))["findings"][0]["message"].to_string();
    for part in ["never matches under profile client", "at most bucket 0 under profile edge"] {
        assert!(message.contains(part), "{message}");
    }
    check(&[pure("a", "")], &["empty-strategy"]);
    check(&[pure("a", "\"20\"")], &["WRONG-TYPE"]);
    check(&[pure("a", "200000.0")], &[]);
    for unit in ["1", "25", "100", "101", "999"] {
        check(&[pure("a", unit)], &["percentage-unit"]);
    }
    check(&[pure("a", "1000")], &[]);
    let finding = &lint(&feature(&pure("a", "25")))["findings"][0];
    assert_eq!(finding["message"], "the number 25 means 0.0025 %");
    assert!(finding["advice"].as_str().unwrap().contains("write 250000"), "{finding}");
    // Percentages with different percentage attributes are added up separately.
    let company =
        r#"{"id": "c", "percentage": 600000, "percentageAttributes": ["company"], "value": true}"#
            .to_string();
    check(&[pure("a", "600000"), company.clone()], &[]);
    check(&[company.clone(), company.replace("\"c\"", "\"d\"")], &["percentage-sum"]);
    check(&[pure("a", "200000"), pure("a", "200000")], &["duplicate-strategy"]);
}

/// The matching contexts have no value (evaluation 2.7).
#[test]
fn strategies_without_a_value() {
    for (kind, value) in [("BOOLEAN", ""), ("STRING", ""), ("NUMBER", "null"), ("JSON", " null ")] {
        let member =
            if value.is_empty() { String::new() } else { format!(r#", "value": {value}"#) };
        let features = feature(&format!(r#"{{"id": "s", "percentage": 200000{member}}}"#))
            .replace(r#""BOOLEAN", "value": false"#, &format!("\"{kind}\""));
        let report = lint(&features);
        let [finding] = &report["findings"].as_array().unwrap()[..] else { panic!("{report}") };
        assert_eq!(finding["code"], "no-value", "{kind}");
        let is_boolean = finding["message"].as_str().unwrap().contains("isEnabled is false");
        assert_eq!(is_boolean, kind == "BOOLEAN", "{finding}");
    }
}

#[test]
fn unreachable_strategies_are_found() {
    let plan = |values: &str| rule("plan", "STRING", "EQUALS", values);
    let version = rule("version", "SEMANTIC_VERSION", "GREATER", "[\"4.2.0\"]");
    let found = |strategies: &[String]| {
        let report = lint(&feature(&strategies.join(",")));
        let findings = report["findings"].as_array().unwrap().clone();
        let unreachable = findings.into_iter().filter(|finding| finding["code"] == "unreachable");
        unreachable
            .map(|finding| {
                (
                    finding["strategy"].as_u64().unwrap(),
                    finding["message"].as_str().unwrap().to_string(),
                )
            })
            .collect::<Vec<_>>()
    };
    let gold = [plan("[\"gold\"]")];
    let both = [version.clone(), plan("[\"gold\"]")];
    // The second strategy has the same rules, an additional rule, fewer rules.
    assert_eq!(found(&[strategy("a", "", &gold), strategy("b", "", &gold)]).len(), 1);
    assert_eq!(found(&[strategy("a", "", &gold), strategy("b", "", &both)]).len(), 1);
    assert_eq!(found(&[strategy("a", "", &both), strategy("b", "", &gold)]).len(), 0);
    let swapped = [plan("[\"tin\", \"gold\"]")];
    let listed = [plan("[\"gold\", \"tin\"]")];
    assert_eq!(found(&[strategy("a", "", &listed), strategy("b", "", &swapped)]).len(), 1);
    assert_eq!(found(&[strategy("a", "", &listed), strategy("b", "", &gold)]).len(), 0);
    // Only the first value of a BOOLEAN rule counts.
    let beta = |values: &str| [rule("beta", "BOOLEAN", "EQUALS", values)];
    let (yes, no) = (beta("[true, false]"), beta("[false, true]"));
    assert_eq!(found(&[strategy("a", "", &yes), strategy("b", "", &no)]).len(), 0);
    let only_true = beta("[null, true]");
    assert_eq!(found(&[strategy("a", "", &yes), strategy("b", "", &only_true)]).len(), 1);
    // Percentages of strategies with rules are not cumulative.
    assert_eq!(found(&[strategy("a", "300000", &gold), strategy("b", "200000", &gold)]).len(), 1);
    assert_eq!(found(&[strategy("a", "200000", &gold), strategy("b", "300000", &gold)]).len(), 0);
    // A percentage without rules takes its buckets from later strategies with rules.
    assert_eq!(found(&[strategy("a", "300000", &[]), strategy("b", "300000", &gold)]).len(), 1);
    assert_eq!(found(&[strategy("a", "300000", &[]), strategy("b", "300001", &gold)]).len(), 0);
    // A percentage of 100 % does not match contexts without a user key.
    let after_all = found(&[strategy("a", "1000000", &[]), strategy("b", "", &gold)]);
    assert!(after_all.len() == 1 && after_all[0].1.contains("without a user key"), "{after_all:?}");
    let all_companies =
        r#"{"id": "c", "percentage": 1000000, "percentageAttributes": ["company"], "value": true}"#;
    let after_all = found(&[all_companies.to_string(), strategy("b", "", &gold)]);
    assert!(after_all.len() == 1 && after_all[0].1.starts_with("no context"), "{after_all:?}");
    // A strategy that never matches makes no other strategy unreachable.
    assert_eq!(found(&[strategy("a", "\"x\"", &[]), strategy("b", "", &gold)]).len(), 0);
}

#[test]
fn rules() {
    for (field, kind, conditional, values, expected) in [
        ("v", "SEMANTIC_VERSION", "STARTS_WITH", "[\"4.2.0\"]", &["never-holds"][..]),
        ("v", "BOOLEAN", "INCLUDES", "[true]", &["never-holds"]),
        ("v", "IP_ADDRESS", "GREATER", "[\"10.0.0.1\"]", &["never-holds"]),
        ("v", "SEMANTIC_VERSION", "GREATER", "[\"4.2\"]", &["version"]),
        ("v", "SEMANTIC_VERSION", "GREATER", "[\"4.2.0-rc.1+b7\"]", &[]),
        ("v", "STRING", "REGEX", r#"["^(a)\\1$"]"#, &["REGEX"]),
        ("v", "STRING", "REGEX", "[\"(\"]", &["REGEX"]),
        ("v", "STRING", "REGEX", "[\"^[[:alpha:]]$\"]", &["regex-dialect"]),
        ("v", "STRING", "REGEX", r#"["^\\p{L}\\h$"]"#, &["regex-dialect", "regex-dialect"]),
        ("v", "STRING", "REGEX", r#"["^[a-z]+$"]"#, &[]),
        ("v", "STRING", "REGEX", r#"["^[a-z]{3000}$"]"#, &["regex-limit"]),
        ("v", "STRING", "EQUALS", "[\" a\"]", &["blanks"]),
        // A blank in a pattern is not a finding. The finding is that on the Edge a pattern must match the whole text.
        ("v", "STRING", "REGEX", "[\" a\"]", &["edge"]),
        (" v", "STRING", "EQUALS", "[\"a\"]", &["blanks"]),
        ("v", "STRING", "NOT_EQUALS", "null", &["blank-rule"]),
        ("v", "STRING", "EQUALS", "null", &[]),
        ("now", "DATE", "EQUALS", "null", &["blank-rule"]),
        ("v", "STRING", "EQUALS", "[]", &["blank-rule"]),
        ("v", "BOOLEAN", "EQUALS", "[true, false]", &["boolean-rule"]),
        ("v", "BOOLEAN", "EQUALS", "[true]", &[]),
        ("v", "DATE", "GREATER", "[\"9.5.2031\"]", &["UNREADABLE-VALUE"]),
        ("v", "IP_ADDRESS", "INCLUDES", "[\"10.0.0.0/99\"]", &["UNREADABLE-VALUE"]),
        ("v", "NUMBER", "EQUALS", "[\"ten\"]", &["UNREADABLE-VALUE"]),
        ("v", "SHAPE", "EQUALS", "[\"a\"]", &["UNKNOWN-NAME"]),
        ("v", "STRING", "LIKE", "[\"a\"]", &["UNKNOWN-NAME"]),
        ("v", "STRING", "EQUALS", "\"a\"", &["WRONG-TYPE"]),
        ("country", "STRING", "EQUALS", "[\"NZ\"]", &["well-known"]),
        ("country", "STRING", "EQUALS", "[\"new_zealand\"]", &[]),
        ("country", "STRING", "STARTS_WITH", "[\"united_\"]", &[]),
        ("country", "STRING", "INCLUDES", "[\"Zealand\"]", &["well-known"]),
        ("device", "STRING", "EQUALS", "[\"phone\"]", &["well-known"]),
        ("platform", "STRING", "REGEX", "[\"^(ios|android)$\"]", &[]),
        ("platform", "STRING", "NOT_EQUALS", "[\"Windows\"]", &["well-known"]),
    ] {
        let features = with_rule(field, kind, conditional, values);
        assert_eq!(codes(&features), expected, "{features}");
    }
}

#[test]
fn well_known_names_are_suggested() {
    let advice = |field: &str, value: &str| {
        lint(&with_rule(field, "STRING", "EQUALS", &format!("[\"{value}\"]")))["findings"][0]["advice"].as_str().unwrap().to_string()
    };
    assert_eq!(advice("country", "NZ"), "write new_zealand");
    assert_eq!(advice("country", "New Zealand"), "write new_zealand");
    assert_eq!(advice("country", "gb"), "write united_kingdom");
    assert!(advice("country", "Atlantis").contains("new_zealand"));
    assert!(advice("device", "telephone").contains("browser, mobile"));
}

#[test]
fn values_of_the_wrong_type() {
    let value = |kind: &str, value: &str| {
        codes(&format!(r#"[{{"id": "f", "key": "K", "type": "{kind}", "value": {value}}}]"#))
    };
    assert_eq!(value("BOOLEAN", "\"true\""), ["value-type"]);
    assert_eq!(value("NUMBER", "\"7.50\""), ["value-type"]);
    assert_eq!(value("NUMBER", "\"seven\""), ["unreadable-value"]);
    assert_eq!(value("STRING", "7"), ["value-type"]);
    assert_eq!(value("JSON", "\"{nope}\""), ["json-value"]);
    assert_eq!(value("JSON", r#""{\"a\": [1]}""#), Vec::<String>::new());
    assert_eq!(value("JSON", "{\"a\": 1}"), ["wrong-type"]);
    assert_eq!(value("THING", "1"), ["unknown-name"]);
    assert_eq!(
        codes(&feature(r#"{"id": "s", "percentage": 100000, "value": "yes"}"#)),
        ["value-type"]
    );
}

#[test]
fn what_the_edge_does_differently() {
    let found = |field: &str, kind: &str, conditional: &str, values: &str| {
        codes(&with_rule(field, kind, conditional, values)) == ["edge"]
    };
    assert!(found("v", "STRING", "NOT_EQUALS", "[\"a\", \"b\"]"));
    assert!(!found("v", "STRING", "NOT_EQUALS", "[\"a\", \"a\"]"));
    assert!(found("v", "STRING", "REGEX", "[\"abc\"]"));
    assert!(!found("v", "STRING", "REGEX", "[\"^abc$\"]"));
    assert!(found("v", "NUMBER", "EQUALS", "[9.5]"));
    assert!(!found("v", "NUMBER", "EQUALS", "[9]"));
    assert!(found("v", "NUMBER", "GREATER", "[10.1]"));
    assert!(!found("v", "NUMBER", "GREATER", "[9.5]"));
    assert!(found("v", "NUMBER", "EQUALS", "[\"9\"]"));
    assert!(found("v", "NUMBER", "GREATER", "[3000000000]"));
    assert!(found("v", "NUMBER", "REGEX", "[\"^1$\"]"));
    assert!(found("now", "DATETIME", "GREATER", "[\"2031-05-09T00:00:00Z\"]"));
    assert!(!found("at", "DATETIME", "GREATER", "[\"2031-05-09T00:00:00Z\"]"));
    assert!(found("at", "DATETIME", "EQUALS", "[\"2031-05-09T00:00:00Z\"]"));
    assert!(found("at", "DATETIME", "GREATER", "[\"2031-05-09T00:00:00\"]"));
    assert!(found("v", "STRING", "EQUALS", ""));
    assert!(found("v", "STRING", "EQUALS", "[\"a\", null]"));
    // With --profile edge, differences from the Edge are not reported.
    let features = with_rule("v", "NUMBER", "EQUALS", "[\"9\"]");
    let report = fh_with(&["lint", "-", "--json", "--profile", "edge"], &features).expect(1).json();
    assert_eq!(report["findings"][0]["code"], "unreadable-value");
    assert_eq!(report["warnings"], 0);
}

#[test]
fn features_among_each_other() {
    let twice = r#"[{"id": "a", "key": "K", "type": "NUMBER", "value": 1}, {"id": "b", "key": "K", "type": "NUMBER", "value": 2}]"#;
    assert_eq!(codes(twice), ["DUPLICATE-KEY"]);
    assert_eq!(codes(r#"[{"id": "a"}, 7]"#), ["WRONG-TYPE", "WRONG-TYPE"]);
    assert_eq!(
        codes(
            r#"[{"key": "K", "type": "BOOLEAN", "strategies": [{"id": "s", "percentage": 50000, "value": true}]}]"#
        ),
        ["NO-FEATURE-ID"]
    );
}

#[test]
fn exit_codes() {
    let clean = FEATURES;
    let warned = feature(&strategy("a", "", &[]));
    let broken = feature(&strategy("a", "\"x\"", &[]));
    for (features, plain, strict) in [(clean, 0, 0), (&warned, 0, 1), (&broken, 1, 1)] {
        fh_with(&["lint", "-"], features).expect(plain);
        fh_with(&["lint", "-", "--strict"], features).expect(strict);
    }
    let run = fh_with(&["lint", "-", "--strict", "--allow", "empty-strategy"], &warned).expect(0);
    assert!(run.out.contains("1 warning allowed"), "{run:?}");
    // --allow does not apply to errors.
    fh_with(&["lint", "-", "--allow", "wrong-type"], &broken).expect(1);
}

#[test]
fn names_the_place() {
    let features = "[{\"id\": \"prod\", \"features\": [\n\
        {\"id\": \"f\", \"key\": \"K\", \"type\": \"BOOLEAN\", \"value\": false, \"strategies\": [\n\
        {\"id\": \"s1\", \"percentage\": 100000, \"value\": true},\n\
        {\"id\": \"s2\", \"value\": true, \"attributes\": [\n\
        {\"fieldName\": \"d\", \"type\": \"DATE\", \"conditional\": \"LESS\", \"values\": [\"soon\"]},\n\
        {\"fieldName\": \"v\", \"type\": \"SEMANTIC_VERSION\", \"conditional\": \"LESS\", \"values\": [\"5\"]}]}]}]}]";
    let path = file("places.json", features);
    let report = fh(&["lint", &path, "--json"]).expect(1).json();
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["strategy"], &finding["rule"]),
        (&5.into(), &1.into(), &0.into())
    );
    assert_eq!(
        (finding["strategyId"].as_str(), finding["field"].as_str()),
        (Some("s2"), Some("d"))
    );
    assert_eq!(finding["environment"], "prod");
    let finding = &report["findings"][1];
    assert_eq!(
        (&finding["line"], &finding["rule"], finding["value"].as_str()),
        (&6.into(), &1.into(), Some("\"5\""))
    );
    let text = fh(&["lint", &path]).expect(1).out;
    assert!(text.contains("error[unreadable-value]: not a date; the value is ignored\n"), "{text}");
    assert!(text.contains("places.json:6, feature K, strategy 2 (s2), rule 2 (v), values \"5\"\n  fix: write 5.0.0\n"), "{text}");
    assert!(text.ends_with("1 feature: 1 error, 1 warning\n"), "{text}");
    // Findings in a recorded stream have no line number.
    let stream =
        fh_with(&["lint", "-", "--json"], format!("data: {}\n\n", features.replace('\n', " ")))
            .expect(1)
            .json();
    assert!(stream["findings"][0]["line"].is_null());
}

#[test]
fn lines_are_counted_from_the_first_column() {
    let path = file("columns.json", "[\n{\"id\": \"a\"},\n8\n]");
    let report = fh(&["lint", &path, "--json"]).expect(1).json();
    assert_eq!(
        (&report["findings"][0]["line"], &report["findings"][1]["line"]),
        (&2.into(), &3.into())
    );
}

#[test]
fn all_environments_are_looked_at() {
    let bad = feature(&strategy("a", "", &[]));
    let body = format!(
        "[{{\"id\": \"e1\", \"features\": {bad}}}, {{\"id\": \"e2\", \"features\": {bad}}}]"
    );
    assert_eq!(codes(&body), ["empty-strategy", "empty-strategy"]);
    let one = fh_with(&["lint", "-", "--environment", "e2", "--json"], &body).expect(0).json();
    assert_eq!(one["findings"].as_array().unwrap().len(), 1);
    assert_eq!(one["findings"][0]["environment"], "e2");
    assert!(fh_with(&["lint", "-"], &body).out.contains("environment e1, feature K"));
}

#[test]
fn patterns_that_are_refused_or_read_differently_say_what_to_write() {
    for (pattern, part) in [
        ("^a(?=b)", "give each look-ahead a rule of its own"),
        ("^a(?!b)", "add a rule with EXCLUDES for the text that must not follow"),
        ("(?<=b)a", "write the text that precedes as part of the pattern"),
        ("(?<!b)a", "add a rule with EXCLUDES for the text that must not precede"),
        (r"(a|b)\\1", r"write the repeated texts as alternatives, such as aa|bb for (a|b)\1"),
        ("(?<=a+)b", "write one look-behind for each length"),
        ("(?<!(a))b", "write (?:…) for the group"),
        ("(?<=a)*b", "leave the repetition out"),
        (r"\\p{Greek}", r"a script such as \p{IsGreek}"),
        (r"\\R+", r"write (?:\r\n|\n)+"),
        ("[[:alpha:]]", "A-Za-z for [:alpha:]"),
        (r"\\Qa.b\\E", "write a backslash before each special character"),
    ] {
        let report = lint(&with_rule("v", "STRING", "REGEX", &format!("[\"{pattern}\"]")));
        let mut findings = report["findings"].as_array().unwrap().iter();
        let has_advice = findings
            .any(|finding| finding["advice"].as_str().is_some_and(|advice| advice.contains(part)));
        assert!(has_advice, "{pattern}: {report}");
    }
}
