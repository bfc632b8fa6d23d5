//! The bound of work: ordinary rules stay far below the budget, and expensive ones exceed it. Patterns keep no memory
//! of their own per thread.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "counts the allocations of a new thread")]

use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp, WorkBound};
use fh_test::memory::{Counting, during};
use proptest::prelude::*;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The Edge's budget for one request, in steps (D-115).
const BUDGET: u64 = 32_000_000;

fn rule(field: &str, kind: &str, conditional: &str, values: Value) -> Value {
    json!({"fieldName": field, "type": kind, "conditional": conditional, "values": values})
}

/// Returns a ruleset of this many equal features. Each has one strategy per rule.
fn ruleset(features: usize, rules: &[Value], profile: Profile) -> Ruleset {
    let strategies: Vec<Value> = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| json!({"id": format!("s{n}"), "value": true, "attributes": [rule]}))
        .collect();
    let features: Vec<Value> = (0..features)
        .map(|n| json!({"id": format!("f{n}"), "key": format!("F{n}"), "type": "BOOLEAN", "value": false, "strategies": strategies}))
        .collect();
    Ruleset::from_json(serde_json::to_vec(&features).unwrap().as_slice(), profile).unwrap()
}

fn steps(ruleset: &Ruleset, context: &Attributes) -> u64 {
    WorkBound::of(ruleset.iter()).steps(context)
}

fn one(value: &str) -> Attributes {
    Attributes::builder().attribute("a", value).build()
}

/// Returns patterns that reach a different one of 4,096 states at each byte of a text of a's and b's. Each has a
/// character class of its own, so that no two are the same.
fn hostile_patterns(count: u32) -> Vec<Value> {
    let other = |n| char::from_u32(0x100 + n).unwrap();
    (0..count)
        .map(|n| {
            rule("a", "STRING", "REGEX", json!([format!("[ab]*a[ab]{{12}}[^ab0-9{}]", other(n))]))
        })
        .collect()
}

/// Returns patterns with look-arounds that keep all states of their automata alive.
fn look_arounds(count: u32) -> Vec<Value> {
    let pattern = |n| format!("(?:[ab]?){{40}}(?!x{n})(?<=b)[0-9]");
    (0..count).map(|n| rule("a", "STRING", "REGEX", json!([pattern(n)]))).collect()
}

/// Returns a random text of a's and b's.
fn hostile_text(bytes: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state & 0x8000_0000 == 0 { 'a' } else { 'b' }
    };
    (0..bytes).map(|_| next()).collect()
}

/// Returns a context of 4 KiB: nine ordinary attributes, and 22 long ones with one value each.
fn ordinary_context() -> Attributes {
    let long = "x".repeat(160);
    let start = Attributes::builder()
        .user_key("3f0c9e0a-6a1c-4d3e-9d57-4b1a1e9b7c11")
        .session("9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")
        .country("new_zealand")
        .platform("ios")
        .version("3.12.1")
        .attribute("email", "mara.of.the.harbour@harbour.example.com")
        .attribute("ip", "203.0.113.77")
        .attribute("age", "42")
        .attribute("born", "1982-02-28");
    let names = (0..22).map(|n| format!("{n:02}-attribute"));
    let context = names.fold(start, |all, name| all.attribute(&name, &*long)).build();
    let bytes: usize =
        context.iter().map(|(name, values)| name.len() + values.map(str::len).sum::<usize>()).sum();
    assert!((3900..4200).contains(&bytes), "{bytes}");
    context
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn a_thousand_features_of_twenty_rules_use_at_most_a_tenth_of_the_budget() {
    let texts = |name: &str, count: usize| -> Value {
        (0..count).map(|n| json!(format!("{name}-{n}"))).collect()
    };
    let kinds = [
        rule("country", "STRING", "EQUALS", json!(["nz", "au", "new_zealand"])),
        rule("userkey", "STRING", "EQUALS", texts("user", 10)),
        rule("userkey", "STRING", "EQUALS", texts("user", 500)),
        rule("05-attribute", "STRING", "ENDS_WITH", json!(["@harbour.example"])),
        rule("email", "STRING", "INCLUDES", json!(["harbour"])),
        rule("email", "STRING", "REGEX", json!(["^[a-z.]+@(harbour|bay)[.]example$"])),
        rule("version", "SEMANTIC_VERSION", "GREATER_EQUALS", json!(["4.0.0"])),
        rule("age", "NUMBER", "LESS", json!([18])),
        rule("born", "DATE", "GREATER", json!(["2000-01-01"])),
        rule("now", "DATETIME", "GREATER", json!(["2999-01-01T00:00:00Z"])),
        rule("ip", "IP_ADDRESS", "INCLUDES", json!(["10.0.0.0/8", "192.168.0.0/16"])),
        rule("platform", "STRING", "NOT_EQUALS", json!(["ios"])),
        rule("missing", "STRING", "EQUALS", json!(["x"])),
    ];
    let rules: Vec<Value> = (0..20).map(|n| kinds[n % kinds.len()].clone()).collect();
    for profile in [Profile::Client, Profile::Edge] {
        let steps = steps(&ruleset(1000, &rules, profile), &ordinary_context());
        assert!(steps <= BUDGET / 10, "{steps} steps as {profile:?}");
        assert!(steps > 20_000, "every rule counts: {steps}");
    }
}

#[test]
fn expensive_rules_exceed_the_budget_with_a_context_of_16_kib() {
    let long = 16 << 10;
    let addresses = |list: usize| -> Value {
        (0..1000).map(|n| json!(format!("10.{list}.{}.{}", n / 250, n % 250))).collect()
    };
    let lists: Vec<Value> =
        (0..20).map(|n| rule("a", "IP_ADDRESS", "INCLUDES", addresses(n))).collect();
    let thousand: Vec<String> = (0..1000).map(|n| format!("9.0.{}.{}", n / 250, n % 250)).collect();
    let twenty = |kind: &str, conditional: &str, values: Value| {
        vec![rule("a", kind, conditional, values); 20]
    };
    let many = Attributes::builder().attribute("a", thousand).build();
    for (name, ruleset, context) in [
        ("patterns", ruleset(100, &hostile_patterns(3), Profile::Client), one(&hostile_text(long))),
        ("look-arounds", ruleset(40, &look_arounds(3), Profile::Edge), one(&hostile_text(2_000))),
        ("addresses", ruleset(1, &lists, Profile::Client), many),
        (
            "versions",
            ruleset(1000, &twenty("SEMANTIC_VERSION", "EQUALS", json!(["1.2"])), Profile::Client),
            one(&"1.".repeat(long / 2)),
        ),
        (
            "numbers",
            ruleset(1000, &twenty("NUMBER", "GREATER", json!([5])), Profile::Client),
            one(&"1".repeat(long)),
        ),
        (
            "texts within",
            ruleset(1000, &twenty("STRING", "INCLUDES", json!(["needle"])), Profile::Client),
            one(&"x".repeat(long)),
        ),
        (
            "patterns that a context brings",
            ruleset(100, &twenty("NUMBER", "REGEX", json!([5])), Profile::Edge),
            one(&"[^ab]".repeat(20)),
        ),
    ] {
        let steps = steps(&ruleset, &context);
        assert!(steps > BUDGET, "{name}: {steps} steps");
        // Without the attribute, no value is tested.
        let none = WorkBound::of(ruleset.iter()).steps(&Attributes::default());
        assert!(none < BUDGET / 10, "{name}: {none} steps without a context");
    }
}

#[test]
fn percentages_are_counted_by_the_bytes_of_their_attributes() {
    let strategies: Vec<Value> = (0..20)
        .map(|n| json!({"id": format!("s{n}"), "value": true, "percentage": 1, "percentageAttributes": [format!("a{n}")]}))
        .collect();
    let features: Vec<Value> = (0..1000)
        .map(|n| json!({"id": format!("f{n}"), "key": format!("F{n}"), "type": "BOOLEAN", "value": false, "strategies": strategies}))
        .collect();
    let json = serde_json::to_vec(&features).unwrap();
    let ruleset = Ruleset::from_json(&json, Profile::Client).unwrap();
    let with = |bytes: usize| {
        let text = "x".repeat(bytes);
        let names = (0..20).map(|n| format!("a{n}"));
        let context = names.fold(Attributes::builder(), |all, name| all.attribute(&name, &*text));
        steps(&ruleset, &context.build())
    };
    assert!(with(800) > BUDGET, "{}", with(800));
    assert!(with(800) > with(80));
}

#[test]
fn an_explanation_counts_strategies_that_an_evaluation_skips() {
    let skipped = rule("a", "STRING", "REGEX", json!(["["]));
    let ruleset =
        ruleset(10, &[skipped, rule("b", "STRING", "EQUALS", json!(["x"]))], Profile::Client);
    let context = one("x");
    let explained = WorkBound::of_explaining(ruleset.iter()).steps(&context);
    assert!(explained > steps(&ruleset, &context));
}

#[test]
fn the_bound_does_not_depend_on_how_a_ruleset_was_built() {
    let rules =
        [hostile_patterns(2), vec![rule("b", "STRING", "EQUALS", json!(["x", "y"]))]].concat();
    let whole = ruleset(3, &rules, Profile::Client);
    let feature = whole.feature("F1").unwrap();
    let again = whole.without(["F1"]).with(&feature);
    let context = one("abab");
    assert_eq!(steps(&whole, &context), steps(&again, &context));
    let parts: u64 = whole.iter().map(|feature| WorkBound::of([feature]).steps(&context)).sum();
    assert_eq!(steps(&whole, &context), parts);
}

/// Patterns share the memory of a thread. A lazy automaton for each pattern and thread took hundreds of megabytes.
#[cfg(not(target_family = "wasm"))]
#[test]
fn patterns_share_the_memory_that_they_run_in() {
    let ruleset = ruleset(1, &hostile_patterns(300), Profile::Client);
    let context = one(&hostile_text(2_000));
    let evaluate = move || {
        let subject = Subject::new(&context, Timestamp::from_millis(0));
        let mut matched = 0;
        ruleset.evaluate_all(&subject, |_, evaluation| matched += u32::from(evaluation.is_match()));
        assert_eq!(matched, 0);
    };
    // Each thread counts its own allocations, and a new thread has no cache yet.
    let (first, again) = std::thread::spawn(move || {
        let ((), first) = during(&evaluate);
        let ((), again) = during(&evaluate);
        (first, again)
    })
    .join()
    .unwrap();
    assert!(first.peak < 64 << 10, "{first:?}");
    assert_eq!(again.allocations, 0, "{again:?}");
}

/// Patterns that come from a context are compiled at each evaluation. Their size is limited.
#[test]
fn a_supplied_pattern_takes_little_memory() {
    let ruleset = ruleset(1, &[rule("a", "NUMBER", "REGEX", json!([5]))], Profile::Edge);
    for (pattern, matches) in
        [("[0-9.]{1,3}", true), ("[^ab]{90}", false), ("[0-9]{101}", false), ("[^ab]{9000}", false)]
    {
        let context = one(pattern);
        let subject = Subject::new(&context, Timestamp::from_millis(0));
        let feature = ruleset.get("F0").unwrap();
        let (found, memory) = during(|| feature.evaluate(&subject).is_match());
        assert_eq!(found, matches, "{pattern}");
        assert!(memory.peak < 4 << 20, "{pattern}: {memory:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A context with one more value never needs less work.
    #[test]
    fn a_longer_context_is_never_less_work(
        values in prop::collection::vec("[a-z0-9.]{0,40}", 1..20),
        more in "[a-z0-9.]{0,40}",
    ) {
        let rules = [
            rule("a", "STRING", "INCLUDES", json!(["x", "yy"])),
            rule("a", "STRING", "REGEX", json!(["^(a|b+)c"])),
            rule("a", "SEMANTIC_VERSION", "EQUALS", json!(["1.2-rc"])),
            rule("a", "IP_ADDRESS", "EQUALS", json!(["10.0.0.0/8"])),
            rule("now", "DATETIME", "STARTS_WITH", json!(["2"])),
        ];
        let ruleset = ruleset(2, &rules, Profile::Client);
        let bound = WorkBound::of(ruleset.iter());
        let shorter = Attributes::builder().attribute("a", values.clone()).build();
        let longer = Attributes::builder().attribute("a", values).attribute("a", &*more).build();
        prop_assert!(bound.steps(&longer) >= bound.steps(&shorter));
    }
}
