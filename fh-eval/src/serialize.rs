//! Serialisation of evaluations, values, numbers and types of values for other programs, and deserialisation of types
//! (feature `serde`, docs/reference/bootstrap.md).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::evaluation::Evaluation;
use crate::text::number::Decimal;
use crate::value::{Kind, Number, Value};

impl Serialize for Kind {
    /// Writes the name that FeatureHub's JSON uses for the type.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Kind;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("BOOLEAN, STRING, NUMBER or JSON")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Kind, E> {
                Kind::from_wire(name).ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

impl Serialize for Number {
    /// Writes a number if the number is an integer of 64 bits that a double holds exactly, or if the decimal texts that
    /// the standard library and serde_json write for the nearest double have the value of the number. Otherwise writes
    /// the text from which the number was parsed. FeatureHub's server writes texts for the numbers of application
    /// strategies.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let double = self.as_f64();
        let is_same = |text: &str| Decimal::parse(text) == Decimal::parse(self.as_str());
        let integer = double as i64;
        if is_same(&integer.to_string()) && self.fits_f64() {
            serializer.serialize_i64(integer)
        } else if self.is_written_again() {
            serializer.serialize_f64(double)
        } else {
            serializer.serialize_str(self.as_str())
        }
    }
}

impl Serialize for Value {
    /// Writes a boolean or a text, or the form of a [`Number`]. The value of a JSON feature is written as the text of
    /// the document.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) | Self::Json(text) => serializer.serialize_str(text),
        }
    }
}

impl Serialize for Evaluation<'_> {
    /// Writes `value`, `type`, `reason` and `variant`. The variant is the id of the strategy that matched. It is
    /// `default` if no strategy matched, or if the matching strategy has no id.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Evaluation", 4)?;
        out.serialize_field("value", &self.value())?;
        out.serialize_field("type", &self.kind())?;
        out.serialize_field("reason", &self.reason())?;
        out.serialize_field("variant", self.strategy_id().unwrap_or("default"))?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Profile, Ruleset, Subject, Timestamp};

    fn json(value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn numbers_that_a_double_would_change_are_texts() {
        for (text, written) in [
            ("10", "10"),
            ("-0", "0"),
            ("7.50", "7.5"),
            ("0.1", "0.1"),
            ("10.0", "10"),
            ("1e3", "1000"),
            ("9007199254740992", "9007199254740992"),
            ("9007199254740993", "\"9007199254740993\""),
            ("1152921504606846976", "1152921504606846976"),
            ("9223372036854775807", "\"9223372036854775807\""),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1267650600228229401496703205376", "\"1267650600228229401496703205376\""),
            ("1e23", "1e+23"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("563000000000000.2", "\"563000000000000.2\""),
            ("563000000000000.3", "\"563000000000000.3\""),
            ("563000000000000.25", "\"563000000000000.25\""),
            ("0.1000000000000000055511151231257827", "\"0.1000000000000000055511151231257827\""),
            ("1e400", "\"1e400\""),
            ("1e-400", "\"1e-400\""),
        ] {
            assert_eq!(json(&Value::Number(Number::parse(text).unwrap())), written, "{text}");
        }
        assert_eq!(json(&Value::Bool(true)), "true");
        assert_eq!(json(&Value::Text("a\"b".into())), r#""a\"b""#);
        assert_eq!(json(&Value::Json("[1]".into())), r#""[1]""#);
    }

    #[test]
    fn evaluations() {
        let ruleset = Ruleset::from_json(
            br#"[{"key":"A","type":"NUMBER","value":1,"strategies":[{"id":"s","percentage":1000000,"value":2}],"id":"i"},{"key":"B","type":"STRING"}]"#,
            Profile::Client,
        )
        .unwrap();
        let mara = crate::Attributes::builder().user_key("mara").build();
        let subject = Subject::new(&mara, Timestamp::from_millis(0));
        let written = |key: &str| {
            serde_json::to_string(&ruleset.get(key).unwrap().evaluate(&subject)).unwrap()
        };
        assert_eq!(written("A"), r#"{"value":2,"type":"NUMBER","reason":"SPLIT","variant":"s"}"#);
        assert_eq!(
            written("B"),
            r#"{"value":null,"type":"STRING","reason":"STATIC","variant":"default"}"#
        );
    }

    #[test]
    fn kinds_are_read_back() {
        assert_eq!(serde_json::from_str::<Kind>("\"JSON\"").unwrap(), Kind::Json);
        assert!(serde_json::from_str::<Kind>("\"json\"").is_err());
    }
}
