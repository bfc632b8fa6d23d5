//! A second recording. The deviations apply to it as to the first one, and a defect is still found.

use fh_conformance::server::replay::{Deviations, Pace, Report, record, replay};
use fh_conformance::server::state;
use fh_conformance::server::transcript::{Cast, Transcript};
use fh_edge::{Monitoring, Options};
use serde_json::{Value, json};

use crate::edge::Running;

const ENVIRONMENT: &str = "2f6cd8a5-0e6b-4d24-9b1c-5e0f0c3f7a11";

fn options() -> Options {
    let mut options = Options::default();
    options.cache_control = Some("no-store, max-age=0".parse().unwrap());
    options.monitoring = Monitoring::Apart;
    options
}

fn turned(text: &str) -> String {
    text.chars().rev().collect()
}

/// Returns other keys of the same accounts.
fn cast() -> Cast {
    let recorded = Transcript::recorded().unwrap();
    let other = |key: &String| {
        let secret = key.rsplit_once('/').unwrap().1;
        format!("{ENVIRONMENT}/{}", turned(secret))
    };
    let accounts = recorded.accounts.iter().map(|(name, account)| {
        let (client, server) = (other(&account.client), other(&account.server));
        let account =
            json!({"client": client, "server": server, "permissions": account.permissions});
        (name.clone(), account)
    });
    let accounts: serde_json::Map<String, Value> = accounts.collect();
    serde_json::from_value(json!({"environmentId": ENVIRONMENT, "accounts": accounts})).unwrap()
}

/// Returns a conversation that another FeatureHub server could have had. It has other keys, ids, feature names, etags, versions and names
/// of steps, and the environments of several keys are in another order.
fn second() -> Transcript {
    let first = Transcript::recorded().unwrap().with_cast(&cast()).unwrap();
    let mut text = serde_json::to_string(&first).unwrap();
    let tags = first.steps.iter().filter_map(|step| step.response.headers.get("etag"));
    let tags: std::collections::BTreeSet<String> = tags
        .flat_map(|etag| {
            etag.trim_matches('"').split(['/', ';']).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|tag| tag.len() > 4)
        .collect();
    for tag in &tags {
        text = text.replace(tag.as_str(), &format!("ff{}", turned(tag)));
    }
    for id in ids(&first.steps[0].response.body) {
        let other = format!("{}{}", &id[..24], turned(&id[24..]));
        text = text.replace(&id, &other);
    }
    let mut second = Transcript::parse(&text.replace("FEATURE_", "FLAG_")).unwrap();
    for (at, step) in second.steps.iter_mut().enumerate() {
        versions(&mut step.response.body);
        for event in step.response.events.iter_mut().flatten() {
            versions(&mut event.data);
        }
        for exchange in &mut step.during {
            versions(&mut exchange.response.body);
        }
        let path = &step.request.path;
        let is_several = path.matches("apiKey=").count() > 1 && step.name != "same key twice";
        if is_several {
            step.response.body.as_array_mut().unwrap().reverse();
            let etag = step.response.headers.get_mut("etag").unwrap();
            let parts: Vec<&str> = etag.trim_matches('"').split(';').rev().collect();
            *etag = format!("\"{}\"", parts.join(";"));
        }
        step.name = format!("step {at}");
    }
    second
}

/// Returns the ids of features.
fn ids(body: &Value) -> Vec<String> {
    let features = body[0]["features"].as_array().unwrap();
    features.iter().map(|feature| feature["id"].as_str().unwrap().to_owned()).collect()
}

fn versions(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_i64().filter(|version| name == "version" && *version > 0) {
                    Some(version) => *member = (version * 3 + 40).into(),
                    None => versions(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(versions),
        _ => {}
    }
}

/// Replays the second conversation with our Edge, which serves its initial state with a defect.
fn held(defect: impl FnOnce(&mut Value)) -> Report {
    let transcript = second();
    let mut state = state::of_transcript(&transcript).unwrap();
    defect(&mut state);
    let edge = Running::start(&state, options());
    replay(&edge.base, &transcript, &Deviations::ours().unwrap(), Pace::default()).unwrap()
}

#[test]
fn rules_hold_for_a_second_recording() {
    let second = second();
    let text = serde_json::to_string(&second).unwrap();
    let first = Transcript::recorded().unwrap();
    let keys = first.accounts.values().flat_map(|each| [&each.client, &each.server]);
    let etag = first.steps[0].response.headers["etag"].trim_matches('"').to_owned();
    for fixture in
        keys.chain([&first.environment_id, &etag, &ids(&first.steps[0].response.body)[0]])
    {
        assert!(!text.contains(fixture.as_str()), "{fixture}");
    }
    let report = held(|_| {});
    assert!(report.is_clean() && report.idle.is_empty(), "{report}");
}

#[test]
fn a_defect_is_found_with_the_second_recording() {
    let environment = |state: &mut Value| state["environments"][0]["values"].take();
    let found = |defect: &dyn Fn(&mut Value)| {
        let report = held(defect);
        assert!(!report.is_clean());
        let failures: Vec<String> =
            report.failures().map(|row| format!("{}: {}", row.step, row.place)).collect();
        failures
    };
    let value = found(&|state| {
        let mut values = environment(state);
        values["FLAG_STRING"]["value"] = "another".into();
        state["environments"][0]["values"] = values;
    });
    assert!(value.iter().any(|place| place.ends_with("FLAG_STRING.value")), "{value:?}");
    let property = found(&|state| {
        let features = state["features"].as_array_mut().unwrap();
        let feature = features.iter_mut().find(|each| each["key"] == "FLAG_NUMBER").unwrap();
        feature["properties"]["appName"] = "another".into();
    });
    assert!(property.iter().all(|place| place.contains("fp.appName")), "{property:?}");
    let right = found(&|state| {
        let accounts = state["accounts"].as_array_mut().unwrap();
        let account = accounts.iter_mut().find(|each| each["name"] == "changer").unwrap();
        account["permissions"][ENVIRONMENT] = json!(["READ"]);
    });
    assert!(right.iter().any(|place| place.ends_with("status")), "{right:?}");
    let key = found(&|state| {
        let accounts = state["accounts"].as_array_mut().unwrap();
        accounts.iter_mut().find(|each| each["name"] == "read").unwrap()["serverKey"] = json!([]);
    });
    // The key is also the second of two keys in a request.
    assert!(key.iter().any(|place| place.contains("body.1")), "{key:?}");
}

/// A server gives the answers of its own recording again, with its own keys and contexts.
#[test]
fn a_recording_of_our_edge_is_held_without_a_difference() {
    let contexts =
        ["userkey=fred,country=turkey".to_owned(), "userkey=mara&device=mobile".to_owned()];
    let plan = Transcript::recorded().unwrap().with_cast(&cast()).unwrap();
    let state = state::of_transcript(&plan).unwrap();
    let plan = plan.with_contexts(&contexts);
    let edge = Running::start(&state, options());
    let recorded = record(&edge.base, &plan, Pace::default()).unwrap();
    drop(edge);
    let names = recorded.steps.iter().filter(|step| step.name.starts_with("get context userkey="));
    let names: Vec<&str> = names.map(|step| step.name.as_str()).collect();
    assert_eq!(names, contexts.each_ref().map(|context| format!("get context {context}")));
    // The recording is written and read as a file.
    let recorded = Transcript::parse(&serde_json::to_string(&recorded).unwrap()).unwrap();
    let edge = Running::start(&state::of_transcript(&recorded).unwrap(), options());
    let report = replay(&edge.base, &recorded, &Deviations::default(), Pace::default()).unwrap();
    assert!(report.is_clean() && report.rows.is_empty(), "{report}");
    assert!(report.requests > 140, "{report}");
}
