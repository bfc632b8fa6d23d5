//! Features with rules of all types, percentages and patterns, and contexts that match them or nearly do.

use fh_test::generators::{Choices, Context, Feature, List, Rollout, Rule, RuleType, draw_context};
use serde_json::{Value, json};

use crate::draw::KEYS;

/// Number of features with each key.
const VARIANTS: usize = 3;
/// Number of drawn contexts.
const CONTEXTS: usize = 5;
/// Maximum length of a version. TypeScript limits versions to 2^53 - 1, which has 16 digits.
const VERSION: usize = 15;

/// The features of a sequence with rules. They are few, so that a later publication has some of an earlier one again.
pub(crate) struct Pool {
    /// The variants of each key.
    features: Vec<[Feature; VARIANTS]>,
    contexts: Value,
}

impl Pool {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut choices = Choices::seeded(seed);
        let features: Vec<[Feature; VARIANTS]> = KEYS
            .iter()
            .map(|key| {
                [(); VARIANTS].map(|()| {
                    let drawn = match choices.chance(1, 6) {
                        true => of_the_clock(&mut choices),
                        false => Feature::draw(&mut choices),
                    };
                    Feature { key: (*key).to_owned(), ..drawn }
                })
            })
            .collect();
        // The first context is empty.
        let mut contexts = vec![json!([])];
        for number in 0..CONTEXTS {
            let variants = features.iter().map(|variants| &variants[number % VARIANTS]);
            contexts.push(json!(context(&mut choices, variants)));
        }
        Self { features, contexts: Value::Array(contexts) }
    }

    pub(crate) fn contexts(&self) -> &Value {
        &self.contexts
    }

    /// Returns the JSON of a variant of the feature with this key, with its own version or another one.
    pub(crate) fn feature(&self, key: &str, number: u64, version: Option<i64>) -> String {
        let at = KEYS.iter().position(|known| *known == key).unwrap();
        let drawn = &self.features[at][(number / 100) as usize % VARIANTS];
        let version = version.map(|version| version.to_string()).or_else(|| drawn.version.clone());
        let version = version.filter(|version| version.len() <= VERSION);
        Feature { version, ..drawn.clone() }.to_json()
    }
}

/// Draws a feature whose value depends only on the clock, which the steps of the sequence set before the rule's time and after it.
fn of_the_clock(choices: &mut Choices<'_>) -> Feature {
    let time =
        choices.one(&["2024-02-29T10:15:30Z", "2024-03-01T00:00:00Z", "2025-01-01T00:00:00Z"]);
    let conditional = choices.one(&["GREATER", "GREATER_EQUALS", "LESS", "LESS_EQUALS"]);
    let rule = Rule {
        field: "now".to_owned(),
        kind: RuleType::DateTime,
        conditional: conditional.to_owned(),
        values: List::Of(vec![json!(time).to_string()]),
        instead: None,
    };
    let strategy = Rollout {
        id: Some(r#""now""#.to_owned()),
        value: Some(r#""then""#.to_owned()),
        percentage: None,
        percentage_attributes: List::Absent,
        rules: List::Of(vec![rule]),
        instead: None,
    };
    Feature {
        kind: Some(r#""STRING""#.to_owned()),
        value: Some(r#""otherwise""#.to_owned()),
        strategies: List::Of(vec![strategy]),
        ..Feature::draw_well_formed(choices)
    }
}

/// Returns a context with values for the rules of several features. A rule holds if one of an attribute's values matches.
fn context<'a>(choices: &mut Choices<'_>, features: impl Iterator<Item = &'a Feature>) -> Context {
    let mut context = Context::new();
    for (name, mut values) in features.flat_map(|feature| draw_context(choices, feature)) {
        match context.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.append(&mut values),
            None => context.push((name, values)),
        }
    }
    context
}
