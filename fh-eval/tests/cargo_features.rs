//! Builds without some of the cargo features: a feature that needs a missing part of the engine is left out, with a
//! diagnostic that names the cargo feature.
//!
//! `cargo test -p fh-eval --no-default-features --test cargo_features` runs these tests without all cargo features.
#![allow(clippy::unwrap_used)]

use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, DiagnosticKind, EvaluationReason, Profile, Ruleset, Subject, Timestamp};
use serde_json::value::RawValue;

const NOW: Timestamp = Timestamp::from_millis(0);

/// Returns a feature whose strategy has the value `yes` if a rule of this form holds for the attribute `name`.
fn feature(key: &str, kind: &str, conditional: &str, values: &str) -> String {
    format!(
        r#"{{"id":"id-{key}","key":"{key}","type":"STRING","value":"no","strategies":[
            {{"id":"s-{key}","value":"yes","percentage":1000000,"percentageAttributes":["name"],"attributes":[
            {{"fieldName":"other","type":"NUMBER","conditional":"NOT_EQUALS","values":[7]}},
            {{"fieldName":"{key}","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}]}}"#
    )
}

/// The first, the third and the last feature need no cargo feature in profile `client`.
fn payload() -> String {
    let list = [
        feature("FIRST", "STRING", "EQUALS", r#"["gold"]"#),
        feature("PATTERN", "STRING", "REGEX", r#"["^go+ld$"]"#),
        feature("NO_PATTERN", "STRING", "REGEX", "[]"),
        feature("PATTERN_OF_A_NUMBER", "NUMBER", "REGEX", r#"["5", "6"]"#),
        feature("LAST", "STRING", "INCLUDES", r#"["old"]"#),
    ];
    format!("[{}]", list.join(","))
}

fn compile(profile: Profile) -> Ruleset {
    Ruleset::from_json(payload().as_bytes(), profile).unwrap()
}

/// Returns the keys of the features that a missing cargo feature leaves out, each with the name of the cargo feature.
fn missing(ruleset: &Ruleset) -> Vec<(&str, &str)> {
    let found = ruleset.diagnostics().filter_map(|found| match found.problem {
        DiagnosticKind::MissingCargoFeature(name) => Some((&*found.place.feature, name)),
        _ => None,
    });
    found.collect()
}

#[test]
fn features_that_need_no_missing_part_are_evaluated() {
    let ruleset = compile(Profile::Client);
    let attributes = Attributes::builder()
        .attribute("FIRST", "gold")
        .attribute("LAST", "gold")
        .attribute("NO_PATTERN", "gold")
        .attribute("other", 8)
        .attribute("name", "mara")
        .build();
    let mara = Subject::new(&attributes, NOW);
    for (key, value, strategy) in [
        ("FIRST", "yes", Some("s-FIRST")),
        ("NO_PATTERN", "no", None),
        ("LAST", "yes", Some("s-LAST")),
    ] {
        let evaluation = ruleset.get(key).unwrap().evaluate(&mara);
        assert_eq!(
            (evaluation.string(), evaluation.strategy_id()),
            (Some(value), strategy),
            "{key}"
        );
    }
    let last = ruleset.get("LAST").unwrap().evaluate(&mara);
    assert_eq!(last.reason(), EvaluationReason::Split);
}

#[test]
fn a_pattern_needs_the_cargo_feature_patterns() {
    let ruleset = compile(Profile::Client);
    let keys: Vec<&str> = ruleset.iter().map(|feature| feature.key()).collect();
    if cfg!(feature = "patterns") {
        assert_eq!(missing(&ruleset), []);
        assert_eq!(keys, ["FIRST", "PATTERN", "NO_PATTERN", "PATTERN_OF_A_NUMBER", "LAST"]);
        return;
    }
    assert_eq!(missing(&ruleset), [("PATTERN", "patterns"), ("PATTERN_OF_A_NUMBER", "patterns")]);
    assert_eq!(keys, ["FIRST", "NO_PATTERN", "LAST"]);
    let told: Vec<String> = ruleset.diagnostics().map(ToString::to_string).collect();
    let told = told.join("\n");
    assert!(
        told.contains("lacks the cargo feature `patterns` of fh-eval; the feature is left out"),
        "{told}"
    );
}

#[test]
fn one_feature_with_a_pattern_is_an_error() {
    let json = feature("PATTERN", "STRING", "REGEX", r#"["^go+ld$"]"#);
    let raw: &RawValue = serde_json::from_str(&json).unwrap();
    let compiled = Compiler::new(Profile::Client).feature(raw);
    assert_eq!(compiled.is_ok(), cfg!(feature = "patterns"));
    if let Err(diagnostic) = compiled {
        assert_eq!(diagnostic.problem, DiagnosticKind::MissingCargoFeature("patterns"));
    }
    // Strategies that are left out need no part of the engine (D-123).
    assert!(Compiler::new(Profile::Client).without_strategies().feature(raw).is_ok());
}

#[test]
fn profile_edge_needs_the_cargo_feature_edge_profile() {
    let ruleset = compile(Profile::Edge);
    if cfg!(feature = "edge-profile") {
        assert_eq!(missing(&ruleset).len(), if cfg!(feature = "patterns") { 0 } else { 2 });
        return;
    }
    assert!(ruleset.is_empty());
    let expected = ["FIRST", "PATTERN", "NO_PATTERN", "PATTERN_OF_A_NUMBER", "LAST"];
    assert_eq!(missing(&ruleset), expected.map(|key| (key, "edge-profile")));
}

#[test]
fn diagnostics_of_parts_need_the_cargo_feature_explain() {
    let json = br#"[{"key":"A","type":"BOOLEAN","value":[],"strategies":7},{"key":7}]"#;
    let ruleset = Ruleset::from_json(json, Profile::Client).unwrap();
    let kept = ruleset.get("A").unwrap().diagnostics().len();
    assert_eq!(kept, if cfg!(feature = "explain") { 2 } else { 0 });
    let left_out: Vec<_> = ruleset.diagnostics().skip(kept).collect();
    assert_eq!(left_out.len(), 1, "a feature that is left out always has a diagnostic");
    assert_eq!(&*left_out[0].place.feature, "#1");
}

#[test]
fn a_number_has_the_same_double_in_every_build() {
    for (text, double) in [("7.50", 7.5), ("1e400", f64::INFINITY), ("-0", 0.0)] {
        let json = format!(r#"[{{"key":"A","type":"NUMBER","value":{text}}}]"#);
        let ruleset = Ruleset::from_json(json.as_bytes(), Profile::Client).unwrap();
        let evaluation = ruleset.get("A").unwrap().evaluate(&Subject::without_context(NOW));
        assert_eq!(evaluation.number(), Some(double), "{text}");
    }
}
