//! What a PUT asks for, and whether it may (edge-protocol 5, D-106).

use std::collections::HashSet;
use std::fmt;

use fh_eval::{Kind, Number};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::state::{FeatureValue, Json, Permission, Permissions};
use crate::wire::body::read_object;

/// What a PUT asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Update {
    /// `None`: leave it. `Some(None)`: set to null.
    pub(crate) value: Option<Option<Json>>,
    /// `None`: leave it.
    pub(crate) lock: Option<bool>,
}

/// Why a PUT is refused, in the words of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The body is no object of the form.
    Unreadable,
    /// No such feature.
    NotFound,
    NoWriteRoles,
    MayNotLock,
    MayNotUnlock,
    NothingToDo,
    MayNotChange,
    Locked,
    NotABoolean,
    BooleanNull,
    NotANumber,
    NotJson,
}

impl Refusal {
    /// Status and body (edge-protocol 5.3).
    pub(crate) const fn answer(self) -> (u16, &'static str) {
        match self {
            Self::Unreadable => {
                (400, "the body is not a JSON object with value, updateValue and lock")
            }
            Self::NotFound => (404, ""),
            Self::NoWriteRoles => (403, "no write roles"),
            Self::MayNotLock => (403, "feature locked"),
            Self::MayNotUnlock => (403, "feature locked, no permission to unlock"),
            Self::NothingToDo => (400, "lock and updateValue null, nothing to do"),
            Self::MayNotChange => (403, "API Key has no change_value permission"),
            Self::Locked => (412, "it is locked, cannot change value without also unlocking"),
            Self::NotABoolean => (400, "flag value must be true or false"),
            Self::BooleanNull => (412, "cannot set flag value to null"),
            Self::NotANumber => (400, "Attempting to update NUMBER value with non-NUMBER"),
            Self::NotJson => (400, "Attempting to update JSON value to non-json"),
        }
    }
}

/// What became of a PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateOutcome {
    /// 200, and readers see it.
    Changed,
    /// 200: it is so already.
    AlreadySo,
    /// 202: the value is that one.
    SameValue,
}

/// What to do about a PUT.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision {
    Change(Box<FeatureValue>),
    AlreadySo,
    SameValue,
}

impl Update {
    /// Reads a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            // With the plain derive a null would be read as "absent", which is right for all three.
            #[serde(default)]
            value: Option<Json>,
            #[serde(default)]
            update_value: Option<bool>,
            #[serde(default)]
            lock: Option<bool>,
        }
        let body: Body = read_object(body).map_err(|_| Refusal::Unreadable)?;
        let value = body.value.filter(|value| !value.is_null());
        // Half of a surrogate pair is JSON of a kind, but no text.
        if value.as_ref().is_some_and(|value| value.is_text() && value.as_text().is_none()) {
            return Err(Refusal::Unreadable);
        }
        let updates = value.is_some() || body.update_value == Some(true);
        Ok(Self { value: updates.then_some(value), lock: body.lock })
    }

    /// Decides: the first check that fails refuses.
    pub(crate) fn decide(
        &self,
        kind: Kind,
        current: &FeatureValue,
        permissions: Permissions,
    ) -> Result<Decision, Refusal> {
        if permissions.is_empty() || permissions.is_read_only() {
            return Err(Refusal::NoWriteRoles);
        }
        if self.lock == Some(true) && !permissions.has(Permission::Lock) {
            return Err(Refusal::MayNotLock);
        }
        if self.lock == Some(false) && !permissions.has(Permission::Unlock) {
            return Err(Refusal::MayNotUnlock);
        }
        let Some(value) = &self.value else {
            return match self.lock {
                None => Err(Refusal::NothingToDo),
                Some(lock) if lock == current.locked => Ok(Decision::AlreadySo),
                Some(lock) => {
                    Ok(Decision::Change(Box::new(FeatureValue { locked: lock, ..current.clone() })))
                }
            };
        };
        if !permissions.has(Permission::ChangeValue) {
            return Err(Refusal::MayNotChange);
        }
        if current.locked && self.lock != Some(false) {
            return Err(Refusal::Locked);
        }
        let value = convert(kind, value.as_ref())?;
        let locked = self.lock.unwrap_or(current.locked);
        if same(kind, value.as_ref(), current.value.as_ref()) {
            return Ok(match self.lock {
                None => Decision::SameValue,
                Some(_) if locked == current.locked => Decision::AlreadySo,
                Some(_) => Decision::Change(Box::new(FeatureValue { locked, ..current.clone() })),
            });
        }
        Ok(Decision::Change(Box::new(FeatureValue { value, locked, ..current.clone() })))
    }
}

/// A value as a feature of this kind holds it.
pub(crate) fn convert(kind: Kind, value: Option<&Json>) -> Result<Option<Json>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return if kind == Kind::Boolean { Err(Refusal::BooleanNull) } else { Ok(None) };
    };
    // Texts count as what they say, everything else as how it is written.
    let text = value.as_text().unwrap_or_else(|| value.as_str().to_string());
    match kind {
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Ok(Some(Json::boolean(true))),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Ok(Some(Json::boolean(false))),
        Kind::Boolean => Err(Refusal::NotABoolean),
        Kind::String => Ok(Some(Json::text(&text))),
        Kind::Number => json_number(&text).map(Some).ok_or(Refusal::NotANumber),
        Kind::Json => {
            let is_text = value.as_text().is_some();
            if is_text && (text.is_empty() || is_one_document(&text)) {
                Ok(Some(Json::text(&text)))
            } else {
                Err(Refusal::NotJson)
            }
        }
    }
}

/// Are these the same value? Numbers by what they are worth, everything else as it is written.
pub(crate) fn same(kind: Kind, one: Option<&Json>, other: Option<&Json>) -> bool {
    let text = |json: &Json| json.as_text().unwrap_or_else(|| json.as_str().to_string());
    match (one, other) {
        (Some(one), Some(other)) if kind == Kind::Number => {
            match (Number::parse(&text(one)), Number::parse(&text(other))) {
                (Some(one), Some(other)) => one == other,
                _ => one == other,
            }
        }
        (Some(one), Some(other)) => text(one) == text(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// A decimal literal as a JSON number: what JSON does not write (`+5`, `.5`, `007`, `1.`) is written as JSON does, exactly.
fn json_number(text: &str) -> Option<Json> {
    Number::parse(text)?;
    let is_number =
        |json: &Json| json.as_str().starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if let Ok(json) = Json::parse(text) {
        return is_number(&json).then_some(json);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let json = Json::parse(&format!("{sign}{whole}{point}{fraction}{exponent}")).ok()?;
    is_number(&json).then_some(json)
}

/// One JSON document in which no object has a key twice.
pub(crate) fn is_one_document(text: &str) -> bool {
    let Ok(raw) = serde_json::from_str::<&RawValue>(text) else { return false };
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    KeysOnce.deserialize(&mut reader).is_ok()
}

/// Reads a document for nothing but keys that stand twice.
struct KeysOnce;

impl<'de> DeserializeSeed<'de> for KeysOnce {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeysOnce {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            members.next_value_seed(Self)?;
            if !seen.insert(key) {
                return Err(serde::de::Error::custom("a key stands twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(body: &str) -> Result<Update, Refusal> {
        Update::read(body.as_bytes())
    }

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn bodies() {
        assert_eq!(update(r#"{"value":1}"#).unwrap().value, Some(Some(json("1"))));
        assert_eq!(update(r#"{"value":null,"updateValue":true}"#).unwrap().value, Some(None));
        assert_eq!(update(r#"{"value":null}"#).unwrap(), Update::default());
        assert_eq!(update(r#"{"lock":true,"more":[1]}"#).unwrap().lock, Some(true));
        for bad in [
            "",
            "{",
            "[]",
            "null",
            "5",
            r#"{"lock":"yes"}"#,
            r#"{"updateValue":1}"#,
            "{} {}",
            r#"{"value":"\ud800"}"#,
        ] {
            assert_eq!(update(bad), Err(Refusal::Unreadable), "{bad}");
        }
    }

    #[test]
    fn conversion_by_kind() {
        let ok = |kind, text: &str| {
            convert(kind, Some(&json(text))).unwrap().unwrap().as_str().to_string()
        };
        assert_eq!(ok(Kind::Boolean, "\"TRUE\""), "true");
        assert_eq!(ok(Kind::Boolean, "false"), "false");
        assert_eq!(ok(Kind::String, "12.50"), "\"12.50\"");
        assert_eq!(ok(Kind::String, "true"), "\"true\"");
        assert_eq!(ok(Kind::Number, "\"1e2\""), "1e2");
        assert_eq!(ok(Kind::Number, "507598.258978"), "507598.258978");
        for (text, number) in [("+5", "5"), (".5", "0.5"), ("-007.10", "-7.10")] {
            if Number::parse(text).is_some() {
                assert_eq!(ok(Kind::Number, &format!("\"{text}\"")), number);
            }
        }
        assert_eq!(ok(Kind::Json, r#""{\"a\": 1}""#), r#""{\"a\": 1}""#);
        assert_eq!(ok(Kind::Json, "\"\""), "\"\"");
        let no = |kind, text: &str| convert(kind, Some(&json(text))).unwrap_err();
        assert_eq!(no(Kind::Boolean, "\"yes\""), Refusal::NotABoolean);
        assert_eq!(no(Kind::Boolean, "null"), Refusal::BooleanNull);
        assert_eq!(no(Kind::Number, "\"abc\""), Refusal::NotANumber);
        assert_eq!(no(Kind::Number, "true"), Refusal::NotANumber);
        assert_eq!(no(Kind::Number, "\"\""), Refusal::NotANumber);
        for text in [
            r#"{"a":1}"#,
            "5",
            "\"{bad\"",
            "\"{} x\"",
            r#""{\"a\":1,\"a\":2}""#,
            r#""[{\"a\":{\"b\":1,\"b\":1}}]""#,
        ] {
            assert_eq!(no(Kind::Json, text), Refusal::NotJson, "{text}");
        }
        for kind in [Kind::String, Kind::Number, Kind::Json] {
            assert_eq!(convert(kind, None), Ok(None));
        }
    }

    #[test]
    fn sameness() {
        let same_number = |one, other| same(Kind::Number, Some(&json(one)), Some(&json(other)));
        assert!(same_number("1", "1.0") && same_number("100", "1e2") && same_number("\"5\"", "5"));
        assert!(!same_number("9007199254740993", "9007199254740992"));
        assert!(same(Kind::String, Some(&json("\"a\"")), Some(&json(r#""\u0061""#))));
        assert!(same(Kind::Json, None, None) && !same(Kind::Json, None, Some(&json("\"\""))));
    }

    #[test]
    fn the_first_check_that_fails_refuses() {
        use Permission::{ChangeValue, ExtendedData, Lock, Read, Unlock};
        let locked =
            FeatureValue { value: Some(json("false")), locked: true, ..FeatureValue::default() };
        let open = FeatureValue { locked: false, ..locked.clone() };
        let decide = |body: &str, value: &FeatureValue, permissions: &[Permission]| {
            update(body).unwrap().decide(
                Kind::Boolean,
                value,
                permissions.iter().copied().collect(),
            )
        };
        let all = [Read, Lock, Unlock, ChangeValue];
        assert_eq!(decide("{}", &open, &[Read]), Err(Refusal::NoWriteRoles));
        assert_eq!(decide("{}", &open, &[]), Err(Refusal::NoWriteRoles));
        assert_eq!(decide("{}", &open, &[Read, ExtendedData]), Err(Refusal::NothingToDo));
        assert_eq!(decide(r#"{"lock":true}"#, &open, &[Read, Unlock]), Err(Refusal::MayNotLock));
        assert_eq!(decide(r#"{"lock":false}"#, &open, &[Read, Lock]), Err(Refusal::MayNotUnlock));
        assert_eq!(decide(r#"{"value":true}"#, &open, &[Read, Lock]), Err(Refusal::MayNotChange));
        assert_eq!(decide(r#"{"value":true}"#, &locked, &all), Err(Refusal::Locked));
        assert_eq!(decide(r#"{"value":true,"lock":true}"#, &locked, &all), Err(Refusal::Locked));
        assert_eq!(decide(r#"{"value":7}"#, &open, &all), Err(Refusal::NotABoolean));
        assert_eq!(decide(r#"{"value":false}"#, &open, &all), Ok(Decision::SameValue));
        assert_eq!(decide(r#"{"value":false,"lock":false}"#, &open, &all), Ok(Decision::AlreadySo));
        assert_eq!(decide(r#"{"lock":true}"#, &locked, &all), Ok(Decision::AlreadySo));
        let changed = |decision| match decision {
            Ok(Decision::Change(value)) => {
                (value.value.unwrap().as_str().to_string(), value.locked)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(
            changed(decide(r#"{"value":true,"lock":true}"#, &open, &all)),
            ("true".into(), true)
        );
        assert_eq!(
            changed(decide(r#"{"value":true,"lock":false}"#, &locked, &all)),
            ("true".into(), false)
        );
        assert_eq!(
            changed(decide(r#"{"value":false,"lock":false}"#, &locked, &all)),
            ("false".into(), false)
        );
    }
}
