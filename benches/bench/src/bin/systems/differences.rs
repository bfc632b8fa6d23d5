//! The comparison of the answers to drawn flags and users.

use std::collections::BTreeMap;

use featbit_server_sdk::{EvaluationReason, FbClient, FbOptions, FbUser};
use fh_eval::featbit::{self, reason, send_to_experiment};
use fh_eval::{Ruleset, Subject};
use serde_json::json;

use crate::classes::{CLASSES, Case};
use crate::drawn::{Draw, User};
use crate::engines::{NOW, compile};

const FLAGS: usize = 25;
const USERS: usize = 20;

/// Reason, value, variation id, and whether the exposure counts; `None` for no value.
type Answer = Option<(String, String, String, bool)>;

/// Compares this many evaluations, and prints the classes of the differences.
///
/// # Errors
/// If a difference is in no class, with the smallest case.
pub fn run(count: usize, seed: u64) -> Result<(), String> {
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut unknown: Option<(usize, String)> = None;
    let (mut evaluations, mut equal, mut new) = (0, 0, 0);
    for batch in seed.. {
        if evaluations >= count {
            break;
        }
        let mut draw = Draw::new(batch);
        let keys: Vec<String> = (0..FLAGS).map(|number| format!("flag-{number}")).collect();
        let payload = draw.payload(&keys);
        let users = draw.users(USERS);
        let (ruleset, client) = (compile(&payload.to_string())?, client(&payload.to_string())?);
        for user in &users {
            for (key, flag) in
                keys.iter().zip(payload["data"]["featureFlags"].as_array().into_iter().flatten())
            {
                evaluations += 1;
                let theirs = theirs(&client, key, user);
                let given = ours(&ruleset, key, user);
                if given == theirs {
                    equal += 1;
                    continue;
                }
                let mut case = Case { payload: payload.clone(), user: user.clone() };
                case.payload["data"]["featureFlags"] = json!([flag]);
                match class(&case, key, &theirs)? {
                    Some(class) => *classes.entry(class).or_default() += 1,
                    None => {
                        new += 1;
                        let text = format!(
                            "{user:?}\n{}\nfh-eval: {given:?}\ncrate:   {theirs:?}",
                            case.payload
                        );
                        if unknown.as_ref().is_none_or(|(length, _)| text.len() < *length) {
                            unknown = Some((text.len(), text));
                        }
                    }
                }
            }
        }
    }
    println!("{evaluations} evaluations from seed {seed}, {equal} equal");
    for (class, count) in classes {
        println!("{count:>7}  {class}");
    }
    match unknown {
        None => Ok(()),
        Some((_, smallest)) => {
            Err(format!("{new} differences are in no class, the smallest:\n{smallest}"))
        }
    }
}

/// Returns the class of a difference: the one that turns the engine's answer into that of the crate, or all those that are needed together.
fn class(case: &Case, key: &str, theirs: &Answer) -> Result<Option<String>, String> {
    let explains = |classes: &[usize]| -> Result<bool, String> {
        let mut changed = case.clone();
        for number in classes {
            CLASSES[*number].1(&mut changed);
        }
        let is_blank = classes.contains(&1) && changed.user.key.trim().is_empty();
        let ruleset = compile(&changed.payload.to_string())?;
        let given = ours(&ruleset, key, &changed.user);
        // A blank key has no answer here, and the answer of any other key in the crate.
        Ok(given == *theirs || is_blank && given.is_none() && !changed.user.key.is_empty())
    };
    for (number, (name, _)) in CLASSES.iter().enumerate() {
        if explains(&[number])? {
            return Ok(Some((*name).to_owned()));
        }
    }
    let mut all: Vec<usize> = (0..CLASSES.len()).collect();
    if !explains(&all)? {
        return Ok(None);
    }
    for number in 0..CLASSES.len() {
        let fewer: Vec<usize> = all.iter().copied().filter(|other| *other != number).collect();
        if explains(&fewer)? {
            all = fewer;
        }
    }
    let names: Vec<&str> = all.iter().map(|number| CLASSES[*number].0).collect();
    Ok(Some(format!("several: {}", names.join("; "))))
}

fn ours(ruleset: &Ruleset, key: &str, user: &User) -> Answer {
    let mut built = featbit::User::builder(&user.key);
    if let Some(name) = &user.name {
        built = built.name(name);
    }
    for (name, value) in &user.properties {
        built = built.property(name, value.as_str());
    }
    let user = built.build();
    let flag = ruleset.get(key)?;
    let evaluation = flag.evaluate(&Subject::new(user.attributes(), NOW));
    let value = evaluation.value()?.to_string();
    let reason = match evaluation.rule_name() {
        Some(name) => format!("{} {name}", reason(&evaluation)),
        None => reason(&evaluation).to_owned(),
    };
    let sent = send_to_experiment(flag, user.attributes(), &evaluation);
    Some((reason, value, evaluation.variant()?.to_owned(), sent))
}

fn theirs(client: &FbClient, key: &str, user: &User) -> Answer {
    let mut built = FbUser::builder(user.key.as_str());
    if let Some(name) = &user.name {
        built = built.name(name.as_str());
    }
    for (name, value) in &user.properties {
        built = built.custom(*name, value.as_str());
    }
    let raw = client.evaluate_raw(key, &built.build()).ok()?;
    let reason = match raw.reason() {
        EvaluationReason::Off => "Off".to_owned(),
        EvaluationReason::TargetMatch => "TargetMatch".to_owned(),
        EvaluationReason::RuleMatch { name, .. } => format!("RuleMatch {name}"),
        _ => "Fallthrough".to_owned(),
    };
    let sent = raw.evaluation_event().send_to_experiment();
    Some((reason, raw.value().to_owned(), raw.variation_id().to_owned(), sent))
}

fn client(payload: &str) -> Result<FbClient, String> {
    let options = FbOptions::builder("diff")
        .offline(true)
        .disable_events(true, false)
        .bootstrap_json(payload);
    Ok(FbClient::with_options(options.build().map_err(|why| why.to_string())?))
}
