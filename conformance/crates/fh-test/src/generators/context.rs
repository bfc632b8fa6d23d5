//! Contexts that nearly match a feature's rules and percentages.

use std::fmt;

use crate::generators::choices::Choices;
use crate::generators::feature::Feature;
use crate::generators::field::{draw_supplied, near};
use crate::generators::json::quoted;
use crate::generators::rule::Rule;
use crate::generators::share::KEYS;
use crate::generators::text::{draw_hostile_text, draw_text};

/// Attribute names and their values as texts.
pub type Context = Vec<(String, Vec<String>)>;

/// Returns a context as JSON: an object of lists of texts.
#[must_use]
pub fn context_to_json(context: &Context) -> String {
    let members = context.iter().map(|(name, values)| {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        format!("{}:[{}]", quoted(name), values.join(","))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// A feature and a context to evaluate it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The feature.
    pub feature: Feature,
    /// The context.
    pub context: Context,
}

impl Case {
    /// Draws a feature and a context for it.
    pub fn draw(choices: &mut Choices<'_>) -> Case {
        let feature = Feature::draw(choices);
        let context = draw_context(choices, &feature);
        Case { feature, context }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.feature.to_json(), context_to_json(&self.context))
    }
}

/// Values of attributes that are used in percentage keys.
const PARTS: &[&str] = &["acme", "beta", "nz", "acme", "nz", "", "<none>", "a$b"];

/// Draws a context for this feature. It has values that match the rules or nearly do, and user keys from the list that percentages are
/// drawn for. Sometimes it has an attribute that no rule reads.
pub fn draw_context(choices: &mut Choices<'_>, feature: &Feature) -> Context {
    let mut context: Context = Vec::new();
    for (name, times) in [("userkey", 9), ("session", 2), ("sessionkey", 2)] {
        if choices.chance(times, 10) {
            // If there are several keys, the first one counts.
            let count = if choices.chance(1, 10) { 2 } else { 1 };
            let keys = choices.some(count, count, |choices| choices.one(KEYS).to_owned());
            context.push((name.to_owned(), keys));
        }
    }
    for name in ["company", "country"] {
        let values = match choices.weighted(&[3, 3, 1]) {
            0 => continue,
            1 => vec![choices.one(PARTS)],
            _ => choices.some(2, 2, |choices| choices.one(PARTS)),
        };
        context.push((name.to_owned(), values.into_iter().map(str::to_owned).collect()));
    }
    for rule in feature.strategies.elements().iter().flat_map(|each| each.rules.elements()) {
        // Mostly `now` is not supplied, so that the rule reads the clock.
        let is_left_out = if rule.field.eq_ignore_ascii_case("now") { 7 } else { 1 };
        if choices.chance(is_left_out, 10) {
            continue;
        }
        let values = draw_values(choices, rule);
        match context.iter_mut().find(|(name, _)| *name == rule.field) {
            // Two rules use the same attribute: add the values to the existing ones.
            Some((_, there)) if there.len() < 3 => there.extend(values),
            Some(_) => {}
            None => context.push((rule.field.clone(), values)),
        }
    }
    if choices.chance(1, 5) {
        let (name, value) = (draw_hostile_text(choices), draw_text(choices));
        if context.iter().all(|(known, _)| *known != name) {
            context.push((name, vec![value]));
        }
    }
    context
}

/// Draws values for one rule: mostly one value, and mostly close to a value of the rule.
fn draw_values(choices: &mut Choices<'_>, rule: &Rule) -> Vec<String> {
    let count = [1, 2, 3, 0].get(choices.weighted(&[7, 2, 1, 1])).copied().unwrap_or(1);
    let wanted = rule.values.elements();
    let values = (0..count).map(|_| {
        let token = wanted.get(choices.below(wanted.len()));
        match token.filter(|_| !choices.chance(1, 6)) {
            Some(token) => {
                let text = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.clone());
                let twist = u8::try_from(choices.below(256)).unwrap_or(0);
                near(rule.kind, &rule.conditional, &text, twist)
            }
            None => draw_supplied(choices, rule.kind),
        }
    });
    values.collect()
}
