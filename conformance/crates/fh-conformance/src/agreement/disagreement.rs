//! A question to which two evaluators give different answers, and what classifies it.

use std::fmt;

use fh_test::generators::Context;

use super::envelope::{keeps_envelope, ordinary};
use super::oddities::oddities;
use super::{GETTER, Pair, default_of, different_parts, kind_of, question};
use crate::case::{Answer, Profile};
use crate::compare::same;
use crate::json::Json;
use crate::shrink::smallest;
use crate::target::Target;

/// Maximum number of times that a case is made ordinary and then smaller. Two are usually enough.
const ROUNDS: usize = 4;

/// A question to which two evaluators give different answers.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The profile in which they differ.
    pub profile: Profile,
    /// The profile that the second evaluator was asked for.
    pub second_profile: Profile,
    /// The names of the two evaluators.
    pub names: [String; 2],
    /// The parts in which they differ: `value`, `trace`, `getter string` and so on.
    pub parts: Vec<String>,
    /// The feature.
    pub feature: Json,
    /// The context.
    pub context: Json,
    /// The answer of the first evaluator; a text if it raised an error.
    pub first: Json,
    /// The answer of the second evaluator; a text if it raised an error.
    pub second: Json,
    /// What the second evaluator told; `None` if it raised an error.
    pub(super) told: Option<Told>,
}

/// An answer, and the results of the getters if both evaluators have them and do not differ in the answer.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) answer: Answer,
    pub(super) getters: Json,
}

impl Disagreement {
    /// Returns the first of `answers`, `traces` and `getters` in which they differ.
    #[must_use]
    pub fn in_what(&self) -> &'static str {
        match self.parts.first().map(String::as_str) {
            Some("trace") => "traces",
            Some(part) if part.starts_with("getter ") => "getters",
            _ => "answers",
        }
    }

    /// Returns a text that disagreements of the same cause share: the profile, the rules and outcomes involved, and what is unusual about the
    /// strategies and the context. It identifies a cause only after [`Disagreement::shrunk`].
    #[must_use]
    pub fn class(&self) -> String {
        let [first, second] = [self.outcome(&self.first), self.outcome(&self.second)];
        let oddities: String = self.oddities().iter().map(|name| format!(" [{name}]")).collect();
        let (rules, profile) = (self.rules().join(" and "), self.profile);
        format!("{profile} · {} · {rules} · {first} · {second}{oddities}", self.in_what())
    }

    /// Returns the type and the conditional of each rule, `-` in place of one that is no text.
    #[must_use]
    pub fn rules(&self) -> Vec<String> {
        let strategies = self.feature.get("strategies").map_or(&[][..], Json::elements).iter();
        let rules = strategies
            .flat_map(|strategy| strategy.get("attributes").map_or(&[][..], Json::elements));
        let text = |rule: &Json, name: &str| {
            rule.get(name).and_then(Json::text).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let word = |rule: &Json, name: &str| text(rule, name).unwrap_or_else(|| "-".to_owned());
        rules.map(|rule| format!("{} {}", word(rule, "type"), word(rule, "conditional"))).collect()
    }

    /// Returns the names of the unusual parts of the feature and the context.
    #[must_use]
    pub fn oddities(&self) -> Vec<&'static str> {
        oddities(&self.feature, &self.context)
    }

    /// Returns `matches`, `base`, or `raises` with the name of the error for each of the two answers.
    #[must_use]
    pub fn outcomes(&self) -> [String; 2] {
        [self.brief_outcome(&self.first), self.brief_outcome(&self.second)]
    }

    /// Returns true if another evaluator tells what the second one told, in the value and in all parts in which the two differ. An error
    /// is the same as any other error.
    #[must_use]
    pub(crate) fn second_answers_as(&self, mut other: impl Target) -> bool {
        let Some(context) = texts(&self.context) else { return false };
        let question = question(&self.feature.to_string(), &context);
        let (told, answer) = match (&self.told, other.read(self.second_profile, &question)) {
            (Some(told), Ok(answer)) => (told, answer),
            (told, answer) => return told.is_none() && answer.is_err(),
        };
        let different = different_parts(&answer, &told.answer, |_| true);
        let is_told = |part: &String| match part.strip_prefix(GETTER) {
            None => !different.contains(part),
            Some(name) => other
                .getters(self.second_profile, &question)
                .is_ok_and(|getters| getters.get(name) == told.getters.get(name)),
        };
        same(&answer.value, &told.answer.value) && self.parts.iter().all(is_told)
    }

    /// Returns what an answer says about the strategies: their outcomes, if the answer has a trace. Otherwise `matches` if the answer names a
    /// strategy or has another value than the feature, `base` if not, and `raises` with the name of the error for an error.
    fn outcome(&self, answer: &Json) -> String {
        if let Some(trace) = answer.get("trace") {
            let steps = trace.elements().iter();
            let steps = steps.filter_map(|step| step.get("outcome")?.text().map(str::to_owned));
            return steps.collect::<Vec<_>>().join(" ");
        }
        self.brief_outcome(answer)
    }

    /// Returns `matches`, `base` or `raises`, as [`Disagreement::outcome`] does for an answer without a trace.
    fn brief_outcome(&self, answer: &Json) -> String {
        let Json::Object(_) = answer else {
            let name = answer.text().map(error_name).unwrap_or_default();
            return format!("raises {name}").trim_end().to_owned();
        };
        let has_strategy = answer.get("strategy_id").is_some_and(|id| *id != Json::Null);
        let value = answer.get("value").unwrap_or(&Json::Null);
        let kind = kind_of(&self.feature);
        let base = self.feature.get("value").filter(|base| **base != Json::Null && kind.is_some());
        let is_base = match base {
            Some(base) => same(base, value),
            None => same(&default_of(kind), value),
        };
        if has_strategy || !is_base { "matches".to_owned() } else { "base".to_owned() }
    }

    /// Returns what both answers show of the strategies, without details that shrinking changes: whether they differ in the same first part,
    /// and whether an answer is an error, the value of a strategy, or the feature's own value.
    fn symptom(&self) -> [String; 3] {
        let part = self.parts.first().cloned().unwrap_or_default();
        let [first, second] = self.outcomes();
        [part, first, second]
    }

    /// Returns the smallest case with the same symptom. It has no unusual part that the present case lacks, so that one cause does not become
    /// another. What every SDK needs of a feature stays, and becomes ordinary if the symptom does not depend on it.
    #[must_use]
    pub fn shrunk(self, pair: &mut Pair) -> Disagreement {
        let symptom = self.symptom();
        let present = self.oddities();
        let mut again = |feature: &Json, context: &Json| -> Option<Disagreement> {
            let context = texts(context)?;
            let found = pair.compare(self.profile, &question(&feature.to_string(), &context))?;
            let is_alike = found.symptom() == symptom
                && found.oddities().iter().all(|each| present.contains(each));
            is_alike.then_some(found)
        };
        let mut both = Json::List(vec![self.feature.clone(), self.context.clone()]);
        for round in 0..ROUNDS {
            let [feature, context] = both.elements() else { return self };
            let origin = ordinary(feature.clone(), |feature| again(feature, context).is_some());
            if round > 0 && origin == *feature {
                break;
            }
            let smaller = Json::List(vec![origin.clone(), context.clone()]);
            // A part of the smaller case may become ordinary although it could not before.
            both = smallest(smaller, |both| match both.elements() {
                [feature, context] if keeps_envelope(&origin, feature) => {
                    again(feature, context).is_some()
                }
                _ => false,
            });
        }
        let [feature, context] = both.elements() else { return self };
        again(feature, context).unwrap_or(self)
    }
}

/// Returns the name of an error that an SDK raised, such as `TypeError`; empty if its text does not begin with one.
fn error_name(text: &str) -> &str {
    let text = text.strip_prefix("raised: ").unwrap_or_default();
    let name = text.split(':').next().unwrap_or_default();
    if name.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c)) { name } else { "" }
}

/// Reads a context whose values are all lists of texts. Returns `None` for any other JSON value.
pub(super) fn texts(context: &Json) -> Option<Context> {
    let Json::Object(members) = context else { return None };
    let members = members.iter().map(|(name, values)| {
        let Json::List(values) = values else { return None };
        let values: Option<Vec<String>> =
            values.iter().map(|value| value.text().map(str::to_owned)).collect();
        Some((name.clone(), values?))
    });
    members.collect()
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "profile {}: they differ in {}", self.profile, self.parts.join(", "))?;
        writeln!(f, "  feature   {}", self.feature)?;
        writeln!(f, "  context   {}", self.context)?;
        for (name, answer) in self.names.iter().zip([&self.first, &self.second]) {
            writeln!(f, "  {name:<9} {answer}")?;
        }
        Ok(())
    }
}
