//! The answers of FeatBit's running server, in profile `server`.

use std::collections::BTreeMap;

use fh_eval::featbit::{Compiler, Document, Profile, User, reason, send_to_experiment};
use fh_eval::internal::mend;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Group;
use super::command::Command;
use super::featbit::evaluated;
use super::featbit_differences::{DEFAULTS, DIFFERENCES};
use crate::data::{Data, DataError};

const FILES: [&str; 2] = ["answers", "product"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Answers {
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
    /// For each flag, the distinct results: value, variation id, reason, and whether the exposure counts; or the status with which the server
    /// failed.
    results: Vec<Vec<Value>>,
}

fn path(file: &str) -> String {
    format!("imported/featbit-live/{file}.json")
}

pub(super) fn check(data: &Data, path: &str) -> Result<(), DataError> {
    answers(data, path).map(drop)
}

/// Reads a file. A lone surrogate, which no text of Rust can hold, becomes U+FFFD.
fn answers(data: &Data, path: &str) -> Result<Answers, DataError> {
    serde_json::from_str(&mend(data.text(path)?)).map_err(|why| DataError::in_file(path, why))
}

/// Compares the engine, or the rows of a command in place of it.
pub(super) fn run(data: &Data, command: Option<&Command>) -> Result<Vec<Group>, DataError> {
    let mut groups = Vec::new();
    for file in FILES {
        let path = path(file);
        let failed = |why| DataError::in_file(&path, why);
        let answers = answers(data, &path)?;
        let rows = command.map(|command| command.featbit(&path, Profile::Server)).transpose();
        let rows = rows.map_err(failed)?;
        for name in answers.environments.keys() {
            let group = match &rows {
                Some(rows) => {
                    environment(&answers, name, &|user, flag| of_rows(rows, name, user, flag))
                }
                None => engine(&answers, name),
            };
            groups.push(group.map_err(failed)?);
        }
    }
    Ok(groups)
}

/// The answer of a user, by the user's number, to a flag: value, variation id, reason, and whether the exposure counts.
type Given<'a> = dyn Fn(usize, usize) -> Value + 'a;

fn no_flag() -> Value {
    json!([null, null, "flag archived", false])
}

/// Returns the answer in the rows of the command `fh eval --cases`. Each environment has one row for each user, in the order of users.
fn of_rows(rows: &[Value], name: &str, user: usize, flag: usize) -> Value {
    let mut rows = rows.iter().filter(|row| row.get("environment").is_some_and(|it| it == name));
    let result = rows.nth(user).and_then(|row| row.get("results")?.get(flag));
    match result {
        None => Value::from("there is no result"),
        Some(Value::Null) => no_flag(),
        Some(result) => result.clone(),
    }
}

fn engine(file: &Answers, name: &str) -> Result<Group, String> {
    let Some(environment) = file.environments.get(name) else { return Ok(Group::default()) };
    let mut document =
        Document::parse(environment.ruleset.get().as_bytes()).map_err(|why| why.to_string())?;
    // The server looks up the segments of all environments.
    document.segments = file.other_segments.iter().map(AsRef::as_ref).collect();
    for other in file.environments.values() {
        let other =
            Document::parse(other.ruleset.get().as_bytes()).map_err(|why| why.to_string())?;
        document.segments.extend(other.segments);
    }
    let ruleset = Compiler::new(Profile::Server).compile(&document);
    let users: Result<Vec<User>, _> =
        file.users.iter().map(|user| User::from_json(user.get())).collect();
    let users = users.map_err(|why| why.to_string())?;
    let answer = |user: &User, key: &str| {
        let flag = ruleset.get(key)?;
        let evaluation = evaluated(flag, user);
        let words = match reason(&evaluation) {
            "Off" => Some("flag disabled"),
            "TargetMatch" => Some("targeted"),
            "Fallthrough" => Some("default"),
            "RuleMatch" => evaluation.rule_name(),
            other => Some(other),
        };
        let value = evaluation.value().map(ToString::to_string);
        let sent = send_to_experiment(flag, user.attributes(), &evaluation);
        Some(json!([value, evaluation.variant(), words, sent]))
    };
    self::environment(file, name, &|user, flag| {
        let (user, key) = (users.get(user), environment.flag_keys.get(flag));
        user.zip(key).and_then(|(user, key)| answer(user, key)).unwrap_or_else(no_flag)
    })
}

fn environment(file: &Answers, name: &str, given: &Given<'_>) -> Result<Group, String> {
    let mut group = Group::new(&format!("featbit.live {name}"));
    let Some(environment) = file.environments.get(name) else { return Ok(group) };
    let mut differences: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    let mut defaults: BTreeMap<&str, usize> = BTreeMap::new();
    for (user, (user_json, answers)) in file.users.iter().zip(&file.answers).enumerate() {
        let numbers = answers.get(name).ok_or("a user has no answers")?;
        for (flag, ((key, results), number)) in
            environment.flag_keys.iter().zip(&environment.results).zip(numbers).enumerate()
        {
            let expected = results.get(*number).ok_or("there is no such result")?;
            let given = given(user, flag);
            if expected.get(0).is_some_and(|failure| failure.get("status").is_some()) {
                group.without_answer += 1;
                if given.get(0).is_some_and(|value| !value.is_null()) {
                    *defaults.entry(key).or_default() += 1;
                }
            } else if given == *expected {
                group.equal += 1;
            } else {
                let difference = differences.entry(key).or_default();
                difference.0 += 1;
                difference.1 = format!("{given} instead of {expected} for {user_json}");
            }
        }
    }
    for (key, (count, example)) in differences {
        let listed = DIFFERENCES.iter().find_map(|difference| {
            let flag = difference.flags.iter().find(|(known, _)| *known == key);
            flag.map(|(_, count)| (difference.rule, *count))
        });
        match listed {
            Some((_, known)) if known == count => group.listed += count,
            Some((rule, known)) => group.failures.push(format!(
                "{key}: {count} differences in place of {known} ({rule}): {example}"
            )),
            None => group.failures.push(format!("{key}: {count} differences: {example}")),
        }
    }
    for (key, count) in defaults {
        if !DEFAULTS.contains(&(key, count)) {
            group.failures.push(format!("{key}: {count} values where the server fails"));
        }
    }
    Ok(group)
}
