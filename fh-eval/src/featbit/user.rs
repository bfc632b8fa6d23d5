//! The users of FeatBit.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde_json::value::RawValue;

use super::words::{KEY, NAME};
use crate::attributes::Attributes;
use crate::attributes::build::{AttributeText, AttributesBuilder};
use crate::json::{Token, list, members};

/// A user of FeatBit: a key, a name, and properties with one value each.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    attributes: Attributes,
}

/// A builder of a user; see [`User::builder`].
#[derive(Debug, Clone)]
pub struct UserBuilder {
    attributes: AttributesBuilder,
}

/// The error for JSON from which no user can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidUser;

impl fmt::Display for InvalidUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a user is a JSON object such as {\"keyId\": \"bob\", \"name\": \"Bob\", \"customizedProperties\": [{\"name\": \"plan\", \
             \"value\": \"pro\"}]}",
        )
    }
}

impl std::error::Error for InvalidUser {}

impl User {
    /// Returns a builder of a user with this key. Flags have no value for a user whose key is blank.
    #[must_use]
    pub fn builder(key: impl AsRef<str>) -> UserBuilder {
        let mut attributes = Attributes::builder();
        attributes.add(KEY, key.as_ref());
        UserBuilder { attributes }
    }

    /// Parses a user as clients send it. Of properties with the same name, the first one counts. A property whose value is null is
    /// missing. A number or a boolean is its text, and a list or an object is its JSON text.
    ///
    /// # Errors
    /// Fails with [`InvalidUser`] if the text is not a JSON object.
    pub fn from_json(json: &str) -> Result<Self, InvalidUser> {
        let raw: &RawValue = serde_json::from_str(json).map_err(|_| InvalidUser)?;
        let mut attributes = Attributes::builder();
        let mut custom = Vec::new();
        for (name, value) in members(raw).ok_or(InvalidUser)? {
            // FeatBit's server reads the names of members in any case.
            if name.eq_ignore_ascii_case(KEY) {
                attributes = set(attributes, KEY, value);
            } else if name.eq_ignore_ascii_case(NAME) {
                attributes = set(attributes, NAME, value);
            } else if name.eq_ignore_ascii_case("customizedProperties") {
                custom = list(value.get()).into_value().unwrap_or_default();
            }
        }
        let mut seen: HashSet<String> = HashSet::new();
        for property in custom {
            let (mut name, mut value) = (None, None);
            for (member, raw) in members(property).unwrap_or_default() {
                if member.eq_ignore_ascii_case("name") {
                    name = Token::of(raw).text();
                } else if member.eq_ignore_ascii_case("value") {
                    value = Some(raw);
                }
            }
            let Some(name) = name else { continue };
            if is_reserved(&name) || !seen.insert(name.to_string()) {
                continue;
            }
            if let Some(text) = value.and_then(text) {
                attributes.add(&name, &text);
            }
        }
        Ok(Self { attributes: attributes.build() })
    }

    /// Returns the user as a context, with the properties `keyId` and `name`.
    #[must_use]
    pub const fn attributes(&self) -> &Attributes {
        &self.attributes
    }
}

/// Returns the user with these properties, of which `keyId` is the key and `name` the name.
impl From<Attributes> for User {
    fn from(attributes: Attributes) -> Self {
        Self { attributes }
    }
}

impl UserBuilder {
    /// Sets the name of the user.
    #[must_use]
    pub fn name(self, name: impl AsRef<str>) -> Self {
        Self { attributes: replaced(self.attributes, NAME, name.as_ref()) }
    }

    /// Sets a property, which replaces an earlier value. A list becomes its JSON text. `keyId` and `name` are reserved, so that a property
    /// with one of these names has no effect.
    #[must_use]
    pub fn property(self, name: &str, value: impl AttributeText) -> Self {
        if is_reserved(name) {
            return self;
        }
        match property_text(&value) {
            None => Self { attributes: self.attributes.remove(name) },
            Some(text) => Self { attributes: replaced(self.attributes, name, &text) },
        }
    }

    /// Returns the finished user.
    #[must_use]
    pub fn build(self) -> User {
        User { attributes: self.attributes.build() }
    }
}

/// Returns the text of a property, which has one value: a list becomes its JSON text, such as `["a"]`. `None` without a value.
#[must_use]
pub fn property_text(value: &impl AttributeText) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    value.each(&mut |text| texts.push(text.to_string()));
    if value.is_list() { serde_json::to_string(&texts).ok() } else { texts.pop() }
}

fn is_reserved(name: &str) -> bool {
    name == KEY || name == NAME
}

fn replaced(attributes: AttributesBuilder, name: &str, value: &str) -> AttributesBuilder {
    let mut attributes = attributes.remove(name);
    attributes.add(name, value);
    attributes
}

/// Sets an attribute to a JSON value. Null removes the attribute.
fn set(attributes: AttributesBuilder, name: &str, value: &RawValue) -> AttributesBuilder {
    match text(value) {
        None => attributes.remove(name),
        Some(text) => replaced(attributes, name, &text),
    }
}

/// Returns a JSON value as the text of a property; `None` for null.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    match Token::of(value) {
        Token::Null => None,
        Token::List | Token::Object => Some(value.get().into()),
        token => token.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_repeated_names() {
        let json = r#"{"KEYID": "bob", "name": null, "customizedProperties": [{"name": "plan", "value": "pro"}, {"name": "plan", "value": "free"},
            {"name": "keyId", "value": "x"}, {"name": "gone", "value": null}, {"name": "gone", "value": "late"}, null,
            {"name": "list", "value": ["a", 1]}, {"name": "userkey", "value": 5}]}"#;
        let user = User::from_json(json).unwrap();
        let built = User::builder("bob")
            .property("plan", "free")
            .property("plan", "pro")
            .property("name", "x");
        let built = built
            .property("list", "[\"a\", 1]")
            .property("userkey", 5)
            .property("none", None::<&str>)
            .build();
        assert_eq!(user, built);
        assert_eq!(user.attributes().get("keyId").unwrap().next(), Some("bob"));
        // A list has the same text as in JSON, also with one element or none.
        for list in [&["x", "y"][..], &["x"], &[]] {
            let json = serde_json::to_string(&list).unwrap();
            let read = format!(
                r#"{{"keyId":"b","customizedProperties":[{{"name":"l","value":{json}}}]}}"#
            );
            assert_eq!(
                User::builder("b").property("l", list).build(),
                User::from_json(&read).unwrap()
            );
        }
        assert_eq!(User::from_json("[]"), Err(InvalidUser));
    }
}
