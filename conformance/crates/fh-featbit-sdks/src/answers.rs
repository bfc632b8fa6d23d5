//! An SDK, as a source of answers to the cases of the conformance data.

use std::collections::BTreeMap;

use fh_conformance::json::Json;
use fh_conformance::systems::{Case, Expected, Set, Source};
use fh_eval::featbit::{Document, User};
use fh_test_servers::featbit::TestServer;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::program::Program;
use crate::protocol::Read;
use crate::typed::{Type, is_equal};

/// The members of a flag or a segment that this program reads.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    id: Option<String>,
    key: Option<String>,
    variation_type: Option<String>,
}

impl Source for Program {
    /// Serves each set to a client of its own. The answer is the expected one if the client returns its value, and otherwise what it returns.
    fn answers(&mut self, set: &Set) -> Result<Vec<Option<Json>>, String> {
        let document = Document::parse(set.ruleset.as_bytes()).map_err(|why| why.to_string())?;
        let types = types(&document.flags);
        let asked: Vec<Asked> = set.cases.iter().map(|case| Asked::of(case, &types)).collect();
        let server = TestServer::start().map_err(|why| why.to_string())?;
        let environment = server.add_environment();
        let (flags, segments) = served(set, &document);
        environment.replace_all(&flags, &segments).map_err(|why| why.to_string())?;
        // The answers of a client that is not ready are defaults, and are compared all the same.
        let read = self.connect(&server, &environment).and_then(|_| {
            let values = self.read(asked.iter().flat_map(Asked::reads).collect())?;
            self.close()?;
            Ok(values)
        });
        let mut values = match read {
            Ok(values) => values.into_iter(),
            Err(why) => {
                // The SDK has ended its process.
                self.restart()?;
                return Err(why);
            }
        };
        let answers = set.cases.iter().zip(&asked).map(|(case, asked)| {
            let own: Vec<Value> = values.by_ref().take(asked.reads().len()).collect();
            match &case.expected {
                Expected::Answer(answer) | Expected::Members(answer) if asked.is_met(&own) => {
                    Some(answer.clone())
                }
                _ => Some(Json::object([("value", Json::from(Value::from(own).to_string()))])),
            }
        });
        Ok(answers.collect())
    }
}

/// Returns the flags of the cases and their segments. The server looks up segments of other environments, too, of which only those that the
/// flags name are served, because malformed flags and segments end a process with FeatBit's Node SDK.
fn served<'s>(set: &Set, document: &Document<'s>) -> (Vec<&'s str>, Vec<&'s str>) {
    let is_asked = |flag: &&&RawValue| {
        let key = members(flag).and_then(|members| members.key);
        key.is_some_and(|key| set.cases.iter().any(|case| case.flag == key))
    };
    let flags: Vec<&str> = document.flags.iter().filter(is_asked).map(|flag| flag.get()).collect();
    // An environment shares segments with others.
    let mut segments: BTreeMap<String, &str> = BTreeMap::new();
    for segment in &document.segments {
        let id = members(segment).and_then(|members| members.id).unwrap_or_default();
        if flags.iter().any(|flag| flag.contains(&id)) {
            segments.insert(id, segment.get());
        }
    }
    (flags, segments.into_values().collect())
}

/// A read of a flag for a user, with the value that a client must return. `None` if it must return the default.
struct Asked {
    flag: String,
    user: Value,
    r#type: Type,
    expected: Option<Value>,
}

impl Asked {
    fn of(case: &Case, types: &BTreeMap<String, Type>) -> Self {
        let r#type = types.get(&case.flag).copied().unwrap_or(Type::String);
        let text = match &case.expected {
            Expected::Answer(answer) | Expected::Members(answer) => {
                answer.get("value").and_then(Json::text)
            }
            Expected::Nothing => None,
        };
        // A value that does not have the type of its flag is read as a text.
        let typed = text.map(|text| match r#type.value(text) {
            Some(value) => (r#type, value),
            None => (Type::String, text.into()),
        });
        let (flag, user) = (case.flag.clone(), well_formed(&case.context));
        let r#type = typed.as_ref().map_or(r#type, |(r#type, _)| *r#type);
        Self { flag, user, r#type, expected: typed.map(|(_, value)| value) }
    }

    /// Returns the reads that show the answer: one with a default that is not the expected value, or two if the default is expected.
    fn reads(&self) -> Vec<Read> {
        let count = if self.expected.is_some() { 1 } else { 2 };
        let is_other = |default: &Value| self.expected.as_ref() != Some(default);
        let read = |default| Read {
            user: self.user.clone(),
            flag: self.flag.clone(),
            r#type: self.r#type,
            default,
        };
        self.r#type.defaults().into_iter().filter(is_other).take(count).map(read).collect()
    }

    /// Returns true if the values of [`Self::reads`] are the expected ones.
    fn is_met(&self, values: &[Value]) -> bool {
        let reads = self.reads();
        let expected = |read: &Read| self.expected.clone().unwrap_or_else(|| read.default.clone());
        reads.len() == values.len()
            && reads.iter().zip(values).all(|(read, value)| is_equal(&expected(read), value))
    }
}

/// Returns a user as FeatBit's server reads it, so that each SDK gets the same one: some users of the data have members in other cases,
/// repeated properties, or properties without a value.
fn well_formed(user: &str) -> Value {
    let Ok(read) = User::from_json(user) else { return Value::Null };
    let (mut formed, mut properties) = (Map::new(), Vec::new());
    for (name, values) in read.attributes().iter() {
        let value = values.collect::<Vec<_>>().concat();
        match name {
            "keyId" | "name" => drop(formed.insert(name.to_string(), value.into())),
            _ => properties.push(json!({"name": name, "value": value})),
        }
    }
    formed.insert("customizedProperties".to_string(), properties.into());
    formed.into()
}

fn members(record: &RawValue) -> Option<Members> {
    serde_json::from_str(record.get()).ok()
}

fn types(flags: &[&RawValue]) -> BTreeMap<String, Type> {
    let flags = flags.iter().filter_map(|flag| members(flag));
    flags.filter_map(|flag| Some((flag.key?, Type::of(flag.variation_type.as_deref())))).collect()
}
