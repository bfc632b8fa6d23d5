//! Contexts that come close to a feature's rules and percentages.

use std::fmt;

use crate::choices::Choices;
use crate::feature::Feature;
use crate::field::{draw_supplied, near};
use crate::json::quoted;
use crate::rule::Rule;
use crate::share::KEYS;
use crate::text::{draw_hostile_text, draw_text};

/// Attribute names and their values, as texts.
pub type Context = Vec<(String, Vec<String>)>;

/// A context as JSON: name to a list of texts.
#[must_use]
pub fn context_to_json(context: &Context) -> String {
    let members = context.iter().map(|(name, values)| {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        format!("{}:[{}]", quoted(name), values.join(","))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// A feature and somebody to evaluate it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The feature.
    pub feature: Feature,
    /// The context.
    pub context: Context,
}

impl Case {
    /// A feature and a context for it.
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

/// Values of attributes that make percentage keys.
const PARTS: &[&str] = &["acme", "beta", "nz", "acme", "nz", "", "<none>", "a$b"];

/// A context for this feature: it supplies what the rules ask for, or something close to it, user
/// keys from the list that percentages are drawn at, and sometimes an attribute nobody asks for.
pub fn draw_context(choices: &mut Choices<'_>, feature: &Feature) -> Context {
    let mut context: Context = Vec::new();
    for (name, times) in [("userkey", 9), ("session", 2), ("sessionkey", 2)] {
        if choices.chance(times, 10) {
            // Of several keys the first counts.
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
        // Mostly the clock is what `now` should read.
        let is_left_out = if rule.field.eq_ignore_ascii_case("now") { 7 } else { 1 };
        if choices.chance(is_left_out, 10) {
            continue;
        }
        let values = draw_values(choices, rule);
        match context.iter_mut().find(|(name, _)| *name == rule.field) {
            // Two rules on one attribute: whatever is there, and this.
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

/// Values for one rule: mostly one, mostly close to what it wants.
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
