//! Comparison of two evaluators on the same questions, such as the engine and the reference, or the engine and a published SDK.

use std::fmt;

use fh_generators::{Case as Drawn, Context, context_to_json};

use crate::case::{Answer, Kind, Profile, Question, Step};
use crate::clock::DEFAULT_NOW_MS;
use crate::compare::same;
use crate::json::Json;
use crate::shrink::smallest;
use crate::target::{Broken, Engine, Reference, Target};

/// Returns the question of a drawn case. Its getter is that of the feature's own type, or the STRING getter if the type is unknown.
#[must_use]
pub fn question(feature: &str, context: &Context) -> Question {
    let kind = Json::parse(feature).ok();
    let kind = kind.and_then(|feature| Kind::named(feature.get("type")?.text()?));
    let kind = kind.unwrap_or(Kind::String);
    let default = match kind {
        Kind::Boolean => Json::Bool(false),
        Kind::String => Json::from("none"),
        Kind::Number => Json::number(-1),
        Kind::Json => Json::from("null"),
    };
    Question {
        payload: format!("[{feature}]"),
        feature: "F".to_owned(),
        kind,
        context: Some(context.clone()),
        native: None,
        default,
        now_ms: DEFAULT_NOW_MS,
        hash_id: None,
    }
}

/// Two evaluators and the profile that each of them is asked for.
pub struct Pair {
    first: Box<dyn Target>,
    second: Box<dyn Target>,
    /// The profile of the second evaluator, if it differs from that of the first.
    second_profile: Option<Profile>,
}

impl Default for Pair {
    /// Returns the two evaluators that share no code: the engine and the reference.
    fn default() -> Self {
        Self::new(Box::new(Engine), Box::new(Reference::new()))
    }
}

/// A question to which two evaluators give different answers.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The profile in which they differ.
    pub profile: Profile,
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
        let strategies = self.feature.get("strategies").map_or(&[][..], Json::elements).iter();
        let rules = strategies
            .flat_map(|strategy| strategy.get("attributes").map_or(&[][..], Json::elements));
        let rules = rules.map(|rule| {
            let text = |name: &str| rule.get(name).map_or_else(|| "-".to_owned(), Json::to_string);
            format!("{} {}", text("type"), text("conditional"))
        });
        format!(
            "{} · {} · {} · {} · {}{}",
            self.profile,
            self.in_what(),
            rules.collect::<Vec<_>>().join(" and "),
            self.outcome(&self.first),
            self.outcome(&self.second),
            self.oddities()
        )
    }

    /// Returns what is unusual about the strategies and the context of a shrunk case, each in brackets. Shrinking removes what does not
    /// matter, so the cause is among them.
    fn oddities(&self) -> String {
        let strategies = self.feature.get("strategies").map_or(&[][..], Json::elements);
        let has = |name: &str, is_odd: fn(&Json) -> bool| {
            strategies.iter().any(|strategy| strategy.get(name).is_some_and(is_odd))
        };
        let supplied = || self.context.members().iter().map(|(_, values)| values.elements());
        let is_empty = |value: &Json| value.text() == Some("");
        let values = strategies.iter().filter_map(|strategy| strategy.get("value"));
        let mut values = values.chain(self.feature.get("value"));
        let kind = self.feature.get("type").and_then(Json::text);
        let odd = [
            (supplied().any(|values| values.iter().any(is_empty)), "empty text supplied"),
            (supplied().any(|values| values.len() > 1), "several values supplied"),
            (has("percentage", |share| *share == Json::Null), "null percentage"),
            (
                has("percentage", |share| !matches!(share, Json::Null | Json::Number(_))),
                "odd percentage",
            ),
            (
                strategies.iter().filter(|each| each.get("percentage").is_some()).count() > 1,
                "several shares",
            ),
            (values.any(|value| is_of_other_type(kind, value)), "value of another type"),
        ];
        odd.iter().filter(|(is_so, _)| *is_so).map(|(_, name)| format!(" [{name}]")).collect()
    }

    /// Returns what an answer says about the strategies: their outcomes, if the answer has a trace. Otherwise `matches` if the answer names a
    /// strategy or has another value than the feature, `base` if not, and `raises` with the name of the error for an error.
    fn outcome(&self, answer: &Json) -> String {
        if let Some(trace) = answer.get("trace") {
            let steps = trace.elements().iter();
            let steps = steps.filter_map(|step| step.get("outcome")?.text().map(str::to_owned));
            return steps.collect::<Vec<_>>().join(" ");
        }
        let Json::Object(_) = answer else {
            let name = answer.text().map(error_name).unwrap_or_default();
            return format!("raises {name}").trim_end().to_owned();
        };
        let has_strategy = answer.get("strategy_id").is_some_and(|id| *id != Json::Null);
        let value = answer.get("value").unwrap_or(&Json::Null);
        let is_base = self.feature.get("value").is_some_and(|base| same(base, value));
        if has_strategy || !is_base { "matches".to_owned() } else { "base".to_owned() }
    }

    /// Returns the smallest case on which they still differ in the same first part.
    #[must_use]
    pub fn shrunk(self, pair: &mut Pair) -> Disagreement {
        let both = Json::List(vec![self.feature.clone(), self.context.clone()]);
        let mut again = |both: &Json| -> Option<Disagreement> {
            let [feature, context] = both.elements() else { return None };
            let context = texts(context)?;
            let question = question(&feature.to_string(), &context);
            let found = pair.compare(self.profile, &question)?;
            (found.parts.first() == self.parts.first()).then_some(found)
        };
        let both = smallest(both, |both| again(both).is_some());
        again(&both).unwrap_or(self)
    }
}

/// Returns the name of an error that an SDK raised, such as `TypeError`; empty if its text does not begin with one.
fn error_name(text: &str) -> &str {
    let text = text.strip_prefix("raised: ").unwrap_or_default();
    let name = text.split(':').next().unwrap_or_default();
    if name.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c)) { name } else { "" }
}

/// Returns true if a value has another JSON type than the features of this type.
fn is_of_other_type(kind: Option<&str>, value: &Json) -> bool {
    match kind {
        Some("BOOLEAN") => !matches!(value, Json::Bool(_) | Json::Null),
        Some("NUMBER") => !matches!(value, Json::Number(_) | Json::Null),
        Some("STRING" | "JSON") => !matches!(value, Json::Text(_) | Json::Null),
        _ => false,
    }
}

/// Reads a context whose values are all lists of texts. Returns `None` for any other JSON value.
fn texts(context: &Json) -> Option<Context> {
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

impl Pair {
    /// Creates a pair whose evaluators are asked for the same profile.
    #[must_use]
    pub fn new(first: Box<dyn Target>, second: Box<dyn Target>) -> Self {
        Self { first, second, second_profile: None }
    }

    /// Asks the second evaluator for this profile, whatever the first one is asked for.
    #[must_use]
    pub fn with_second_profile(self, profile: Profile) -> Self {
        Self { second_profile: Some(profile), ..self }
    }

    /// Compares the answers of both evaluators to a drawn case. Returns `None` if they agree.
    pub fn compare_drawn(&mut self, profile: Profile, drawn: &Drawn) -> Option<Disagreement> {
        self.compare(profile, &question(&drawn.feature.to_json(), &drawn.context))
    }

    /// Returns the answer of the first evaluator.
    ///
    /// # Errors
    /// If it gives no answer.
    pub fn answer(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken> {
        self.first.read(profile, question)
    }

    /// Returns the first evaluator's explanation of its answer, if it has one.
    pub fn explanation(&mut self, found: &Disagreement) -> Option<String> {
        let context = texts(&found.context)?;
        self.first.explain(found.profile, &question(&found.feature.to_string(), &context))
    }

    fn compare(&mut self, profile: Profile, question: &Question) -> Option<Disagreement> {
        let second_profile = self.second_profile.unwrap_or(profile);
        let first = self.first.read(profile, question);
        let second = self.second.read(second_profile, question);
        let mut parts = match (&first, &second) {
            (Ok(one), Ok(other)) => self.different_parts(one, other),
            (Err(_), Err(_)) => Vec::new(),
            _ => vec!["presence of an answer".to_owned()],
        };
        let has_getters = |target: &dyn Target| target.can("eval.typed_getters");
        if parts.is_empty() && has_getters(&*self.first) && has_getters(&*self.second) {
            let first = self.first.getters(profile, question).unwrap_or(Json::Null);
            let second = self.second.getters(second_profile, question).unwrap_or(Json::Null);
            // A member that one of them cannot tell is not compared.
            let other = first
                .members()
                .iter()
                .filter(|(name, value)| second.get(name).is_some_and(|other| !same(value, other)));
            parts.extend(other.map(|(name, _)| format!("getter {name}")));
        }
        if parts.is_empty() {
            return None;
        }
        let shown = |answer: Result<Answer, Broken>| match answer {
            Ok(answer) => answer.to_json(),
            Err(broken) => Json::from(broken.0),
        };
        let context = context_to_json(question.context.as_ref().unwrap_or(&Vec::new()));
        let payload = Json::parse(&question.payload).unwrap_or(Json::Null);
        Some(Disagreement {
            profile,
            names: [self.first.name(), self.second.name()],
            parts,
            feature: payload.elements().first().cloned().unwrap_or(Json::Null),
            context: Json::parse(&context).unwrap_or(Json::Null),
            first: shown(first),
            second: shown(second),
        })
    }

    /// Returns the parts in which two answers differ, of those that both evaluators can tell.
    fn different_parts(&self, first: &Answer, second: &Answer) -> Vec<String> {
        let both = |capability: &str| self.first.can(capability) && self.second.can(capability);
        different_parts(first, second)
            .into_iter()
            .filter(|part| match part.as_str() {
                "strategy_id" => both("eval.strategy_id"),
                "reason" => both("eval.reason"),
                "bucket" => both("eval.bucket"),
                "trace" => both("eval.trace"),
                _ => true,
            })
            .collect()
    }
}

fn different_parts(first: &Answer, second: &Answer) -> Vec<String> {
    let served = match (&first.served, &second.served) {
        (Some(first), Some(second)) => first != second,
        _ => false,
    };
    let trace = match (&first.trace, &second.trace) {
        (Some(first), Some(second)) => alike(first) != alike(second),
        _ => false,
    };
    let parts = [
        ("value", !same(&first.value, &second.value)),
        ("strategy_id", first.strategy_id != second.strategy_id),
        ("reason", first.reason != second.reason),
        ("value as written", served),
        ("bucket", first.bucket != second.bucket),
        ("trace", trace),
    ];
    let different = parts.into_iter().filter(|(_, differs)| *differs);
    different.map(|(name, _)| name.to_owned()).collect()
}

/// Returns the trace without details that may differ: whether a rule that failed on unreadable parts is a miss or invalid, and thresholds
/// below zero.
fn alike(trace: &[Step]) -> Vec<Step> {
    let steps = trace.iter().cloned().map(|mut step| {
        if step.attribute.is_some() {
            step.outcome = "ATTRIBUTE_MISS".to_owned();
        }
        step.threshold = step.threshold.filter(|limit| *limit >= 0);
        step
    });
    steps.collect()
}
