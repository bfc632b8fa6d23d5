//! Objects of a payload, whose members may have any shape.

use std::borrow::Cow;

use super::{Elements, Json, Shape, Token};

/// An object, with its members by name. Of equal names, the last one counts.
#[derive(Clone, Copy, Default)]
pub(crate) struct Record<'a>(pub(super) Json<'a>);

impl<'a> Json<'a> {
    pub(crate) fn record(self) -> Option<Record<'a>> {
        self.is_object().then_some(Record(self))
    }
}

impl<'a> Record<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<Json<'a>> {
        self.0.member(name)
    }

    pub(crate) fn text(&self, name: &str) -> Shape<Cow<'a, str>> {
        match self.get(name).map(Json::token) {
            None => Shape::Absent,
            Some(Token::Null) => Shape::Null,
            Some(Token::Text(text)) => Shape::Is(text),
            Some(_) => Shape::Other,
        }
    }

    pub(crate) fn boolean(&self, name: &str) -> Shape<bool> {
        match self.get(name).map(Json::token) {
            None => Shape::Absent,
            Some(Token::Null) => Shape::Null,
            Some(Token::Bool(value)) => Shape::Is(value),
            Some(_) => Shape::Other,
        }
    }

    pub(crate) fn list(&self, name: &str) -> Shape<Elements<'a>> {
        self.get(name).map_or(Shape::Absent, Json::list)
    }

    pub(crate) fn record(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Json::record)
    }
}

/// Reads a list of texts, in which nulls are ignored. `None` for any other value.
#[cfg(feature = "featbit")]
pub(crate) fn texts<'a>(list: Elements<'a>) -> Option<Vec<Cow<'a, str>>> {
    let text = |json: Json<'a>| match json.token() {
        Token::Text(text) => Some(Some(text)),
        Token::Null => None,
        _ => Some(None),
    };
    list.filter_map(text).collect()
}

/// Reads a list of texts and nulls. `None` for any other value.
#[cfg(feature = "featuresignals")]
pub(crate) fn optional_texts<'a>(list: Elements<'a>) -> Option<Vec<Option<Cow<'a, str>>>> {
    let text = |json: Json<'a>| match json.token() {
        Token::Text(text) => Some(Some(text)),
        Token::Null => Some(None),
        _ => None,
    };
    list.map(text).collect()
}

/// Reads a list of texts, in which null is an empty text. `None` for any other value.
#[cfg(feature = "featuresignals")]
pub(crate) fn texts_or_empty(list: Elements<'_>) -> Option<Vec<String>> {
    let owned = |text: Option<Cow<'_, str>>| text.map_or_else(String::new, Cow::into_owned);
    Some(optional_texts(list)?.into_iter().map(owned).collect())
}

/// Returns the text in a member; `None` for any other value.
pub(crate) fn owned_text(record: &Record<'_>, name: &str) -> Option<String> {
    record.text(name).into_value().map(Cow::into_owned)
}

/// Returns the objects of a list; none for any other value. An element that is no object has no members.
pub(crate) fn records<'a>(record: &Record<'a>, name: &str) -> Vec<Record<'a>> {
    let list = record.list(name).into_value().unwrap_or_default();
    list.map(|json| json.record().unwrap_or_default()).collect()
}
