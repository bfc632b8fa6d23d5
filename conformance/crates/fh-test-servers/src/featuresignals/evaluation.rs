//! Results of the plain evaluator in the form of the server's answers.

use std::collections::{BTreeMap, BTreeSet};

use super::plain::{PlainFeatureSignals, PlainResult, Untranslated};
use fh_test::json::Json;

use crate::featuresignals::request_body::context;

/// A ruleset at one time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluation<'a> {
    ruleset: &'a Json,
    plain: PlainFeatureSignals<'a>,
}

impl<'a> Evaluation<'a> {
    /// Creates an evaluation for a time in nanoseconds since 1970.
    pub(crate) fn new(ruleset: &'a Json, now: i128) -> Self {
        Self { ruleset, plain: PlainFeatureSignals::at(ruleset, now) }
    }

    /// Returns the values of all flags for a key without attributes.
    pub(crate) fn map(&self, key: &str) -> Result<Json, Untranslated> {
        let context = context(key, Vec::new());
        let flags = self.ruleset.get("flags").map_or(&[][..], Json::members);
        let mut values = BTreeMap::new();
        for (flag_key, _) in flags {
            values.insert(flag_key.clone(), self.plain.evaluate(flag_key, &context)?.value);
        }
        Ok(Json::Object(values.into_iter().collect()))
    }

    /// Returns the result of one flag.
    pub(crate) fn single(&self, flag_key: &str, context: &Json) -> Result<Json, Untranslated> {
        let PlainResult { value, reason, variant } = self.plain.evaluate(flag_key, context)?;
        Ok(result(flag_key, value, reason, variant))
    }

    /// Returns the results of several flags. A repeated key has one result. A flag that is gone is not found, but its results still count for
    /// flags that need it.
    pub(crate) fn bulk(
        &self,
        flag_keys: &[String],
        context: &Json,
        is_gone: impl Fn(&str) -> bool,
    ) -> Result<Json, Untranslated> {
        let mut results = Vec::new();
        for flag_key in flag_keys.iter().collect::<BTreeSet<_>>() {
            let result = match is_gone(flag_key) {
                true => result(flag_key, Json::Null, "NOT_FOUND", None),
                false => self.single(flag_key, context)?,
            };
            results.push((flag_key.clone(), result));
        }
        Ok(Json::Object(results))
    }
}

/// Returns a result with its members in the server's order.
fn result(flag_key: &str, value: Json, reason: &str, variant: Option<String>) -> Json {
    let mut members =
        vec![("flag_key", flag_key.into()), ("value", value), ("reason", reason.into())];
    members.extend(variant.map(|key| ("variant_key", key.into())));
    Json::object(members)
}
