//! The bodies of answers: the map of values, the answers for named flags, and errors.

use std::borrow::Cow;
use std::collections::HashSet;

use fh_eval::featuresignals::Compiler;
use fh_eval::featuresignals::{Answer, reason_of};
use fh_eval::internal::{Token, members, members_by_key, not_json};
use fh_eval::{EvaluationReason, Ruleset};
use serde_json::value::RawValue;

use crate::response_class::cut;

/// The values of all flags for one user key.
pub struct FlagMap<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> FlagMap<'a> {
    /// Reads the body of an answer.
    ///
    /// # Errors
    /// The reason why the body is no such map.
    pub fn parse(body: &'a [u8]) -> Result<Self, String> {
        object(body).map(Self)
    }

    /// Returns the keys of the flags, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<Box<str>> {
        let mut keys: Vec<Box<str>> = self.0.iter().map(|(key, _)| (**key).into()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Compiles the values, whose reason is [`EvaluationReason::Static`]. If `only` is given, the other flags are left out.
    #[must_use]
    pub fn compile(&self, only: Option<&[Box<str>]>) -> Ruleset {
        let only: Option<HashSet<&str>> = only.map(|only| only.iter().map(|key| &**key).collect());
        let is_named = |key: &str| only.as_ref().is_none_or(|only| only.contains(key));
        let flags = self.0.iter().filter(|(key, _)| is_named(key));
        Compiler::new().answers(flags.map(|(key, value)| Answer {
            key,
            value,
            reason: EvaluationReason::Static,
            variant: None,
        }))
    }
}

/// The answers for some flags.
pub struct Bulk<'a>(Vec<Answered<'a>>);

struct Answered<'a> {
    key: Cow<'a, str>,
    value: &'a RawValue,
    reason: Cow<'a, str>,
    variant: Option<Cow<'a, str>>,
}

impl<'a> Bulk<'a> {
    /// Reads the body of an answer.
    ///
    /// # Errors
    /// The reason why the body has no answers, which names the flag.
    pub fn parse(body: &'a [u8]) -> Result<Self, String> {
        let answers = object(body)?.into_iter().map(|(key, answer)| {
            let members = members(answer)
                .ok_or_else(|| format!("the answer for the flag {} is no object", shown(&key)))?;
            let (mut value, mut reason, mut variant) = (None, None, None);
            for (name, member) in members {
                match (&*name, Token::of(member)) {
                    ("value", _) => value = Some(member),
                    ("reason", Token::Text(text)) => reason = Some(text),
                    ("variant_key", Token::Text(text)) => variant = Some(text),
                    _ => {}
                }
            }
            match (value, reason) {
                (Some(value), Some(reason)) => Ok(Answered { key, value, reason, variant }),
                _ => Err(format!(
                    "the answer for the flag {} has no value or no reason",
                    shown(&key)
                )),
            }
        });
        answers.collect::<Result<_, _>>().map(Self)
    }
}

/// Compiles the answers of several bodies. A flag that the server does not know is left out.
pub(super) fn compile(parts: &[Bulk<'_>]) -> Ruleset {
    let answers = parts.iter().flat_map(|part| &part.0).map(|answered| Answer {
        key: &answered.key,
        value: answered.value,
        reason: reason_of(&answered.reason),
        variant: answered.variant.as_deref().filter(|variant| !variant.is_empty()),
    });
    Compiler::new().answers(answers.filter(|answer| answer.reason != EvaluationReason::NotFound))
}

/// Returns the answers that are served as a body of answers.
#[must_use]
pub fn answers_document(ruleset: &Ruleset) -> String {
    let members = ruleset.iter().map(|flag| {
        format!("{}:{}", serde_json::to_string(flag.key()).unwrap_or_default(), flag.json())
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Returns the error of an answer as one text; `None` if the body holds none.
#[must_use]
pub fn error_text(body: &[u8]) -> Option<String> {
    let members = object(body).ok()?;
    let text = |name: &str| {
        members.iter().rev().find(|(known, _)| known == name).and_then(
            |(_, value)| match Token::of(value) {
                Token::Text(text) if !text.trim().is_empty() => Some(cut(text.trim(), 300)),
                _ => None,
            },
        )
    };
    match (text("error"), text("message")) {
        (Some(error), Some(message)) if error != message => Some(format!("{error}: {message}")),
        (error, message) => message.or(error),
    }
}

fn object(body: &[u8]) -> Result<Vec<(Cow<'_, str>, &RawValue)>, String> {
    let text = std::str::from_utf8(body).map_err(|why| why.to_string())?;
    let raw: &RawValue =
        serde_json::from_str(text).map_err(|why| cut(&not_json(text, &why), 300))?;
    members_by_key(raw).ok_or_else(|| "the body is no JSON object".to_string())
}

fn shown(key: &str) -> String {
    cut(key, 100)
}
