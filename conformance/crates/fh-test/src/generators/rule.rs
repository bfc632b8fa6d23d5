//! Rules on one attribute.

use fh_eval::internal::{Conditional, RuleType};

use crate::generators::choices::Choices;
use crate::generators::field::draw_value;
use crate::generators::json::{List, object, quoted};

/// The attributes that rules read. There are few, so that several rules often read the same one.
const FIELDS: &[&str] = &["country", "plan", "version", "userkey", "x", "naïve 🐢", ""];

/// A rule of a rollout strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The attribute that the rule reads.
    pub field: String,
    /// The type of the comparison.
    pub kind: RuleType,
    /// The conditional of the comparison.
    pub conditional: String,
    /// The rule's values, as JSON tokens.
    pub values: List<String>,
    /// A JSON token that replaces the whole rule, if it is unreadable.
    pub instead: Option<String>,
}

impl Rule {
    /// Draws a rule of any type and conditional, with none to four values, some of them unusual. Rules on dates sometimes read the
    /// attribute `now`.
    pub fn draw(choices: &mut Choices<'_>) -> Rule {
        let kind = RuleType::ALL.get(choices.below(RuleType::ALL.len()));
        let kind = kind.copied().unwrap_or(RuleType::String);
        let conditional = Conditional::ALL.get(choices.below(Conditional::ALL.len()));
        let conditional = conditional.map_or("EQUALS", |conditional| conditional.name());
        let mut field = choices.one(FIELDS);
        if matches!(kind, RuleType::Date | RuleType::DateTime) && choices.chance(3, 8) {
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

    /// Returns the JSON that is sent on the wire.
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
