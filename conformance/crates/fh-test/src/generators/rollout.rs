//! Rollout strategies.

use crate::generators::choices::Choices;
use crate::generators::json::{List, object, quoted};
use crate::generators::rule::Rule;
use crate::generators::share::{Share, draw_share};

/// Attributes that are used in percentage keys.
pub(crate) const KEY_ATTRIBUTES: &[&str] = &["company", "country", "userkey", "session", "plan"];

/// A rollout strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The strategy's id, as a JSON token.
    pub id: Option<String>,
    /// The served value, as a JSON token.
    pub value: Option<String>,
    /// The percentage in millionths, as a JSON token.
    pub percentage: Option<String>,
    /// The attributes of the percentage key, as JSON tokens.
    pub percentage_attributes: List<String>,
    /// The strategy's rules.
    pub rules: List<Rule>,
    /// A JSON token that replaces the whole strategy, if it is unreadable.
    pub instead: Option<String>,
}

impl Rollout {
    /// Returns the JSON that is sent on the wire.
    #[must_use]
    pub fn to_json(&self) -> String {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        object([
            ("id", self.id.clone()),
            ("value", self.value.clone()),
            ("percentage", self.percentage.clone()),
            ("percentageAttributes", self.percentage_attributes.token(Clone::clone)),
            ("attributes", self.rules.token(Rule::to_json)),
        ])
    }
}

/// A strategy before its neighbours are known.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) share: Share,
    pub(crate) percentage_attributes: List<String>,
    pub(crate) rules: List<Rule>,
    /// A number that chooses the value.
    pub(crate) value: usize,
}

impl Draft {
    /// Returns the strategy at this position. `base` is the sum of the percentages of earlier strategies without rules.
    pub(crate) fn finish(
        &self,
        position: usize,
        feature_id: &str,
        base: &mut i64,
        value: Option<String>,
    ) -> Rollout {
        let has_rules = !self.rules.elements().is_empty();
        let percentage = self.share.token(feature_id, if has_rules { 0 } else { *base });
        if !has_rules {
            *base += percentage.as_deref().and_then(|p| p.parse::<i64>().ok()).unwrap_or(0);
        }
        Rollout {
            id: Some(quoted(&format!("s{}", position + 1))),
            value,
            percentage,
            percentage_attributes: self.percentage_attributes.clone(),
            rules: self.rules.clone(),
            instead: None,
        }
    }
}

impl Draft {
    pub(crate) fn draw(choices: &mut Choices<'_>) -> Draft {
        let share = draw_share(choices);
        let rules = match choices.weighted(&[3, 7, 2, 1, 1]) {
            0 => List::Of(Vec::new()),
            1 => List::Of(vec![Rule::draw(choices)]),
            2 => List::Of(choices.some(2, 3, Rule::draw)),
            3 => List::Absent,
            _ => List::Null,
        };
        let percentage_attributes = match choices.weighted(&[6, 3, 1, 1]) {
            0 => List::Absent,
            1 => List::Of(choices.some(1, 2, |choices| quoted(choices.one(KEY_ATTRIBUTES)))),
            2 => List::Null,
            _ => List::Of(Vec::new()),
        };
        Draft { share, percentage_attributes, rules, value: choices.below(256) }
    }
}
