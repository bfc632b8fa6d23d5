//! Forecasts of rollouts. A forecast counts how many users of a population match each strategy of a feature, and shows
//! the configured shares.

use crate::attributes::{Attributes, names};
use crate::evaluation::Evaluation;
use crate::feature::FeatureRef;
use crate::featurehub::payload::token;
use crate::featurehub::profile::Profile;
use crate::featurehub::wire;
use crate::json::Token;
use crate::subject::Subject;
use crate::tables::Share;
use crate::time::Timestamp;

/// The share of users that strategies configure for a part of a rollout. The share of a strategy is the percentage in
/// the payload, which may be below 0 or above 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfiguredShare {
    /// A share of all users, in millionths.
    OfAll(i64),
    /// A share of the users that match the strategy's rules, in millionths.
    OfAdmitted(i64),
    /// No user, because the strategy is unusable, or because it has neither rules nor a percentage other than 0. In
    /// profile `edge`, a strategy with a percentage of 0 and no rules may still match the users of bucket 0.
    OfNobody,
    /// No share is configured, because only rules decide, or because the share follows from the shares of other parts.
    Open,
}

/// A part of a rollout: the users of one strategy, or the users that get the default value.
#[derive(Debug, Clone)]
pub struct Part {
    /// Position of the strategy, from 0; `None` for the default value.
    pub position: Option<usize>,
    /// Id of the strategy; `None` for the default value and for a strategy whose id is missing or not a text.
    pub id: Option<String>,
    /// The feature's value for the users of this part, as JSON; `None` if the value is null or missing.
    pub token: Option<String>,
    /// The share of users that the feature's strategies configure for this part.
    pub configured: ConfiguredShare,
    /// Number of users that were counted in this part so far.
    pub people: u64,
}

impl Part {
    fn new(position: usize, strategy: &wire::Strategy<'_>, configured: ConfiguredShare) -> Self {
        Self {
            position: Some(position),
            id: wire::text(strategy.id).map(String::from),
            token: token(strategy.value).map(String::from),
            configured,
            people: 0,
        }
    }
}

/// A forecast of a rollout. It counts the users of a population by the strategy that each user matches. The users
/// differ in one attribute.
#[derive(Debug, Clone)]
pub struct Forecast<'a> {
    feature: FeatureRef<'a>,
    profile: Profile,
    attribute: &'a str,
    fixed: &'a Attributes,
    now: Timestamp,
    people: u64,
    /// One part for each strategy, in order, and then one for the default value.
    parts: Vec<Part>,
    /// The attributes that make up percentage keys.
    keyed: Vec<String>,
    /// The attributes that rules read.
    read: Vec<String>,
    /// True if a percentage uses the default percentage key.
    default_key: bool,
}

impl<'a> Forecast<'a> {
    /// Creates a forecast without users. `attribute` is the name of the attribute in which users differ; the attributes
    /// in `fixed` are the same for all users. `profile` is the profile under which the feature was compiled. The
    /// feature is evaluated for every user at the time `now`.
    #[must_use]
    pub fn new(
        feature: FeatureRef<'a>,
        profile: Profile,
        attribute: &'a str,
        fixed: &'a Attributes,
        now: Timestamp,
    ) -> Self {
        let wire = wire::Feature::parse(feature.json()).unwrap_or_default();
        let mut forecast = Self {
            feature,
            profile,
            attribute,
            fixed,
            now,
            people: 0,
            parts: Vec::new(),
            keyed: Vec::new(),
            read: Vec::new(),
            default_key: false,
        };
        // The share of the default value is computed only if each strategy either has the share `OfNobody`, or has a
        // percentage, no rules, and the same percentage attributes as the other strategies with a percentage.
        let mut rest = Some(1_000_000_i64);
        let mut first_key: Option<Vec<String>> = None;
        let strategies = wire.strategies.as_ref().map_or(&[][..], Vec::as_slice);
        let tables = feature.tables();
        let rows = tables.all_strategies(feature.position()).of(&tables.strategies);
        for (position, shape) in strategies.iter().enumerate() {
            let unread = wire::Strategy::default();
            let strategy = shape.as_ref().unwrap_or(&unread);
            if rows.get(position).is_none_or(|row| row.share == Share::Unusable) {
                forecast.parts.push(Part::new(position, strategy, ConfiguredShare::OfNobody));
                continue;
            }
            let rules = strategy.rules.as_ref().map_or(&[][..], Vec::as_slice);
            let fields = rules.iter().filter_map(|rule| wire::text(rule.as_ref()?.field));
            forecast.read.extend(fields.map(String::from));
            let percentage = strategy.percentage.and_then(|raw| Token::of(raw).integer());
            // Under profile `edge`, a percentage of 0 without rules matches the bucket 0 (D-33).
            let has_bucket_0 =
                profile == Profile::Edge && rules.is_empty() && percentage == Some(0);
            let percentage = percentage.filter(|percentage| *percentage != 0);
            let configured = match (percentage, rules.is_empty()) {
                (Some(percentage), true) => ConfiguredShare::OfAll(percentage),
                (Some(percentage), false) => ConfiguredShare::OfAdmitted(percentage),
                (None, false) => ConfiguredShare::Open,
                (None, true) => ConfiguredShare::OfNobody,
            };
            rest = match configured {
                ConfiguredShare::OfAll(share) => rest.map(|rest| rest.saturating_sub(share)),
                ConfiguredShare::OfNobody => rest,
                ConfiguredShare::OfAdmitted(_) | ConfiguredShare::Open => None,
            };
            if percentage.is_some() || has_bucket_0 {
                let keys = strategy.percentage_attributes.as_ref().map_or(&[][..], Vec::as_slice);
                let keys = keys.iter().filter_map(|key| wire::text(Some(*key)));
                let keys: Vec<String> = keys.map(String::from).collect();
                forecast.default_key |= keys.is_empty();
                if percentage.is_some() && first_key.get_or_insert_with(|| keys.clone()) != &keys {
                    rest = None;
                }
                forecast.keyed.extend(keys);
            }
            forecast.parts.push(Part::new(position, strategy, configured));
        }
        forecast.parts.push(Part {
            position: None,
            id: None,
            token: token(wire.value).map(String::from),
            configured: rest
                .map_or(ConfiguredShare::Open, |rest| ConfiguredShare::OfAll(rest.max(0))),
            people: 0,
        });
        forecast
    }

    /// Returns the context of a user: the fixed attributes, and `id` as the first value of the attribute in which users
    /// differ.
    #[must_use]
    pub fn context(&self, id: &str) -> Attributes {
        let fixed = self.fixed.iter();
        let fixed = fixed.flat_map(|(name, values)| values.map(move |value| (name, value)));
        let start = Attributes::builder().attribute(self.attribute, id);
        fixed.fold(start, |builder, (name, value)| builder.attribute(name, value)).build()
    }

    /// Evaluates the feature for the context of a user, counts the user in the part that the result belongs to, and
    /// returns the result.
    pub fn count<'c>(&mut self, context: &'c Attributes) -> Evaluation<'c>
    where
        'a: 'c,
    {
        let feature: FeatureRef<'c> = self.feature;
        let evaluation = feature.evaluate(&Subject::new(context, self.now));
        let default = self.parts.len().saturating_sub(1);
        let part = evaluation.strategy_position().unwrap_or(default);
        if let Some(part) = self.parts.get_mut(part) {
            part.people += 1;
        }
        self.people += 1;
        evaluation
    }

    /// Returns the feature whose rollout is forecast.
    #[must_use]
    pub const fn feature(&self) -> FeatureRef<'a> {
        self.feature
    }

    /// Returns the profile under which the feature was compiled.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Returns the name of the attribute in which users differ.
    #[must_use]
    pub const fn attribute(&self) -> &'a str {
        self.attribute
    }

    /// Returns the number of users counted so far.
    #[must_use]
    pub const fn people(&self) -> u64 {
        self.people
    }

    /// Returns the parts of the rollout: one for each strategy, in order, and then one for the default value.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns `people` divided by the number of users counted so far, or by 1 if no user was counted.
    #[must_use]
    pub fn share(&self, people: u64) -> f64 {
        people as f64 / self.people.max(1) as f64
    }

    /// Returns true if a strategy's percentage uses the default percentage key, but the users have neither the session
    /// attribute of the profile nor a user key. Such a strategy matches no user.
    #[must_use]
    pub fn lacks_default_key(&self) -> bool {
        let has = |name: &str| name == self.attribute || self.fixed.get(name).is_some();
        self.default_key && !has(self.profile.session_attribute()) && !has(names::USER_KEY)
    }

    /// Returns true if the feature has strategies, but no rule and no percentage depends on the attribute in which
    /// users differ. All users then get the same value.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        let session = self.profile.session_attribute();
        let is_default_key = self.attribute == session
            || (self.attribute == names::USER_KEY && self.fixed.get(session).is_none());
        let mut named = self.keyed.iter().chain(&self.read);
        let depends =
            (self.default_key && is_default_key) || named.any(|name| name == self.attribute);
        !depends && self.parts.len() > 1
    }

    /// Returns the name of an attribute that may decide which strategy a user matches: the first attribute that is
    /// named for a percentage key, otherwise the first attribute that a rule reads. Returns `None` if there is no such
    /// attribute. The attributes of the default percentage key, and percentage attributes of strategies without a
    /// percentage, are not counted.
    #[must_use]
    pub fn deciding_attribute(&self) -> Option<&str> {
        self.keyed.first().or(self.read.first()).map(String::as_str)
    }
}
