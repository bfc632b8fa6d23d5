//! The systems whose flags a `Ruleset` holds: their payloads, their contexts and their explanations.

use fh_binding::operations::PAYLOAD_FORM;
use fh_client::{Attributes, Profile, System, Timestamp};
use fh_eval::{
    Explanation, FeatureRef, FlagExplanation, Ruleset, Subject, featbit, featuresignals,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::choice::choice;
use crate::key::Text;
use crate::{attributes, json, mapping};

/// The system whose flags a `Ruleset` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    FeatureHub,
    FeatBit,
    FeatureSignals,
}

/// The steps of an evaluation.
pub(crate) enum Steps {
    OfFeature(Box<Explanation>),
    OfFlag(Box<FlagExplanation>),
}

impl Dialect {
    /// Reads the name of a system.
    pub(crate) fn named(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        choice(
            value,
            &[
                ("featurehub", Self::FeatureHub),
                ("featbit", Self::FeatBit),
                ("featuresignals", Self::FeatureSignals),
            ],
        )
    }

    /// Compiles a payload under the profile with this name.
    ///
    /// # Errors
    /// A `ValueError` for a payload that cannot be read, and for a profile that the system does not have.
    pub(crate) fn compile(
        self,
        payload: &[u8],
        profile: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Ruleset> {
        match self {
            Self::FeatureHub => {
                let choices = [("client", Profile::Client), ("edge", Profile::Edge)];
                let profile = profile.map_or(Ok(Profile::Client), |name| choice(name, &choices))?;
                let rules = Ruleset::from_json(payload, profile);
                rules.map_err(|why| unreadable(&format!("{why}: {PAYLOAD_FORM}")))
            }
            Self::FeatBit => {
                use featbit::Profile::{Draft, Server};
                let choices = [("server", Server), ("draft", Draft)];
                let profile = profile.map_or(Ok(Server), |name| choice(name, &choices))?;
                let document = featbit::Document::parse(payload).map_err(|why| unreadable(&why))?;
                Ok(featbit::Compiler::new(profile).compile(&document))
            }
            Self::FeatureSignals if profile.is_some() => {
                Err(PyValueError::new_err("profile: FeatureSignals has no profiles: leave it out"))
            }
            Self::FeatureSignals => {
                let document =
                    featuresignals::Document::parse(payload).map_err(|why| unreadable(&why))?;
                Ok(featuresignals::Compiler::new().compile(&document))
            }
        }
    }

    /// Returns the attributes of a mapping, with the texts that rules of this system compare.
    pub(crate) fn attributes(self, mapping: &Bound<'_, PyAny>) -> PyResult<Attributes> {
        match self {
            Self::FeatureHub => attributes::read(Some(mapping), None, System::FeatureHub),
            Self::FeatBit => attributes::read(Some(mapping), None, System::FeatBit),
            Self::FeatureSignals => {
                let mut builder = Attributes::builder();
                for item in mapping::items(mapping)?.iter() {
                    let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
                    let name = name.extract::<Text<'_>>()?;
                    if let Some(text) = signals_text(name.as_str(), &value)? {
                        builder = builder.attribute(name.as_str(), text);
                    }
                }
                Ok(builder.build())
            }
        }
    }

    /// Returns the steps of an evaluation.
    ///
    /// # Errors
    /// A `ValueError` if a flag of FeatureSignals is explained for a context without a key.
    pub(crate) fn explain(
        self,
        feature: FeatureRef<'_>,
        subject: &Subject<'_, Timestamp>,
        attributes: Option<&Attributes>,
        now: Timestamp,
    ) -> PyResult<Steps> {
        let all = attributes.into_iter().flat_map(Attributes::iter);
        let mut texts: Map<String, Value> = all
            .filter_map(|(name, mut values)| Some((name.to_string(), json!(values.next()?))))
            .collect();
        let flag = match self {
            Self::FeatureHub => return Ok(Steps::OfFeature(Box::new(feature.explain(subject)))),
            Self::FeatBit => {
                let (key, name) = (texts.remove("keyId"), texts.remove("name"));
                let properties: Vec<Value> = texts
                    .into_iter()
                    .map(|(name, value)| json!({ "name": name, "value": value }))
                    .collect();
                let user =
                    json!({ "keyId": key, "name": name, "customizedProperties": properties });
                let user = featbit::User::from_json(&user.to_string());
                featbit::explain(feature, &user.map_err(|why| invalid(&why))?)
            }
            Self::FeatureSignals => {
                let mut context = Map::new();
                context.extend(texts.remove("key").map(|key| ("key".to_string(), key)));
                context.insert("attributes".to_string(), texts.into());
                let context = featuresignals::Context::from_json(&Value::from(context).to_string());
                featuresignals::explain(feature, &context.map_err(|why| invalid(&why))?, now)
            }
        };
        Ok(Steps::OfFlag(Box::new(flag)))
    }
}

/// Returns the text of an attribute of FeatureSignals, whose server writes numbers, lists and objects in its own form. `None` adds no text.
fn signals_text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    let json = match attributes::time_or_uuid(name, value)? {
        Some(text) => Value::String(text),
        None => serde_json::from_str(&json::text_of(value)?).map_err(|why| invalid(&why))?,
    };
    if name == "key" {
        return match json {
            Value::String(key) => Ok(Some(key)),
            _ => Err(PyValueError::new_err("the key of a context is a text")),
        };
    }
    let written = featuresignals::Context::builder("").attribute(name, json).build();
    let text = written.attributes().get(name).and_then(|mut values| values.next());
    Ok(text.map(str::to_string))
}

fn unreadable(why: &impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("payload: {why}"))
}

fn invalid(why: &impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("context: {why}"))
}
