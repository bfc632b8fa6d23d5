//! The engine as an evaluator of FeatureSignals.

use fh_eval::featuresignals::{Compiler, Context, Document, reason};
use fh_eval::{Ruleset, Subject, Timestamp, Value};

use super::{Evaluator, result};
use crate::json::Json;

struct Engine {
    ruleset: Ruleset,
    now: Timestamp,
}

/// Compiles a ruleset for the engine.
pub(in crate::systems) fn engine(ruleset: &str, now: &str) -> Result<Box<dyn Evaluator>, String> {
    let document = Document::parse(ruleset.as_bytes()).map_err(|why| why.to_string())?;
    let ruleset = Compiler::new().compile(&document);
    let now = now.parse().map_err(|_| format!("{now} is not a time"))?;
    Ok(Box::new(Engine { ruleset, now }))
}

impl Evaluator for Engine {
    fn evaluate(&self, flag_keys: &[&str], context: &str) -> Vec<Option<Json>> {
        let Ok(context) = Context::from_json(context) else { return vec![None; flag_keys.len()] };
        let subject = Subject::new(context.attributes(), self.now);
        let answer = |key: &&str| {
            let Some(flag) = self.ruleset.get(key) else {
                return Some(result(key, Json::Null, "NOT_FOUND", None));
            };
            let evaluation = flag.evaluate(&subject);
            let value = match evaluation.value() {
                None => Json::Null,
                Some(Value::Bool(value)) => Json::Bool(*value),
                Some(Value::Number(number)) => Json::Number(number.as_str().to_owned()),
                Some(Value::Text(text)) => Json::Text(text.to_string()),
                Some(Value::Json(text)) => Json::parse(text).ok()?,
                Some(_) => return None,
            };
            Some(result(key, value, reason(&evaluation), evaluation.variant()))
        };
        flag_keys.iter().map(answer).collect()
    }
}
