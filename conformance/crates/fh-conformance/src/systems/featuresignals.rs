//! The vectors of FeatureSignals' engine, and the answers of its running server.

use std::collections::BTreeMap;

use fh_test_servers::featuresignals::plain::{decoded, murmur3};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Case, Expected, Group, Rules, Set, read};
use crate::data::{Data, DataError};
use crate::json::{Json, quoted};

const FOLDER: &str = "imported/featuresignals";
pub(super) const STATE: &str = "imported/featuresignals-live/state-1.json";
pub(super) const ANSWERS: &str = "imported/featuresignals-live/answers-1.json";
/// The time of the vectors: no flag of them expires after it.
const NOW: &str = "2026-01-01T00:00:00Z";

#[derive(Deserialize)]
struct Vectors<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
struct Hashed {
    input: String,
    seed: u32,
    #[serde(default = "once")]
    repeat: usize,
    expected: Hash,
}

#[derive(Deserialize)]
struct Hash {
    hash: u32,
    bucket: Option<u32>,
}

#[derive(Deserialize)]
struct Bucket {
    flag_key: String,
    user_key: String,
    expected: Hash,
}

#[derive(Deserialize)]
struct Format {
    value: Box<RawValue>,
    expected: String,
}

#[derive(Deserialize)]
struct Condition {
    condition: Box<RawValue>,
    context: Box<RawValue>,
    expected: bool,
}

#[derive(Deserialize)]
struct MatchType {
    name: String,
    match_type: String,
    conditions: Box<RawValue>,
    context: Box<RawValue>,
    expected: bool,
}

#[derive(Deserialize)]
struct Evaluated {
    name: String,
    ruleset: Box<RawValue>,
    flag_key: String,
    context: Box<RawValue>,
    expected: Box<RawValue>,
}

#[derive(Deserialize)]
struct AllEvaluated {
    name: String,
    ruleset: Box<RawValue>,
    contexts: Vec<Box<RawValue>>,
    expected: Vec<BTreeMap<String, Box<RawValue>>>,
}

#[derive(Deserialize)]
struct Answers {
    from: String,
    flag_keys: Vec<String>,
    steps: Vec<Step>,
}

/// The answers to one context.
#[derive(Deserialize)]
struct Step {
    context: Box<RawValue>,
    bulk: Answer<BTreeMap<String, Box<RawValue>>>,
    client: Answer<BTreeMap<String, Box<RawValue>>>,
    single: Vec<Answer<Box<RawValue>>>,
}

#[derive(Deserialize)]
struct Answer<T> {
    flag_key: Option<String>,
    body: T,
}

const fn once() -> usize {
    1
}

/// Returns a result in the form in which results are compared.
#[must_use]
pub fn result(flag_key: &str, value: Json, reason: &str, variant: Option<&str>) -> Json {
    let mut members = vec![("flag_key", flag_key.into()), ("reason", reason.into())];
    members.push(("value", value));
    members.extend(variant.map(|key| ("variant_key", key.into())));
    decoded(&Json::object(members))
}

/// Returns all sets but the vectors of the hash, which is no evaluation.
pub(super) fn sets(data: &Data) -> Result<Vec<Set>, DataError> {
    let mut sets = Vec::new();
    for vectors in [bucket, format, match_types, evaluations, drawn] {
        sets.extend(vectors(data)?);
    }
    sets.push(live(data)?);
    sets.extend(conditions(data, "conditions")?);
    sets.extend(conditions(data, "regex")?);
    Ok(sets)
}

/// Returns the sets that `fh eval --cases` can answer.
pub(super) fn sets_of_rows(data: &Data) -> Result<Vec<Set>, DataError> {
    let mut sets = evaluations(data)?;
    sets.extend(drawn(data)?);
    sets.push(bulk(data)?);
    Ok(sets)
}

fn vectors<T: DeserializeOwned>(data: &Data, name: &str) -> Result<Vec<T>, DataError> {
    read::<Vectors<T>>(data, &path(name)).map(|vectors| vectors.cases)
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.json")
}

fn set(group: &str, name: &str, ruleset: String, cases: Vec<Case>) -> Set {
    let group = format!("featuresignals.{group}");
    Set {
        group,
        rules: Rules::FeatureSignals,
        file: path(name),
        ruleset,
        now: NOW.to_owned(),
        cases,
    }
}

/// Returns a case with the expected result as the server writes it.
fn case(
    name: &str,
    flag: &str,
    context: &RawValue,
    expected: &str,
    row: String,
) -> Result<Case, DataError> {
    let expected = Json::parse(expected).map_err(|why| DataError::in_file(name, why.what))?;
    let (name, flag, context) = (name.to_owned(), flag.to_owned(), context.get().to_owned());
    Ok(Case { name, flag, context, expected: Expected::Answer(decoded(&expected)), row })
}

/// Returns a flag that is on, with one rule, which consists of these members, and whether the rule matches.
fn rule(
    group: &str,
    name: &str,
    [rule, segments]: [&str; 2],
    context: &str,
    is_match: bool,
) -> Set {
    let ruleset = format!(
        r#"{{"flags": {{"f": {{"key": "f", "flag_type": "string", "default_value": "miss"}}}}, "segments": {segments}, "states":
        {{"f": {{"enabled": true, "rules": [{{"percentage": 10000, "value": "hit", {rule}}}]}}}}}}"#
    );
    let (value, reason) = if is_match { ("hit", "TARGETED") } else { ("miss", "FALLTHROUGH") };
    let expected = Expected::Answer(result("f", value.into(), reason, None));
    let (name, flag, context) = (name.to_owned(), "f".to_owned(), context.to_owned());
    set(group, group, ruleset, vec![Case { name, flag, context, expected, row: String::new() }])
}

/// Compares the hash of the plain evaluator. The engine's has no seed, and shows in buckets alone.
pub(super) fn murmur(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.murmur, plain");
    for case in vectors::<Hashed>(data, "murmur")? {
        let hash = murmur3(case.input.repeat(case.repeat).as_bytes(), case.seed);
        group.row(&case.input, hash == case.expected.hash, || hash.to_string());
    }
    Ok(group)
}

/// Brackets each bucket: a rule for users below the bucket must not match, and one for users below the next bucket must.
fn bucket(data: &Data) -> Result<Vec<Set>, DataError> {
    let sets = vectors::<Bucket>(data, "bucket")?.into_iter().map(|row| {
        let Bucket { flag_key, user_key, expected } = row;
        let bucket = expected.bucket.unwrap_or(expected.hash % 10_000);
        let rule = |percentage| format!(r#"{{"percentage": {percentage}, "value": {percentage}}}"#);
        let (key, rules) = (quoted(&flag_key), [bucket, bucket + 1].map(rule).join(", "));
        let ruleset = format!(
            r#"{{"flags": {{{key}: {{"key": {key}}}}}, "states": {{{key}: {{"enabled": true, "rules": [{rules}]}}}}, "segments": {{}}}}"#
        );
        let reason = if bucket + 1 >= 10_000 { "TARGETED" } else { "ROLLOUT" };
        let expected = result(&flag_key, Json::number(bucket + 1), reason, None);
        let case = Case {
            name: format!("{flag_key} for {user_key}"),
            flag: flag_key,
            context: Json::object([("key", Json::from(user_key))]).to_string(),
            expected: Expected::Answer(expected),
            row: String::new(),
        };
        set("bucket", "bucket", ruleset, vec![case])
    });
    Ok(sets.collect())
}

/// Compares each attribute, which has a text, with this text.
fn format(data: &Data) -> Result<Vec<Set>, DataError> {
    let rows = vectors::<Format>(data, "attribute-format")?.into_iter();
    let sets = rows.map(|Format { value, expected }| {
        let condition = format!(
            r#""conditions": [{{"attribute": "a", "operator": "eq", "values": [{}]}}]"#,
            quoted(&expected)
        );
        let context = format!(r#"{{"key": "u", "attributes": {{"a": {value}}}}}"#);
        rule("format", &expected, [&condition, "{}"], &context, true)
    });
    Ok(sets.collect())
}

fn conditions(data: &Data, name: &str) -> Result<Vec<Set>, DataError> {
    let sets = vectors::<Condition>(data, name)?.into_iter().map(|case| {
        let condition = format!(r#""conditions": [{}]"#, case.condition);
        let title = format!("{} for {}", case.condition, case.context);
        rule(name, &title, [&condition, "{}"], case.context.get(), case.expected)
    });
    Ok(sets.collect())
}

/// Compares lists of conditions as those of segments, for which an empty match type does not mean `all`.
fn match_types(data: &Data) -> Result<Vec<Set>, DataError> {
    let sets = vectors::<MatchType>(data, "match-types")?.into_iter().map(|case| {
        let segments = format!(
            r#"{{"s": {{"key": "s", "match_type": {}, "rules": {}}}}}"#,
            quoted(&case.match_type),
            case.conditions
        );
        let members = [r#""segment_keys": ["s"]"#, segments.as_str()];
        rule("match-types", &case.name, members, case.context.get(), case.expected)
    });
    Ok(sets.collect())
}

fn evaluations(data: &Data) -> Result<Vec<Set>, DataError> {
    let rows = vectors::<Evaluated>(data, "evaluate")?.into_iter().enumerate();
    let sets = rows.map(|(row, each)| {
        let (expected, row) = (each.expected.get(), format!("/{row}"));
        let case = case(&each.name, &each.flag_key, &each.context, expected, row)?;
        Ok(set("evaluate", "evaluate", each.ruleset.get().to_owned(), vec![case]))
    });
    sets.collect()
}

fn drawn(data: &Data) -> Result<Vec<Set>, DataError> {
    const FILE: &str = "fuzz-evaluate-all";
    let rows = vectors::<AllEvaluated>(data, FILE)?.into_iter().enumerate();
    let sets = rows.map(|(row, each)| {
        let contexts = each.contexts.iter().zip(&each.expected).enumerate();
        let cases = contexts.flat_map(|(number, (context, expected))| {
            let name = &each.name;
            expected.iter().map(move |(key, expected)| {
                let row = format!("/{row}/results/{number}/{key}");
                case(name, key, context, expected.get(), row)
            })
        });
        let cases = cases.collect::<Result<Vec<_>, _>>()?;
        Ok(set("drawn", FILE, each.ruleset.get().to_owned(), cases))
    });
    sets.collect()
}

/// Returns the answers to requests for all flags of the running server.
///
/// # Errors
/// If a file is missing or has another form.
pub fn bulk(data: &Data) -> Result<Set, DataError> {
    let answers: Answers = read(data, ANSWERS)?;
    let mut cases = Vec::new();
    for (row, step) in answers.steps.iter().enumerate() {
        for (number, key) in answers.flag_keys.iter().enumerate() {
            let expected = step.bulk.body.get(key).map_or("null", |body| body.get());
            let row = format!("/{row}/results/{number}");
            cases.push(case(key, key, &step.context, expected, row)?);
        }
    }
    Ok(Set {
        group: "featuresignals.live, bulk".to_owned(),
        rules: Rules::FeatureSignals,
        file: ANSWERS.to_owned(),
        ruleset: data.text(STATE)?.to_owned(),
        now: answers.from,
        cases,
    })
}

/// Returns all answers of the running server.
fn live(data: &Data) -> Result<Set, DataError> {
    let mut set = bulk(data)?;
    set.group = "featuresignals.live".to_owned();
    for step in &read::<Answers>(data, ANSWERS)?.steps {
        for answer in &step.single {
            let key = answer.flag_key.as_deref().unwrap_or_default();
            set.cases.push(case(key, key, &step.context, answer.body.get(), String::new())?);
        }
        // The map for SDKs has the values for a user without attributes, and no reasons.
        let user = Json::parse(step.context.get()).ok();
        let user = user.as_ref().and_then(|user| user.get("key")).cloned().unwrap_or(Json::Null);
        for (key, value) in &step.client.body {
            let mut case = case(key, key, &step.context, value.get(), String::new())?;
            case.context = Json::object([("key", user.clone())]).to_string();
            if let Expected::Answer(value) = case.expected {
                case.expected = Expected::Members(Json::object([("value", value)]));
            }
            set.cases.push(case);
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::plain::Plain;
    use super::*;

    #[test]
    fn the_plain_evaluator_gives_the_answers_of_the_server() {
        let mut groups = compare(&mut Plain, &sets(&Data::embedded()).unwrap());
        groups.push(murmur(&Data::embedded()).unwrap());
        let failures: Vec<_> = groups.iter().flat_map(Group::failures).collect();
        assert!(failures.is_empty(), "{failures:#?}");
        let counts: Vec<(&str, usize, usize)> = groups
            .iter()
            .map(|group| (group.name.as_str(), group.equal, group.without_answer))
            .collect();
        let expected = [
            ("featuresignals.bucket", 175, 0),
            ("featuresignals.format", 40, 0),
            ("featuresignals.match-types", 21, 0),
            ("featuresignals.evaluate", 108, 0),
            ("featuresignals.drawn", 3_888, 0),
            ("featuresignals.live", 23_700, 0),
            ("featuresignals.conditions", 300, 0),
            ("featuresignals.regex", 47, 3),
            ("featuresignals.murmur, plain", 31, 0),
        ];
        assert_eq!(counts, expected);
    }
}
