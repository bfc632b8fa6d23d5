//! Comparison of two evaluators that share no code: the engine and the reference.

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

/// The two evaluators: the engine and the reference.
#[derive(Debug, Default)]
pub struct Oracles {
    engine: Engine,
    reference: Reference,
}

/// A question to which the two evaluators give different answers.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The profile in which they differ.
    pub profile: Profile,
    /// The parts in which they differ: `value`, `trace`, `getter string` and so on.
    pub parts: Vec<String>,
    /// The feature.
    pub feature: Json,
    /// The context.
    pub context: Json,
    /// The answer of the engine.
    pub engine: Json,
    /// The answer of the reference.
    pub reference: Json,
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

    /// Returns a text that disagreements of the same cause share: the profile, and the rules and outcomes involved. It identifies a cause
    /// only after [`Disagreement::shrunk`].
    #[must_use]
    pub fn class(&self) -> String {
        let strategies = self.feature.get("strategies").map_or(&[][..], Json::elements).iter();
        let rules = strategies
            .flat_map(|strategy| strategy.get("attributes").map_or(&[][..], Json::elements));
        let rules = rules.map(|rule| {
            let text = |name: &str| rule.get(name).map_or_else(|| "-".to_owned(), Json::to_string);
            format!("{} {}", text("type"), text("conditional"))
        });
        let outcomes = |answer: &Json| {
            let steps = answer.get("trace").map_or(&[][..], Json::elements).iter();
            let steps = steps.filter_map(|step| step.get("outcome")?.text().map(str::to_owned));
            steps.collect::<Vec<_>>().join(" ")
        };
        format!(
            "{} · {} · {} · engine {} · reference {}",
            self.profile,
            self.in_what(),
            rules.collect::<Vec<_>>().join(" and "),
            outcomes(&self.engine),
            outcomes(&self.reference)
        )
    }

    /// Returns the smallest case on which they still differ in the same first part.
    #[must_use]
    pub fn shrunk(self, oracles: &mut Oracles) -> Disagreement {
        let both = Json::List(vec![self.feature.clone(), self.context.clone()]);
        let mut again = |both: &Json| -> Option<Disagreement> {
            let [feature, context] = both.elements() else { return None };
            let context = texts(context)?;
            let question = question(&feature.to_string(), &context);
            let found = oracles.compare(self.profile, &question)?;
            (found.parts.first() == self.parts.first()).then_some(found)
        };
        let both = smallest(both, |both| again(both).is_some());
        again(&both).unwrap_or(self)
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
        writeln!(f, "  engine    {}", self.engine)?;
        writeln!(f, "  reference {}", self.reference)
    }
}

impl Oracles {
    /// Compares the answers of both evaluators to a drawn case. Returns `None` if they agree.
    pub fn compare_drawn(&mut self, profile: Profile, drawn: &Drawn) -> Option<Disagreement> {
        self.compare(profile, &question(&drawn.feature.to_json(), &drawn.context))
    }

    /// Returns the answer of the engine.
    ///
    /// # Errors
    /// If the engine gives no answer.
    pub fn answer(&mut self, profile: Profile, question: &Question) -> Result<Answer, Broken> {
        self.engine.read(profile, question)
    }

    fn compare(&mut self, profile: Profile, question: &Question) -> Option<Disagreement> {
        let engine = self.engine.read(profile, question);
        let reference = self.reference.read(profile, question);
        let mut parts = match (&engine, &reference) {
            (Ok(engine), Ok(reference)) => different_parts(engine, reference),
            (Err(_), Err(_)) => Vec::new(),
            _ => vec!["presence of an answer".to_owned()],
        };
        if parts.is_empty() {
            let engine = self.engine.getters(profile, question).unwrap_or(Json::Null);
            let reference = self.reference.getters(profile, question).unwrap_or(Json::Null);
            let other = engine.members().iter().filter(|(name, value)| {
                !reference.get(name).is_some_and(|other| same(value, other))
            });
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
            parts,
            feature: payload.elements().first().cloned().unwrap_or(Json::Null),
            context: Json::parse(&context).unwrap_or(Json::Null),
            engine: shown(engine),
            reference: shown(reference),
        })
    }
}

fn different_parts(engine: &Answer, reference: &Answer) -> Vec<String> {
    let served = match (&engine.served, &reference.served) {
        (Some(engine), Some(reference)) => engine != reference,
        _ => false,
    };
    let trace = match (&engine.trace, &reference.trace) {
        (Some(engine), Some(reference)) => alike(engine) != alike(reference),
        _ => false,
    };
    let parts = [
        ("value", !same(&engine.value, &reference.value)),
        ("strategy_id", engine.strategy_id != reference.strategy_id),
        ("reason", engine.reason != reference.reason),
        ("value as written", served),
        ("bucket", engine.bucket != reference.bucket),
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
