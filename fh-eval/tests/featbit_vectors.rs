//! FeatBit's answers in the shared vectors.
#![cfg(feature = "featbit")]

use fh_eval::featbit::{Compiler, Document, Profile, User, reason, send_to_experiment};
use fh_eval::{Subject, Timestamp};
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

#[test]
fn cases() {
    let file: Value = serde_json::from_slice(
        &std::fs::read(std::env::var("FH_FEATBIT").unwrap() + "/evaluate.json").unwrap(),
    )
    .unwrap();
    let mut wrong = 0;
    for (profile, column) in [(Profile::Server, "server"), (Profile::Draft, "draftSpec")] {
        for case in file["cases"].as_array().unwrap() {
            let dataset = file["datasets"][case["dataset"].as_str().unwrap()].to_string();
            let ruleset =
                Compiler::new(profile).compile(&Document::parse(dataset.as_bytes()).unwrap());
            let user = User::from_json(&case["user"].to_string()).unwrap();
            let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
            let expected = &case["expected"][column];
            let (value, variant, kind, sent) = match ruleset.get(case["flagKey"].as_str().unwrap())
            {
                None => (None, None, "Error", false),
                Some(flag) => {
                    let evaluation = flag.evaluate(&subject);
                    let value = evaluation.value().map(ToString::to_string);
                    (
                        value,
                        evaluation.variant(),
                        reason(&evaluation),
                        send_to_experiment(flag, user.attributes(), &evaluation),
                    )
                }
            };
            let text = |name: &str| expected[name].as_str();
            let wanted_value =
                text("value").filter(|_| text("variationId").is_some_and(|id| !id.is_empty()));
            let wanted_kind = match (text("kind"), wanted_value) {
                (Some(kind), Some(_)) => kind,
                _ => "Error",
            };
            let is_right = value.as_deref() == wanted_value
                && kind == wanted_kind
                && (wanted_value.is_none()
                    || (variant == text("variationId")
                        && Some(sent) == expected["sendToExperiment"].as_bool()));
            if !is_right {
                wrong += 1;
                println!(
                    "{profile:?} {} got {value:?} {variant:?} {kind} {sent}, expected {expected}",
                    case["id"]
                );
            }
        }
    }
    assert_eq!(wrong, 0);
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Live<'a> {
    #[serde(borrow)]
    users: Vec<&'a RawValue>,
    #[serde(borrow)]
    environments: BTreeMap<String, Environment<'a>>,
    #[serde(borrow, default)]
    other_segments: Vec<&'a RawValue>,
    answers: Vec<BTreeMap<String, Vec<usize>>>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Environment<'a> {
    #[serde(borrow)]
    ruleset: &'a RawValue,
    flag_keys: Vec<String>,
    results: Vec<Vec<Value>>,
}

#[test]
fn live() {
    let dir = std::env::var("FH_FEATBIT").unwrap() + "-live/";
    let file = std::env::var("FH_LIVE").unwrap_or("answers.json".into());
    let profile = if std::env::var("FH_DRAFT").is_ok() { Profile::Draft } else { Profile::Server };
    let text = mended(&std::fs::read_to_string(dir + &file).unwrap());
    let file: Live<'_> = serde_json::from_str(&text).unwrap();
    let mut segments: Vec<&RawValue> = file.other_segments.clone();
    for env in file.environments.values() {
        segments.extend(Document::parse(env.ruleset.get().as_bytes()).unwrap().segments);
    }
    for (name, env) in &file.environments {
        let mut document = Document::parse(env.ruleset.get().as_bytes()).unwrap();
        document.segments = segments.clone();
        let ruleset = Compiler::new(profile).compile(&document);
        let (mut equal, mut threw, mut differ): (u32, u32, BTreeMap<String, (u32, String)>) = Default::default();
        for (index, user) in file.users.iter().enumerate() {
            let user = User::from_json(user.get()).unwrap();
            let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
            for (position, key) in env.flag_keys.iter().enumerate() {
                let expected = &env.results[position][file.answers[index][name][position]];
                let got = match ruleset.get(key) {
                    None => serde_json::json!([null, null, "flag archived", false]),
                    Some(flag) => {
                        let evaluation = flag.evaluate(&subject);
                        let words = match reason(&evaluation) {
                            "Off" => Some("flag disabled"),
                            "TargetMatch" => Some("targeted"),
                            "Fallthrough" => Some("default"),
                            "RuleMatch" => evaluation.rule_name(),
                            _ => Some("malformed"),
                        };
                        serde_json::json!([evaluation.value().map(ToString::to_string), evaluation.variant(), words,
                            send_to_experiment(flag, user.attributes(), &evaluation)])
                    }
                };
                if expected[0].get("status").is_some() {
                    threw += 1;
                    if !got[0].is_null() { let e = differ.entry(format!("THREW {key}")).or_default(); e.0 += 1; e.1 = got.to_string(); }
                } else if got == *expected {
                    equal += 1;
                } else {
                    let e = differ.entry(key.to_string()).or_default();
                    e.0 += 1;
                    e.1 = format!("user {} got {got} expected {expected}", index);
                }
            }
        }
        println!("{name}: equal {equal}, threw {threw}, differ {}", differ.values().map(|d| d.0).sum::<u32>());
        for (key, (count, example)) in &differ { println!("   {key} {count} {example}"); }
    }
}

fn mended(json: &str) -> String {
    let mut out = String::new();
    let mut done = 0;
    for (at, escape) in fh_eval::internal::lone_surrogates(json) {
        out.push_str(&json[done..at]);
        out.push_str("\\ufffd");
        done = at + escape.len();
    }
    out.push_str(&json[done..]);
    out
}
