//! The engine `fh-eval` as a target.

use fh_eval::featurehub::{Compiler, Document, HashIds};
use fh_eval::{Attributes, Outcome, Ruleset, Subject, Timestamp, Value};

use super::{Broken, CAPABILITIES, Target};
use crate::case::{Answer, Kind, Profile, Question, Step};
use crate::json::Json;

/// The engine, called in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Engine;

fn profile_of(profile: Profile) -> fh_eval::Profile {
    match profile {
        Profile::Client => fh_eval::Profile::Client,
        Profile::Edge => fh_eval::Profile::Edge,
    }
}

fn kind_of(kind: Kind) -> fh_eval::Kind {
    match kind {
        Kind::Boolean => fh_eval::Kind::Boolean,
        Kind::String => fh_eval::Kind::String,
        Kind::Number => fh_eval::Kind::Number,
        Kind::Json => fh_eval::Kind::Json,
    }
}

/// A question in the engine's types: a compiled ruleset, attributes and the current time.
struct Asked {
    ruleset: Ruleset,
    attributes: Option<Attributes>,
    now: Timestamp,
}

impl Asked {
    fn new(profile: Profile, question: &Question) -> Result<Asked, Broken> {
        let document = Document::parse(question.payload.as_bytes());
        let document = document.map_err(|error| Broken(error.to_string()))?;
        let environment = document.only().map_err(|error| Broken(error.to_string()))?;
        let hash_ids = question.hash_id.clone().map(|id| (question.feature.clone(), id));
        let hash_ids: HashIds = hash_ids.into_iter().collect();
        let mut compiler = Compiler::new(profile_of(profile));
        if !hash_ids.is_empty() {
            compiler = compiler.hash_ids(&hash_ids);
        }
        let attributes = match (&question.native, &question.context) {
            (Some(native), _) => {
                let native = Attributes::from_json(&native.to_string());
                Some(native.map_err(|error| Broken(error.to_string()))?)
            }
            (None, Some(context)) => {
                let mut builder = Attributes::builder();
                for (name, values) in context {
                    builder = builder.attribute(name, values);
                }
                Some(builder.build())
            }
            (None, None) => None,
        };
        Ok(Asked {
            ruleset: compiler.compile(&environment),
            attributes,
            now: Timestamp::from_millis(question.now_ms),
        })
    }

    fn subject(&self) -> Subject<'_, Timestamp> {
        match &self.attributes {
            Some(attributes) => Subject::new(attributes, self.now),
            None => Subject::without_context(self.now),
        }
    }
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => {
            crate::decimal::number_token(number.as_str()).map_or(Json::Null, Json::Number)
        }
        other => Json::Text(other.to_string()),
    }
}

impl Target for Engine {
    fn name(&self) -> String {
        "engine".to_owned()
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn can(&self, capability: &str) -> bool {
        CAPABILITIES.contains(&capability)
    }

    fn read(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken> {
        let asked = Asked::new(profile, question)?;
        let Some(feature) = asked.ruleset.get(&question.feature) else {
            return Ok(Answer {
                value: question.default.clone(),
                strategy_id: None,
                reason: fh_eval::EvaluationReason::NotFound.to_string(),
                bucket: None,
                trace: None,
                served: None,
            });
        };
        let evaluation = feature.evaluate(&asked.subject());
        let (value, reason) = evaluation.read(kind_of(question.kind));
        let report = feature.explain(&asked.subject()).report();
        // The fast evaluation and the explanation must agree.
        let told = (report.strategy_id.as_deref(), report.reason);
        if told != (evaluation.strategy_id(), evaluation.reason()) {
            return Err(Broken(format!("the explanation differs from the evaluation: {told:?}")));
        }
        let trace: Vec<Step> = report.strategies.iter().map(step).collect();
        // A getter of another type does not evaluate the feature.
        let of_kind = feature.kind() == Some(kind_of(question.kind));
        Ok(Answer {
            value: value.map_or_else(|| question.default.clone(), value_json),
            strategy_id: evaluation.strategy_id().filter(|_| of_kind).map(str::to_owned),
            reason: reason.to_string(),
            bucket: trace.iter().rev().filter_map(|step| step.bucket).next().filter(|_| of_kind),
            trace: of_kind.then_some(trace),
            served: report.value.as_deref().map_or(Ok(Json::Null), Json::parse).ok(),
        })
    }

    fn getters(&mut self, profile: Profile, question: &Question) -> Result<Json, Broken> {
        let asked = Asked::new(profile, question)?;
        let feature = asked.ruleset.get(&question.feature);
        let evaluation = feature.map(|feature| feature.evaluate(&asked.subject()));
        let number = evaluation.and_then(|evaluation| evaluation.decimal());
        let number = number.and_then(|number| crate::decimal::number_token(number.as_str()));
        let mut members = vec![
            ("boolean", Json::from(evaluation.and_then(|each| each.boolean()))),
            ("string", evaluation.and_then(|each| each.string()).into()),
            ("number", number.map(Json::Number).into()),
            ("json", evaluation.and_then(|each| each.json()).into()),
            ("isSet", evaluation.is_some_and(|each| each.is_set()).into()),
            ("exists", feature.is_some().into()),
            ("isEnabled", evaluation.is_some_and(|each| each.is_enabled()).into()),
        ];
        if let Some(feature) = feature {
            let properties = feature.properties().into_iter();
            let properties = properties.map(|(name, value)| (name, Json::from(value.into_owned())));
            members.push(("locked", feature.is_locked().into()));
            members.push(("version", Json::number(feature.version())));
            members.push(("properties", Json::object(properties)));
        }
        Ok(Json::object(members))
    }

    fn bucket(&mut self, profile: Profile, key: &str, feature_id: &str) -> Result<u32, Broken> {
        Ok(profile_of(profile).bucket(key, feature_id))
    }

    fn explain(&mut self, profile: Profile, question: &Question) -> Option<String> {
        let asked = Asked::new(profile, question).ok()?;
        let feature = asked.ruleset.get(&question.feature)?;
        Some(feature.explain(&asked.subject()).to_string())
    }
}

fn step(strategy: &fh_eval::StrategyReport) -> Step {
    let outcome = match strategy.outcome {
        Outcome::Match => "MATCH",
        Outcome::PercentageMiss => "PERCENTAGE_MISS",
        Outcome::NoPercentageKey => "NO_PERCENTAGE_KEY",
        Outcome::AttributeMiss => "ATTRIBUTE_MISS",
        Outcome::Invalid => "INVALID",
        Outcome::NotReached => "NOT_REACHED",
        _ => "UNKNOWN",
    };
    let failed = strategy.rules.iter().position(|rule| rule.held == Some(false));
    Step {
        strategy: strategy.id.clone().unwrap_or_default(),
        outcome: outcome.to_owned(),
        attribute: failed.and_then(|at| u32::try_from(at).ok()),
        bucket: strategy.bucket,
        threshold: strategy.threshold,
    }
}
