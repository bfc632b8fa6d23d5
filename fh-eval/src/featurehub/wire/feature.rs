//! The parts of a feature: strategies and rules, with their members as JSON text.

use std::borrow::Cow;

use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::name;
use crate::featurehub::member::{self, UnknownMember};
use crate::json::{
    ListOr, MemberValue, Members, Object, ObjectOr, Shape, Token, read_list, read_object, shapes,
};

/// The JSON text of a member, or `None` if the member is absent.
pub type Raw<'a> = Option<&'a RawValue>;

/// A feature, as FeatureHub's JSON describes it (FeatureHub's type FeatureState).
#[derive(Debug, Clone, Default)]
pub struct Feature<'a> {
    /// Id of the feature, from which buckets are computed unless the compiler is given another id for the feature.
    pub id: Raw<'a>,
    /// Key of the feature, by which programs read the feature.
    pub key: Raw<'a>,
    /// A boolean: true if the feature is locked, which restricts overrides by interceptors.
    pub locked: Raw<'a>,
    /// Version of the feature's value in the environment.
    pub version: Raw<'a>,
    /// Type of the value: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
    pub kind: Raw<'a>,
    /// The feature's value if no strategy matches.
    pub value: Raw<'a>,
    /// The feature's strategies, in the order of evaluation.
    pub strategies: Shape<Vec<Shape<Strategy<'a>>>>,
    /// The feature's properties (`fp`), each with its name. A server sends properties only to keys with the permission
    /// `EXTENDED_DATA`.
    pub properties: Shape<Vec<(Cow<'a, str>, &'a RawValue)>>,
    /// Id of the strategy that matched when an Edge evaluated the feature (`v`).
    pub applied: Raw<'a>,
    /// Id of the feature's environment (`environmentId`).
    pub environment: Raw<'a>,
}

/// A strategy, as FeatureHub's JSON describes it (FeatureHub's type FeatureRolloutStrategy).
#[derive(Debug, Clone, Default)]
pub struct Strategy<'a> {
    /// Id of the strategy. FeatureHub makes it unique within the feature.
    pub id: Raw<'a>,
    /// The strategy's percentage, where 1,000,000 is 100 %.
    pub percentage: Raw<'a>,
    /// Names of the attributes that make up the percentage key.
    pub percentage_attributes: Shape<Vec<&'a RawValue>>,
    /// The feature's value if the strategy matches.
    pub value: Raw<'a>,
    /// The strategy's rules. The strategy matches only if all of them hold.
    pub rules: Shape<Vec<Shape<Rule<'a>>>>,
    /// The unknown members of the strategy's JSON object: the first 16, and the first near miss of a known member.
    pub unknown: Vec<UnknownMember>,
}

/// A rule, as FeatureHub's JSON describes it (FeatureHub's type FeatureRolloutStrategyAttribute).
#[derive(Debug, Clone, Default)]
pub struct Rule<'a> {
    /// The operator by which the rule compares the attribute with the rule's values, such as `EQUALS`.
    pub conditional: Raw<'a>,
    /// Name of the attribute that the rule reads.
    pub field: Raw<'a>,
    /// Type of the rule's values, such as `NUMBER`.
    pub kind: Raw<'a>,
    /// The rule's values, with which the attribute's values are compared.
    pub values: Shape<Vec<&'a RawValue>>,
    /// The unknown members of the rule's JSON object: the first 16, and the first near miss of a known member.
    pub unknown: Vec<UnknownMember>,
}

/// Returns the text of a JSON string, or `None` if the member is absent or has any other value.
#[must_use]
pub fn text<'a>(raw: Raw<'a>) -> Option<Cow<'a, str>> {
    match Token::of(raw?) {
        Token::Text(text) => Some(text),
        _ => None,
    }
}

impl<'a> Feature<'a> {
    /// Parses one feature. Returns `None` if the text is not a JSON object.
    #[must_use]
    pub fn parse(json: &'a str) -> Option<Self> {
        read_object(json).into_value()
    }
}

impl<'a> Strategy<'a> {
    /// Parses the list of a feature's strategies. A null in place of the list or of a strategy becomes `Shape::Null`,
    /// any other value of an unexpected shape becomes `Shape::Other`, and an absent list `Shape::Absent`.
    #[must_use]
    pub fn parse_list(list: Raw<'a>) -> Shape<Vec<Shape<Self>>> {
        list.map_or(Shape::Absent, |list| read_list(list.get()))
    }
}

impl<'de> Object<'de> for Feature<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match &*name {
            name::ID => self.id = Some(value.read()?),
            name::KEY => self.key = Some(value.read()?),
            name::LOCKED => self.locked = Some(value.read()?),
            name::VERSION => self.version = Some(value.read()?),
            name::TYPE => self.kind = Some(value.read()?),
            name::VALUE => self.value = Some(value.read()?),
            name::STRATEGIES => self.strategies = shapes(value.read()?),
            name::APPLIED => self.applied = Some(value.read()?),
            name::ENVIRONMENT => self.environment = Some(value.read()?),
            name::PROPERTIES => {
                self.properties = match value.read::<ObjectOr<Members<'de>>>()?.0 {
                    Shape::Is(Members(members)) => Shape::Is(members),
                    Shape::Null => Shape::Null,
                    _ => Shape::Other,
                }
            }
            _ => value.skip()?,
        }
        Ok(())
    }
}

impl<'de> Object<'de> for Strategy<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match &*name {
            name::ID => self.id = Some(value.read()?),
            name::PERCENTAGE => self.percentage = Some(value.read()?),
            name::PERCENTAGE_ATTRIBUTES => {
                self.percentage_attributes = value.read::<ListOr<_>>()?.0;
            }
            name::VALUE => self.value = Some(value.read()?),
            name::RULES => self.rules = shapes(value.read()?),
            _ => {
                UnknownMember::note(&mut self.unknown, &name, member::STRATEGY);
                value.skip()?;
            }
        }
        Ok(())
    }
}

impl<'de> Object<'de> for Rule<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match &*name {
            name::CONDITIONAL => self.conditional = Some(value.read()?),
            name::FIELD => self.field = Some(value.read()?),
            name::TYPE => self.kind = Some(value.read()?),
            name::VALUES => self.values = value.read::<ListOr<_>>()?.0,
            _ => {
                UnknownMember::note(&mut self.unknown, &name, member::RULE);
                value.skip()?;
            }
        }
        Ok(())
    }
}
