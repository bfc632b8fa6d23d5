//! Tests that draws are valid JSON, are the same for the same seed, and cover all types, conditionals and boundaries.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use fh_eval::internal::Conditional;
use fh_test::generators::{
    Case, Choices, Payload, Rule, RuleType, bucket, case, context_for, context_to_json,
    draw_context,
};
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn json_throughout() {
    let mut choices = Choices::seeded(1);
    for _ in 0..1000 {
        let case = Case::draw(&mut choices);
        let json: Value = serde_json::from_str(&case.feature.to_json()).unwrap();
        assert_eq!(json["key"], "F");
        let context = draw_context(&mut choices, &case.feature);
        let context: Value = serde_json::from_str(&context_to_json(&context)).unwrap();
        assert!(context.is_object());
    }
    let list: Value = serde_json::from_str(&Payload::draw(&mut choices, 7).to_json()).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 7);
    assert_eq!(list[6]["key"], "F6");
}

/// Each conditional is drawn with equal versions and with both neighbours.
#[test]
fn versions_are_compared_at_their_boundary() {
    let mut choices = Choices::seeded(1);
    let mut seen = BTreeSet::new();
    for _ in 0..400 {
        let case = Case::draw_version_comparison(&mut choices);
        let rule = &case.feature.strategies.elements()[0].rules.elements()[0];
        let wanted: String = serde_json::from_str(&rule.values.elements()[0]).unwrap();
        let numbers = |text: &str| text.split('.').map(|n| n.parse::<i64>().unwrap()).collect();
        let (wanted, supplied): (Vec<_>, Vec<_>) =
            (numbers(&wanted), numbers(&case.context[0].1[0]));
        let differences = wanted.iter().zip(&supplied).map(|(one, other)| other - one);
        seen.insert((rule.conditional.clone(), differences.sum::<i64>()));
    }
    assert_eq!(seen.len(), 6 * 3, "{seen:?}");
    assert!(seen.iter().all(|(_, difference)| (-1..=1).contains(difference)), "{seen:?}");
}

#[test]
fn the_seed_decides() {
    let drawn = |seed| {
        let mut choices = Choices::seeded(seed);
        (0..20).map(|_| Case::draw(&mut choices).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
}

#[test]
fn any_bytes_will_do() {
    let plainest = Case::draw(&mut Choices::of(&[]));
    assert_eq!(plainest, Case::draw(&mut Choices::of(&[0; 999])));
    assert_eq!(plainest.feature.strategies.elements().len(), 1);
    for length in 0..200 {
        let bytes: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(157) ^ length).collect();
        let _ = Case::draw(&mut Choices::of(&bytes));
        let _ = Case::draw(&mut Choices::of(&vec![255; usize::from(length)]));
    }
}

#[test]
fn every_type_and_conditional() {
    let mut choices = Choices::seeded(2);
    let drawn: BTreeSet<_> = (0..1500)
        .map(|_| Rule::draw(&mut choices))
        .map(|rule| (rule.kind.name(), rule.conditional))
        .collect();
    assert_eq!(drawn.len(), RuleType::ALL.len() * Conditional::ALL.len());
}

#[test]
fn percentages_sit_on_buckets() {
    let mut choices = Choices::seeded(3);
    let (mut at, mut beside) = (0, 0);
    for _ in 0..4000 {
        let case = Case::draw(&mut choices);
        let Some(first) = case.feature.strategies.elements().first() else { continue };
        let user = case.context.iter().find(|(name, _)| name == "userkey");
        let id = case.feature.id.as_deref().map(serde_json::from_str::<String>);
        let (Some((_, users)), Some(Ok(id))) = (user, id) else {
            continue;
        };
        let Some(user) = users.first() else { continue };
        let share = first.percentage.as_deref().and_then(|share| share.parse::<i64>().ok());
        match share.map(|share| share - bucket(user, &id)) {
            Some(0) => at += 1,
            Some(-1 | 1) => beside += 1,
            _ => {}
        }
    }
    assert!(at > 30 && beside > 30, "{at} {beside}");
}

proptest! {
    #[test]
    fn strategies_draw(
        (case, context) in case().prop_flat_map(|case| {
            let context = context_for(&case.feature);
            (Just(case), context)
        })
    ) {
        let context: Value = serde_json::from_str(&context_to_json(&context)).unwrap();
        prop_assert!(context.is_object() && case.to_string().contains(" for "));
    }
}
