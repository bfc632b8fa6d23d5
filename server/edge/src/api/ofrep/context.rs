//! Reads the evaluation context from the body of an OFREP request.

use fh_eval::Attributes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{Failure, Unusable};
use super::attributes::Flattened;
use crate::evaluations::Refused;
use crate::wire::read_object;

/// The evaluation context of an OFREP request: the attributes, and a tag for etags.
pub(super) struct EvaluationContext {
    pub(super) attributes: Attributes,
    /// The part of etags that identifies the context. Contexts with the same attributes have the same tag.
    pub(super) tag: String,
    /// The number of bytes of the context, and of the names that flattening repeats.
    pub(super) size: usize,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

impl EvaluationContext {
    /// Reads the evaluation context from the body of a request. `check` receives the size of the context in bytes, and may refuse the
    /// context.
    pub(super) fn read(
        body: &[u8],
        check: impl Fn(usize) -> Result<(), Refused>,
    ) -> Result<Self, Unusable> {
        let body: Body<'_> = read_object(body).map_err(|why| Failure::unreadable(&why))?;
        if body.context.is_some_and(|raw| !raw.get().starts_with('{')) {
            return Err(Failure::bad_context("the context is not an object").into());
        }
        let all = Flattened::of(body.context, check)?;
        Ok(Self { attributes: all.attributes(), tag: all.tag(), size: all.size() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the attributes in their order, or the code and the details of the error. `limit` is the largest size of a context in bytes.
    fn read_within(limit: usize, body: &str) -> String {
        let check = |bytes| match bytes > limit {
            true => Err(Refused::ContextTooLarge(limit)),
            false => Ok(()),
        };
        match EvaluationContext::read(body.as_bytes(), check) {
            Ok(context) => {
                let attributes = context.attributes.iter().map(|(name, values)| {
                    format!("{name}={}", values.collect::<Vec<_>>().join("|"))
                });
                attributes.collect::<Vec<_>>().join(" ")
            }
            Err(Unusable::Failure(failure)) => {
                let failure = serde_json::to_value(&failure).unwrap();
                let text = |name: &str| failure[name].as_str().unwrap().to_string();
                format!("{}: {}", text("errorCode"), text("errorDetails"))
            }
            Err(Unusable::Refused(refused)) => refused.sentence(),
        }
    }

    fn read(context: &str) -> String {
        read_within(20_000, &format!(r#"{{"context":{context}}}"#))
    }

    /// The cases are those of the OpenFeature providers.
    #[test]
    fn attributes_of_contexts() {
        let file = include_str!("../../../../../conformance/evaluation-contexts.json");
        let table: serde_json::Value = serde_json::from_str(file).unwrap();
        for case in table["cases"].as_array().unwrap() {
            let expected = case["attributes"].as_object().unwrap().iter().map(|(name, values)| {
                let values = values.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
                format!("{name}={}", values.collect::<Vec<_>>().join("|"))
            });
            let mut expected: Vec<_> = expected.collect();
            expected.sort_unstable();
            let attributes = read(&case["context"].to_string());
            let mut found: Vec<_> = attributes.split_terminator(' ').collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{}", case["title"]);
        }
    }

    /// Numbers keep their spelling, written attributes come first, and deep structures are not followed.
    #[test]
    fn texts_and_order_of_attributes() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(1000), "}".repeat(1000));
        for (context, attributes) in [
            ("null", ""),
            (r#"{"n":1.10,"l":[2.50]}"#, "l=2.50 n=1.10"),
            (r#"{"device":{"n":1.10,"a":{"b":1}},"z":1}"#, "z=1 device.a.b=1 device.n=1.10"),
            (&deep, ""),
        ] {
            assert_eq!(read(context), attributes, "{context}");
        }
        assert_eq!(read_within(9, "{}"), "");
    }

    /// Rust strings cannot hold a lone surrogate, which JSON allows.
    #[test]
    fn errors_name_what_is_wrong() {
        let not_an_object = "the context is not an object";
        let name = "the name of an attribute contains a lone surrogate";
        let text = |name: &str| format!("a text of attribute `{name}` contains a lone surrogate");
        let many = "the context contains more than 1000 values";
        let ones = |number: usize| vec!["1"; number].join(",");
        for (context, wrong) in [
            ("5", not_an_object),
            ("[]", not_an_object),
            (r#""x""#, not_an_object),
            (r#"{"a":"\ud800"}"#, &text("a")),
            (r#"{"a":["x","\ud800"]}"#, &text("a")),
            (r#"{"a":{"b":"\ud800"}}"#, &text("a.b")),
            (r#"{"targetingKey":"\ud800"}"#, &text("targetingKey")),
            (r#"{"targetingKey":"\ud800","userkey":null}"#, &text("targetingKey")),
            (r#"{"\ud800":1}"#, name),
            (r#"{"a":{"\ud800":1}}"#, name),
            (&format!(r#"{{"a":[{}],"b":2}}"#, ones(1000)), many),
            (&format!(r#"{{"a":{{"b":[{}]}},"b":2}}"#, ones(1000)), many),
        ] {
            assert_eq!(read(context), format!("INVALID_CONTEXT: {wrong}"), "{context}");
        }
        let most = format!(r#"{{"a":{{"b":[{}]}},"a.b":2,"c":[{}]}}"#, ones(1000), ones(999));
        assert!(read(&most).starts_with("a.b=2 c=1|"), "a value that is left out does not count");
        for body in ["", "{", "[]", "5"] {
            assert!(read_within(9, body).starts_with("PARSE_ERROR: "), "{body}");
        }
    }

    /// The names that flattening repeats count, so that a short context cannot become a large one.
    #[test]
    fn sizes_of_contexts() {
        for (context, size) in [
            (r#"{"a":1}"#, 7),
            (r#"{"abc":{"d":1,"e":2}}"#, 21 + 8),
            (r#"{"a":{"b":{"c":1}}}"#, 23),
        ] {
            let body = format!(r#"{{"context":{context}}}"#);
            let refused = format!("the context is larger than {} bytes", size - 1);
            assert_eq!(read_within(size - 1, &body), refused, "{context}");
            assert!(read_within(size, &body).contains('='), "{context}");
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
        for (one, other, is_equal) in [
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true),
            (r#"{"targetingKey":"x","u":1}"#, r#"{"u":1,"userkey":"x"}"#, true),
            (r#"{"a":1,"b":null,"c":[]}"#, r#"{"a":1}"#, true),
            (r#"{"a":{"b":1},"c":2}"#, r#"{"a.b":1,"c":2}"#, true),
            (r#"{"targetingKey":"x","userkey":"x"}"#, r#"{"userkey":"x"}"#, false),
            (r#"{"a":["1","2"]}"#, r#"{"a":["12"]}"#, false),
            (r#"{"a":"b"}"#, r#"{"ab":""}"#, false),
            (r#"{"a":{"b":1}}"#, r#"{"b":1}"#, false),
        ] {
            assert_eq!(tag(one) == tag(other), is_equal, "{one} {other}");
        }
    }
}
