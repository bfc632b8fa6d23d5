//! Comparison of two evaluators on the same questions, such as the engine and the reference, or the engine and a published SDK.

mod disagreement;
mod envelope;
mod oddities;
mod plain;

use fh_test::generators::{Case as Drawn, Context, context_to_json};

use crate::case::{Answer, Kind, Profile, Question, Step};
use crate::clock::DEFAULT_NOW_MS;
use crate::compare::{same, told};
use crate::json::Json;
use crate::target::{Broken, Engine, Reference, Target};

pub use disagreement::Disagreement;
use disagreement::{Told, texts};
pub(crate) use oddities::is_oddity;

/// Returns the question of a drawn case. Its getter is that of the feature's own type, or the STRING getter if the type is unknown.
#[must_use]
pub fn question(feature: &str, context: &Context) -> Question {
    let kind = Json::parse(feature).ok().and_then(|feature| kind_of(&feature));
    Question {
        payload: format!("[{feature}]"),
        feature: "F".to_owned(),
        kind: kind.unwrap_or(Kind::String),
        context: Some(context.clone()),
        native: None,
        default: default_of(kind),
        now_ms: DEFAULT_NOW_MS,
        hash_id: None,
    }
}

/// Returns the type of a feature; `None` if it is unknown.
fn kind_of(feature: &Json) -> Option<Kind> {
    Kind::named(feature.get("type")?.text()?)
}

/// Returns the default of the getter for a feature of this type.
fn default_of(kind: Option<Kind>) -> Json {
    match kind {
        Some(Kind::Boolean) => Json::Bool(false),
        Some(Kind::String) | None => Json::from("none"),
        Some(Kind::Number) => Json::number(-1),
        Some(Kind::Json) => Json::from("null"),
    }
}

/// The part in which an answer differs from none.
const NO_ANSWER: &str = "presence of an answer";
/// The beginning of the part in which the results of a getter differ.
const GETTER: &str = "getter ";

/// Two evaluators and the profile that each of them is asked for.
pub struct Pair {
    first: Box<dyn Target>,
    second: Box<dyn Target>,
    /// The profile of the second evaluator, if it differs from that of the first.
    second_profile: Option<Profile>,
    /// True if both evaluators read the time of the question.
    have_clock: bool,
}

impl Default for Pair {
    /// Returns the two evaluators that share no code: the engine and the reference.
    fn default() -> Self {
        Self::new(Box::new(Engine), Box::new(Reference::new()))
    }
}

impl Pair {
    /// Creates a pair whose evaluators are asked for the same profile.
    #[must_use]
    pub fn new(first: Box<dyn Target>, second: Box<dyn Target>) -> Self {
        let have_clock = first.can("clock.fixed") && second.can("clock.fixed");
        Self { first, second, second_profile: None, have_clock }
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

    /// Returns the name of the second evaluator, and its profile if that is not the one of clients.
    #[must_use]
    pub fn subject(&self, profile: Profile) -> String {
        match self.second_profile.unwrap_or(profile) {
            Profile::Client => self.second.subject(),
            Profile::Edge => format!("{} edge", self.second.subject()),
        }
    }

    /// Compares the answers to a question. Answers that depend on the time are not compared if an evaluator reads the clock of the system.
    fn compare(&mut self, profile: Profile, question: &Question) -> Option<Disagreement> {
        if !self.have_clock && reads_clock(question) {
            return None;
        }
        let second_profile = self.second_profile.unwrap_or(profile);
        let first = self.first.read(profile, question);
        let second = self.second.read(second_profile, question);
        let mut parts = match (&first, &second) {
            (Ok(one), Ok(other)) => {
                let both =
                    |capability: &str| self.first.can(capability) && self.second.can(capability);
                different_parts(one, other, both)
            }
            (Err(_), Err(_)) => Vec::new(),
            _ => vec![NO_ANSWER.to_owned()],
        };
        let has_getters = |target: &dyn Target| target.can("eval.typed_getters");
        let mut getters = Json::Null;
        if parts.is_empty() && has_getters(&*self.first) && has_getters(&*self.second) {
            let first = self.first.getters(profile, question).unwrap_or(Json::Null);
            getters = self.second.getters(second_profile, question).unwrap_or(Json::Null);
            // A member that one of them cannot tell is not compared.
            let other = first
                .members()
                .iter()
                .filter(|(name, value)| getters.get(name).is_some_and(|other| !same(value, other)));
            parts.extend(other.map(|(name, _)| format!("{GETTER}{name}")));
        }
        if parts.is_empty() {
            return None;
        }
        let shown = |answer: &Result<Answer, Broken>| match answer {
            Ok(answer) => answer.to_json(),
            Err(broken) => Json::from(broken.0.as_str()),
        };
        let context = context_to_json(question.context.as_ref().unwrap_or(&Vec::new()));
        let payload = Json::parse(&question.payload).unwrap_or(Json::Null);
        Some(Disagreement {
            profile,
            second_profile,
            names: [self.first.name(), self.second.name()],
            parts,
            feature: payload.elements().first().cloned().unwrap_or(Json::Null),
            context: Json::parse(&context).unwrap_or(Json::Null),
            first: shown(&first),
            second: shown(&second),
            told: second.ok().map(|answer| Told { answer, getters }),
        })
    }
}

/// Returns true if a rule reads the attribute `now`, and the context does not supply it.
fn reads_clock(question: &Question) -> bool {
    let Ok(payload) = Json::parse(&question.payload) else { return false };
    let context = question.context.as_deref().unwrap_or_default();
    let is_supplied = |name: &str| {
        context.iter().any(|(supplied, values)| supplied == name && !values.is_empty())
    };
    let elements =
        |json: &Json, name: &str| json.get(name).map_or(&[][..], Json::elements).to_vec();
    payload
        .elements()
        .iter()
        .flat_map(|feature| elements(feature, "strategies"))
        .flat_map(|strategy| elements(&strategy, "attributes"))
        .filter_map(|rule| rule.get("fieldName").and_then(Json::text).map(str::to_owned))
        .any(|name| name.eq_ignore_ascii_case("now") && !is_supplied(&name))
}

/// Returns the parts in which two answers differ, without those that an evaluator does not tell.
fn different_parts(first: &Answer, second: &Answer, can: impl Fn(&str) -> bool) -> Vec<String> {
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
    told(parts, can).into_iter().map(str::to_owned).collect()
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
