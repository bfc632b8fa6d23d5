//! Updates of features at the Edge (PUT).

use fh_test_servers::featurehub::{Behaviour, Feature, Route};
use serde_json::{Value, json};

use super::first_request::{request, transports};
use crate::protocol::Update;
use crate::sdk::{SCENARIO, Scenario, Scene, SdkClient, Stop, Verdict, check, equal};

pub(super) const REQUEST: Scenario = Scenario {
    id: "P-030",
    name: "put.request",
    tier: 3,
    requires: &["update"],
    given: "a STRING and a BOOLEAN",
    when: "the program locks one, sets its value, sets and unlocks it, and sets the other",
    then: "each request is PUT {base}/features/{environment}/{key}/{feature} with a JSON body of the given members, and the Edge has the new state",
    decision: "sdk-behaviour 0.6, D-80",
    bites: &["UpdatesSendEveryMember"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().set_feature(Feature::boolean("FLAG", false));
    },
    run: requests,
    ..SCENARIO
};

pub(super) const STATUSES: Scenario = Scenario {
    id: "P-031",
    name: "put.statuses",
    tier: 3,
    requires: &["update"],
    given: "an Edge that answers an update with 200, 201, 202, 400, 403, 404, 412 or 500",
    when: "the program updates a feature",
    then: "200, 201 and 202 are a success; the others are a refusal that tells the status, after one request",
    decision: "D-29, D-80",
    bites: &["RefusedUpdatesSucceed"],
    run: statuses,
    ..SCENARIO
};

/// Returns a client that is ready, whatever its transport.
fn ready(scene: &Scene<'_>) -> Result<SdkClient, Stop> {
    let create = transports(scene).into_iter().next().unwrap_or_default();
    let client = scene.create(create)?;
    client.until_ready()?;
    Ok(client)
}

fn update(feature: &str, value: Option<Value>, lock: Option<bool>) -> Update {
    Update { feature: feature.to_owned(), lock, value }
}

fn requests(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let cases = [
        ("value", update("F", Some("two".into()), None), json!({"value": "two"})),
        ("lock", update("F", None, Some(true)), json!({"lock": true})),
        (
            "lock and value",
            update("F", Some("three".into()), Some(false)),
            json!({"lock": false, "value": "three"}),
        ),
        ("BOOLEAN", update("FLAG", Some(true.into()), None), json!({"value": true})),
    ];
    for (position, (name, update, body)) in cases.into_iter().enumerate() {
        let updated = client.update(&update)?;
        equal(&format!("success of the update of {name}"), updated.accepted, true)?;
        let seen = scene.until_requests("a PUT for each update", Route::Put, position + 1)?;
        let put = request(&seen, Route::Put, position)?;
        equal(&format!("path of the update of {name}"), path_of(&put.path), {
            format!("/features/{}/{}", scene.edge().client_key(), update.feature)
        })?;
        let kind = put.header("content-type").unwrap_or_default();
        let is_json = kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        check("content type of an update", is_json, "application/json", || kind.to_owned())?;
        let mut sent: Value = serde_json::from_slice(&put.body).unwrap_or_default();
        // The value implies this member.
        if let Some(members) = sent.as_object_mut().filter(|sent| sent.contains_key("value"))
            && members.get("updateValue") == Some(&Value::Bool(true))
        {
            members.remove("updateValue");
        }
        equal(&format!("body of the update of {name}"), sent, body)?;
    }
    let stored = |key: &str| scene.edge().feature(key).unwrap_or_default();
    let state = stored("F");
    equal("value at the Edge", state.get("value"), Some(&"three".into()))?;
    equal("lock at the Edge", state.get("l"), Some(&false.into()))?;
    equal("value of the BOOLEAN", stored("FLAG").get("value"), Some(&true.into()))
}

/// Returns the path with the `*` of the key as it is, and with the old form of the key, which has a `+` in place of the `/`, replaced.
fn path_of(path: &str) -> String {
    path.replace("%2A", "*").replace("%2a", "*").replace('+', "/")
}

fn statuses(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let all = [200, 201, 202, 400, 403, 404, 412, 500];
    for (position, status) in all.into_iter().enumerate() {
        scene.edge().behave_on(Route::Put, Behaviour::status(status).body("the Edge says so"));
        let updated = client.update(&update("F", Some("two".into()), None))?;
        let is_success = status < 300;
        equal(&format!("success after {status}"), updated.accepted, is_success)?;
        let told = updated.status.is_some_and(|told| told == status);
        let is_told = told || (is_success && updated.status.is_none());
        check(&format!("the status {status} is told"), is_told, &status.to_string(), || {
            format!("{:?}", updated.status)
        })?;
        let puts = scene.edge().recording().count(Route::Put);
        equal("one request for each update", puts, position + 1)?;
    }
    Ok(())
}
