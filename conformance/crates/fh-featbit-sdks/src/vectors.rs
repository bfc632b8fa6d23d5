//! The cases of the conformance data: flags, users and the values that every implementation, or a running server, gives.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fh_eval::featbit::User;
use fh_eval::internal::mend;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::protocol::Read;
use crate::typed::{Type, is_equal};

/// The environment of `featbit-live` whose flags are as FeatBit's user interface makes them.
const TAME: &str = "tame";

/// The records of one environment, and the cases for them.
#[derive(Default)]
pub(crate) struct DataSet {
    pub(crate) flags: Vec<Box<RawValue>>,
    pub(crate) segments: Vec<Box<RawValue>>,
    pub(crate) cases: Vec<Case>,
}

/// A flag and a user, with the value that a client must return. `None` if it must return the default.
pub(crate) struct Case {
    pub(crate) flag: String,
    user: Value,
    r#type: Type,
    expected: Option<Value>,
}

impl Case {
    fn new(flag: &str, user: &Value, r#type: Type, expected: Option<&str>) -> Self {
        let (flag, user) = (flag.to_string(), well_formed(user));
        // A value that does not have the type of its flag is read as a text.
        let typed = expected.map(|text| (r#type.value(text), text));
        match typed {
            None => Self { flag, user, r#type, expected: None },
            Some((Some(value), _)) => Self { flag, user, r#type, expected: Some(value) },
            Some((None, text)) => {
                Self { flag, user, r#type: Type::String, expected: Some(text.into()) }
            }
        }
    }

    /// Returns the reads that show the answer: one with a default that is not the expected value, or two if the default is expected.
    pub(crate) fn reads(&self) -> Vec<Read> {
        let defaults = self.r#type.defaults().into_iter();
        let count = if self.expected.is_some() { 1 } else { 2 };
        let is_other = |default: &Value| self.expected.as_ref() != Some(default);
        let read = |default| Read {
            user: self.user.clone(),
            flag: self.flag.clone(),
            r#type: self.r#type,
            default,
        };
        defaults.filter(is_other).take(count).map(read).collect()
    }

    /// Returns true if the values of [`Self::reads`] are the expected ones.
    pub(crate) fn is_met(&self, values: &[Value]) -> bool {
        let reads = self.reads();
        let expected = |read: &Read| self.expected.clone().unwrap_or_else(|| read.default.clone());
        reads.len() == values.len()
            && reads.iter().zip(values).all(|(read, value)| is_equal(&expected(read), value))
    }
}

/// Returns a user as FeatBit's server reads it, so that each SDK gets the same one: some users of the data have members in other cases,
/// repeated properties, or properties without a value.
fn well_formed(user: &Value) -> Value {
    let Ok(user) = User::from_json(&user.to_string()) else { return user.clone() };
    let (mut formed, mut properties) = (Map::new(), Vec::new());
    for (name, values) in user.attributes().iter() {
        let value = values.collect::<Vec<_>>().concat();
        match name {
            "keyId" | "name" => drop(formed.insert(name.to_string(), value.into())),
            _ => properties.push(json!({"name": name, "value": value})),
        }
    }
    formed.insert("customizedProperties".to_string(), properties.into());
    formed.into()
}

#[derive(Deserialize)]
struct Agreed {
    datasets: BTreeMap<String, Message>,
    cases: Vec<AgreedCase>,
}

#[derive(Deserialize)]
struct Message {
    data: Records,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Records {
    feature_flags: Vec<Box<RawValue>>,
    segments: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgreedCase {
    dataset: String,
    flag_key: String,
    user: Value,
    agree: bool,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    server: ExpectedValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExpectedValue {
    value: Option<String>,
    variation_id: Option<String>,
}

impl ExpectedValue {
    /// Returns the value. The server gives an empty one without an id where there is no variation.
    fn served(&self) -> Option<&str> {
        let has_variation = self.variation_id.as_ref().is_some_and(|id| !id.is_empty());
        self.value.as_deref().filter(|_| has_variation)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Live {
    users: Vec<Value>,
    environments: BTreeMap<String, LiveEnvironment>,
    other_segments: Vec<Box<RawValue>>,
    answers: Vec<BTreeMap<String, Vec<usize>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveEnvironment {
    ruleset: Records,
    flag_keys: Vec<String>,
    results: Vec<Vec<Value>>,
}

/// The members of a flag or a segment that this program reads.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    id: Option<String>,
    key: Option<String>,
    variation_type: Option<String>,
}

/// Returns the cases on which FeatBit's implementations agree, by the data set to which they belong. Other flags are left out, because some of
/// them end a process with FeatBit's Node SDK.
pub(crate) fn agreed(data: &Path) -> Result<Vec<DataSet>, String> {
    let file: Agreed = read(data, "imported/featbit/evaluate.json")?;
    let sets = file.datasets.into_iter().map(|(name, Message { data })| {
        let types = types(&data.feature_flags);
        let own = file.cases.iter().filter(|case| case.agree && case.dataset == name);
        let case = |case: &AgreedCase| {
            let r#type = types.get(&case.flag_key).copied().unwrap_or(Type::String);
            let expected = case.expected.server.served();
            Case::new(&case.flag_key, &case.user, r#type, expected)
        };
        let cases: Vec<Case> = own.map(case).collect();
        let mut flags = data.feature_flags;
        flags.retain(|flag| {
            let key = members(flag).and_then(|members| members.key);
            key.is_some_and(|key| cases.iter().any(|case| case.flag == key))
        });
        DataSet { flags, segments: data.segments, cases }
    });
    Ok(sets.filter(|set| !set.cases.is_empty()).collect())
}

/// Returns the answers of a running server to the flags of [`TAME`]. The server looks up segments of other environments, too. Of these, only
/// those that the flags name are served, because malformed ones end a process with FeatBit's Node SDK.
pub(crate) fn live(data: &Path) -> Result<DataSet, String> {
    let mut file: Live = read(data, "imported/featbit-live/answers.json")?;
    let tame = file.environments.remove(TAME).ok_or("there is no environment `tame`")?;
    let others = file.environments.into_values().flat_map(|other| other.ruleset.segments);
    let id = |segment: &RawValue| members(segment).and_then(|members| members.id);
    let is_named = |id: &str| tame.ruleset.feature_flags.iter().any(|flag| flag.get().contains(id));
    // An environment shares segments with others.
    let mut segments: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
    for segment in others.chain(file.other_segments) {
        if let Some(id) = id(&segment).filter(|id| is_named(id)) {
            segments.insert(id, segment);
        }
    }
    for segment in tame.ruleset.segments {
        segments.insert(id(&segment).unwrap_or_default(), segment);
    }
    let types = types(&tame.ruleset.feature_flags);
    let mut cases = Vec::new();
    for (user, answers) in file.users.iter().zip(&file.answers) {
        let answers = answers.get(TAME).ok_or("a user has no answers")?;
        for ((flag, results), index) in tame.flag_keys.iter().zip(&tame.results).zip(answers) {
            let result = results.get(*index).ok_or("there is no such result")?;
            let expected = result.get(0).and_then(Value::as_str);
            let r#type = types.get(flag).copied().unwrap_or(Type::String);
            cases.push(Case::new(flag, user, r#type, expected));
        }
    }
    let segments = segments.into_values().collect();
    Ok(DataSet { flags: tame.ruleset.feature_flags, segments, cases })
}

fn members(record: &RawValue) -> Option<Members> {
    serde_json::from_str(record.get()).ok()
}

fn types(flags: &[Box<RawValue>]) -> BTreeMap<String, Type> {
    let flags = flags.iter().filter_map(|flag| members(flag));
    flags.filter_map(|flag| Some((flag.key?, Type::of(flag.variation_type.as_deref())))).collect()
}

/// Reads a file. A lone surrogate, which no text of Rust can hold, becomes U+FFFD.
fn read<T: DeserializeOwned>(data: &Path, name: &str) -> Result<T, String> {
    let path = data.join(name);
    let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = fs::read_to_string(&path).map_err(|why| failed(&why))?;
    serde_json::from_str(&mend(&text)).map_err(|why| failed(&why))
}
