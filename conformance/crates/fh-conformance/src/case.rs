//! One case of the suite: a question and the expected answer.

use std::fmt;
use std::str::FromStr;

use crate::json::Json;

/// One of the two sets of expected answers. They differ where FeatureHub's implementations differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// The answers of clients.
    Client,
    /// The answers of a FeatureHub Edge for server-evaluated keys.
    Edge,
}

impl Profile {
    /// Both profiles.
    pub const ALL: [Profile; 2] = [Profile::Client, Profile::Edge];

    /// Returns the name that files and options use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Profile::Client => "client",
            Profile::Edge => "edge",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Profile, String> {
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("{text:?} is not a profile; expected client or edge"))
    }
}

/// The type of a getter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The getter for `BOOLEAN`.
    Boolean,
    /// The getter for `STRING`.
    String,
    /// The getter for `NUMBER`.
    Number,
    /// The getter for `JSON`: a text that need not be valid JSON.
    Json,
}

impl Kind {
    /// Returns the name that is used on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "BOOLEAN",
            Kind::String => "STRING",
            Kind::Number => "NUMBER",
            Kind::Json => "JSON",
        }
    }

    /// Returns the kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Kind> {
        [Kind::Boolean, Kind::String, Kind::Number, Kind::Json]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// Attribute names and their values.
pub type Context = Vec<(String, Vec<String>)>;

/// A question for a target: one read of one feature.
#[derive(Clone, Debug)]
pub struct Question {
    /// The payload as it is sent on the wire: a JSON list of features, possibly malformed in parts.
    pub payload: String,
    /// The key of the feature that is read.
    pub feature: String,
    /// The type of the getter.
    pub kind: Kind,
    /// The evaluation context; `None` if there is no context at all.
    pub context: Option<Context>,
    /// The same context with JSON booleans and numbers, for targets whose API takes them.
    pub native: Option<Json>,
    /// The default value that the caller passes.
    pub default: Json,
    /// The current time for rules on `now`, in milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
    /// The id to hash for percentages in place of the feature's id. Answers recorded from a server need it.
    pub hash_id: Option<String>,
}

/// The answer of a target to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The returned value: a JSON scalar.
    pub value: Json,
    /// The id of the strategy that matched.
    pub strategy_id: Option<String>,
    /// The evaluation reason; empty if the target does not report one.
    pub reason: String,
    /// The bucket that was compared last; `None` if no bucket was compared or the target does not report it.
    pub bucket: Option<u32>,
    /// The result of each strategy; `None` if the target does not report it.
    pub trace: Option<Vec<Step>>,
    /// The served value as written in the payload, before the getter converts it. `None` if the target does not report it.
    pub served: Option<Json>,
}

/// The result of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The strategy's id.
    pub strategy: String,
    /// The outcome: `MATCH`, `PERCENTAGE_MISS` and so on.
    pub outcome: String,
    /// The index of the rule that failed, from 0.
    pub attribute: Option<u32>,
    /// The bucket that was compared.
    pub bucket: Option<u32>,
    /// The limit that the bucket was compared with.
    pub threshold: Option<i64>,
}

impl Step {
    /// Returns the step as the data files write it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![
            ("strategy", Json::from(self.strategy.as_str())),
            ("outcome", self.outcome.as_str().into()),
        ];
        let numbers = [
            ("attribute", self.attribute.map(i64::from)),
            ("bucket", self.bucket.map(i64::from)),
            ("threshold", self.threshold),
        ];
        let numbers = numbers.into_iter();
        members.extend(numbers.filter_map(|(name, number)| Some((name, Json::number(number?)))));
        Json::object(members)
    }
}

/// The expected answer in one profile. Parts that are `None` are not compared, except `strategy_id`: `None` expects that no strategy
/// matched.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The value.
    pub value: Json,
    /// The id of the strategy that matches; `None` if none does.
    pub strategy_id: Option<String>,
    /// The evaluation reason. Recorded answers of servers have none.
    pub reason: Option<String>,
    /// The bucket that is compared last.
    pub bucket: Option<u32>,
    /// The result of each strategy.
    pub trace: Option<Vec<Step>>,
}

impl Expected {
    /// Returns the expected answer as the data files write it. A reason that is not compared is left out.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members =
            vec![("value", self.value.clone()), ("strategy_id", self.strategy_id.clone().into())];
        if let Some(reason) = &self.reason {
            members.push(("reason", reason.as_str().into()));
        }
        push_details(&mut members, self.bucket, self.trace.as_deref());
        Json::object(members)
    }
}

impl Answer {
    /// Returns the answer as the data files write it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![
            ("value", self.value.clone()),
            ("strategy_id", self.strategy_id.clone().into()),
            ("reason", self.reason.as_str().into()),
        ];
        push_details(&mut members, self.bucket, self.trace.as_deref());
        Json::object(members)
    }
}

fn push_details(
    members: &mut Vec<(&'static str, Json)>,
    bucket: Option<u32>,
    trace: Option<&[Step]>,
) {
    members.extend(bucket.map(|bucket| ("bucket", Json::number(bucket))));
    members.extend(
        trace.map(|steps| ("trace", Json::List(steps.iter().map(Step::to_json).collect()))),
    );
}

/// A case that evaluates one feature for one context.
#[derive(Clone, Debug)]
pub struct EvaluationCase {
    /// The question for the target.
    pub question: Question,
    /// The expected answers. A profile without an entry is not compared.
    pub answers: Vec<(Profile, Expected)>,
    /// The expected results of all getters without a default, by name, and the profiles they apply to.
    pub getters: Option<(Vec<Profile>, Json)>,
}

/// A case that computes a hash only.
#[derive(Clone, Debug)]
pub struct HashCase {
    /// The percentage key.
    pub key: String,
    /// The feature id, which is hashed after the key.
    pub feature_id: String,
    /// The hash of key and id as UTF-8.
    pub hash: Option<u32>,
    /// The expected bucket in each profile.
    pub buckets: Vec<(Profile, u32)>,
}

/// The check of a case.
#[derive(Clone, Debug)]
pub enum Check {
    /// Evaluates a feature.
    Evaluation(Box<EvaluationCase>),
    /// Computes a hash and its bucket.
    Hash(HashCase),
}

/// One case of the suite.
#[derive(Clone, Debug)]
pub struct Case {
    /// The case's id. Ids are unique and are never reused.
    pub id: String,
    /// A sentence that says what the case shows.
    pub title: String,
    /// The group of the case.
    pub group: String,
    /// The file of the case, relative to the data folder.
    pub file: String,
    /// The tier of the case, 0 to 3; tier 0 is the engine (conformance 2.6).
    pub tier: i64,
    /// The revision, which is raised whenever the expectation changes.
    pub rev: i64,
    /// The capabilities that a target needs to run the case.
    pub requires: Vec<String>,
    /// The check that the case makes.
    pub check: Check,
    /// The expanded case as it is in the data; `None` if the data has a more compact form.
    pub source: Option<Json>,
}

impl Case {
    /// Returns the profiles for which the case has an expected answer.
    #[must_use]
    pub fn profiles(&self) -> Vec<Profile> {
        let says = |profile: &Profile| match &self.check {
            Check::Evaluation(case) => {
                let getters = case.getters.iter().flat_map(|(profiles, _)| profiles);
                case.answers.iter().map(|(p, _)| p).chain(getters).any(|p| p == profile)
            }
            Check::Hash(case) => case.buckets.iter().any(|(p, _)| p == profile),
        };
        Profile::ALL.into_iter().filter(says).collect()
    }

    /// Returns the concrete case, as a target gets it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        if let Some(source) = &self.source {
            return source.clone();
        }
        let Check::Evaluation(case) = &self.check else {
            return Json::Null;
        };
        let question = &case.question;
        let context = question.context.as_ref().map(|context| {
            Json::object(
                context.iter().map(|(name, texts)| (name.clone(), Json::from(texts.clone()))),
            )
        });
        let answers =
            case.answers.iter().map(|(profile, answer)| (profile.name(), answer.to_json()));
        Json::object([
            ("id", Json::from(self.id.as_str())),
            ("title", self.title.as_str().into()),
            ("payload_text", question.payload.as_str().into()),
            ("feature", question.feature.as_str().into()),
            ("type", question.kind.name().into()),
            ("hash_id", question.hash_id.clone().into()),
            ("context", context.into()),
            ("expect", Json::object([("$profile", Json::object(answers))])),
        ])
    }
}
