//! The call of a listener for changes, as a scenario expects it.

use serde_json::Value;

use crate::protocol::Called;

use super::scenario::Verdict;
use super::stop::Stop;

/// The complete call of a listener for changes of a feature. The value always counts. The other members count if the event has them.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedChange {
    feature: &'static str,
    value: Value,
    exists: bool,
    locked: bool,
    version: Option<i64>,
}

impl ExpectedChange {
    /// Expects this value of an unlocked feature in this version.
    #[must_use]
    pub fn to(feature: &'static str, value: impl Into<Value>, version: i64) -> Self {
        Self { feature, value: value.into(), exists: true, locked: false, version: Some(version) }
    }

    /// Expects that the feature was deleted. The version of a deleted feature does not count.
    #[must_use]
    pub const fn deleted(feature: &'static str) -> Self {
        Self { feature, value: Value::Null, exists: false, locked: false, version: None }
    }

    /// Expects a locked feature.
    #[must_use]
    pub fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// Checks a call.
    ///
    /// # Errors
    /// The failed check, with all members that count.
    pub fn check(&self, label: &str, call: &Called) -> Verdict {
        let version = if self.version.is_some() { call.version.or(self.version) } else { None };
        let actual = (
            call.feature.as_deref().unwrap_or(self.feature),
            call.value.clone().unwrap_or_default(),
            call.exists.unwrap_or(self.exists),
            call.locked.unwrap_or(self.locked),
            version,
        );
        let expected = (self.feature, self.value.clone(), self.exists, self.locked, self.version);
        if actual == expected {
            return Ok(());
        }
        let text =
            |(feature, value, exists, locked, version): (&str, Value, bool, bool, Option<i64>)| {
                let version =
                    version.map(|version| format!(", version {version}")).unwrap_or_default();
                format!(
                    "feature {feature}, value {value}, exists {exists}, locked {locked}{version}"
                )
            };
        Err(Stop::failed(label, text(expected), text(actual)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(value: Value) -> Called {
        Called { feature: Some("F".to_owned()), value: Some(value), ..Called::default() }
    }

    #[test]
    fn the_value_counts_and_missing_members_do_not() {
        let expected = ExpectedChange::to("F", "two", 2);
        assert_eq!(expected.check("call", &call("two".into())), Ok(()));
        assert!(expected.check("call", &call("one".into())).is_err());
        assert!(expected.check("call", &Called::default()).is_err());
    }

    #[test]
    fn members_of_the_event_count() {
        let expected = ExpectedChange::to("F", "two", 2).locked();
        let complete = Called {
            exists: Some(true),
            locked: Some(true),
            version: Some(2),
            ..call("two".into())
        };
        assert_eq!(expected.check("call", &complete), Ok(()));
        for wrong in [
            Called { feature: Some("G".to_owned()), ..complete.clone() },
            Called { exists: Some(false), ..complete.clone() },
            Called { locked: Some(false), ..complete.clone() },
            Called { version: Some(1), ..complete.clone() },
        ] {
            assert!(expected.check("call", &wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_deleted_feature_has_any_version() {
        let expected = ExpectedChange::deleted("F");
        let deleted = Called { exists: Some(false), version: Some(-1), ..call(Value::Null) };
        assert_eq!(expected.check("call", &deleted), Ok(()));
        assert!(expected.check("call", &Called { exists: Some(true), ..deleted }).is_err());
    }
}
