//! The vectors of FeatBit's server and of its draft of a specification.

use std::collections::BTreeMap;

use fh_eval::featbit::{Compiler, Document, Profile, User, bucket, reason, send_to_experiment};
use fh_eval::{Evaluation, FeatureRef, Kind, Ruleset, Subject, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::command::Command;
use super::{Group, read};
use crate::data::{Data, DataError};

const DISPATCH: &str = "imported/featbit/dispatch.json";
const IN_ROLLOUT: &str = "imported/featbit/in-rollout.json";
const OPERATORS: &str = "imported/featbit/operators.json";
const EVALUATE: &str = "imported/featbit/evaluate.json";
const CONVERT: &str = "imported/featbit/convert.json";

/// The patterns that do not run in linear time. A flag with one of them is malformed.
const NOT_LINEAR: [&str; 3] = ["op-200", "op-227", "op-228"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors<T> {
    vectors: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<T> {
    rows: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the file has them")]
struct Hashed {
    key: String,
    md5: String,
    int32le: i32,
    bucket: Box<RawValue>,
    bucket_bits: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rollout {
    key: String,
    rollout: Box<RawValue>,
    expected: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the file has them")]
struct Operator {
    id: String,
    op: String,
    user_value: Option<String>,
    condition_value: String,
    agree: bool,
    note: Option<String>,
    r#match: Expected<Value>,
}

/// The answers of the server and of the draft.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Expected<T> {
    server: T,
    server_invariant_culture: Option<T>,
    draft_spec: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evaluations {
    datasets: BTreeMap<String, Box<RawValue>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the file has them")]
struct Case {
    id: String,
    dataset: String,
    flag_key: String,
    user: Box<RawValue>,
    agree: bool,
    note: Option<String>,
    expected: Expected<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Conversion {
    variation_value: String,
    rust: BTreeMap<String, Value>,
}

pub(super) fn check(data: &Data, path: &str) -> Result<(), DataError> {
    match path {
        DISPATCH => read::<Vectors<Hashed>>(data, path).map(drop),
        IN_ROLLOUT => read::<Vectors<Rollout>>(data, path).map(drop),
        OPERATORS => read::<Rows<Operator>>(data, path).map(drop),
        EVALUATE => read::<Evaluations>(data, path).map(drop),
        CONVERT => read::<Rows<Conversion>>(data, path).map(drop),
        _ => Err(DataError::in_file(path, "there is no form for this path")),
    }
}

pub(super) fn run(data: &Data) -> Result<Vec<Group>, DataError> {
    let mut groups = vec![dispatch(data)?, in_rollout(data)?];
    for profile in [Profile::Server, Profile::Draft] {
        groups.push(operators(data, profile)?);
        groups.push(evaluate(data, profile)?);
    }
    groups.push(convert(data)?);
    Ok(groups)
}

/// Compares the rows of `fh eval --cases` with the evaluations.
pub(super) fn run_rows(data: &Data, command: &Command) -> Result<Vec<Group>, DataError> {
    let mut groups = Vec::new();
    for profile in [Profile::Server, Profile::Draft] {
        let mut group = Group::new(&format!("featbit.evaluate {}", profile.as_str()));
        let rows = command.featbit(EVALUATE, profile);
        let mut rows = rows.map_err(|why| DataError::in_file(EVALUATE, why))?.into_iter();
        for case in read::<Evaluations>(data, EVALUATE)?.cases {
            let wanted = wanted(&case, profile);
            let row = rows.next().unwrap_or_default();
            let member = |name: &str| row.get(name).cloned().unwrap_or_default();
            let given = match member("value") {
                Value::Null => json!(["Error"]),
                value => json!([
                    member("kind"),
                    value,
                    member("variationId"),
                    member("sendToExperiment")
                ]),
            };
            group.row(given == wanted, || format!("{}: {given} instead of {wanted}", case.id));
        }
        groups.push(group);
    }
    Ok(groups)
}

/// Returns kind, value, variation id and the bit for experiments that a profile must give, or `Error` alone.
fn wanted(case: &Case, profile: Profile) -> Value {
    let expected = match profile {
        Profile::Server => &case.expected.server,
        _ => &case.expected.draft_spec,
    };
    let text = |name: &str| expected.get(name).and_then(Value::as_str);
    // The server gives no value, or an empty one without an id, where the flag is malformed.
    match text("variationId").filter(|id| !id.is_empty()) {
        Some(id) => json!([text("kind"), text("value"), id, expected.get("sendToExperiment")]),
        None => json!(["Error"]),
    }
}

/// Compiles flags. They are those of a test, so that they can be compiled.
pub(super) fn compile(profile: Profile, document: &str) -> Ruleset {
    let document = Document::parse(document.as_bytes());
    document
        .map_or_else(|_| Ruleset::default(), |document| Compiler::new(profile).compile(&document))
}

pub(super) fn evaluated<'r>(flag: FeatureRef<'r>, user: &'r User) -> Evaluation<'r> {
    flag.evaluate(&Subject::new(user.attributes(), Timestamp::from_millis(0)))
}

fn dispatch(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featbit.dispatch");
    for row in read::<Vectors<Hashed>>(data, DISPATCH)?.vectors {
        let given = format!("{:#018x}", bucket(&row.key).to_bits());
        group.row(given == row.bucket_bits, || {
            format!("{:?}: {given} instead of {}", row.key, row.bucket_bits)
        });
    }
    Ok(group)
}

/// Returns a flag that is on, with two variations whose values are their ids.
fn flag(key: &str, rules: &Value, shares: &Value) -> Value {
    with_variations(
        key,
        rules,
        shares,
        &json!([{"id": "hit", "value": "hit"}, {"id": "miss", "value": "miss"}]),
    )
}

fn with_variations(key: &str, rules: &Value, shares: &Value, variations: &Value) -> Value {
    json!({
        "key": key, "variationType": "string", "isEnabled": true, "rules": rules, "variations": variations,
        "fallthrough": {"dispatchKey": "absent", "variations": shares},
    })
}

fn in_rollout(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featbit.in-rollout");
    let user = User::builder("user").build();
    for row in read::<Vectors<Rollout>>(data, IN_ROLLOUT)?.vectors {
        // The dispatch property is missing, so that the flag's key alone is hashed. The interval is inserted as it is written.
        let shares = json!([{"id": "hit", "rollout": "INTERVAL"}]);
        let flag = flag(&row.key, &json!([]), &shares)
            .to_string()
            .replace("\"INTERVAL\"", row.rollout.get());
        let ruleset = compile(Profile::Server, &format!("{{\"featureFlags\": [{flag}]}}"));
        let value = ruleset.get(&row.key).and_then(|flag| evaluated(flag, &user).string());
        let is_within = value == Some("hit");
        group.row(is_within == row.expected, || {
            format!("{:?} in {}: {is_within}", row.key, row.rollout)
        });
    }
    Ok(group)
}

fn operators(data: &Data, profile: Profile) -> Result<Group, DataError> {
    let mut group = Group::new(&format!("featbit.operators {}", profile.as_str()));
    for row in read::<Rows<Operator>>(data, OPERATORS)?.rows {
        let expected = match profile {
            Profile::Server => {
                row.r#match.server_invariant_culture.as_ref().unwrap_or(&row.r#match.server)
            }
            _ => &row.r#match.draft_spec,
        };
        let rules = json!([{
            "conditions": [{"property": "p", "op": row.op, "value": row.condition_value}],
            "variations": [{"id": "hit", "rollout": [0, 1]}],
        }]);
        let shares = json!([{"id": "miss", "rollout": [0, 1]}]);
        let ruleset =
            compile(profile, &json!({"featureFlags": [flag("f", &rules, &shares)]}).to_string());
        let user = User::builder("user").property("p", row.user_value.as_deref()).build();
        let given = match ruleset.get("f").and_then(|flag| evaluated(flag, &user).string()) {
            Some("hit") => "true",
            Some(_) => "false",
            None => "malformed",
        };
        let expected = match expected.as_bool() {
            _ if NOT_LINEAR.contains(&&*row.id) => "malformed",
            Some(true) => "true",
            Some(false) => "false",
            None => "malformed",
        };
        group.row(given == expected, || format!("{}: {given} instead of {expected}", row.id));
    }
    Ok(group)
}

fn evaluate(data: &Data, profile: Profile) -> Result<Group, DataError> {
    let mut group = Group::new(&format!("featbit.evaluate {}", profile.as_str()));
    let file: Evaluations = read(data, EVALUATE)?;
    let rulesets: BTreeMap<&str, Ruleset> = file
        .datasets
        .iter()
        .map(|(name, document)| (name.as_str(), compile(profile, document.get())))
        .collect();
    for case in &file.cases {
        let wanted = wanted(case, profile);
        let user = User::from_json(case.user.get())
            .map_err(|why| DataError::in_case(EVALUATE, &case.id, why))?;
        let flag =
            rulesets.get(case.dataset.as_str()).and_then(|ruleset| ruleset.get(&case.flag_key));
        let given = flag.map(|flag| (flag, evaluated(flag, &user)));
        let given = match given.filter(|(_, evaluation)| evaluation.is_set()) {
            Some((flag, evaluation)) => json!([
                reason(&evaluation),
                evaluation.value().map(ToString::to_string),
                evaluation.variant(),
                send_to_experiment(flag, user.attributes(), &evaluation),
            ]),
            None => json!(["Error"]),
        };
        group.row(given == wanted, || format!("{}: {given} instead of {wanted}", case.id));
    }
    Ok(group)
}

fn convert(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featbit.convert");
    let user = User::builder("user").build();
    for row in read::<Rows<Conversion>>(data, CONVERT)?.rows {
        let variations = json!([{"id": "it", "value": row.variation_value}]);
        let shares = json!([{"id": "it", "rollout": [0, 1]}]);
        let flag = with_variations("f", &json!([]), &shares, &variations);
        let ruleset = compile(Profile::Server, &json!({ "featureFlags": [flag] }).to_string());
        let Some(evaluation) = ruleset.get("f").map(|flag| evaluated(flag, &user)) else {
            group.failures.push(format!("{:?}: no flag", row.variation_value));
            continue;
        };
        let expected =
            |name: &str| row.rust.get(name).and_then(|answer| answer.get("value")).cloned();
        let json = evaluation.json().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let given = [
            ("bool", evaluation.boolean().map(Value::from), Kind::Boolean),
            ("float", evaluation.number().map(Value::from), Kind::Number),
            ("json", json, Kind::Json),
        ];
        let is_equal = given.iter().all(|(name, value, kind)| {
            *value == expected(name) && evaluation.read(*kind).0.is_some() == value.is_some()
        });
        let is_text = evaluation.string() == Some(row.variation_value.as_str());
        group.row(is_equal && is_text, || format!("{:?}: {given:?}", row.variation_value));
    }
    Ok(group)
}
