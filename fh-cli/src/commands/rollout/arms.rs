//! The arms of a rollout: a feature's strategies and everybody else, with the share that is configured for each.

use fh_eval::featurehub::wire;
use fh_eval::{Attributes, Evaluation, FeatureRef, Profile, Token};
use serde_json::value::RawValue;

use super::comparison::End;
use crate::shown;

/// What a strategy, or nobody's strategy, is meant to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Configured {
    /// This many millionths of all.
    Of(i64),
    /// This many millionths of whom its rules admit.
    OfAdmitted(i64),
    /// Whoever is there.
    Open,
}

/// One arm.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    /// Position of the strategy, from 0; none for everybody else.
    pub(crate) position: Option<usize>,
    /// Id of the strategy.
    pub(crate) id: Option<String>,
    /// The value, as a JSON token.
    pub(crate) token: Option<String>,
    /// The value, to be shown.
    pub(crate) value: String,
    pub(crate) configured: Configured,
}

/// All of them, everybody else last.
#[derive(Debug, Clone)]
pub(crate) struct Arms {
    pub(crate) feature: String,
    pub(crate) kind: Option<fh_eval::Kind>,
    pub(crate) profile: Profile,
    pub(crate) all: Vec<Arm>,
    /// Attributes that rules read.
    read: Vec<String>,
    /// Attributes of percentage keys.
    keyed: Vec<String>,
    /// Do percentages use the default key?
    default_key: bool,
}

fn token(raw: Option<&RawValue>) -> Option<String> {
    raw.filter(|raw| Token::of(raw) != Token::Null).map(|raw| raw.get().to_string())
}

/// The value of an answer.
pub(crate) fn end(feature: FeatureRef<'_>, evaluation: &Evaluation<'_>) -> End {
    let token = feature.value_token(evaluation);
    End { shown: shown::value(feature.kind(), token), token: token.map(str::to_string) }
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
        // What everybody else is meant to get is known as long as nothing but plain percentages comes before.
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
                value: shown::value(kind, token.as_deref()),
                token,
                configured,
            });
        }
        let token = token(wire.value);
        arms.all.push(Arm {
            position: None,
            id: None,
            value: shown::value(kind, token.as_deref()),
            token,
            configured: rest.map_or(Configured::Open, |rest| Configured::Of(rest.max(0))),
        });
        arms
    }

    /// Is something about the population likely a mistake?
    pub(crate) fn remark(&self, attribute: &str, fixed: &Attributes) -> Option<String> {
        let key = &self.feature;
        let session = self.profile.session_attribute();
        let has = |name: &str| name == attribute || fixed.get(name).is_some();
        if self.default_key && !has(session) && !has("userkey") {
            return Some(format!(
                "{key} has percentages of the user key, and these people have none: add --attribute userkey"
            ));
        }
        let draws = self.default_key
            && (attribute == session || (attribute == "userkey" && fixed.get(session).is_none()));
        let named = |names: &[String]| names.iter().any(|name| name == attribute);
        let looked_at = draws || named(&self.keyed) || named(&self.read);
        if looked_at || self.all.len() == 1 {
            return None;
        }
        let asked = match self.keyed.first().or(self.read.first()) {
            Some(name) => format!("try --attribute {name}"),
            None => "nobody differs".to_string(),
        };
        Some(format!("nothing in {key} depends on {attribute}, so everybody falls alike: {asked}"))
    }
}
