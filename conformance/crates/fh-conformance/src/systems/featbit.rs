//! The vectors of FeatBit's server and of its draft of a specification, and the answers of its running server.

use std::collections::BTreeMap;

use fh_eval::featbit::{Compiler, Document, Profile, User, bucket};
use fh_eval::{Kind, Subject, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Case, Expected, Group, Rules, Set, read};
use crate::data::{Data, DataError};
use crate::json::Json;

const FOLDER: &str = "imported/featbit";
const EVALUATE: &str = "imported/featbit/evaluate.json";
/// The files with the answers of a running server.
const LIVE: [&str; 2] =
    ["imported/featbit-live/answers.json", "imported/featbit-live/product.json"];

/// The patterns that do not run in linear time. A flag with one of them is malformed.
const NOT_LINEAR: [&str; 2] = ["op-200", "op-228"];

#[derive(Deserialize)]
struct Vectors<T> {
    #[serde(alias = "rows")]
    vectors: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hashed {
    key: String,
    bucket_bits: String,
}

#[derive(Deserialize)]
struct Rollout {
    key: String,
    rollout: Box<RawValue>,
    expected: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operator {
    id: String,
    op: String,
    user_value: Option<String>,
    condition_value: String,
    r#match: OfProfiles,
}

/// The answers of the server and of the draft.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OfProfiles {
    server: Value,
    server_invariant_culture: Option<Value>,
    draft_spec: Value,
}

impl OfProfiles {
    fn of(&self, profile: Profile) -> &Value {
        match profile {
            Profile::Server => self.server_invariant_culture.as_ref().unwrap_or(&self.server),
            _ => &self.draft_spec,
        }
    }
}

#[derive(Deserialize)]
struct Evaluations {
    datasets: BTreeMap<String, Box<RawValue>>,
    cases: Vec<Evaluated>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Evaluated {
    id: String,
    dataset: String,
    flag_key: String,
    user: Box<RawValue>,
    agree: bool,
    expected: OfProfiles,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversion {
    variation_value: String,
    rust: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Live {
    users: Vec<Box<RawValue>>,
    environments: BTreeMap<String, Environment>,
    /// Segments that conditions name and no environment is sent.
    other_segments: Vec<Box<RawValue>>,
    /// For each user and environment, the number of the result of each flag.
    answers: Vec<BTreeMap<String, Vec<usize>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    ruleset: Box<RawValue>,
    flag_keys: Vec<String>,
    /// For each flag, the distinct results: value, variation id, words for the reason, and whether the exposure counts; or the status with
    /// which the server failed.
    results: Vec<Vec<Value>>,
}

/// Returns all sets but the vectors that are no evaluations.
pub(super) fn sets(data: &Data) -> Result<Vec<Set>, DataError> {
    let mut sets = in_rollout(data)?;
    for profile in [Profile::Server, Profile::Draft] {
        sets.extend(operators(data, profile)?);
        sets.extend(evaluations(data, profile, |_| true)?);
    }
    sets.extend(all_live(data)?);
    Ok(sets)
}

/// Returns the sets that `fh eval --cases` can answer.
pub(super) fn sets_of_rows(data: &Data) -> Result<Vec<Set>, DataError> {
    let mut sets = evaluations(data, Profile::Server, |_| true)?;
    sets.extend(evaluations(data, Profile::Draft, |_| true)?);
    sets.extend(all_live(data)?);
    Ok(sets)
}

/// Returns the cases on which FeatBit's programs agree, with only the flags of these cases.
///
/// # Errors
/// If the file is missing or has another form.
pub fn agreed(data: &Data) -> Result<Vec<Set>, DataError> {
    evaluations(data, Profile::Server, |case| case.agree)
}

/// Returns the answers of the running server for one environment.
///
/// # Errors
/// If the file is missing or has another form, or if there is no such environment.
pub fn live(data: &Data, environment: &str) -> Result<Set, DataError> {
    let [file, _] = LIVE;
    environment_of(file, &read(data, file)?, environment)
        .map_err(|why| DataError::in_file(file, why))
}

fn set(group: String, profile: Profile, ruleset: &Value, case: Case) -> Set {
    let (rules, ruleset) = (Rules::FeatBit(profile), ruleset.to_string());
    Set { group, rules, file: String::new(), ruleset, now: String::new(), cases: vec![case] }
}

fn case(name: &str, flag: &str, context: String, value: Option<&str>) -> Case {
    let value = Json::from(value.map(str::to_owned));
    let expected = Expected::Members(Json::object([("value", value)]));
    let (name, flag) = (name.to_owned(), flag.to_owned());
    Case { name, flag, context, expected, row: String::new() }
}

/// Compares the numbers of buckets with those of a function of the engine.
pub(super) fn dispatch(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featbit.dispatch");
    for row in read::<Vectors<Hashed>>(data, &format!("{FOLDER}/dispatch.json"))?.vectors {
        let given = format!("{:#018x}", bucket(&row.key).to_bits());
        group.row(&row.key, given == row.bucket_bits, || {
            format!("{given} instead of {}", row.bucket_bits)
        });
    }
    Ok(group)
}

/// Returns a flag that is on, with two variations whose values are their ids.
fn flag(key: &str, rules: &Value, shares: &Value) -> Value {
    let variations = json!([{"id": "hit", "value": "hit"}, {"id": "miss", "value": "miss"}]);
    with_variations(key, rules, shares, &variations)
}

fn with_variations(key: &str, rules: &Value, shares: &Value, variations: &Value) -> Value {
    json!({"featureFlags": [{
        "key": key, "variationType": "string", "isEnabled": true, "rules": rules, "variations": variations,
        "fallthrough": {"dispatchKey": "absent", "variations": shares},
    }]})
}

fn in_rollout(data: &Data) -> Result<Vec<Set>, DataError> {
    let rows = read::<Vectors<Rollout>>(data, &format!("{FOLDER}/in-rollout.json"))?.vectors;
    let sets = rows.into_iter().map(|row| {
        // The dispatch property is missing, so that the flag's key alone is hashed. The interval is inserted as it is written.
        let shares = json!([{"id": "hit", "rollout": "INTERVAL"}]);
        let name = format!("{:?} in {}", row.key, row.rollout);
        let case = case(&name, &row.key, user(None), row.expected.then_some("hit"));
        let mut set = set(
            "featbit.in-rollout".to_owned(),
            Profile::Server,
            &flag(&row.key, &json!([]), &shares),
            case,
        );
        set.ruleset = set.ruleset.replace("\"INTERVAL\"", row.rollout.get());
        set
    });
    Ok(sets.collect())
}

/// Returns a user whose property `p` has this value.
fn user(value: Option<&str>) -> String {
    let properties: Vec<Value> =
        value.iter().map(|value| json!({"name": "p", "value": value})).collect();
    json!({"keyId": "user", "customizedProperties": properties}).to_string()
}

fn operators(data: &Data, profile: Profile) -> Result<Vec<Set>, DataError> {
    let rows = read::<Vectors<Operator>>(data, &format!("{FOLDER}/operators.json"))?.vectors;
    let sets = rows.into_iter().map(|row| {
        let rules = json!([{
            "conditions": [{"property": "p", "op": row.op, "value": row.condition_value}],
            "variations": [{"id": "hit", "rollout": [0, 1]}],
        }]);
        let shares = json!([{"id": "miss", "rollout": [0, 1]}]);
        let is_linear = !NOT_LINEAR.contains(&&*row.id);
        let is_match = row.r#match.of(profile).as_bool().filter(|_| is_linear);
        let value = is_match.map(|is_match| if is_match { "hit" } else { "miss" });
        let case = case(&row.id, "f", user(row.user_value.as_deref()), value);
        let group = format!("featbit.operators {}", profile.as_str());
        set(group, profile, &flag("f", &rules, &shares), case)
    });
    Ok(sets.collect())
}

/// Returns the evaluations, with a set for each of their rulesets, which has the flags of the chosen cases only if not all are chosen.
fn evaluations(
    data: &Data,
    profile: Profile,
    is_chosen: impl Fn(&Evaluated) -> bool,
) -> Result<Vec<Set>, DataError> {
    let file: Evaluations = read(data, EVALUATE)?;
    let sets = file.datasets.iter().map(|(name, ruleset)| {
        let of_set = |(_, case): &(usize, &Evaluated)| case.dataset == *name && is_chosen(case);
        let cases = file.cases.iter().enumerate().filter(of_set).map(|(row, case)| {
            let expected = case.expected.of(profile);
            let member = |name: &str| expected.get(name).cloned().unwrap_or_default();
            // The server gives no value, or an empty one without an id, where the flag is malformed.
            let has_id = member("variationId").as_str().is_some_and(|id| !id.is_empty());
            let expected = match has_id {
                true => json!({
                    "kind": member("kind"), "value": member("value"), "variationId": member("variationId"),
                    "sendToExperiment": member("sendToExperiment"),
                }),
                false => json!({"value": null}),
            };
            let expected = Json::parse(&expected.to_string()).unwrap_or(Json::Null);
            Case {
                name: case.id.clone(),
                flag: case.flag_key.clone(),
                context: case.user.get().to_owned(),
                expected: Expected::Members(expected),
                row: format!("/{row}"),
            }
        });
        Set {
            group: format!("featbit.evaluate {}", profile.as_str()),
            rules: Rules::FeatBit(profile),
            file: EVALUATE.to_owned(),
            ruleset: ruleset.get().to_owned(),
            now: String::new(),
            cases: cases.collect(),
        }
    });
    Ok(sets.filter(|set| !set.cases.is_empty()).collect())
}

/// Compares the types of values with those of FeatBit's Rust SDK.
pub(super) fn convert(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featbit.convert");
    let user = User::builder("user").build();
    for row in read::<Vectors<Conversion>>(data, &format!("{FOLDER}/convert.json"))?.vectors {
        let variations = json!([{"id": "it", "value": row.variation_value}]);
        let shares = json!([{"id": "it", "rollout": [0, 1]}]);
        let document = with_variations("f", &json!([]), &shares, &variations).to_string();
        let document = Document::parse(document.as_bytes()).unwrap_or_default();
        let ruleset = Compiler::new(Profile::Server).compile(&document);
        let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
        let Some(evaluation) = ruleset.get("f").map(|flag| flag.evaluate(&subject)) else {
            group.row(&row.variation_value, false, || "no flag".to_owned());
            continue;
        };
        let json = evaluation.json().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let given = [
            ("bool", evaluation.boolean().map(Value::from), Kind::Boolean),
            ("float", evaluation.number().map(Value::from), Kind::Number),
            ("json", json, Kind::Json),
        ];
        let is_equal = given.iter().all(|(name, value, kind)| {
            let expected = row.rust.get(*name).and_then(|answer| answer.get("value"));
            value.as_ref() == expected && evaluation.read(*kind).0.is_some() == value.is_some()
        });
        let is_text = evaluation.string() == Some(row.variation_value.as_str());
        group.row(&row.variation_value, is_equal && is_text, || format!("{given:?}"));
    }
    Ok(group)
}

fn all_live(data: &Data) -> Result<Vec<Set>, DataError> {
    let mut sets = Vec::new();
    for path in LIVE {
        let file: Live = read(data, path)?;
        for name in file.environments.keys() {
            let set = environment_of(path, &file, name);
            sets.push(set.map_err(|why| DataError::in_file(path, why))?);
        }
    }
    Ok(sets)
}

fn environment_of(path: &str, file: &Live, name: &str) -> Result<Set, String> {
    let environment = file.environments.get(name).ok_or("there is no such environment")?;
    let place = file.environments.keys().take_while(|other| *other != name).count();
    let mut cases = Vec::new();
    for (user, (context, answers)) in file.users.iter().zip(&file.answers).enumerate() {
        let numbers = answers.get(name).ok_or("a user has no answers")?;
        let flags = environment.flag_keys.iter().zip(&environment.results).zip(numbers);
        for (flag, ((key, results), number)) in flags.enumerate() {
            let result = results.get(*number).ok_or("there is no such result")?;
            let text = |at: usize| result.get(at).map(ToString::to_string).unwrap_or_default();
            let part = |at: usize| Json::parse(&text(at)).unwrap_or(Json::Null);
            let expected = if result.get(0).is_some_and(|failure| failure.get("status").is_some()) {
                Expected::Nothing
            } else if part(2).text() == Some("flag archived") {
                Expected::Answer(Json::Null)
            } else {
                Expected::Members(Json::object([
                    ("value", part(0)),
                    ("variationId", part(1)),
                    ("words", part(2)),
                    ("sendToExperiment", part(3)),
                ]))
            };
            let (name, flag_key) = (key.clone(), key.clone());
            let row = format!("/{}/results/{flag}", place * file.users.len() + user);
            cases.push(Case { name, flag: flag_key, context: context.to_string(), expected, row });
        }
    }
    Ok(Set {
        group: format!("featbit.live {name}"),
        rules: Rules::FeatBit(Profile::Server),
        file: path.to_owned(),
        ruleset: with_all_segments(file, environment).map_err(|why| why.to_string())?,
        now: String::new(),
        cases,
    })
}

/// Returns the flags of an environment with the segments of all environments, because the server looks up those, too. The environment's own
/// ones are the last.
fn with_all_segments(
    file: &Live,
    own: &Environment,
) -> Result<String, fh_eval::featbit::ParseError> {
    let mut segments: Vec<&RawValue> = file.other_segments.iter().map(AsRef::as_ref).collect();
    let others = file.environments.values().filter(|other| !std::ptr::eq(*other, own));
    for other in others {
        segments.extend(Document::parse(other.ruleset.get().as_bytes())?.segments);
    }
    let own = Document::parse(own.ruleset.get().as_bytes())?;
    segments.extend(own.segments);
    let list = |records: Vec<&RawValue>| {
        records.into_iter().map(RawValue::get).collect::<Vec<_>>().join(",")
    };
    let (flags, segments) = (list(own.flags), list(segments));
    Ok(format!("{{\"featureFlags\": [{flags}], \"segments\": [{segments}]}}"))
}
