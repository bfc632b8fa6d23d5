//! Rules on one attribute.

use crate::choices::Choices;
use crate::field::{FieldType, draw_value};
use crate::json::{List, object, quoted};

/// The conditionals, as they stand on the wire.
pub const CONDITIONALS: &[&str] = &[
    "EQUALS",
    "NOT_EQUALS",
    "STARTS_WITH",
    "ENDS_WITH",
    "GREATER",
    "GREATER_EQUALS",
    "LESS",
    "LESS_EQUALS",
    "INCLUDES",
    "EXCLUDES",
    "REGEX",
];

/// Attributes that rules read. Few, so that several rules meet in one.
const FIELDS: &[&str] = &["country", "plan", "version", "userkey", "x", "naïve 🐢", ""];

/// A rule of a rollout strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The attribute it reads.
    pub field: String,
    /// As what it compares.
    pub kind: FieldType,
    /// How it compares.
    pub conditional: String,
    /// What it compares with, as JSON tokens.
    pub values: List<String>,
    /// What stands in its place, if it is spoiled: a JSON token.
    pub instead: Option<String>,
}

impl Rule {
    /// A rule of any type and conditional, with none to four values, some of them odd. Rules on
    /// dates sometimes read the attribute `now`.
    pub fn draw(choices: &mut Choices<'_>) -> Rule {
        let kind = FieldType::ALL.get(choices.below(FieldType::ALL.len()));
        let kind = kind.copied().unwrap_or(FieldType::String);
        let conditional = choices.one(CONDITIONALS);
        let mut field = choices.one(FIELDS);
        if matches!(kind, FieldType::Date | FieldType::DateTime) && choices.chance(3, 8) {
            field = choices.one(&["now", "now", "NOW"]);
        }
        let value = |choices: &mut Choices<'_>| draw_value(choices, kind, conditional);
        let values = match choices.weighted(&[8, 6, 1, 1, 1]) {
            0 => List::Of(vec![value(choices)]),
            1 => List::Of(choices.some(2, 4, value)),
            2 => List::Of(Vec::new()),
            3 => List::Null,
            _ => List::Absent,
        };
        Rule {
            field: field.to_owned(),
            kind,
            conditional: conditional.to_owned(),
            values,
            instead: None,
        }
    }

    /// The JSON on the wire.
    #[must_use]
    pub fn to_json(&self) -> String {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        object([
            ("fieldName", Some(quoted(&self.field))),
            ("type", Some(quoted(self.kind.name()))),
            ("conditional", Some(quoted(&self.conditional))),
            ("values", self.values.token(Clone::clone)),
        ])
    }
}
