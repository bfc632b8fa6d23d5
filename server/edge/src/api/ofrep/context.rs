//! Converts OpenFeature's evaluation context to attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fh_eval::Attributes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Failure;
use crate::digest::{Hash, digits};
use crate::evaluations::Refused;
use crate::wire::body::read_object;
use crate::wire::context::MAX_VALUES;

/// The name of the context attribute in which OpenFeature sends the id of the user.
const TARGETING_KEY: &str = "targetingKey";
const USER_KEY: &str = "userkey";

/// The evaluation context of an OFREP request: the attributes, and a tag for etags.
pub(super) struct EvaluationContext {
    pub(super) attributes: Attributes,
    /// The part of etags that identifies the context. Contexts with the same attributes have the same tag.
    pub(super) tag: String,
}

/// The reason why the evaluation context of a request cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    Failure(Failure),
    Refused(Refused),
}

impl From<Failure> for Unusable {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

impl EvaluationContext {
    /// Reads the evaluation context from the body of a request. `targetingKey` becomes the attribute `userkey`, unless the context contains
    /// both. A list becomes several values of one attribute. Objects as values, lists within lists, and more than [`MAX_VALUES`] values,
    /// for example, are rejected. `check` receives the size of the context in bytes, and may refuse the context.
    pub(super) fn read(
        body: &[u8],
        check: impl FnOnce(usize) -> Result<(), Refused>,
    ) -> Result<Self, Unusable> {
        let body: Body<'_> = read_object(body).map_err(|why| Failure::unreadable(&why))?;
        check(body.context.map_or(0, |raw| raw.get().len())).map_err(Unusable::Refused)?;
        let unreadable = |raw: &RawValue| match raw.get().starts_with('{') {
            true => Failure::bad_context("the name of an attribute contains a lone surrogate"),
            false => Failure::bad_context("the context is not an object"),
        };
        let mut given: BTreeMap<Cow<'_, str>, &RawValue> = match body.context {
            None => BTreeMap::new(),
            Some(raw) if raw.get() == "null" => BTreeMap::new(),
            Some(raw) => serde_json::from_str(raw.get()).map_err(|_| unreadable(raw))?,
        };
        if !given.contains_key(USER_KEY)
            && let Some(user) = given.remove(TARGETING_KEY)
        {
            given.insert(Cow::Borrowed(USER_KEY), user);
        }
        let mut builder = Attributes::builder();
        let mut hash = Hash::new();
        let mut room = MAX_VALUES;
        for (name, raw) in &given {
            let values = values(name, raw)?;
            let too_many = || Failure::bad_context("the context contains more than 1000 values");
            room = room.checked_sub(values.len()).ok_or_else(too_many)?;
            if values.is_empty() {
                continue;
            }
            for text in std::iter::once(name.as_ref()).chain(values.iter().map(String::as_str)) {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
            hash.update(u64::MAX.to_le_bytes());
            builder = builder.attribute(name, values);
        }
        let tag = digits(&hash.finalize(), 8);
        Ok(Self { attributes: builder.build(), tag })
    }
}

/// Returns the values of an attribute as texts. Numbers keep their spelling, and nulls are left out (D-43). Objects, nested lists, and
/// strings with a lone surrogate are errors.
fn values(name: &str, raw: &RawValue) -> Result<Vec<String>, Failure> {
    let nested = || {
        Failure::bad_context(&format!(
            "attribute `{name}` contains an object or a list within a list"
        ))
    };
    let lone_surrogate =
        || Failure::bad_context(&format!("a text of attribute `{name}` contains a lone surrogate"));
    let elements: Vec<&RawValue> = if raw.get().starts_with('[') {
        serde_json::from_str(raw.get()).map_err(|_| nested())?
    } else {
        vec![raw]
    };
    let mut values = Vec::with_capacity(elements.len());
    for element in elements {
        match element.get() {
            "null" => {}
            text if text.starts_with(['{', '[']) => return Err(nested()),
            text if text.starts_with('"') => {
                values.push(serde_json::from_str(text).map_err(|_| lone_surrogate())?);
            }
            text => values.push(text.to_string()),
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        let context =
            EvaluationContext::read(body.as_bytes(), |_| Ok(())).map_err(|why| match why {
                Unusable::Failure(failure) => failure.code().to_string(),
                Unusable::Refused(refused) => refused.sentence(),
            })?;
        let pairs = context.attributes.iter();
        Ok(pairs
            .map(|(name, values)| (name.to_string(), values.map(str::to_string).collect()))
            .collect())
    }

    fn one(name: &str, values: &[&str]) -> (String, Vec<String>) {
        (name.to_string(), values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn contexts() {
        assert_eq!(
            read(r#"{"context":{"targetingKey":"fred"}}"#),
            Ok(vec![one("userkey", &["fred"])])
        );
        assert_eq!(
            read(
                r#"{"context":{"age":42,"n":1.10,"ok":true,"plan":["gold",null,"beta"],"no":null}}"#
            )
            .map(|mut all| {
                all.sort();
                all
            }),
            Ok(vec![
                one("age", &["42"]),
                one("n", &["1.10"]),
                one("ok", &["true"]),
                one("plan", &["gold", "beta"])
            ])
        );
        assert_eq!(read(r#"{"context":{}}"#), Ok(vec![]));
        assert_eq!(read("{}"), Ok(vec![]));
        assert_eq!(
            read(r#"{"context":{"targetingKey":"a","userkey":"b"}}"#)
                .map(|all| all.contains(&one("userkey", &["b"]))),
            Ok(true)
        );
    }

    #[test]
    fn invalid_contexts_are_rejected() {
        for body in ["", "{", "[]", "5"] {
            assert_eq!(read(body), Err("PARSE_ERROR".into()), "{body}");
        }
        let many = format!(r#"{{"a":[{}1],"b":2}}"#, "1,".repeat(MAX_VALUES - 1));
        for context in
            ["5", "[]", "\"x\"", r#"{"a":{"b":1}}"#, r#"{"a":[[1]]}"#, r#"{"a":[{}]}"#, &many]
        {
            assert_eq!(
                read(&format!(r#"{{"context":{context}}}"#)),
                Err("INVALID_CONTEXT".into()),
                "{context}"
            );
        }
    }

    /// Rust strings cannot hold a lone surrogate, which JSON allows.
    #[test]
    fn errors_name_what_is_wrong() {
        for (context, wrong) in [
            ("5", "the context is not an object"),
            (r#"{"a":[[1]]}"#, "attribute `a` contains an object or a list within a list"),
            (r#"{"a":{}}"#, "attribute `a` contains an object or a list within a list"),
            (r#"{"a":"\ud800"}"#, "a text of attribute `a` contains a lone surrogate"),
            (r#"{"a":["x","\ud800"]}"#, "a text of attribute `a` contains a lone surrogate"),
            (r#"{"\ud800":1}"#, "the name of an attribute contains a lone surrogate"),
        ] {
            let body = format!(r#"{{"context":{context}}}"#);
            let read = EvaluationContext::read(body.as_bytes(), |_| Ok(()));
            let Err(Unusable::Failure(failure)) = read else { panic!("{context}") };
            let failure = serde_json::to_value(&failure).unwrap();
            assert_eq!(failure["errorCode"], "INVALID_CONTEXT", "{context}");
            assert_eq!(failure["errorDetails"], wrong, "{context}");
        }
    }

    #[test]
    fn tags_stand_for_contexts() {
        let tag = |context: &str| {
            let body = format!(r#"{{"context":{context}}}"#);
            EvaluationContext::read(body.as_bytes(), |_| Ok(()))
                .unwrap_or_else(|why| panic!("{why:?}"))
                .tag
        };
        assert_eq!(tag(r#"{"a":1,"b":2}"#), tag(r#"{"b":2,"a":1}"#));
        assert_eq!(tag(r#"{"targetingKey":"x","u":1}"#), tag(r#"{"u":1,"userkey":"x"}"#));
        assert_eq!(tag(r#"{"a":1,"b":null,"c":[]}"#), tag(r#"{"a":1}"#));
        assert_ne!(tag(r#"{"targetingKey":"x","userkey":"x"}"#), tag(r#"{"userkey":"x"}"#));
        assert_ne!(tag(r#"{"a":["1","2"]}"#), tag(r#"{"a":["12"]}"#));
        assert_ne!(tag(r#"{"a":"b"}"#), tag(r#"{"ab":""}"#));
    }
}
