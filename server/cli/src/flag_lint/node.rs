//! A view of a payload's JSON, in which any member may be missing or have another type.

use std::borrow::Cow;

use fh_eval::internal::{Token, members};
use serde_json::value::RawValue;

/// A JSON value of the payload. It borrows from the payload, so that its address gives the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(&'a RawValue);

impl<'a> Node<'a> {
    pub(super) const fn of(raw: &'a RawValue) -> Self {
        Self(raw)
    }

    /// Returns the JSON text.
    pub(super) fn json(self) -> &'a str {
        self.0.get()
    }

    /// Returns the member with this name. Of equal names, the last one counts.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        let members = members(self.0)?;
        members.into_iter().rev().find(|(known, _)| known == name).map(|(_, value)| Self(value))
    }

    /// Returns the elements of the list in a member; none for any other value.
    pub(super) fn list(self, name: &str) -> Vec<Self> {
        self.get(name).map_or(Vec::new(), Self::elements)
    }

    /// Returns the elements of the list in a member, and none for a missing member or null; `None` for any other value.
    pub(super) fn list_or_none(self, name: &str) -> Option<Vec<Self>> {
        match self.get(name) {
            Some(node) if node.json().starts_with('[') => Some(node.elements()),
            Some(node) if !node.is_null() => None,
            _ => Some(Vec::new()),
        }
    }

    /// Returns the texts of the list in a member, and none for a missing member or null; `None` for any other value. Null is an empty text.
    pub(super) fn texts_or_none(self, name: &str) -> Option<Vec<Cow<'a, str>>> {
        let text = |node: Self| if node.is_null() { Some("".into()) } else { node.as_text() };
        self.list_or_none(name)?.into_iter().map(text).collect()
    }

    pub(super) fn is_null(self) -> bool {
        Token::of(self.0) == Token::Null
    }

    /// Returns the integer in a member, and 0 for a missing member or null; `None` for any other value.
    pub(super) fn integer(self, name: &str) -> Option<i64> {
        match self.get(name).map(|value| Token::of(value.0)) {
            None | Some(Token::Null) => Some(0),
            Some(Token::Number(digits)) => digits.parse().ok(),
            Some(_) => None,
        }
    }

    pub(super) fn elements(self) -> Vec<Self> {
        let list: Vec<&RawValue> = serde_json::from_str(self.0.get()).unwrap_or_default();
        list.into_iter().map(Self).collect()
    }

    /// Returns the text in a member; `None` for any other value.
    pub(super) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.as_text()
    }

    pub(super) fn as_text(self) -> Option<Cow<'a, str>> {
        match Token::of(self.0) {
            Token::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(self) -> Option<f64> {
        match Token::of(self.0) {
            Token::Number(digits) => digits.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// Returns true if the member is the boolean true.
    pub(super) fn is_true(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| Token::of(value.0) == Token::Bool(true))
    }

    /// Returns the texts of the list in a member.
    pub(super) fn texts(self, name: &str) -> Vec<Cow<'a, str>> {
        self.list(name).into_iter().filter_map(Self::as_text).collect()
    }
}
