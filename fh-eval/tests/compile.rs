//! Compiling readable and unreadable parts: the places of diagnostics, shared patterns, and strategies that cannot
//! match.
#![allow(clippy::unwrap_used)]

use fh_eval::featurehub::{Compiler, Document, HashIds};
use fh_eval::{Attributes, Outcome, Profile, Ruleset, Severity, Subject, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(0);

fn compile(json: &str) -> Ruleset {
    Ruleset::from_json(json.as_bytes(), Profile::Client).unwrap()
}

fn with_strategy(strategy: &str) -> String {
    format!(
        r#"[{{"id":"9cd3b1d4","key":"F","type":"STRING","value":"all","strategies":[{strategy},{{"id":"last","percentage":1000000,"value":"last"}}]}}]"#
    )
}

#[test]
fn unreadable_parts_never_match_and_diagnostics_name_their_place() {
    let rule = |rest: &str| format!(r#"{{"id":"s","value":"bad","attributes":[{{{rest}}}]}}"#);
    for (strategy, told) in [
        (
            "7".to_string(),
            "feature F, strategy 1, strategies: expected an object; the strategy never matches",
        ),
        (
            r#"{"id":"s","percentage":"20","value":"bad"}"#.to_string(),
            "feature F, strategy 1 (s), percentage \"20\": expected an integer from 0 to 1000000; the strategy never matches",
        ),
        (
            r#"{"id":"s","percentage":20.5,"value":"bad"}"#.to_string(),
            "feature F, strategy 1 (s), percentage 20.5: expected an integer from 0 to 1000000; the strategy never matches",
        ),
        (
            r#"{"id":"s","attributes":{},"value":"bad"}"#.to_string(),
            "feature F, strategy 1 (s), attributes: expected a list; the strategy never matches",
        ),
        (
            r#"{"id":"s","percentage":1000000,"percentageAttributes":[1],"value":"bad"}"#
                .to_string(),
            "feature F, strategy 1 (s), percentageAttributes: expected a list of texts; the strategy never matches",
        ),
        (
            rule(r#""fieldName":"x","type":"COLOUR","conditional":"EQUALS","values":["y"]"#),
            "feature F, strategy 1 (s), rule 1 (x), type \"COLOUR\": unknown rule type; the rule never holds",
        ),
        (
            rule(r#""fieldName":"x","type":"STRING","conditional":"NEAR","values":["y"]"#),
            "feature F, strategy 1 (s), rule 1 (x), conditional \"NEAR\": unknown conditional; the rule never holds",
        ),
        (
            rule(r#""fieldName":"x","type":"STRING","conditional":"EQUALS","values":"y""#),
            "feature F, strategy 1 (s), rule 1 (x), values: expected a list; the rule never holds",
        ),
        (
            rule(r#""type":"STRING","conditional":"EQUALS","values":null"#),
            "feature F, strategy 1 (s), rule 1, fieldName: expected a text; the rule never holds",
        ),
        (
            rule(r#""fieldName":"x","type":"STRING","conditional":"REGEX","values":["(y)\\1"]"#),
            r"feature F, strategy 1 (s), rule 1 (x), values (y)\1: a back-reference is not supported; the value is ignored",
        ),
    ] {
        let ruleset = compile(&with_strategy(&strategy));
        let diagnostics: Vec<_> = ruleset.diagnostics().collect();
        assert_eq!(diagnostics.len(), 1, "{strategy}: {diagnostics:?}");
        assert_eq!(diagnostics[0].to_string(), told);
        assert_eq!(diagnostics[0].severity(), Severity::Error);
        // The unreadable part does not match, and the strategy after it does. The base of percentages has not changed.
        let with_attribute = Attributes::builder().user_key("carol").attribute("x", "y").build();
        let subject = Subject::new(&with_attribute, NOW);
        let feature = ruleset.get("F").unwrap();
        assert_eq!(feature.evaluate(&subject).string(), Some("last"), "{strategy}");
        let report = feature.explain(&subject).report();
        assert_eq!(report.strategies.len(), 2, "{strategy}");
        assert_eq!(report.strategies[0].outcome, Outcome::Invalid, "{strategy}");
    }
}

#[test]
fn a_strategy_id_that_is_not_a_text_is_reported() {
    for (id, told) in [
        ("7", Some("feature F, strategy 1, id 7: expected a text; using no id")),
        (r#"{"a":1}"#, Some(r#"feature F, strategy 1, id {"a":1}: expected a text; using no id"#)),
        ("null", None),
        (r#""s""#, None),
    ] {
        let ruleset =
            compile(&with_strategy(&format!(r#"{{"id":{id},"percentage":1000000,"value":"x"}}"#)));
        let found: Vec<_> = ruleset.diagnostics().map(ToString::to_string).collect();
        assert_eq!(found, told.into_iter().collect::<Vec<_>>(), "{id}");
        assert!(ruleset.diagnostics().all(|found| found.severity() == Severity::Warning), "{id}");
        // The strategy matches all the same.
        let feature = ruleset.get("F").unwrap();
        let fred = Attributes::builder().user_key("fred").build();
        assert_eq!(feature.evaluate(&Subject::new(&fred, NOW)).string(), Some("x"), "{id}");
    }
}

#[test]
fn identical_patterns_are_compiled_once() {
    // Together the patterns exceed the budget of one ruleset by far. Identical ones are shared and count as one.
    let features = |pattern: &dyn Fn(usize) -> String| {
        let features: Vec<String> = (0..60)
            .map(|index| {
                format!(
                    r#"{{"key":"F{index}","type":"BOOLEAN","value":false,"strategies":[{{"id":"s","value":true,"attributes":[
                        {{"fieldName":"x","type":"STRING","conditional":"REGEX","values":["{}"]}}]}}]}}"#,
                    pattern(index)
                )
            })
            .collect();
        compile(&format!("[{}]", features.join(",")))
    };
    let shared = features(&|_| "^([a-z0-9]?){3000}!$".to_string());
    assert_eq!(shared.diagnostics().count(), 0);
    let different = features(&|index| format!("^([a-z0-9]?){{3000}}{index}!$"));
    let refused: Vec<_> = different.diagnostics().collect();
    assert!(refused.len() > 30, "{}", refused.len());
    assert!(refused[0].to_string().contains("too large together"), "{}", refused[0]);
}

#[test]
fn strategies_that_cannot_match_are_still_explained() {
    let ruleset = compile(&with_strategy(
        r#"{"id":"dead","value":"dead","attributes":[
            {"fieldName":"x","type":"STRING","conditional":"REGEX","values":["a+"]},
            {"fieldName":"x","type":"BOOLEAN","conditional":"GREATER","values":[true]}]}"#,
    ));
    let with_attribute = Attributes::builder().user_key("carol").attribute("x", "aa").build();
    let feature = ruleset.get("F").unwrap();
    let report = feature.explain(&Subject::new(&with_attribute, NOW)).report();
    assert_eq!(report.strategies[0].outcome, Outcome::AttributeMiss);
    let held: Vec<_> = report.strategies[0].rules.iter().map(|rule| rule.held).collect();
    assert_eq!(held, [Some(true), Some(false)], "in the payload's order");
    assert_eq!(report.strategy_id.as_deref(), Some("last"));
}

#[test]
fn an_ignored_member_leaves_a_rule_comparable() {
    for (member, values, outcome) in [
        (r#","comment":"x""#, r#"["gold"]"#, Outcome::AttributeMiss),
        ("", r#"["gold"]"#, Outcome::AttributeMiss),
        ("", "[null]", Outcome::AttributeMiss),
        ("", r#"[["gold"]]"#, Outcome::Invalid),
        (r#","comment":"x""#, r#"[["gold"],null]"#, Outcome::Invalid),
    ] {
        let ruleset = compile(&with_strategy(&format!(
            r#"{{"id":"s","value":"x","attributes":[
                {{"fieldName":"plan","type":"STRING","conditional":"EQUALS","values":{values}{member}}}]}}"#
        )));
        let silver = Attributes::builder().user_key("carol").attribute("plan", "silver").build();
        let report = ruleset.get("F").unwrap().explain(&Subject::new(&silver, NOW)).report();
        assert_eq!(report.strategies[0].outcome, outcome, "{values}{member}");
    }
}

/// A rule is compared if at least one value precedes the one at which it ends in profile `edge`.
#[test]
fn a_rule_that_ends_before_its_first_usable_value_cannot_be_compared() {
    for (kind, conditional, values, supplied, outcome) in [
        ("DATE", "STARTS_WITH", r#"["x",null]"#, "y", Outcome::AttributeMiss),
        ("DATE", "STARTS_WITH", r#"["null",null]"#, "y", Outcome::AttributeMiss),
        ("DATE", "STARTS_WITH", r#"[null,"x"]"#, "y", Outcome::Invalid),
        ("DATE", "EQUALS", r#"["2031-05-08","soon"]"#, "2031-05-09", Outcome::AttributeMiss),
        ("DATE", "EQUALS", r#"["soon","2031-05-09","x"]"#, "2031-05-09", Outcome::Invalid),
        ("DATE", "EQUALS", r#"["null","2031-05-09",null]"#, "2031-05-09", Outcome::Invalid),
        ("DATE", "EQUALS", r#"[["2031-05-09"],"soon"]"#, "2031-05-09", Outcome::Invalid),
        ("STRING", "REGEX", r#"["a","("]"#, "b", Outcome::AttributeMiss),
        ("STRING", "REGEX", r#"["(","b"]"#, "b", Outcome::Invalid),
        ("IP_ADDRESS", "EQUALS", r#"["10.0.0.2","host",null]"#, "10.0.0.1", Outcome::AttributeMiss),
        ("IP_ADDRESS", "EQUALS", r#"["host",null,"10.0.0.1"]"#, "10.0.0.1", Outcome::Invalid),
    ] {
        let json = with_strategy(&format!(
            r#"{{"id":"s","value":"x","attributes":[
                {{"fieldName":"x","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}"#
        ));
        let ruleset = Ruleset::from_json(json.as_bytes(), Profile::Edge).unwrap();
        let context = Attributes::builder().user_key("carol").attribute("x", supplied).build();
        let report = ruleset.get("F").unwrap().explain(&Subject::new(&context, NOW)).report();
        assert_eq!(report.strategies[0].outcome, outcome, "{kind} {conditional} {values}");
    }
}

/// A null ends such a rule in profile `edge`. The server raises no error (evaluation 3.3, 3.4).
#[test]
fn a_null_in_a_text_comparison_of_numbers_or_dates_is_no_error_of_the_server() {
    let ended = "values null: not a text; the rule fails if it reaches this value";
    let raises = "values null: FeatureHub's server raises an error on this value; the rule fails if it reaches this value";
    for (kind, conditional, told) in [
        ("NUMBER", "STARTS_WITH", ended),
        ("NUMBER", "REGEX", ended),
        ("DATE", "ENDS_WITH", ended),
        ("DATETIME", "REGEX", ended),
        ("SEMANTIC_VERSION", "EQUALS", raises),
    ] {
        let json = with_strategy(&format!(
            r#"{{"id":"s","value":"x","attributes":[
                {{"fieldName":"x","type":"{kind}","conditional":"{conditional}","values":["1",null]}}]}}"#
        ));
        let ruleset = Ruleset::from_json(json.as_bytes(), Profile::Edge).unwrap();
        let found: Vec<_> = ruleset.diagnostics().map(ToString::to_string).collect();
        assert_eq!(found, [format!("feature F, strategy 1 (s), rule 1 (x), {told}")], "{kind}");
    }
}

#[test]
fn a_rule_without_a_name_shows_no_supplied_values() {
    for name in ["", r#""fieldName":7,"#] {
        let ruleset = compile(&with_strategy(&format!(
            r#"{{"id":"s","value":"x","attributes":[
                {{{name}"type":"STRING","conditional":"EQUALS","values":["y"]}}]}}"#
        )));
        let context =
            Attributes::builder().user_key("carol").attribute("?", "y").attribute("7", "y").build();
        let report = ruleset.get("F").unwrap().explain(&Subject::new(&context, NOW)).report();
        assert_eq!(report.strategies[0].rules[0].given, None, "{name}");
    }
}

/// No profile reads a negative year without an offset: profile `client` reads no such year, and profile `edge` needs an offset.
#[test]
fn a_date_time_that_no_profile_reads_cannot_be_compared() {
    for (supplied, outcome) in [
        ("-0005-01-01T00:00", Outcome::Invalid),
        ("-0005-01-01T00:00Z", Outcome::AttributeMiss),
        ("2024-01-02T00:00", Outcome::AttributeMiss),
    ] {
        let ruleset = compile(&with_strategy(
            r#"{"id":"s","value":"x","attributes":[
                {"fieldName":"x","type":"DATETIME","conditional":"EQUALS","values":["2024-01-01T00:00:00Z"]}]}"#,
        ));
        let context = Attributes::builder().user_key("carol").attribute("x", supplied).build();
        let report = ruleset.get("F").unwrap().explain(&Subject::new(&context, NOW)).report();
        assert_eq!(report.strategies[0].outcome, outcome, "{supplied}");
    }
}

#[test]
fn value_ids_are_hashed_where_they_are_known() {
    let json = br#"[{"id":"feature-a","key":"A","type":"BOOLEAN","value":false,"strategies":[{"id":"s","percentage":500000,"value":true}]},
                    {"id":"feature-b","key":"B","type":"BOOLEAN","value":false,"strategies":[{"id":"s","percentage":500000,"value":true}]}]"#;
    let ids = HashIds::from([("A".to_string(), "value-a".to_string())]);
    let environment = Document::parse(json).unwrap().only().unwrap();
    let ruleset = Compiler::new(Profile::Edge).hash_ids(&ids).compile(&environment);
    for user in 0..200 {
        let key = format!("user-{user}");
        let context = Attributes::builder().user_key(&key).build();
        for (feature, id) in [("A", "value-a"), ("B", "feature-b")] {
            let is_in =
                ruleset.get(feature).unwrap().evaluate(&Subject::new(&context, NOW)).is_enabled();
            assert_eq!(is_in, Profile::Edge.bucket(&key, id) <= 500_000, "{feature} {key}");
        }
    }
    let told: Vec<_> = ruleset.diagnostics().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "feature B, id: the feature's value has no id (valueId) to compute percentages from; using the feature id"
        ]
    );
}

/// The members of a feature with two strategies. In these tests the first strategy never matches, and the second always
/// does.
const MEMBERS: [(&str, &str); 15] = [
    ("id", r#""9cd3b1d4""#),
    ("l", "false"),
    ("version", "3"),
    ("type", r#""STRING""#),
    ("value", r#""all""#),
    ("fp", r#"{"a":"b"}"#),
    ("strategies", ""),
    ("strategies.id", r#""bad""#),
    ("strategies.percentage", "0"),
    ("strategies.percentageAttributes", "[]"),
    ("strategies.value", r#""bad""#),
    ("strategies.attributes", ""),
    ("strategies.attributes.fieldName", r#""x""#),
    ("strategies.attributes.type", r#""STRING""#),
    ("strategies.attributes.values", r#"["no"]"#),
];

/// Returns the feature with `given` as the value of one member.
fn with_member(member: &str, given: &str) -> String {
    let level = |prefix: &str| -> String {
        let members = MEMBERS.iter().filter_map(|(path, usual)| {
            let name = path.strip_prefix(prefix).filter(|name| !name.contains('.'))?;
            let value = if *path == member { given } else { usual };
            (!value.is_empty()).then(|| format!(r#""{name}":{value},"#))
        });
        members.collect()
    };
    let mut json = format!(r#"{{{}"conditional":"EQUALS"}}"#, level("strategies.attributes."));
    if member != "strategies.attributes" {
        json = format!(r#"{{{}"attributes":[{json}]}}"#, level("strategies."));
    } else {
        json = format!(r#"{{{}"later":1}}"#, level("strategies."));
    }
    if member != "strategies" {
        json = format!(r#""strategies":[{json},{{"percentage":1000000,"value":"last"}}],"#);
    } else {
        json = String::new();
    }
    format!(r#"[{{{}{json}"key":"F"}}]"#, level(""))
}

#[test]
fn any_json_value_in_any_member_keeps_the_feature() {
    let values = [
        "null",
        "true",
        "7",
        "1e999",
        "-1e999",
        "123456789012345678901234567890",
        "1e-999",
        r#""text""#,
        r#""\ud800""#,
        r#""2e999""#,
        "[]",
        "[7]",
        "[1e999]",
        r#"[{"a":1e999}]"#,
        "[[1e999]]",
        "{}",
        r#"{"\udc00":1e999}"#,
        r#"{"a":{"b":[-1e999,"\ud800"]}}"#,
    ];
    let mara = Attributes::builder().user_key("mara").attribute("x", ["y"]).build();
    let subject = Subject::new(&mara, NOW);
    for (member, _) in MEMBERS {
        for value in values {
            let json = with_member(member, value);
            let ruleset = compile(&json);
            let feature = ruleset.get("F");
            assert!(feature.is_some(), "{json}");
            let feature = feature.unwrap();
            let found = feature.evaluate(&subject);
            assert_ne!(found.strategy_id(), Some("bad"), "{json}");
            assert_ne!(feature.value_token(&found), Some(r#""bad""#), "{json}");
            let is_number = value.starts_with(['-', '1']);
            if is_number && !["version", "strategies.percentage", "value"].contains(&member) {
                // Where no number is expected, all numbers have the same effect.
                let json = with_member(member, "7");
                let ruleset = compile(&json);
                let other = ruleset.get("F").unwrap();
                assert_eq!(other.evaluate(&subject).strategy_id(), found.strategy_id(), "{json}");
                let places = |feature: &fh_eval::FeatureRef<'_>| {
                    let all = feature.diagnostics().iter();
                    all.map(|each| (each.place.member, each.consequence)).collect::<Vec<_>>()
                };
                assert_eq!(places(&other), places(&feature), "{json}");
            }
        }
    }
}

/// A rule that holds for every context of the next test.
const RULED: &str =
    r#","attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["y"]}]"#;

#[test]
fn percentages_that_are_not_integers_never_match() {
    let mara = Attributes::builder().user_key("mara").attribute("x", ["y"]).build();
    let subject = Subject::new(&mara, NOW);
    for percentage in ["1e999", "-1e999", "1e-400", "20.00000000000000000000000000001", "0.5"] {
        for rules in ["", RULED] {
            let json = format!(r#"{{"id":"s","percentage":{percentage}{rules},"value":"bad"}}"#);
            let ruleset = compile(&with_strategy(&json));
            let feature = ruleset.get("F").unwrap();
            assert_eq!(feature.evaluate(&subject).strategy_id(), Some("last"), "{json}");
        }
    }
}
