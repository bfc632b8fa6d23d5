//! Evaluating allocates nothing, except in the cases that `FeatureRef::evaluate` lists. The allocations are counted for every rule
//! type and both profiles.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::Cell;

use fh_eval::internal::{Conditional, Relation};
use fh_eval::{Attributes, Clock, PreparedText, Profile, Ruleset, Subject, Timestamp};
use fh_test::memory::{Counting, during};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let (result, memory) = during(work);
    (memory.allocations, result)
}

/// Returns a payload with one feature for each rule type and conditional, and some features with percentages.
fn payload() -> String {
    let mut features = Vec::new();
    let values = [
        ("STRING", r#""gold", "silver""#),
        ("NUMBER", "10, 20.5, 30"),
        ("DATE", r#""2024-02-29", "2025-01-01""#),
        ("DATETIME", r#""2024-02-29T10:15:30Z", "2025-01-01T00:00:00+02:00""#),
        ("SEMANTIC_VERSION", r#""1.2.3", "2.0.0-rc.1""#),
        ("BOOLEAN", "true"),
        ("IP_ADDRESS", r#""10.0.0.0/8", "2001:db8::/32""#),
    ];
    let conditionals = Conditional::ALL.iter().filter(|one| one.relation() != Relation::Pattern);
    for conditional in conditionals.map(|conditional| conditional.name()) {
        for (kind, values) in values {
            features.push(format!(
                r#"{{"id":"f","key":"{kind}_{conditional}","type":"BOOLEAN","value":false,"strategies":[
                    {{"id":"a","value":true,"attributes":[{{"fieldName":"x","type":"{kind}","conditional":"{conditional}","values":[{values}]}}]}}]}}"#
            ));
        }
    }
    for (key, rest) in [
        ("SHARE", r#""percentage":1,"attributes":[]"#),
        (
            "SHARES",
            r#""percentage":1},{"id":"b","percentage":2,"percentageAttributes":["x","y"]},{"id":"c","percentage":3"#,
        ),
        (
            "REGEX",
            r#""attributes":[{"fieldName":"x","type":"STRING","conditional":"REGEX","values":["^g.l[de]+$","a|b+"]}]"#,
        ),
        (
            "NOW",
            r#""attributes":[{"fieldName":"now","type":"DATETIME","conditional":"LESS","values":["2020-01-01T00:00:00Z"]}]"#,
        ),
        (
            "TODAY",
            r#""attributes":[{"fieldName":"now","type":"DATE","conditional":"LESS","values":["2020-01-01"]}]"#,
        ),
        (
            "MANY",
            r#""attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["0","1","2","3","4","5","6","7","8","9","a","b","c","d","e","f","g","h"]}]"#,
        ),
    ] {
        features.push(format!(
            r#"{{"id":"5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0","key":"{key}","type":"STRING","value":"v","strategies":[{{"id":"a","value":"w",{rest}}}]}}"#
        ));
    }
    format!("[{}]", features.join(","))
}

fn contexts() -> Vec<Attributes> {
    let texts = [
        "gold",
        "20.5",
        "1e3",
        "2024-02-29",
        "2024-02-29T10:15:30.5Z",
        "1.2.3",
        "1.2.3-rc1-b2.final",
        "2.0.0-rc.2",
        "true",
        "10.1.2.3",
        "2001:db8::1",
        "::ffff:010.0.0.1",
        "",
        "zoë-🚲",
        "v1",
    ];
    let mut contexts: Vec<_> = texts
        .iter()
        .map(|text| Attributes::builder().user_key("mara").attribute("x", *text).build())
        .collect();
    contexts.push(
        Attributes::builder().session("s").attribute("x", texts).attribute("y", ["a", "b"]).build(),
    );
    contexts.push(Attributes::default());
    contexts
}

#[test]
fn evaluation_allocates_nothing() {
    let now = Timestamp::from_millis(1_709_249_400_000);
    let contexts = contexts();
    for profile in [Profile::Client, Profile::Edge] {
        let payload = payload();
        let ruleset = Ruleset::from_json(payload.as_bytes(), profile).unwrap();
        assert_eq!(ruleset.len(), payload.matches(r#""key":"#).count());
        for context in &contexts {
            let subject = Subject::new(context, now);
            for feature in ruleset.iter() {
                // A pattern without a table allocates a cache once per thread, so the first evaluation is not counted.
                let warm = feature.evaluate(&subject);
                let (count, evaluation) = allocations(|| feature.evaluate(&subject));
                assert_eq!(count, 0, "{} under {profile} for {context:?}", feature.key());
                assert_eq!(evaluation.strategy_id(), warm.strategy_id());
            }
            let mut matched = 0;
            let (count, ()) = allocations(|| {
                ruleset.evaluate_all(&subject, |_, evaluation| {
                    matched += u32::from(evaluation.is_match());
                });
            });
            assert_eq!(count, 0, "all under {profile} for {context:?}");
            assert!(matched > 0 || context.is_empty(), "{context:?}");
        }
    }
}

/// The contexts are built from texts, for each row. Each round has the same rows as the first round, which is not counted.
#[test]
fn rows_allocate_nothing_once_warm() {
    let now = Timestamp::from_millis(1_709_249_400_000);
    let contexts = contexts();
    let rows: Vec<Vec<(&str, &str)>> = contexts
        .iter()
        .map(|context| {
            let values =
                context.iter().map(|(name, values)| values.map(move |value| (name, value)));
            values.flatten().collect()
        })
        .collect();
    for profile in [Profile::Client, Profile::Edge] {
        let ruleset = Ruleset::from_json(payload().as_bytes(), profile).unwrap();
        let keys = ruleset.iter().map(|feature| feature.key());
        let mut evaluator = ruleset.column_evaluator(keys).unwrap();
        let names = ["userkey", "session", "x", "y", "now"];
        let columns = names.map(|name| (evaluator.column(name), PreparedText::new("gold")));
        let mut round = || {
            let mut matched = 0;
            for row in &rows {
                evaluator.begin_row();
                for (name, value) in row {
                    let at = names.iter().position(|known| known == name).unwrap();
                    let (column, gold) = &columns[at];
                    match *value {
                        "gold" => evaluator.add_prepared(*column, gold),
                        value => evaluator.add(*column, value),
                    }
                }
                evaluator.evaluate(now, |_, answer| {
                    matched += u32::from(answer.strategy.is_some());
                });
            }
            matched
        };
        let first = round();
        assert!(first > 100, "{first} strategies matched");
        for _ in 0..3 {
            assert_eq!(allocations(&mut round), (0, first), "under {profile}");
        }
    }
}

#[test]
fn the_listed_cases_allocate() {
    let rule = |kind: &str, conditional: &str, value: &str| {
        format!(
            r#"{{"id":"a","value":true,"attributes":[{{"fieldName":"x","type":"{kind}","conditional":"{conditional}","values":[{value}]}}]}}"#
        )
    };
    // Each percentage key is another attribute, and each of the percentages admits no bucket.
    let keys = |count: u32| {
        let strategy = |n| {
            format!(r#"{{"id":"{n}","value":true,"percentage":1,"percentageAttributes":["a{n}"]}}"#)
        };
        (0..count).map(strategy).collect::<Vec<_>>().join(",")
    };
    // The table of this pattern would have more states than fit.
    let pattern = r#""(a|b)*a(a|b){14}c""#;
    let parts = |count: usize| vec!["1"; count].join(".");
    // On WebAssembly, another engine runs all patterns, and automata of few states need no memory.
    let is_wasm = cfg!(target_family = "wasm");
    for (strategies, value, expected) in [
        (rule("STRING", "REGEX", r#""g.l[de]+$""#), "gold".to_string(), false),
        (rule("STRING", "REGEX", pattern), "ab".to_string(), !is_wasm),
        (rule("NUMBER", "REGEX", "20"), "2.".to_string(), true),
        (rule("SEMANTIC_VERSION", "EQUALS", r#""1.2""#), parts(24), false),
        (rule("SEMANTIC_VERSION", "EQUALS", r#""1.2""#), parts(25), true),
        (rule("SEMANTIC_VERSION", "EQUALS", r#""1.2""#), "1.É".to_string(), true),
        (keys(16), "1".to_string(), false),
        (keys(17), "1".to_string(), true),
    ] {
        let payload = format!(
            r#"[{{"id":"f","key":"F","type":"BOOLEAN","value":false,"strategies":[{strategies}]}}]"#
        );
        let ruleset = Ruleset::from_json(payload.as_bytes(), Profile::Edge).unwrap();
        let context = Attributes::builder().attribute("x", &value).build();
        let subject = Subject::new(&context, Timestamp::from_millis(0));
        let feature = ruleset.get("F").unwrap();
        let (count, _) = allocations(|| feature.evaluate(&subject));
        assert_eq!(count > 0, expected, "{strategies} for {value}");
    }
}

#[test]
fn the_counter_counts() {
    let (count, text) = allocations(|| String::from("x"));
    assert_eq!((count, text.as_str()), (1, "x"));
}

#[test]
fn the_clock_is_read_only_for_rules_on_now() {
    struct Counted(Cell<u32>);
    impl Clock for &Counted {
        fn now(&self) -> Timestamp {
            self.0.set(self.0.get() + 1);
            Timestamp::from_millis(1_709_249_400_000)
        }
    }
    let ruleset = Ruleset::from_json(payload().as_bytes(), Profile::Client).unwrap();
    let mara = Attributes::builder().user_key("mara").attribute("x", "gold").build();
    let supplied = Attributes::builder().user_key("mara").attribute("now", "2019-01-01").build();
    for (key, context, reads) in [
        ("SHARE", &mara, 0),
        ("STRING_EQUALS", &mara, 0),
        ("NOW", &mara, 1),
        ("TODAY", &supplied, 0),
    ] {
        let clock = Counted(Cell::new(0));
        let _ = ruleset.get(key).unwrap().evaluate(&Subject::new(context, &clock));
        assert_eq!(clock.0.get(), reads, "{key}");
    }
}
