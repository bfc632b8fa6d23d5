//! The engine as a source of answers.

use fh_eval::featbit::{self, Profile, User, send_to_experiment};
use fh_eval::featuresignals::{self, Context};
use fh_eval::{Attributes, FeatureRef, Subject, Timestamp, Value};

use super::featuresignals::result;
use super::{Rules, Set, Source};
use crate::json::Json;

/// The engine.
#[derive(Debug, Clone, Copy)]
pub struct Engine;

impl Source for Engine {
    fn answers(&mut self, set: &Set) -> Result<Vec<Option<Json>>, String> {
        match set.rules {
            Rules::FeatBit(profile) => of_featbit(profile, set),
            Rules::FeatureSignals => of_featuresignals(set),
        }
    }
}

/// Returns the attributes that a flag reads, of which the answers of a system must depend alone.
fn read_by(flag: FeatureRef<'_>, attributes: &Attributes) -> Attributes {
    let mut read = Attributes::builder();
    for (name, values) in attributes.iter().filter(|(name, _)| flag.reads(name)) {
        values.for_each(|value| read.add(name, value));
    }
    read.build()
}

/// Returns the answers of FeatBit; null for a flag that does not exist.
fn of_featbit(profile: Profile, set: &Set) -> Result<Vec<Option<Json>>, String> {
    let document =
        featbit::Document::parse(set.ruleset.as_bytes()).map_err(|why| why.to_string())?;
    let ruleset = featbit::Compiler::new(profile).compile(&document);
    let answers = set.cases.iter().map(|case| {
        let user = User::from_json(&case.context).map_err(|why| why.to_string())?;
        let Some(flag) = ruleset.get(&case.flag) else { return Ok(Some(Json::Null)) };
        let attributes = read_by(flag, user.attributes());
        let evaluation = flag.evaluate(&Subject::new(&attributes, Timestamp::from_millis(0)));
        let kind = featbit::reason(&evaluation);
        // The running server has other words than the programs of FeatBit.
        let words = match kind {
            "Off" => Some("flag disabled"),
            "TargetMatch" => Some("targeted"),
            "Fallthrough" => Some("default"),
            "RuleMatch" => evaluation.rule_name(),
            other => Some(other),
        };
        let text = |text: Option<&str>| Json::from(text.map(str::to_owned));
        Ok(Some(Json::object([
            ("kind", Json::from(kind)),
            ("value", evaluation.value().map(ToString::to_string).into()),
            ("variationId", text(evaluation.variant())),
            ("words", text(words)),
            ("sendToExperiment", send_to_experiment(flag, user.attributes(), &evaluation).into()),
        ])))
    });
    answers.collect()
}

fn of_featuresignals(set: &Set) -> Result<Vec<Option<Json>>, String> {
    let document =
        featuresignals::Document::parse(set.ruleset.as_bytes()).map_err(|why| why.to_string())?;
    let ruleset = featuresignals::Compiler::new().compile(&document);
    let now: Timestamp = set.now.parse().map_err(|_| format!("{} is not a time", set.now))?;
    let answer = |key: &str, context: &str| {
        let context = Context::from_json(context).ok()?;
        let Some(flag) = ruleset.get(key) else {
            return Some(result(key, Json::Null, "NOT_FOUND", None));
        };
        let read = read_by(flag, context.attributes());
        let evaluation = flag.evaluate(&Subject::new(&read, now));
        let value = match evaluation.value() {
            None => Json::Null,
            Some(Value::Bool(value)) => Json::Bool(*value),
            Some(Value::Number(number)) => Json::Number(number.as_str().to_owned()),
            Some(Value::Text(text)) => Json::Text(text.to_string()),
            Some(Value::Json(text)) => Json::parse(text).ok()?,
            Some(_) => return None,
        };
        Some(result(key, value, featuresignals::reason(&evaluation), evaluation.variant()))
    };
    Ok(set.cases.iter().map(|case| answer(&case.flag, &case.context)).collect())
}
