//! Rule values by type, and supplied texts close to them.

mod address;
mod date;
mod number;
mod pattern;
mod version;

use crate::choices::Choices;
use crate::json::quoted;
use crate::text::{draw_text, near_text};

pub use pattern::draw_pattern;

/// The type of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// The type `STRING`.
    String,
    /// The type `NUMBER`.
    Number,
    /// The type `BOOLEAN`.
    Boolean,
    /// The type `SEMANTIC_VERSION`.
    Version,
    /// The type `DATE`.
    Date,
    /// The type `DATETIME`.
    DateTime,
    /// The type `IP_ADDRESS`.
    Address,
}

impl FieldType {
    /// All types.
    pub const ALL: &'static [FieldType] = &[
        FieldType::String,
        FieldType::Number,
        FieldType::Boolean,
        FieldType::Version,
        FieldType::Date,
        FieldType::DateTime,
        FieldType::Address,
    ];

    /// Returns the name that is used on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FieldType::String => "STRING",
            FieldType::Number => "NUMBER",
            FieldType::Boolean => "BOOLEAN",
            FieldType::Version => "SEMANTIC_VERSION",
            FieldType::Date => "DATE",
            FieldType::DateTime => "DATETIME",
            FieldType::Address => "IP_ADDRESS",
        }
    }
}

/// Draws a text of this type as a context supplies it. It may be slightly malformed.
pub(crate) fn draw_supplied(choices: &mut Choices<'_>, kind: FieldType) -> String {
    match kind {
        FieldType::String => draw_text(choices),
        FieldType::Number => number::draw_text(choices),
        FieldType::Boolean => draw_boolean_text(choices),
        FieldType::Version => version::draw(choices),
        FieldType::Date => date::draw_date(choices),
        FieldType::DateTime => date::draw_date_time(choices),
        FieldType::Address => address::draw(choices),
    }
}

/// Draws a JSON token for the values of a rule. One in twelve has another type.
pub fn draw_value(choices: &mut Choices<'_>, kind: FieldType, conditional: &str) -> String {
    if choices.chance(1, 12) {
        return choices.one(ODD_VALUES).to_owned();
    }
    match kind {
        _ if conditional == "REGEX" => quoted(&draw_pattern(choices)),
        FieldType::Number => number::draw_token(choices),
        FieldType::Boolean if choices.chance(3, 4) => choices.one(&["true", "false"]).to_owned(),
        FieldType::Address => quoted(&address::draw_network(choices)),
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
pub(crate) fn near(kind: FieldType, conditional: &str, value: &str, twist: u8) -> String {
    if conditional == "REGEX" {
        return pattern::near(value, twist);
    }
    if twist < 128 {
        return match kind {
            FieldType::Address => value.split('/').next().unwrap_or(value).to_owned(),
            _ => value.to_owned(),
        };
    }
    let other_spelling = match kind {
        FieldType::Number => number::other_spelling(value, twist),
        FieldType::Version => version::other_spelling(value, twist),
        FieldType::Date => date::other_date(value, twist),
        FieldType::DateTime => date::other_date_time(value, twist),
        FieldType::Address => address::inside(value, twist),
        FieldType::String | FieldType::Boolean => None,
    };
    other_spelling.unwrap_or_else(|| near_text(value, twist))
}
