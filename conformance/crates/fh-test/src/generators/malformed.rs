//! Unreadable parts of features.

use crate::generators::choices::Choices;
use crate::generators::feature::Feature;
use crate::generators::json::List;

/// Tokens in place of a percentage. Most are unreadable; some are readable but unusual.
const NO_PERCENTAGE: &[&str] = &[
    "\"20\"",
    "20.5",
    "true",
    "{}",
    "[]",
    "20.0",
    "2e5",
    "-5",
    "1000001",
    "9223372036854775807",
    "1e40",
    "0.0",
    "-0",
];
/// Tokens in place of a list.
const NO_LIST: &[&str] = &["{}", "\"x\"", "5", "true", "[null]", "[5]", "[[]]"];
/// Tokens in place of an object.
const NO_OBJECT: &[&str] = &["null", "\"x\"", "5", "[]", "{}", "[{}]"];
/// Tokens in place of a rule.
const NO_RULE: &[&str] = &[
    r#"{"fieldName":"x","type":"COLOR","conditional":"EQUALS","values":["a"]}"#,
    r#"{"fieldName":"x","type":"STRING","conditional":"NEAR","values":["a"]}"#,
    r#"{"fieldName":"x","type":"string","conditional":"EQUALS","values":["a"]}"#,
    r#"{"fieldName":"x","conditional":"EQUALS","values":["a"]}"#,
    r#"{"fieldName":"x","type":"STRING","values":["a"]}"#,
    r#"{"type":"STRING","conditional":"EQUALS","values":["a"]}"#,
    r#"{"fieldName":5,"type":"STRING","conditional":"EQUALS","values":["a"]}"#,
    r#"{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":"a"}"#,
    r#"{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":{"a":1}}"#,
    r#"{"fieldName":"x","type":null,"conditional":"NOT_EQUALS","values":["a"]}"#,
    r#"{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["b"],"values":["a"]}"#,
];
/// Tokens in place of an id.
const NO_ID: &[&str] = &["null", "5", "{}", "\"\""];

/// Returns the feature with one part that is unreadable or nearly so.
pub(crate) fn spoil(mut feature: Feature, choices: &mut Choices<'_>) -> Feature {
    let one = |choices: &mut Choices<'_>, tokens: &[&str]| choices.one(tokens).to_owned();
    let or_none = |choices: &mut Choices<'_>, tokens: &[&str]| {
        Some(choices.one(tokens).to_owned()).filter(|_| choices.chance(4, 5))
    };
    let kinds = ["\"COLOR\"", "null", "5", "\"boolean\""];
    let versions = ["null", "\"5\"", "5.5", "-1", "1e3", "9007199254740993"];
    match choices.below(14) {
        0 => feature.id = or_none(choices, NO_ID),
        1 => feature.kind = or_none(choices, &kinds),
        2 => feature.version = or_none(choices, &versions),
        3 => feature.locked = Some(one(choices, &["null", "\"true\"", "1"])),
        4 => feature.strategies = List::Wrong(one(choices, &["null", "{}", "\"x\"", "5"])),
        what => {
            let List::Of(strategies) = &mut feature.strategies else { return feature };
            let at = choices.below(strategies.len());
            let Some(strategy) = strategies.get_mut(at) else { return feature };
            match what {
                5 | 6 => strategy.percentage = Some(one(choices, NO_PERCENTAGE)),
                7 => strategy.percentage_attributes = List::Wrong(one(choices, NO_LIST)),
                8 => strategy.rules = List::Wrong(one(choices, NO_LIST)),
                9 => strategy.instead = Some(one(choices, NO_OBJECT)),
                10 => strategy.id = or_none(choices, NO_ID),
                _ => {
                    let token = one(choices, if what == 11 { NO_OBJECT } else { NO_RULE });
                    let List::Of(rules) = &mut strategy.rules else { return feature };
                    let at = choices.below(rules.len());
                    if let Some(rule) = rules.get_mut(at) {
                        rule.instead = Some(token);
                    }
                }
            }
        }
    }
    feature
}
