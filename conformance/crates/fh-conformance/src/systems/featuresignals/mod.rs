//! The vectors of FeatureSignals' engine, and the answers of its running server.

mod differences;
mod drawn;
mod engine;
mod files;
mod protocol;

use fh_plain_featuresignals::{PlainFeatureSignals, PlainResult, decoded, murmur3};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use self::files::{AllCase, Answers, Bucket, Case, Condition, Format, Hashed, MatchType, Vectors};
use super::command::Command;
use super::{Group, read};
use crate::data::{Data, DataError};
use crate::json::{Json, quoted};

pub use self::differences::Comparison;
pub(super) use self::differences::compare;
pub(super) use self::engine::engine;
pub(super) use self::files::check;

const FOLDER: &str = "imported/featuresignals";
const STATE: &str = "imported/featuresignals-live/state-1.json";
const ANSWERS: &str = "imported/featuresignals-live/answers-1.json";
/// The time of the vectors: no flag of them expires after it.
const NOW: &str = "2026-01-01T00:00:00Z";

/// An evaluator of one ruleset of FeatureSignals.
pub(super) trait Evaluator {
    /// Returns the result of each flag for a context, with the members and words of the server; `None` if the evaluator has no answer.
    fn evaluate(&self, flag_keys: &[&str], context: &str) -> Vec<Option<Json>>;
}

/// Makes an evaluator of a JSON ruleset at a time of RFC 3339.
pub(super) type Compile = fn(&str, &str) -> Result<Box<dyn Evaluator>, String>;

/// Returns a result in the form in which results are compared.
pub(super) fn result(flag_key: &str, value: Json, reason: &str, variant: Option<&str>) -> Json {
    let mut members = vec![("flag_key", flag_key.into()), ("reason", reason.into())];
    members.push(("value", value));
    members.extend(variant.map(|key| ("variant_key", key.into())));
    decoded(&Json::object(members))
}

/// The plain evaluator of a ruleset.
struct Plain {
    ruleset: Json,
    now: String,
}

/// Makes the plain evaluator of a ruleset.
pub(super) fn plain(ruleset: &str, now: &str) -> Result<Box<dyn Evaluator>, String> {
    let ruleset = Json::parse(ruleset).map_err(|why| why.what)?;
    Ok(Box::new(Plain { ruleset, now: now.to_owned() }))
}

impl Evaluator for Plain {
    fn evaluate(&self, flag_keys: &[&str], context: &str) -> Vec<Option<Json>> {
        let Ok(context) = Json::parse(context) else { return vec![None; flag_keys.len()] };
        let evaluator = PlainFeatureSignals::new(&self.ruleset, &self.now);
        let result = |key: &&str| {
            let PlainResult { value, reason, variant } = evaluator.evaluate(key, &context).ok()?;
            Some(result(key, value, reason, variant.as_deref()))
        };
        flag_keys.iter().map(result).collect()
    }
}

/// Compares an evaluator with all vectors.
pub(super) fn run(data: &Data, compile: Compile) -> Result<Vec<Group>, DataError> {
    let vectors = [bucket, format, match_types, evaluate, evaluate_all, live];
    let mut groups = vec![murmur(data)?];
    for group in vectors {
        groups.push(group(data, compile)?);
    }
    groups.push(conditions(data, compile, "conditions")?);
    groups.push(conditions(data, compile, "regex")?);
    Ok(groups)
}

/// Compares the rows of `fh eval --cases` with the evaluations and the answers of the running server.
pub(super) fn run_rows(data: &Data, command: &Command) -> Result<Vec<Group>, DataError> {
    let (evaluations, drawn) =
        (format!("{FOLDER}/evaluate.json"), format!("{FOLDER}/fuzz-evaluate-all.json"));
    let rows = |path: &str, state| {
        let rows = command.featuresignals(path, state);
        let rows = rows.map_err(|why| DataError::in_file(path, why))?.into_iter();
        // A missing row differs from each result.
        Ok::<_, DataError>(rows.chain(std::iter::repeat(Value::Null)))
    };
    let mut evaluate = Group::new("featuresignals.evaluate");
    let cases = vectors::<Case>(data, "evaluate")?;
    for (case, row) in cases.iter().zip(rows(&evaluations, None)?) {
        evaluate.result(&case.name, case.expected.get(), &row);
    }
    let mut all = Group::new("featuresignals.drawn");
    let cases = vectors::<AllCase>(data, "fuzz-evaluate-all")?;
    for (case, row) in cases.iter().zip(rows(&drawn, None)?) {
        for (number, expected) in case.expected.iter().enumerate() {
            for (key, expected) in expected {
                let result = row.get("results").and_then(|results| results.get(number)?.get(key));
                all.result(&case.name, expected.get(), result.unwrap_or(&Value::Null));
            }
        }
    }
    let mut live = Group::new("featuresignals.live, bulk");
    let answers: Answers = read(data, ANSWERS)?;
    for (step, row) in answers.steps.iter().zip(rows(ANSWERS, Some(STATE))?) {
        for (number, key) in answers.flag_keys.iter().enumerate() {
            let result = row.get("results").and_then(|results| results.get(number));
            let expected = step.bulk.body.get(key).map_or("null", |body| body.get());
            live.result(step.context.get(), expected, result.unwrap_or(&Value::Null));
        }
    }
    Ok(vec![evaluate, all, live])
}

fn vectors<T: DeserializeOwned>(data: &Data, name: &str) -> Result<Vec<T>, DataError> {
    read::<Vectors<T>>(data, &format!("{FOLDER}/{name}.json")).map(|vectors| vectors.cases)
}

impl Group {
    /// Compares a row of a command, which may have an id, with the expected result.
    fn result(&mut self, name: &str, expected: &str, row: &Value) {
        let expected = Json::parse(expected).map(|json| decoded(&json));
        let given = Json::parse(&row.to_string()).map(|json| {
            let members = json.members().iter().filter(|(name, _)| name != "id").cloned();
            decoded(&Json::Object(members.collect()))
        });
        self.row(expected.is_ok() && given == expected, || format!("{name}: {row}"));
    }

    /// Compares the results of flags with the expected ones, which are JSON texts.
    fn results(
        &mut self,
        name: &str,
        evaluator: &dyn Evaluator,
        context: &RawValue,
        expected: &[(&str, &str)],
    ) {
        let keys: Vec<&str> = expected.iter().map(|(key, _)| *key).collect();
        for ((key, expected), given) in
            expected.iter().zip(evaluator.evaluate(&keys, context.get()))
        {
            let Some(given) = given else {
                self.without_answer += 1;
                continue;
            };
            let expected = Json::parse(expected).map(|json| decoded(&json));
            self.row(expected.as_ref() == Ok(&given), || match expected {
                Ok(expected) => format!("{name}, {key}: {given} instead of {expected}"),
                Err(why) => format!("{name}, {key}: {}", why.what),
            });
        }
    }

    /// Evaluates a flag that is on with one rule, which consists of these members, and compares whether the rule matches.
    fn rule(
        &mut self,
        name: &str,
        compile: Compile,
        [rule, segments]: [&str; 2],
        context: &RawValue,
        is_match: bool,
    ) -> Result<(), String> {
        let ruleset = format!(
            r#"{{"flags": {{"f": {{"key": "f", "flag_type": "string", "default_value": "miss"}}}}, "segments": {segments}, "states":
            {{"f": {{"enabled": true, "rules": [{{"percentage": 10000, "value": "hit", {rule}}}]}}}}}}"#
        );
        let (value, reason) = if is_match { ("hit", "TARGETED") } else { ("miss", "FALLTHROUGH") };
        let expected = result("f", value.into(), reason, None).to_string();
        self.results(name, &*compile(&ruleset, NOW)?, context, &[("f", &expected)]);
        Ok(())
    }
}

/// Compares the hash of the plain evaluator. The engine's has no seed, and shows in buckets alone.
fn murmur(data: &Data) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.murmur, plain");
    for case in vectors::<Hashed>(data, "murmur")? {
        let hash = murmur3(case.input.repeat(case.repeat).as_bytes(), case.seed);
        group.row(hash == case.expected.hash, || format!("{:?}: {hash}", case.input));
    }
    Ok(group)
}

/// Brackets each bucket: a rule for users below the bucket must not match, and one for users below the next bucket must.
fn bucket(data: &Data, compile: Compile) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.bucket");
    for Bucket { flag_key, user_key, expected } in vectors::<Bucket>(data, "bucket")? {
        let bucket = expected.bucket.unwrap_or(expected.hash % 10_000);
        let rule = |percentage| format!(r#"{{"percentage": {percentage}, "value": {percentage}}}"#);
        let (key, rules) = (quoted(&flag_key), [bucket, bucket + 1].map(rule).join(", "));
        let ruleset = format!(
            r#"{{"flags": {{{key}: {{"key": {key}}}}}, "states": {{{key}: {{"enabled": true, "rules": [{rules}]}}}}, "segments": {{}}}}"#
        );
        let wanted = result(&flag_key, Json::number(bucket + 1), reason(bucket + 1), None);
        let context = RawValue::from_string(format!(r#"{{"key": {}}}"#, quoted(&user_key)));
        let (Ok(evaluator), Ok(context)) = (compile(&ruleset, NOW), context) else {
            group.failures.push(format!("{flag_key}: no ruleset"));
            continue;
        };
        group.results(&user_key, &*evaluator, &context, &[(&flag_key, &wanted.to_string())]);
    }
    Ok(group)
}

const fn reason(percentage: u32) -> &'static str {
    if percentage >= 10_000 { "TARGETED" } else { "ROLLOUT" }
}

/// Compares each attribute, which has a text, with this text.
fn format(data: &Data, compile: Compile) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.format");
    for Format { value, expected } in vectors::<Format>(data, "attribute-format")? {
        let rule = format!(
            r#""conditions": [{{"attribute": "a", "operator": "eq", "values": [{}]}}]"#,
            quoted(&expected)
        );
        let context = format!(r#"{{"key": "u", "attributes": {{"a": {value}}}}}"#);
        let compared = RawValue::from_string(context)
            .map_err(|why| why.to_string())
            .and_then(|context| group.rule(&expected, compile, [&rule, "{}"], &context, true));
        compared.map_err(|why| DataError::in_file("attribute-format", why))?;
    }
    Ok(group)
}

fn conditions(data: &Data, compile: Compile, name: &str) -> Result<Group, DataError> {
    let mut group = Group::new(&format!("featuresignals.{name}"));
    for case in vectors::<Condition>(data, name)? {
        let rule = format!(r#""conditions": [{}]"#, case.condition);
        let title = format!("{} for {}", case.condition, case.context);
        group
            .rule(&title, compile, [&rule, "{}"], &case.context, case.expected)
            .map_err(|why| DataError::in_file(name, why))?;
    }
    Ok(group)
}

/// Compares lists of conditions as those of segments, for which an empty match type does not mean `all`.
fn match_types(data: &Data, compile: Compile) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.match-types");
    for case in vectors::<MatchType>(data, "match-types")? {
        let segments = format!(
            r#"{{"s": {{"key": "s", "match_type": {}, "rules": {}}}}}"#,
            quoted(&case.match_type),
            case.conditions
        );
        let rule = [r#""segment_keys": ["s"]"#, segments.as_str()];
        group
            .rule(&case.name, compile, rule, &case.context, case.expected)
            .map_err(|why| DataError::in_file("match-types", why))?;
    }
    Ok(group)
}

fn evaluate(data: &Data, compile: Compile) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.evaluate");
    for case in vectors::<Case>(data, "evaluate")? {
        let evaluator = compile(case.ruleset.get(), NOW)
            .map_err(|why| DataError::in_case("evaluate", &case.name, why))?;
        let expected = [(case.flag_key.as_str(), case.expected.get())];
        group.results(&case.name, &*evaluator, &case.context, &expected);
    }
    Ok(group)
}

fn evaluate_all(data: &Data, compile: Compile) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.drawn");
    for case in vectors::<AllCase>(data, "fuzz-evaluate-all")? {
        let evaluator = compile(case.ruleset.get(), NOW)
            .map_err(|why| DataError::in_case("fuzz-evaluate-all", &case.name, why))?;
        for (context, expected) in case.contexts.iter().zip(&case.expected) {
            let expected: Vec<(&str, &str)> =
                expected.iter().map(|(key, result)| (key.as_str(), result.get())).collect();
            group.results(&case.name, &*evaluator, context, &expected);
        }
    }
    Ok(group)
}

fn live(data: &Data, compile: Compile) -> Result<Group, DataError> {
    let mut group = Group::new("featuresignals.live");
    let answers: Answers = read(data, ANSWERS)?;
    let evaluator =
        compile(data.text(STATE)?, &answers.from).map_err(|why| DataError::in_file(STATE, why))?;
    for step in &answers.steps {
        let context = step.context.get();
        let mut expected: Vec<(&str, &str)> =
            step.bulk.body.iter().map(|(key, result)| (key.as_str(), result.get())).collect();
        if expected.len() != answers.flag_keys.len() {
            group.failures.push(format!("{context}: a flag has no answer"));
        }
        for answer in &step.single {
            expected.push((answer.flag_key.as_deref().unwrap_or_default(), answer.body.get()));
        }
        group.results(context, &*evaluator, &step.context, &expected);
        // The map for SDKs has the values for a user without attributes, and no reasons.
        let user = Json::parse(context).ok();
        let user = user.as_ref().and_then(|user| user.get("key")).cloned().unwrap_or(Json::Null);
        let user = Json::object([("key", user)]).to_string();
        let keys: Vec<&str> = step.client.body.keys().map(String::as_str).collect();
        for ((key, expected), given) in
            step.client.body.iter().zip(evaluator.evaluate(&keys, &user))
        {
            let Some(given) = given else {
                group.without_answer += 1;
                continue;
            };
            let expected = Json::parse(expected.get()).ok().map(|value| decoded(&value));
            let is_equal = expected.is_some() && given.get("value") == expected.as_ref();
            group.row(is_equal, || format!("{context}, {key}: {given} instead of {expected:?}"));
        }
    }
    Ok(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_evaluator_gives_the_answers_of_the_server() {
        let groups = run(&Data::embedded(), plain).unwrap();
        let failures: Vec<&String> = groups.iter().flat_map(|group| &group.failures).collect();
        assert!(failures.is_empty(), "{failures:#?}");
        let counts: Vec<(&str, usize, usize)> = groups
            .iter()
            .map(|group| (group.name.as_str(), group.equal, group.without_answer))
            .collect();
        let expected = [
            ("featuresignals.murmur, plain", 31, 0),
            ("featuresignals.bucket", 175, 0),
            ("featuresignals.format", 40, 0),
            ("featuresignals.match-types", 21, 0),
            ("featuresignals.evaluate", 108, 0),
            ("featuresignals.drawn", 3_888, 0),
            ("featuresignals.live", 23_700, 0),
            ("featuresignals.conditions", 300, 0),
            ("featuresignals.regex", 47, 3),
        ];
        assert_eq!(counts, expected);
    }
}
