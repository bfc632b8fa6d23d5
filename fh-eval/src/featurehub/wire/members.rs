//! All members of a feature, known and unknown, for a server that passes unknown members on.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::{Raw, name};
use crate::json::{MemberValue, Object, read_object};

/// All members of a feature, each as raw JSON. If a name occurs twice, the last value counts.
#[derive(Debug, Clone, Default)]
pub struct FeatureMembers<'a> {
    /// Id of the feature, from which buckets are computed unless the compiler is given another id for the feature.
    pub id: Raw<'a>,
    /// Key of the feature, by which programs read the feature.
    pub key: Raw<'a>,
    /// A boolean: true if the feature is locked, which restricts overrides by interceptors.
    pub locked: Raw<'a>,
    /// Version of the feature's value in the environment.
    pub version: Raw<'a>,
    /// Type of the feature's value: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
    pub kind: Raw<'a>,
    /// The feature's value if no strategy matches.
    pub value: Raw<'a>,
    /// The list of the feature's strategies, in the order of evaluation.
    pub strategies: Raw<'a>,
    /// The feature's properties (`fp`): an object with a text for each name.
    pub properties: Raw<'a>,
    /// The members for which this type has no field of its own, in the order of the JSON.
    pub others: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> FeatureMembers<'a> {
    /// Parses a feature. Returns `None` if the text is not a JSON object.
    #[must_use]
    pub fn parse(json: &'a str) -> Option<Self> {
        let mut members: Self = read_object(json).into_value()?;
        members.keep_the_last_of_others();
        Some(members)
    }

    /// Removes every member of `others` whose name occurs again later. Untrusted JSON may have many members, so each name is
    /// looked up once.
    fn keep_the_last_of_others(&mut self) {
        let mut names = HashSet::with_capacity(self.others.len());
        let mut is_last: Vec<bool> =
            self.others.iter().rev().map(|(name, _)| names.insert(&**name)).collect();
        self.others.retain(|_| is_last.pop().unwrap_or(true));
    }

    /// Returns the value of the member `name` of [`Self::others`], or `None` if there is no such member.
    #[must_use]
    pub fn other(&self, name: &str) -> Raw<'a> {
        self.others.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
    }
}

impl<'de> Object<'de> for FeatureMembers<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        value: MemberValue<'_, A>,
    ) -> Result<(), A::Error> {
        let place = match &*name {
            name::ID => &mut self.id,
            name::KEY => &mut self.key,
            name::LOCKED => &mut self.locked,
            name::VERSION => &mut self.version,
            name::TYPE => &mut self.kind,
            name::VALUE => &mut self.value,
            name::STRATEGIES => &mut self.strategies,
            name::PROPERTIES => &mut self.properties,
            _ => {
                self.others.push((name, value.read()?));
                return Ok(());
            }
        };
        *place = Some(value.read()?);
        Ok(())
    }
}

/// Appends a member to `object`, which is the text of a JSON object without its closing brace. Writes a comma before
/// each member but the first. `name` is not escaped; `json` is the value of the member as JSON.
pub fn write_member(object: &mut String, name: &str, json: &str) {
    if !object.ends_with('{') {
        object.push(',');
    }
    for part in ["\"", name, "\":", json] {
        object.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_members_counts() {
        let json = r#"{"key":"A","x":1,"v":"s","x":[2],"key":"B","fp":{},"strategies":null}"#;
        let members = FeatureMembers::parse(json).unwrap();
        assert_eq!(members.key.unwrap().get(), "\"B\"");
        assert_eq!(members.strategies.unwrap().get(), "null");
        assert!(members.id.is_none());
        let others: Vec<_> =
            members.others.iter().map(|(name, raw)| format!("{name}={}", raw.get())).collect();
        assert_eq!(others, ["v=\"s\"", "x=[2]"]);
        assert_eq!(members.other("v").unwrap().get(), "\"s\"");
        assert!(FeatureMembers::parse("[]").is_none());
    }

    #[test]
    fn members_are_separated_by_commas() {
        let mut object = String::from("{");
        write_member(&mut object, name::KEY, "\"A\"");
        write_member(&mut object, name::LOCKED, "true");
        assert_eq!(object, r#"{"key":"A","l":true"#);
    }
}
