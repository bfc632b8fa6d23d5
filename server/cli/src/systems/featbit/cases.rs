//! `fh eval --system featbit --cases`: evaluates a file of cases, for other programs.

use std::collections::BTreeMap;

use fh_eval::featbit::{Compiler, Document, Profile, User, reason, send_to_experiment};
use fh_eval::internal::mend;
use fh_eval::{Evaluation, FeatureRef, Ruleset, Subject, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::payload::read_bytes;
use crate::screen::Screen;
use crate::systems::featbit::flags::parse;

/// A file of cases: named payloads with cases, or environments with users.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    datasets: Option<BTreeMap<String, Box<RawValue>>>,
    #[serde(default)]
    cases: Vec<Case>,
    environments: Option<BTreeMap<String, Environment>>,
    #[serde(default)]
    users: Vec<Box<RawValue>>,
    #[serde(default)]
    other_segments: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    id: Value,
    dataset: String,
    flag_key: String,
    user: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    ruleset: Box<RawValue>,
    flag_keys: Vec<String>,
}

pub(super) fn run(
    path: &str,
    profile: Profile,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let (name, bytes) = read_bytes(path)?;
    let text =
        String::from_utf8(bytes).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    let wrong = |why: &dyn std::fmt::Display| Failure::Input(format!("{name}: {why}"));
    // A lone surrogate, which no text of Rust can hold, becomes U+FFFD.
    let expected = "give {\"datasets\": {NAME: PAYLOAD}, \"cases\": [{\"id\", \"dataset\", \"flagKey\", \"user\"}]}";
    let file: File = serde_json::from_str(&mend(&text))
        .map_err(|error| wrong(&format!("{error}: {expected}")))?;
    let rows = match (&file.datasets, &file.environments) {
        (Some(datasets), _) => {
            let mut rulesets = BTreeMap::new();
            for (dataset, payload) in datasets {
                let document = parse(&name, payload.get().as_bytes())?;
                rulesets.insert(dataset.clone(), Compiler::new(profile).compile(&document));
            }
            file.cases.iter().map(|case| of_case(case, &rulesets)).collect()
        }
        (None, Some(environments)) => of_users(&name, profile, &file, environments)?,
        (None, None) => return Err(wrong(&expected)),
    };
    json_output::rows(screen.raw(), rows)?;
    Ok(Status::Fine)
}

fn evaluated<'r>(flag: FeatureRef<'r>, user: &'r User) -> Evaluation<'r> {
    flag.evaluate(&Subject::new(user.attributes(), Timestamp::from_millis(0)))
}

/// Returns the reason of an evaluation in the words of FeatBit's server; the name of the rule for a rule.
fn words<'a>(evaluation: &Evaluation<'a>) -> Option<&'a str> {
    match reason(evaluation) {
        "Off" => Some("flag disabled"),
        "TargetMatch" => Some("targeted"),
        "Fallthrough" => Some("default"),
        "RuleMatch" => evaluation.rule_name(),
        _ => None,
    }
}

fn of_case(case: &Case, rulesets: &BTreeMap<String, Ruleset>) -> Value {
    let Ok(user) = User::from_json(case.user.get()) else {
        return json!({ "id": case.id, "error": "`user` is not a JSON object" });
    };
    let Some(ruleset) = rulesets.get(&case.dataset) else {
        return json!({ "id": case.id, "error": format!("there is no dataset {}", case.dataset) });
    };
    let Some(flag) = ruleset.get(&case.flag_key) else {
        return json!({ "id": case.id, "kind": "Error", "value": null, "variationId": null, "sendToExperiment": false, "reason": "flag not found" });
    };
    let evaluation = evaluated(flag, &user);
    json!({
        "id": case.id,
        "kind": reason(&evaluation),
        "value": evaluation.value().map(ToString::to_string),
        "variationId": evaluation.variant(),
        "sendToExperiment": send_to_experiment(flag, user.attributes(), &evaluation),
        "reason": words(&evaluation),
    })
}

/// Returns one row for each user and environment, with the results of its flags in their order; null for a flag without a value.
fn of_users(
    name: &str,
    profile: Profile,
    file: &File,
    environments: &BTreeMap<String, Environment>,
) -> Result<Vec<Value>, Failure> {
    let mut segments: Vec<&RawValue> = file.other_segments.iter().map(AsRef::as_ref).collect();
    for environment in environments.values() {
        segments.extend(parse(name, environment.ruleset.get().as_bytes())?.segments);
    }
    let mut rows = Vec::new();
    for (environment_name, environment) in environments {
        let own = parse(name, environment.ruleset.get().as_bytes())?;
        let document = Document { segments: segments.clone(), ..own };
        let ruleset = Compiler::new(profile).compile(&document);
        for (number, user) in file.users.iter().enumerate() {
            let Ok(user) = User::from_json(user.get()) else { continue };
            let results = environment.flag_keys.iter().map(|key| {
                let flag = ruleset.get(key)?;
                let evaluation = evaluated(flag, &user);
                let value = evaluation.value()?.to_string();
                let sent = send_to_experiment(flag, user.attributes(), &evaluation);
                Some(json!([value, evaluation.variant(), words(&evaluation), sent]))
            });
            let results: Vec<Option<Value>> = results.collect();
            rows.push(
                json!({ "environment": environment_name, "user": number, "results": results }),
            );
        }
    }
    Ok(rows)
}
