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
    /// Writes the values as the document that `docs/bootstrap.md` describes.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Bootstrap, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn only_this_format_is_read() {
        let document = r#"{"format":1,"generation":3,"time":"2026-11-21T00:00:00.500Z","context":null,"features":[],"later":1}"#;
        let read_back = read(document).unwrap();
        assert_eq!(read_back.time.to_string(), "2026-11-21T00:00:00.500Z");
        let why = read(&document.replace("\"format\":1", "\"format\":2")).unwrap_err();
        assert!(why.starts_with("unsupported format 2: this program reads format 1"), "{why}");
        let feature = r#"{"key":"A","type":"NUMBER","value":"1e400","version":1,"reason":"STATIC","variant":"default"}"#;
        let with = |feature: &str| document.replace("[]", &format!("[{feature}]"));
        assert!(read(&with(feature)).is_ok());
        for (from, to) in [
            ("STATIC", "BECAUSE"),
            ("\"NUMBER\"", "\"COLOUR\""),
            ("\"1e400\"", "[1]"),
            ("\"version\":1,", ""),
        ] {
            assert!(read(&with(&feature.replace(from, to))).is_err(), "{to}");
        }
    }

    fn value() -> impl Strategy<Value = (Option<Kind>, Option<Value>)> {
        let number = prop_oneof![
            any::<f64>()
                .prop_filter("finite", |double| double.is_finite())
                .prop_map(|d| d.to_string()),
            any::<i64>().prop_map(|integer| integer.to_string()),
            "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e-?[0-9]{1,3})?",
        ];
        prop_oneof![
            any::<bool>().prop_map(|value| (Some(Kind::Boolean), Some(Value::Bool(value)))),
            ".*".prop_map(|text| (Some(Kind::String), Some(Value::Text(text.into())))),
            ".*".prop_map(|text| (Some(Kind::Json), Some(Value::Json(text.into())))),
            ".*".prop_map(|text| (None, Some(Value::Text(text.into())))),
            number
                .prop_map(|text| { (Some(Kind::Number), Number::parse(&text).map(Value::Number)) }),
            Just((Some(Kind::String), None)),
        ]
    }

    proptest! {
        /// A document that was written is read back equal, with every digit of every number.
        #[test]
        fn round_trip(features in prop::collection::vec((".*", value(), any::<i64>(), ".*"), 0..8), generation: u64) {
            let features = features.into_iter().map(|(key, (kind, value), version, variant)| {
                BootstrapFeature {
                    key: key.into(),
                    kind,
                    value,
                    version,
                    reason: Reason::Split,
                    variant: variant.into(),
                }
            });
            let bootstrap = Bootstrap {
                generation,
                time: Timestamp::from_millis(1_709_249_400_123),
                context: Some("0f".into()),
                features: features.collect(),
            };
            let json = serde_json::to_string(&bootstrap).unwrap();
            prop_assert_eq!(read(&json).unwrap(), bootstrap, "{}", json);
        }
    }
}
