//! The forms of FeatureSignals' files.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::super::read;
use super::protocol::{Bytes, Conversation, Handlers};
use crate::data::{Data, DataError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vectors<T> {
    #[expect(dead_code, reason = "the file has it")]
    pub(super) kind: String,
    pub(super) cases: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hashed {
    pub(super) input: String,
    pub(super) seed: u32,
    #[serde(default = "once")]
    pub(super) repeat: usize,
    pub(super) expected: Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hash {
    pub(super) hash: u32,
    pub(super) bucket: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bucket {
    pub(super) flag_key: String,
    pub(super) user_key: String,
    pub(super) expected: Hash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Format {
    pub(super) value: Box<RawValue>,
    pub(super) expected: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the file has them")]
pub(super) struct Condition {
    pub(super) condition: Box<RawValue>,
    pub(super) context: Box<RawValue>,
    pub(super) expected: bool,
    pub(super) note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatchType {
    pub(super) name: String,
    pub(super) match_type: String,
    pub(super) conditions: Box<RawValue>,
    pub(super) context: Box<RawValue>,
    pub(super) expected: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the file has them")]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) ruleset: Box<RawValue>,
    pub(super) flag_key: String,
    pub(super) context: Box<RawValue>,
    pub(super) expected: Box<RawValue>,
    pub(super) note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AllCase {
    pub(super) name: String,
    pub(super) ruleset: Box<RawValue>,
    pub(super) contexts: Vec<Box<RawValue>>,
    pub(super) expected: Vec<BTreeMap<String, Box<RawValue>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the file has them")]
pub(super) struct State {
    pub(super) environment: String,
    pub(super) flags: IgnoredAny,
    pub(super) states: IgnoredAny,
    pub(super) segments: IgnoredAny,
    pub(super) schedules: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the file has them")]
pub(super) struct Answers {
    pub(super) environment: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) request: IgnoredAny,
    pub(super) response: IgnoredAny,
    pub(super) flag_keys: Vec<String>,
    pub(super) steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) context: Box<RawValue>,
    pub(super) bulk: Answer<BTreeMap<String, Box<RawValue>>>,
    pub(super) client: Answer<BTreeMap<String, Box<RawValue>>>,
    pub(super) single: Vec<Answer<Box<RawValue>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the file has them")]
pub(super) struct Answer<T> {
    pub(super) path: Option<String>,
    pub(super) flag_key: Option<String>,
    pub(super) sha256: String,
    pub(super) body: T,
}

const fn once() -> usize {
    1
}

pub(in crate::systems) fn check(data: &Data, path: &str) -> Result<(), DataError> {
    match path.strip_prefix("imported/featuresignals") {
        Some("/murmur.json") => read::<Vectors<Hashed>>(data, path).map(drop),
        Some("/bucket.json") => read::<Vectors<Bucket>>(data, path).map(drop),
        Some("/attribute-format.json") => read::<Vectors<Format>>(data, path).map(drop),
        Some("/conditions.json" | "/regex.json") => {
            read::<Vectors<Condition>>(data, path).map(drop)
        }
        Some("/match-types.json") => read::<Vectors<MatchType>>(data, path).map(drop),
        Some("/evaluate.json") => read::<Vectors<Case>>(data, path).map(drop),
        Some("/fuzz-evaluate-all.json") => read::<Vectors<AllCase>>(data, path).map(drop),
        Some("/http.json") => read::<Handlers>(data, path).map(drop),
        Some("/sse.json") => read::<BTreeMap<String, Bytes>>(data, path).map(drop),
        Some("-live/http.json") => read::<Conversation>(data, path).map(drop),
        Some("-live/state-1.json") => read::<State>(data, path).map(drop),
        Some("-live/answers-1.json") => read::<Answers>(data, path).map(drop),
        _ => Err(DataError::in_file(path, "there is no form for this path")),
    }
}
