//! The arms of a rollout: each strategy and the default value, with the configured share of each.

use fh_eval::featurehub::wire;
use fh_eval::{Attributes, Evaluation, FeatureRef, Profile, Token};
use serde_json::value::RawValue;

use super::comparison::End;
use crate::sanitize;

/// The configured share of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Configured {
    /// A share of the whole population, in millionths.
    Of(i64),
    /// A share of the ids that match the strategy's rules, in millionths.
    OfAdmitted(i64),
    /// No configured share.
    Open,
}

/// A strategy, or the default value.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    /// Position of the strategy, from 0. `None` for the default value.
    pub(crate) position: Option<usize>,
    /// Id of the strategy.
    pub(crate) id: Option<String>,
    /// The value, as a JSON token.
    pub(crate) token: Option<String>,
    /// The value as display text.
    pub(crate) value: String,
    pub(crate) configured: Configured,
}

/// The arms of a feature. The last one is the default value.
#[derive(Debug, Clone)]
pub(crate) struct Arms {
    pub(crate) feature: String,
    pub(crate) kind: Option<fh_eval::Kind>,
    pub(crate) profile: Profile,
    pub(crate) all: Vec<Arm>,
    /// Attributes that the rules test.
    read: Vec<String>,
    /// Attributes that `percentageAttributes` of strategies name.
    keyed: Vec<String>,
    /// True if a percentage uses the default key, which is the session or the userkey.
    default_key: bool,
}

fn token(raw: Option<&RawValue>) -> Option<String> {
    raw.filter(|raw| Token::of(raw) != Token::Null).map(|raw| raw.get().to_string())
}

/// Returns the value of an evaluation.
pub(crate) fn end(feature: FeatureRef<'_>, evaluation: &Evaluation<'_>) -> End {
    let token = feature.value_token(evaluation);
    End { shown: sanitize::value(feature.kind(), token), token: token.map(str::to_string) }
}

impl Arms {
    pub(crate) fn of(feature: FeatureRef<'_>, profile: Profile) -> Self {
        let wire = wire::Feature::parse(feature.json()).unwrap_or_default();
        let kind = feature.kind();
        let mut arms = Self {
            feature: feature.key().to_string(),
            kind,
            profile,
            all: Vec::new(),
            read: Vec::new(),
            keyed: Vec::new(),
            default_key: false,
        };
        // The share of the default value is known only if all strategies are percentages without rules and with the same
        // key.
        let mut rest = Some(1_000_000_i64);
        let mut first_key: Option<Vec<String>> = None;
        let strategies = wire.strategies.as_ref().map_or(&[][..], Vec::as_slice);
        for (position, shape) in strategies.iter().enumerate() {
            let unread = wire::Strategy::default();
            let strategy = shape.as_ref().unwrap_or(&unread);
            let rules = strategy.rules.as_ref().map_or(&[][..], Vec::as_slice);
            let percentage = strategy
                .percentage
                .and_then(|raw| Token::of(raw).integer())
                .filter(|percentage| *percentage != 0);
            let keys = strategy.percentage_attributes.as_ref().map_or(&[][..], Vec::as_slice);
            let keys: Vec<String> =
                keys.iter().filter_map(|key| Some(wire::text(Some(*key))?.into_owned())).collect();
            arms.read.extend(
                rules
                    .iter()
                    .filter_map(|rule| Some(wire::text(rule.as_ref()?.field)?.into_owned())),
            );
            let configured = match (percentage, rules.is_empty()) {
                (Some(percentage), true) => Configured::Of(percentage),
                (Some(percentage), false) => Configured::OfAdmitted(percentage),
                (None, false) => Configured::Open,
                (None, true) => Configured::Of(0),
            };
            rest = match configured {
                Configured::Of(share) => rest.map(|rest| rest.saturating_sub(share)),
                _ => None,
            };
            if percentage.is_some() {
                arms.default_key |= keys.is_empty();
                if first_key.get_or_insert_with(|| keys.clone()) != &keys {
                    rest = None;
                }
                arms.keyed.extend(keys);
            }
            let token = token(strategy.value);
            arms.all.push(Arm {
                position: Some(position),
                id: wire::text(strategy.id).map(std::borrow::Cow::into_owned),
                value: sanitize::value(kind, token.as_deref()),
                token,
                configured,
            });
        }
        let token = token(wire.value);
        arms.all.push(Arm {
            position: None,
            id: None,
            value: sanitize::value(kind, token.as_deref()),
            token,
            configured: rest.map_or(Configured::Open, |rest| Configured::Of(rest.max(0))),
        });
        arms
    }

    /// Returns a remark if the population is probably a mistake, because the feature does not depend on its attribute.
    pub(crate) fn remark(&self, attribute: &str, fixed: &Attributes) -> Option<String> {
        let key = &self.feature;
        let session = self.profile.session_attribute();
        let has = |name: &str| name == attribute || fixed.get(name).is_some();
        if self.default_key && !has(session) && !has("userkey") {
            return Some(format!(
                "{key} has percentages of the user key, but this population has no user keys: add --attribute userkey"
            ));
        }
        let draws = self.default_key
            && (attribute == session || (attribute == "userkey" && fixed.get(session).is_none()));
        let named = |names: &[String]| names.iter().any(|name| name == attribute);
        let looked_at = draws || named(&self.keyed) || named(&self.read);
        if looked_at || self.all.len() == 1 {
            return None;
        }
        let other = self.keyed.first().or(self.read.first());
        let advice = other.map(|name| format!(": try --attribute {name}")).unwrap_or_default();
        Some(format!(
            "nothing in {key} depends on {attribute}, so all ids get the same value{advice}"
        ))
    }
}
