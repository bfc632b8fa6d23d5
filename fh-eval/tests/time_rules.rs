//! Between two times at which the rules on `now` may change, no evaluation changes.
#![allow(clippy::unwrap_used)]

use fh_eval::featurehub::Compiler;
use fh_eval::internal::{Conditional, RuleType};
use fh_eval::{Attributes, Profile, Ruleset, Subject, TimeRules, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::value::RawValue;

const DAY: i64 = 86_400_000;
const SECOND: i64 = 1000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn millis(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millis()
}

fn strategy(field: &str, kind: &str, conditional: &str, values: &str) -> String {
    format!(
        r#"{{"id":"x","value":true,"attributes":[{{"fieldName":"{field}","type":"{kind}","conditional":"{conditional}","values":{values}}}]}}"#
    )
}

fn feature(key: &str, strategies: &str) -> String {
    format!(
        r#"{{"id":"7a0b","key":"{key}","type":"BOOLEAN","value":false,"strategies":[{strategies}]}}"#
    )
}

fn ruleset(features: &[String], profile: Profile) -> Ruleset {
    Ruleset::from_json(format!("[{}]", features.join(",")).as_bytes(), profile).unwrap()
}

fn rules(strategy: &str) -> TimeRules {
    TimeRules::of(&ruleset(&[feature("A", strategy)], Profile::Client))
}

/// Returns all times at which the rules may change, up to a limit.
fn boundaries(rules: &TimeRules, from: i64) -> Vec<i64> {
    let next = |now: &Timestamp| rules.next_change_after(*now);
    std::iter::successors(next(&at(from)), next).take(8).map(Timestamp::as_millis).collect()
}

#[test]
fn a_rule_on_a_date_changes_at_both_midnights() {
    let midnight = millis("2024-02-29T00:00:00Z");
    let rules = rules(&strategy("NOW", "DATE", "LESS", r#"["2024-02-29","nonsense"]"#));
    assert_eq!(boundaries(&rules, 0), [midnight, midnight + DAY]);
    let last = |now| rules.outcome_at(at(now)).last_boundary();
    assert_eq!(last(midnight - 1), None);
    assert_eq!(last(midnight), Some(at(midnight)));
    assert_eq!(last(midnight + DAY - 1), Some(at(midnight)));
}

#[test]
fn a_rule_on_a_distant_year_changes_at_no_time_that_a_clock_has() {
    let distant = strategy(
        "now",
        "DATETIME",
        "GREATER",
        r#"["+999999999-01-01T00:00Z","-999999999-01-01T00:00Z"]"#,
    );
    let rules = TimeRules::of(&ruleset(&[feature("A", &distant)], Profile::Edge));
    assert_eq!(rules.next_change_after(at(0)), None);
}

#[test]
fn a_rule_on_an_instant_changes_twice_and_one_on_text_each_interval() {
    let exact = strategy("now", "DATETIME", "EQUALS", r#"["1970-01-01T00:00:01Z"]"#);
    assert_eq!(boundaries(&rules(&exact), 0), [1000, 1001]);
    let text = strategy("now", "DATETIME", "STARTS_WITH", r#"["2024-0"]"#);
    assert_eq!(boundaries(&rules(&text), 1500)[..2], [2000, 3000]);
    let both = rules(&format!("{text},{exact}"));
    assert_eq!(boundaries(&both, 999)[..3], [1000, 1001, 2000]);
    let date = rules(&strategy("now", "DATE", "REGEX", r#"["x"]"#));
    assert_eq!(boundaries(&date, 5)[..2], [DAY, 2 * DAY]);
}

/// A rule on the text of `now` is evaluated every second, but only a changed result is another outcome.
#[test]
fn a_text_rule_gives_another_outcome_when_its_result_changes() {
    let noon = millis("2024-02-29T12:00:00Z");
    let rules = rules(&strategy("now", "DATETIME", "STARTS_WITH", r#"["2024-02-29T12:0"]"#));
    let outcome = |after: i64| rules.outcome_at(at(noon + after));
    assert_eq!(outcome(-3_600_000), outcome(-1));
    assert_ne!(outcome(-1), outcome(0));
    assert_eq!(outcome(0), outcome(599_999));
    assert_eq!(outcome(-1), outcome(600_000));
    assert_eq!(outcome(0).text_rules(), [true]);
}

#[test]
fn rules_that_read_no_clock_never_change() {
    let constant = [
        strategy("birthday", "DATE", "LESS", r#"["2024-02-29"]"#),
        strategy("now", "NUMBER", "LESS", "[5]"),
        strategy("now", "DATE", "EQUALS", "null"),
        strategy("now", "DATE", "LESS", r#"["nonsense"]"#),
        r#"{"attributes":"now"}"#.to_string(),
    ];
    for strategy in &constant {
        let rules = rules(strategy);
        assert!(rules.is_empty() && rules.next_change_after(at(0)).is_none(), "{strategy}");
    }
    assert!(TimeRules::default().is_empty());
}

#[test]
fn a_feature_reads_the_clock_if_one_of_its_rules_does() {
    let kiwi = || strategy("country", "STRING", "EQUALS", r#"["new_zealand"]"#);
    let day = r#"["2024-02-29"]"#;
    let time = r#"["2024-02-29T12:00:00Z"]"#;
    for (strategies, expected) in [
        (vec![], false),
        (vec![kiwi()], false),
        (vec![strategy("now", "DATE", "LESS", day)], true),
        (vec![strategy("NOW", "DATE", "EXCLUDES", day)], true),
        (vec![strategy("Now", "DATETIME", "GREATER_EQUALS", time)], true),
        (vec![strategy("now", "DATE", "STARTS_WITH", r#"["2024"]"#)], true),
        (vec![strategy("now", "DATETIME", "REGEX", r#"["T1[0-9]:"]"#)], true),
        (vec![kiwi(), kiwi(), strategy("now", "DATE", "LESS", day)], true),
        // Other attributes, and other types of rules.
        (vec![strategy("birthday", "DATE", "LESS", day)], false),
        (vec![strategy("nowhere", "DATETIME", "LESS", time)], false),
        (vec![strategy("now", "STRING", "STARTS_WITH", r#"["2024"]"#)], false),
        (vec![strategy("now", "NUMBER", "LESS", "[5]")], false),
        // Rules that never hold, because no value can be read.
        (vec![strategy("now", "DATE", "LESS", r#"["nonsense"]"#)], false),
        (vec![strategy("now", "DATETIME", "LESS", "[]")], false),
        (vec![r#"{"attributes":[{"fieldName":"now"}]}"#.to_string()], false),
    ] {
        for profile in [Profile::Client, Profile::Edge] {
            let ruleset =
                ruleset(&[feature("A", &strategies.join(",")), feature("OTHER", &kiwi())], profile);
            let reads_clock = |key| ruleset.get(key).unwrap().reads_clock();
            assert_eq!(reads_clock("A"), expected, "{profile}: {strategies:?}");
            assert!(!reads_clock("OTHER"), "{profile}: {strategies:?}");
        }
    }
}

/// Replicas receive the same features in different orders.
#[test]
fn outcomes_do_not_depend_on_the_order_of_features() {
    let late = feature("A", &strategy("now", "DATE", "STARTS_WITH", r#"["2024"]"#));
    let later = feature("B", &strategy("now", "DATE", "STARTS_WITH", r#"["2025"]"#));
    let outcome = |features: &[String]| {
        TimeRules::of(&ruleset(features, Profile::Client))
            .outcome_at(at(millis("2024-06-01T00:00Z")))
    };
    assert_eq!(outcome(&[late.clone(), later.clone()]).text_rules(), [true, false]);
    assert_eq!(outcome(&[late.clone(), later.clone()]), outcome(&[later.clone(), late.clone()]));
    // One of the features replaces another one.
    let rest = ruleset(&[late, feature("B", "")], Profile::Client);
    let json = RawValue::from_string(later).unwrap();
    let replaced = rest.with(&Compiler::new(Profile::Client).feature(&json).unwrap());
    let rules = TimeRules::of(&replaced);
    assert_eq!(rules.outcome_at(at(millis("2025-06-01T00:00Z"))).text_rules(), [false, true]);
}

/// A lone surrogate and a value of another type do not hide the values beside them.
#[test]
fn unreadable_values_hide_no_other_value() {
    let rules = rules(
        r#"{"name":"\ud800","attributes":[{"fieldName":"now","type":"DATE","conditional":"LESS","values":["\ud800",5,"1970-01-02"]}]}"#,
    );
    assert_eq!(boundaries(&rules, 0), [DAY, 2 * DAY]);
}

/// No timestamp is later than the year 9999, so no time after it is announced.
#[test]
fn times_that_are_never_reached_are_left_out() {
    let latest = at(i64::MAX);
    let text = rules(&strategy("now", "DATETIME", "REGEX", r#"["x"]"#));
    assert_eq!(text.next_change_after(latest), None);
    let far = strategy("now", "DATE", "LESS", r#"["+12024-02-29"]"#);
    assert!(TimeRules::of(&ruleset(&[feature("A", &far)], Profile::Edge)).is_empty());
}

/// Dates and times around one noon in many spellings, and texts that are not dates.
const VALUES: [&str; 31] = [
    "2024-02-29",
    "2024-03-01",
    "2024-2-29",
    "+2024-02-29",
    " 2024-02-29",
    "20240229",
    "2024-02-29Z",
    "2024-02",
    "2024-02-29T12:00:00Z",
    "2024-02-29T12:00:00",
    "2024-02-29T12:00Z",
    "2024-02-29T12:00:00.5Z",
    "2024-02-29T12:00:00.123456789Z",
    "2024-02-29T12:00:00.0005+00:00",
    "2024-02-29T13:00:00+01:00",
    "2024-02-29T13:00:00+0100",
    "2024-02-29T13:00:00+01",
    "2024-02-29t12:00:00z",
    "2024-02-29 12:00:00Z",
    "2024-02-29T12:00:00+00:00:30",
    "2024-02-29T23:59:60Z",
    "2024-02-29T24:00:00Z",
    "0Z",
    ".000Z",
    ".*T12.*",
    "+02024-02-29",
    "2024-02-29-99:99",
    "+02024-02-29T12:00Z",
    "2024-02-29T12:00:00.500",
    "2024-02-29T12:00:01-00:00",
    "2024-02-29T12:00:00[UTC]",
];

#[derive(Debug, Clone)]
struct Condition {
    field: &'static str,
    kind: &'static str,
    conditional: &'static str,
    values: Vec<&'static str>,
}

impl Condition {
    /// Returns true if the rule reads the text of the time, which the engine evaluates for full seconds only.
    fn reads_seconds(&self) -> bool {
        self.kind == "DATETIME"
            && Conditional::from_name(self.conditional).unwrap().relation().is_textual()
    }

    fn to_json(&self) -> String {
        let (field, kind, conditional) = (self.field, self.kind, self.conditional);
        let values = self.values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>();
        let values = values.join(",");
        format!(
            r#"{{"fieldName":"{field}","type":"{kind}","conditional":"{conditional}","values":[{values}]}}"#
        )
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let on_time = (
        select(&["now", "NOW", "n\\u006fw"][..]),
        select(RuleType::ALL).prop_map(RuleType::name),
        select(Conditional::ALL).prop_map(Conditional::name),
        prop::collection::vec(select(&VALUES[..]), 1..3),
    );
    let on_time = on_time.prop_map(|(field, kind, conditional, values)| Condition {
        field,
        kind,
        conditional,
        values,
    });
    let on_plan = select(&["EQUALS", "NOT_EQUALS"][..]).prop_map(|conditional| Condition {
        field: "plan",
        kind: "STRING",
        conditional,
        values: vec!["gold"],
    });
    prop_oneof![4 => on_time, 1 => on_plan]
}

/// The rules of each strategy of each feature.
type Features = Vec<Vec<Vec<Condition>>>;

fn features() -> impl Strategy<Value = Features> {
    let rules = prop::collection::vec(condition(), 1..3);
    prop::collection::vec(prop::collection::vec(rules, 1..3), 1..4)
}

fn to_json(features: &Features) -> Vec<String> {
    let strategy = |rules: &Vec<Condition>| {
        let rules: Vec<String> = rules.iter().map(Condition::to_json).collect();
        format!(r#"{{"value":true,"attributes":[{}]}}"#, rules.join(","))
    };
    let strategies = |strategies: &Vec<Vec<Condition>>| {
        strategies.iter().map(strategy).collect::<Vec<_>>().join(",")
    };
    let numbered = features.iter().enumerate();
    numbered.map(|(number, each)| feature(&format!("F{number}"), &strategies(each))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// A missed time would leave cached answers outdated until the next change of the features.
    #[test]
    fn no_result_changes_between_two_known_times(
        features in features(),
        profile in select(&[Profile::Client, Profile::Edge][..]),
        near in select(&[-DAY / 2, 0, 500, 1000, DAY / 2][..]),
        steps in prop::collection::vec(-2_i64..1200, 1..4),
    ) {
        let ruleset = ruleset(&to_json(&features), profile);
        let rules = TimeRules::of(&ruleset);
        let contexts = [
            Attributes::default(),
            Attributes::builder().attribute("plan", "gold").build(),
            Attributes::builder().attribute("now", "2024-02-29T12:00:00Z").build(),
        ];
        let answers = |now: Timestamp| -> Vec<Option<usize>> {
            let subjects = contexts.iter().map(|context| Subject::new(context, now));
            subjects.flat_map(|subject| {
                let evaluations = ruleset.iter().map(move |feature| feature.evaluate(&subject));
                evaluations.map(|evaluation| evaluation.strategy_position()).collect::<Vec<_>>()
            }).collect()
        };
        let reads_seconds = features.iter().flatten().flatten().any(Condition::reads_seconds);
        let aligned = |now: i64| at(if reads_seconds { now - now.rem_euclid(SECOND) } else { now });
        let check = |before: Timestamp, now: Timestamp| {
            let is_same = rules.outcome_at(before) == rules.outcome_at(now);
            prop_assert!(
                !is_same || answers(before) == answers(now),
                "results differ at {before} and {now}, the outcome does not: {rules:?}"
            );
            let is_before_next = rules.next_change_after(before).is_none_or(|next| now < next);
            prop_assert!(!is_before_next || is_same, "{before} and {now}: {rules:?}");
            Ok(())
        };
        let noon = millis("2024-02-29T12:00:00Z");
        let mut now = noon + near - 3;
        for step in steps {
            let next = now + step.max(1);
            check(aligned(now), aligned(next))?;
            now = next;
        }
        // From each known time to the millisecond before the next one.
        let mut known = at(noon - 2 * DAY);
        for _ in 0..20 {
            let Some(next) = rules.next_change_after(known) else {
                check(aligned(known.as_millis()), at(noon + 400 * DAY))?;
                break;
            };
            check(aligned(known.as_millis()), aligned(next.as_millis() - 1))?;
            check(aligned(known.as_millis()), aligned(next.as_millis()))?;
            known = next;
        }
    }
}
