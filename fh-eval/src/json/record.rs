//! Objects of a payload, whose members may have any shape.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Shape, Token, list, members};

/// An object, with its members by name. Of equal names, the last one counts.
#[derive(Default)]
pub(crate) struct Record<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Record<'a> {
    /// Reads an object; `None` for any other value.
    pub(crate) fn of(raw: &'a RawValue) -> Option<Self> {
        members(raw).map(Self)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    pub(crate) fn text(&self, name: &str) -> Shape<Cow<'a, str>> {
        match self.get(name).map(Token::of) {
            None => Shape::Absent,
            Some(Token::Null) => Shape::Null,
            Some(Token::Text(text)) => Shape::Is(text),
            Some(_) => Shape::Other,
        }
    }

    pub(crate) fn boolean(&self, name: &str) -> Shape<bool> {
        match self.get(name).map(Token::of) {
            None => Shape::Absent,
            Some(Token::Null) => Shape::Null,
            Some(Token::Bool(value)) => Shape::Is(value),
            Some(_) => Shape::Other,
        }
    }

    pub(crate) fn list(&self, name: &str) -> Shape<Vec<&'a RawValue>> {
        self.get(name).map_or(Shape::Absent, |raw| list(raw.get()))
    }

    pub(crate) fn record(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Self::of)
    }
}

/// Reads a list of texts, in which nulls are ignored. `None` for any other value.
pub(crate) fn texts(list: &[&RawValue]) -> Option<Vec<String>> {
    optional_texts(list).map(|texts| texts.into_iter().flatten().collect())
}

/// Reads a list of texts and nulls. `None` for any other value.
pub(crate) fn optional_texts(list: &[&RawValue]) -> Option<Vec<Option<String>>> {
    let text = |raw: &&RawValue| match Token::of(raw) {
        Token::Text(text) => Some(Some(text.into_owned())),
        Token::Null => Some(None),
        _ => None,
    };
    list.iter().map(text).collect()
}
