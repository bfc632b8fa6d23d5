//! Exactly what travels (evaluation 1): every part as it was written, of whatever shape, so that nothing is lost before
//! [`Compiler`](super::Compiler) has judged it.

use std::borrow::Cow;

use serde::de::MapAccess;
use serde_json::value::RawValue;

pub use super::member::UnknownMember;

use super::member;
use crate::json::{ListOr, MemberValue, Members, Object, ObjectOr, Shape, Token, read_object};

/// A value as it was written, or nothing.
pub type Raw<'a> = Option<&'a RawValue>;

/// A FeatureState.
#[derive(Debug, Clone, Default)]
pub struct Feature<'a> {
    /// Id of the feature, hashed for percentages.
    pub id: Raw<'a>,
    /// Its name.
    pub key: Raw<'a>,
    /// Is it locked?
    pub locked: Raw<'a>,
    /// Version of its value in this environment.
    pub version: Raw<'a>,
    /// `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
    pub kind: Raw<'a>,
    /// The value that everybody gets whom no strategy matches.
    pub value: Raw<'a>,
    /// Strategies in order.
    pub strategies: Shape<Vec<Shape<Strategy<'a>>>>,
    /// Feature properties (`fp`).
    pub properties: Shape<Vec<(Cow<'a, str>, &'a RawValue)>>,
}

/// A FeatureRolloutStrategy.
#[derive(Debug, Clone, Default)]
pub struct Strategy<'a> {
    /// Its name within the feature.
    pub id: Raw<'a>,
    /// 0 to 1,000,000.
    pub percentage: Raw<'a>,
    /// Attributes that make the percentage key.
    pub percentage_attributes: Shape<Vec<&'a RawValue>>,
    /// The value that a match serves.
    pub value: Raw<'a>,
    /// Rules, all of which have to hold.
    pub rules: Shape<Vec<Shape<Rule<'a>>>>,
    /// Members that a strategy does not have (D-118).
    pub unknown: Vec<UnknownMember>,
}

/// A FeatureRolloutStrategyAttribute.
#[derive(Debug, Clone, Default)]
pub struct Rule<'a> {
    /// How to compare.
    pub conditional: Raw<'a>,
    /// Which attribute.
    pub field: Raw<'a>,
    /// As what to compare.
    pub kind: Raw<'a>,
    /// With which values.
    pub values: Shape<Vec<&'a RawValue>>,
    /// Members that a rule does not have (D-118).
    pub unknown: Vec<UnknownMember>,
}

/// The text of a scalar that should be a string.
#[must_use]
pub fn text<'a>(raw: Raw<'a>) -> Option<Cow<'a, str>> {
    match Token::of(raw?) {
        Token::Text(text) => Some(text),
        _ => None,
    }
}

impl<'a> Feature<'a> {
    /// Reads one feature; `None` if the JSON is no object.
    #[must_use]
    pub fn parse(json: &'a str) -> Option<Self> {
        match read_object(json) {
            Shape::Is(feature) => Some(feature),
            _ => None,
        }
    }
}

fn shapes<T>(list: ListOr<ObjectOr<T>>) -> Shape<Vec<Shape<T>>> {
    match list.0 {
        Shape::Is(list) => Shape::Is(list.into_iter().map(|part| part.0).collect()),
        Shape::Absent => Shape::Absent,
        Shape::Null => Shape::Null,
        Shape::Other => Shape::Other,
    }
}

impl<'de> Object<'de> for Feature<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match name {
            "id" => self.id = Some(value.read()?),
            "key" => self.key = Some(value.read()?),
            "l" => self.locked = Some(value.read()?),
            "version" => self.version = Some(value.read()?),
            "type" => self.kind = Some(value.read()?),
            "value" => self.value = Some(value.read()?),
            "strategies" => self.strategies = shapes(value.read()?),
            "fp" => {
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
        name: &str,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match name {
            "id" => self.id = Some(value.read()?),
            "percentage" => self.percentage = Some(value.read()?),
            "percentageAttributes" => self.percentage_attributes = value.read::<ListOr<_>>()?.0,
            "value" => self.value = Some(value.read()?),
            "attributes" => self.rules = shapes(value.read()?),
            _ => {
                UnknownMember::note(&mut self.unknown, name, member::STRATEGY);
                value.skip()?;
            }
        }
        Ok(())
    }
}

impl<'de> Object<'de> for Rule<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        match name {
            "conditional" => self.conditional = Some(value.read()?),
            "fieldName" => self.field = Some(value.read()?),
            "type" => self.kind = Some(value.read()?),
            "values" => self.values = value.read::<ListOr<_>>()?.0,
            _ => {
                UnknownMember::note(&mut self.unknown, name, member::RULE);
                value.skip()?;
            }
        }
        Ok(())
    }
}
