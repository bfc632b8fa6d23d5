//! The expected answer to a read, compared in all that an SDK tells (R2).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::protocol::{Read, ReadAnswer};

use super::client::SdkClient;
use super::scenario::Verdict;
use super::scene::Scene;
use super::stop::Stop;

/// The expected answer to a read of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedAnswer {
    value: Value,
    /// The type and the version; `None` if the feature does not exist.
    feature: Option<(&'static str, i64)>,
    /// True if the feature has a value. A default of the caller is none.
    is_set: bool,
    locked: bool,
    strategy_id: Option<String>,
    reason: &'static str,
    properties: BTreeMap<String, String>,
}

impl ExpectedAnswer {
    /// Returns the answer of a STRING that exists in version 1, is not locked, and has no strategies.
    #[must_use]
    pub fn string(value: &str) -> Self {
        Self::of("STRING", value)
    }

    /// Returns the answer of a feature of a type that exists in version 1, is not locked, and has no strategies. A null value is not set.
    #[must_use]
    pub fn of(kind: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        Self {
            is_set: !value.is_null(),
            value,
            feature: Some((kind, 1)),
            locked: false,
            strategy_id: None,
            reason: "STATIC",
            properties: BTreeMap::new(),
        }
    }

    /// Returns the answer for a feature that does not exist, read by a client with features.
    #[must_use]
    pub fn missing() -> Self {
        Self { feature: None, reason: "NOT_FOUND", ..Self::of("STRING", Value::Null) }
    }

    /// Returns the answer of a client without features.
    #[must_use]
    pub fn not_ready() -> Self {
        Self::missing().reason("NOT_READY")
    }

    /// Expects the default that the caller gives.
    #[must_use]
    pub fn default_value(self, value: impl Into<Value>) -> Self {
        Self { value: value.into(), is_set: false, ..self }
    }

    /// Expects the value of an interceptor, which also a feature that does not exist can have.
    #[must_use]
    pub fn intercepted(self, value: impl Into<Value>) -> Self {
        let (value, strategy_id) = (value.into(), None);
        Self { value, is_set: true, strategy_id, reason: "INTERCEPTED", ..self }
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        if let Some((_, known)) = &mut self.feature {
            *known = version;
        }
        self
    }

    /// Expects a locked feature.
    #[must_use]
    pub fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// Sets the strategy that matched, and the reason.
    #[must_use]
    pub fn matched(self, strategy_id: &str, reason: &'static str) -> Self {
        Self { strategy_id: Some(strategy_id.to_owned()), reason, ..self }
    }

    /// Sets the reason.
    #[must_use]
    pub fn reason(self, reason: &'static str) -> Self {
        Self { reason, ..self }
    }

    /// Adds a property.
    #[must_use]
    pub fn property(mut self, name: &str, value: &str) -> Self {
        self.properties.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns the first difference of an answer, as the name of the member with the expected and the actual value. `can` says which
    /// capabilities the SDK has. A member that the SDK cannot tell is not compared.
    fn difference(
        &self,
        answer: &ReadAnswer,
        can: impl Fn(&str) -> bool,
    ) -> Option<(&'static str, String, String)> {
        let exists = self.feature.is_some();
        let told = |name, expected: Value, actual: Option<Value>| match actual {
            Some(actual) if actual != expected => {
                Some((name, expected.to_string(), actual.to_string()))
            }
            _ => None,
        };
        let gated = |name, capability, expected: Value, actual: Value| {
            told(name, expected, can(capability).then_some(actual))
        };
        // A missing feature has no type and no version, whatever an SDK answers for them.
        let of_feature = |actual: Option<Value>| actual.filter(|_| exists);
        let (kind, version) = self.feature.unwrap_or_default();
        let other = answer.of_other_type.iter().next();
        let other = other
            .filter(|_| exists)
            .map(|(name, value)| (*name, "a value of its JSON type".to_owned(), value.to_string()));
        told("error", Value::Null, answer.error.clone().map(Value::from))
            .or(other)
            .or_else(|| told("value", self.value.clone(), Some(answer.value.clone())))
            .or_else(|| told("exists", exists.into(), answer.exists.map(Value::from)))
            .or_else(|| told("is_set", self.is_set.into(), answer.is_set.map(Value::from)))
            .or_else(|| told("locked", self.locked.into(), answer.locked.map(Value::from)))
            .or_else(|| {
                told("version", version.into(), of_feature(answer.version.map(Value::from)))
            })
            .or_else(|| told("type", kind.into(), of_feature(answer.kind.clone().map(Value::from))))
            .or_else(|| {
                let expected = self.strategy_id.clone().into();
                gated(
                    "strategy_id",
                    "eval.strategy_id",
                    expected,
                    answer.strategy_id.clone().into(),
                )
            })
            .or_else(|| {
                gated("reason", "eval.reason", self.reason.into(), answer.reason.clone().into())
            })
            .or_else(|| {
                let actual = answer.properties.clone().unwrap_or_default();
                let json = |map: &BTreeMap<String, String>| {
                    let members = map.iter().map(|(name, value)| (name.clone(), value.clone()));
                    members.map(|(name, value)| (name, Value::from(value))).collect()
                };
                gated("properties", "eval.properties", json(&self.properties), json(&actual))
            })
    }
}

impl Scene<'_> {
    /// Reads a feature with its getter, without default and context, and compares the whole answer.
    ///
    /// # Errors
    /// The failed check.
    pub fn answers(
        &self,
        label: &str,
        client: &SdkClient,
        feature: &str,
        expected: &ExpectedAnswer,
    ) -> Verdict {
        let kind = expected.feature.map_or("STRING", |(kind, _)| kind);
        self.answers_to(label, client, SdkClient::getter(feature, kind), expected)
    }

    /// Performs a read and compares the whole answer.
    ///
    /// # Errors
    /// The failed check.
    pub fn answers_to(
        &self,
        label: &str,
        client: &SdkClient,
        read: Read,
        expected: &ExpectedAnswer,
    ) -> Verdict {
        self.is_answer(label, &client.read(read)?, expected)
    }

    /// Compares the whole answer to a read.
    ///
    /// # Errors
    /// The failed check.
    pub fn is_answer(
        &self,
        label: &str,
        answer: &ReadAnswer,
        expected: &ExpectedAnswer,
    ) -> Verdict {
        match expected.difference(answer, |capability| self.can(capability)) {
            None => Ok(()),
            Some((member, expected, actual)) => Err(Stop::failed(
                label,
                format!("{member} {expected}"),
                format!("{member} {actual}; the whole answer is {answer:?}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(value: &str) -> ReadAnswer {
        ReadAnswer { value: value.into(), ..ReadAnswer::default() }
    }

    fn member(expected: &ExpectedAnswer, answer: &ReadAnswer) -> Option<&'static str> {
        expected.difference(answer, |_| true).map(|(member, ..)| member)
    }

    #[test]
    fn members_that_an_sdk_cannot_tell_are_not_compared() {
        let expected =
            ExpectedAnswer::string("one").locked().matched("s", "SPLIT").property("a", "b");
        assert_eq!(expected.difference(&answer("one"), |_| false), None);
        assert_eq!(member(&expected, &answer("one")), Some("strategy_id"));
        assert_eq!(member(&expected, &answer("two")), Some("value"));
    }

    #[test]
    fn each_member_counts() {
        let whole = ReadAnswer {
            is_set: Some(true),
            exists: Some(true),
            locked: Some(false),
            version: Some(1),
            kind: Some("STRING".to_owned()),
            reason: Some("STATIC".to_owned()),
            ..answer("one")
        };
        let expected = ExpectedAnswer::string("one");
        assert_eq!(member(&expected, &whole), None);
        for (name, other) in [
            ("is_set", ReadAnswer { is_set: Some(false), ..whole.clone() }),
            ("exists", ReadAnswer { exists: Some(false), ..whole.clone() }),
            ("locked", ReadAnswer { locked: Some(true), ..whole.clone() }),
            ("version", ReadAnswer { version: Some(2), ..whole.clone() }),
            ("type", ReadAnswer { kind: Some("JSON".to_owned()), ..whole.clone() }),
            ("strategy_id", ReadAnswer { strategy_id: Some("s".to_owned()), ..whole.clone() }),
            ("reason", ReadAnswer { reason: None, ..whole.clone() }),
            ("error", ReadAnswer { error: Some("raised".to_owned()), ..whole.clone() }),
            (
                "properties",
                ReadAnswer {
                    properties: Some(BTreeMap::from([("a".to_owned(), "b".to_owned())])),
                    ..whole.clone()
                },
            ),
        ] {
            assert_eq!(member(&expected, &other), Some(name));
        }
    }

    #[test]
    fn a_missing_feature_has_neither_type_nor_version() {
        let placeholder = ReadAnswer {
            exists: Some(false),
            version: Some(-1),
            kind: Some("BOOLEAN".to_owned()),
            reason: Some("NOT_FOUND".to_owned()),
            ..ReadAnswer::default()
        };
        assert_eq!(member(&ExpectedAnswer::missing(), &placeholder), None);
        assert_eq!(member(&ExpectedAnswer::not_ready(), &placeholder), Some("reason"));
    }
}
