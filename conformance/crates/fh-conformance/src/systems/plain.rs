//! The plain evaluator of FeatureSignals, which shares no code with the engine, as a source of answers.

use fh_test_servers::featuresignals::plain::{PlainFeatureSignals, PlainResult};

use super::featuresignals::result;
use super::{Set, Source};
use crate::json::Json;

pub(super) struct Plain;

impl Source for Plain {
    fn answers(&mut self, set: &Set) -> Result<Vec<Option<Json>>, String> {
        let ruleset = Json::parse(&set.ruleset).map_err(|why| why.what)?;
        let evaluator = PlainFeatureSignals::new(&ruleset, &set.now);
        let answer = |flag: &str, context: &str| {
            let context = Json::parse(context).ok()?;
            let PlainResult { value, reason, variant } = evaluator.evaluate(flag, &context).ok()?;
            Some(result(flag, value, reason, variant.as_deref()))
        };
        Ok(set.cases.iter().map(|case| answer(&case.flag, &case.context)).collect())
    }
}
