//! Rule values by type, and supplied texts close to them.

mod address;
mod date;
mod number;
mod pattern;
mod version;

use fh_eval::internal::RuleType;

use crate::generators::choices::Choices;
use crate::generators::json::quoted;
use crate::generators::text::{draw_text, near_text};

pub use pattern::draw_pattern;

/// Draws a text of this type as a context supplies it. It may be slightly malformed.
pub(crate) fn draw_supplied(choices: &mut Choices<'_>, kind: RuleType) -> String {
    match kind {
        RuleType::String => draw_text(choices),
        RuleType::Number => number::draw_text(choices),
        RuleType::Boolean => draw_boolean_text(choices),
        RuleType::Version => version::draw(choices),
        RuleType::Date => date::draw_date(choices),
        RuleType::DateTime => date::draw_date_time(choices),
        RuleType::Address => address::draw(choices),
    }
}

/// Draws a JSON token for the values of a rule. One in twelve has another type.
pub fn draw_value(choices: &mut Choices<'_>, kind: RuleType, conditional: &str) -> String {
    if choices.chance(1, 12) {
        return choices.one(ODD_VALUES).to_owned();
    }
    match kind {
        _ if conditional == "REGEX" => quoted(&draw_pattern(choices)),
        RuleType::Number => number::draw_token(choices),
        RuleType::Boolean if choices.chance(3, 4) => choices.one(&["true", "false"]).to_owned(),
        RuleType::Address => quoted(&address::draw_network(choices)),
        _ => quoted(&draw_supplied(choices, kind)),
    }
}

/// Values of other types than the rule's.
const ODD_VALUES: &[&str] =
    &["null", "true", "false", "0", "5.0", "1e2", "\"\"", "{}", "[]", "[\"a\"]"];

fn draw_boolean_text(choices: &mut Choices<'_>) -> String {
    let texts =
        ["true", "false", "true", "false", "TRUE", "True", "0", "1", "yes", "", " true", "null"];
    choices.one(&texts).to_owned()
}

/// Returns a supplied text close to a value of a rule; in half of the cases the same text. `twist` chooses the variant.
pub(crate) fn near(kind: RuleType, conditional: &str, value: &str, twist: u8) -> String {
    if conditional == "REGEX" {
        return pattern::near(value, twist);
    }
    if twist < 128 {
        return match kind {
            RuleType::Address => value.split('/').next().unwrap_or(value).to_owned(),
            _ => value.to_owned(),
        };
    }
    let other_spelling = match kind {
        RuleType::Number => number::other_spelling(value, twist),
        RuleType::Version => version::other_spelling(value, twist),
        RuleType::Date => date::other_date(value, twist),
        RuleType::DateTime => date::other_date_time(value, twist),
        RuleType::Address => address::inside(value, twist),
        RuleType::String | RuleType::Boolean => None,
    };
    other_spelling.unwrap_or_else(|| near_text(value, twist))
}
