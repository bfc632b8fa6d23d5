//! The reference evaluator as a target, with or without a mutant.

use fh_reference_featurehub as reference;
use reference::json::Token;
use reference::{Getters, Mutant, Options, Payload};

use super::{Broken, CAPABILITIES, Target};
use crate::case::{Answer, Context, Kind, Profile, Question, Step};
use crate::decimal::number_token;
use crate::json::Json;

/// The reference evaluator.
#[derive(Clone, Debug)]
pub struct Reference {
    name: String,
    mutant: Option<Mutant>,
}

impl Reference {
    /// Returns the reference without a mutant.
    #[must_use]
    pub fn new() -> Reference {
        Reference { name: "reference".to_owned(), mutant: None }
    }

    /// Returns the reference with the mutant of this name.
    #[must_use]
    pub fn mutant(name: &str) -> Option<Reference> {
        let mutant = Mutant::named(name)?;
        Some(Reference { name: format!("reference:{name}"), mutant: Some(mutant) })
    }

    fn options(&self, profile: Profile, now_ms: i64, hash_id: Option<String>) -> Options {
        let profile = match profile {
            Profile::Client => reference::Profile::Client,
            Profile::Edge => reference::Profile::Edge,
        };
        Options { hash_id, mutant: self.mutant, ..Options::new(profile, now_ms) }
    }

    fn ask(&self, profile: Profile, question: &Question) -> Result<Asked, Broken> {
        let payload = Payload::read(question.payload.as_bytes());
        let payload = payload.map_err(|error| Broken(format!("{error:?}")))?;
        let context = match &question.native {
            Some(native) => reference::context_from_json(&native.to_string())
                .map_err(|error| Broken(format!("{error:?}")))?,
            None => question.context.clone(),
        };
        let options = self.options(profile, question.now_ms, question.hash_id.clone());
        Ok(Asked { payload, context, options })
    }
}

impl Default for Reference {
    fn default() -> Reference {
        Reference::new()
    }
}

struct Asked {
    payload: Payload,
    context: Option<Context>,
    options: Options,
}

impl Asked {
    fn getters(&self, question: &Question) -> Getters {
        self.payload.getters(&question.feature, self.context.as_ref(), &self.options)
    }
}

impl Target for Reference {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn can(&self, capability: &str) -> bool {
        CAPABILITIES.contains(&capability)
    }

    fn read(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken> {
        let asked = self.ask(profile, question)?;
        let getters = asked.getters(question);
        let without = |reason: &str| Answer {
            value: question.default.clone(),
            strategy_id: None,
            reason: reason.to_owned(),
            bucket: None,
            trace: None,
            served: None,
        };
        if !getters.exists {
            return Ok(without("NOT_FOUND"));
        }
        let answer =
            asked.payload.evaluate(&question.feature, asked.context.as_ref(), &asked.options);
        let Some(answer) = answer else {
            return Err(Broken("no answer".to_owned()));
        };
        let read = match question.kind {
            Kind::Boolean => getters.boolean.map(Json::Bool),
            Kind::String => getters.string.map(Json::Text),
            Kind::Number => {
                getters.number.map(|text| number_token(&text).map_or(Json::Null, Json::Number))
            }
            Kind::Json => getters.json.map(Json::Text),
        };
        let trace: Vec<Step> = answer.trace.into_iter().map(step).collect();
        let bucket = trace.iter().rev().filter_map(|step| step.bucket).next();
        let served = answer.value.as_deref().map_or(Ok(Json::Null), Json::parse).ok();
        let of_another_kind = read.is_none()
            && kind_of(&question.payload, &question.feature).as_deref()
                != Some(question.kind.name());
        if of_another_kind {
            return Ok(Answer { served, ..without("TYPE_MISMATCH") });
        }
        let (value, reason) = match read {
            Some(value) if getters.is_set => (value, answer.reason.name()),
            _ if !getters.is_set => (question.default.clone(), "NOT_SET"),
            // The feature is a NUMBER whose text is not a number.
            _ => (question.default.clone(), "TYPE_MISMATCH"),
        };
        Ok(Answer {
            value,
            strategy_id: answer.strategy_id,
            reason: reason.to_owned(),
            bucket,
            trace: Some(trace),
            served,
        })
    }

    fn getters(&mut self, profile: Profile, question: &Question) -> Result<Json, Broken> {
        let getters = self.ask(profile, question)?.getters(question);
        let number = getters.number.and_then(|text| number_token(&text)).map(Json::Number);
        let mut members = vec![
            ("boolean", Json::from(getters.boolean)),
            ("string", getters.string.into()),
            ("number", number.into()),
            ("json", getters.json.into()),
            ("isSet", getters.is_set.into()),
            ("exists", getters.exists.into()),
            ("isEnabled", getters.is_enabled.into()),
        ];
        if getters.exists {
            let properties = getters.properties.into_iter();
            let properties = properties.map(|(name, value)| (name, Json::Text(value)));
            members.push(("locked", getters.locked.into()));
            members.push(("version", Json::number(getters.version)));
            members.push(("properties", Json::object(properties)));
        }
        Ok(Json::object(members))
    }

    fn bucket(&mut self, profile: Profile, key: &str, feature_id: &str) -> Result<u32, Broken> {
        Ok(reference::bucket(key, feature_id, &self.options(profile, 0, None)))
    }
}

fn step(step: reference::Step) -> Step {
    Step {
        strategy: step.strategy,
        outcome: step.outcome.name().to_owned(),
        attribute: step.attribute.and_then(|at| u32::try_from(at).ok()),
        bucket: step.bucket,
        threshold: step.threshold.and_then(|limit| i64::try_from(limit).ok()),
    }
}

/// Returns the type of the last feature with this key. The reference does not need it to evaluate.
fn kind_of(payload: &str, key: &str) -> Option<String> {
    let features = Token::parse(payload).ok()?.elements()?;
    let has_key = |feature: &Token<'_>| {
        feature.member("key").and_then(Token::exact_string).is_some_and(|own| own == key)
    };
    features.into_iter().rfind(has_key)?.member("type")?.exact_string()
}
