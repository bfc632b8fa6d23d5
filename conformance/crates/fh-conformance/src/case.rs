//! One case of the suite: a question, and what must be answered.

use std::fmt;
use std::str::FromStr;

use crate::json::Json;

/// One of the two sets of answers to the questions on which FeatureHub's implementations differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// What clients do.
    Client,
    /// What a FeatureHub Edge does for server-evaluated keys.
    Edge,
}

impl Profile {
    /// Both.
    pub const ALL: [Profile; 2] = [Profile::Client, Profile::Edge];

    /// Its name in files and options.
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
            .ok_or_else(|| format!("{text:?} is no profile: client or edge"))
    }
}

/// The type of a getter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `BOOLEAN`
    Boolean,
    /// `STRING`
    String,
    /// `NUMBER`
    Number,
    /// `JSON`: text that need not be parsed.
    Json,
}

impl Kind {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "BOOLEAN",
            Kind::String => "STRING",
            Kind::Number => "NUMBER",
            Kind::Json => "JSON",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Kind> {
        [Kind::Boolean, Kind::String, Kind::Number, Kind::Json]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// Attribute names and their values.
pub type Context = Vec<(String, Vec<String>)>;

/// What a target is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The payload as bytes on the wire: a JSON list of features, possibly malformed in parts.
    pub payload: String,
    /// The key of the feature that is read.
    pub feature: String,
    /// The getter that is used.
    pub kind: Kind,
    /// Whom it is read for; `None` for no context at all.
    pub context: Option<Context>,
    /// The same context with JSON booleans and numbers, for targets whose API takes them.
    pub native: Option<Json>,
    /// The caller's default.
    pub default: Json,
    /// The time that `now` stands for, in milliseconds since 1970.
    pub now_ms: i64,
    /// Hashed for percentages instead of the feature's id, where the answers are a server's.
    pub hash_id: Option<String>,
}

/// What a getter answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The value returned: a JSON scalar.
    pub value: Json,
    /// The id of the strategy that matched.
    pub strategy_id: Option<String>,
    /// Why; empty if the target does not say.
    pub reason: String,
    /// The bucket compared last; `None` if there was none or the target does not say.
    pub bucket: Option<u32>,
    /// What became of each strategy; `None` if the target does not say.
    pub trace: Option<Vec<Step>>,
    /// The value served as it stands in the payload, before the getter; `None` if the target does
    /// not say.
    pub served: Option<Json>,
}

/// What became of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub strategy: String,
    /// How far it came: `MATCH`, `PERCENTAGE_MISS`, ...
    pub outcome: String,
    /// The rule that failed, from 0.
    pub attribute: Option<u32>,
    /// The bucket compared.
    pub bucket: Option<u32>,
    /// The limit that it was compared with.
    pub threshold: Option<i64>,
}

impl Step {
    /// As the data files write it.
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

/// What must be answered under one profile. Parts that are `None` are not compared.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The value.
    pub value: Json,
    /// The strategy.
    pub strategy_id: Option<String>,
    /// The reason; recorded answers of servers have none.
    pub reason: Option<String>,
    /// The bucket compared last.
    pub bucket: Option<u32>,
    /// What became of each strategy.
    pub trace: Option<Vec<Step>>,
}

impl Expected {
    /// As the data files write it; a reason that is not compared is left out.
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
    /// As the data files write it.
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

/// A case on one feature and one context.
#[derive(Clone, Debug)]
pub struct EvaluationCase {
    /// What is asked.
    pub question: Question,
    /// What must be answered; a profile that is not there is not compared.
    pub answers: Vec<(Profile, Expected)>,
    /// What all getters without a default must yield, member by member, and under which profiles.
    pub getters: Option<(Vec<Profile>, Json)>,
}

/// A case on the hash alone.
#[derive(Clone, Debug)]
pub struct HashCase {
    /// The percentage key.
    pub key: String,
    /// The id that is hashed behind it.
    pub feature_id: String,
    /// The hash of both as UTF-8.
    pub hash: Option<u32>,
    /// The bucket under each profile.
    pub buckets: Vec<(Profile, u32)>,
}

/// What a case checks.
#[derive(Clone, Debug)]
pub enum Check {
    /// An evaluation.
    Evaluation(Box<EvaluationCase>),
    /// The hash.
    Hash(HashCase),
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its id, unique and never used for anything else.
    pub id: String,
    /// What it shows, in a sentence.
    pub title: String,
    /// The group it is counted in.
    pub group: String,
    /// The file it stands in, relative to the data folder.
    pub file: String,
    /// What a target claims if it claims to pass.
    pub tier: i64,
    /// Raised whenever the expectation changes.
    pub rev: i64,
    /// Capabilities without which it is not run.
    pub requires: Vec<String>,
    /// What it checks.
    pub check: Check,
    /// The case as the data has it, after expansion; `None` where the data is more compact.
    pub source: Option<Json>,
}

impl Case {
    /// The profiles under which it says what must be answered.
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

    /// The concrete case, as a target sees it.
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
