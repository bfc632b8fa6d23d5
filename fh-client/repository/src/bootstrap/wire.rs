//! The JSON of the bootstrap document.

use std::borrow::Cow;

use fh_eval::internal::Token;
use fh_eval::{Kind, Number, Timestamp, Value};
use serde::de::{self, Deserializer};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{BOOTSTRAP_FORMAT, Bootstrap, BootstrapFeature};
use crate::reason::Reason;
use crate::serving::detail::Detail;
use crate::serving::values::ContextValues;

impl Serialize for Reason {
    /// Writes the name of the reason, such as `STRATEGY_MATCH`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| de::Error::custom(format_args!("unknown reason {name}")))
    }
}

impl Serialize for Detail {
    /// Writes the members that a program may pass on to other programs. The source, the rules, and the ids of the feature and its
    /// environment are left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Detail", 11)?;
        out.serialize_field("key", &self.key)?;
        out.serialize_field("type", &self.kind)?;
        out.serialize_field("value", &self.value)?;
        out.serialize_field("version", &self.version)?;
        out.serialize_field("reason", &self.reason)?;
        out.serialize_field("variant", self.variant())?;
        out.serialize_field("exists", &self.exists)?;
        out.serialize_field("locked", &self.is_locked)?;
        out.serialize_field("stale", &self.is_stale)?;
        out.serialize_field("generation", &self.generation)?;
        out.serialize_field("interceptor", &self.interceptor.as_deref())?;
        out.end()
    }
}

impl Serialize for ContextValues {
    /// Writes the values as the document that `docs/reference/bootstrap.md` describes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bootstrap::from(self).serialize(serializer)
    }
}

impl Serialize for Bootstrap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Bootstrap", 5)?;
        out.serialize_field("format", &BOOTSTRAP_FORMAT)?;
        out.serialize_field("generation", &self.generation)?;
        out.serialize_field("time", &self.time.to_string())?;
        out.serialize_field("context", &self.context)?;
        out.serialize_field("features", &self.features)?;
        out.end()
    }
}

/// The members of a bootstrap document that are read. Unknown members of the document are skipped.
#[derive(Deserialize)]
struct Document<'a> {
    format: u32,
    generation: u64,
    #[serde(borrow)]
    time: Cow<'a, str>,
    context: Option<Box<str>>,
    features: Vec<BootstrapFeature>,
}

impl<'de> Deserialize<'de> for Bootstrap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        if document.format != BOOTSTRAP_FORMAT {
            return Err(de::Error::custom(format_args!(
                "unsupported format {}: this program reads format {BOOTSTRAP_FORMAT}",
                document.format
            )));
        }
        let time: Timestamp = document.time.parse().map_err(de::Error::custom)?;
        Ok(Self {
            generation: document.generation,
            time,
            context: document.context,
            features: document.features,
        })
    }
}

#[derive(Deserialize)]
struct Entry {
    key: Box<str>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    value: Option<Box<RawValue>>,
    version: i64,
    reason: Reason,
    variant: Box<str>,
}

impl<'de> Deserialize<'de> for BootstrapFeature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Entry { key, kind, value, version, reason, variant } =
            Entry::deserialize(deserializer)?;
        let value = value.map(|json| {
            let value = value_of(&json, kind);
            value.ok_or_else(|| de::Error::custom("a value must be a boolean, a number or a text"))
        });
        Ok(Self { key, kind, value: value.transpose()?, version, reason, variant })
    }
}

/// Returns the value of a JSON token for a feature of the type `kind`; `None` for null, lists and objects. Numbers keep all digits, because
/// no number is converted to a double.
fn value_of(json: &RawValue, kind: Option<Kind>) -> Option<Value> {
    let (text, is_number) = match Token::of(json) {
        Token::Bool(value) => return Some(Value::Bool(value)),
        Token::Number(digits) => (Cow::Borrowed(digits), true),
        Token::Text(text) => (text, kind == Some(Kind::Number)),
        Token::Null | Token::List | Token::Object => return None,
    };
    let number = is_number.then(|| Number::parse(&text)).flatten();
    Some(match number {
        Some(number) => Value::Number(number),
        None if kind == Some(Kind::Json) => Value::Json(text.into()),
        None => Value::Text(text.into()),
    })
}
