//! C-KEY: API keys that change while a client runs.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature};
use serde_json::Value;

use crate::protocol::Create;
use crate::sdk::{ExpectedAnswer, Group, SCENARIO, Scenario, Scene, TEMPO, Tempo, Verdict, equal};

/// The scenarios of changed API keys.
pub(super) const GROUP: Group = Group {
    name: "C-KEY",
    title: "changed API keys",
    scenarios: &[Scenario {
        id: "C-KEY-001",
        name: "other-environment",
        tier: 3,
        requires: &["keys.change", "key.client_eval"],
        given: "a ready client, and another environment, for which the Edge holds its answers back",
        when: "the program replaces the API key by one of the other environment, and the Edge answers",
        then: "the features of the former key are gone at once, also while updates are held; those of the new key follow, and no request has the former key",
        decision: "D-60",
        bites: &["KeysLeaveFeatures", "RevokedStayServed"],
        tempo: PATIENT,
        stage: |stage| {
            stage.with_feature_f();
            stage.edge().environment(OTHER).set_feature(Feature::string("G", "green"));
        },
        run: other_environment,
        ..SCENARIO
    }],
    not_executed: &[],
};

const OTHER: &str = "11111111-2222-3333-4444-555555555555";

/// The signal that releases the answers of the Edge.
const GO: &str = "go";

/// Delays of a client whose requests the Edge holds back.
const PATIENT: Tempo =
    Tempo { head: Duration::from_secs(30), whole_poll: Duration::from_secs(30), ..TEMPO };

/// The time after which the runner gives up a call that waits for an answer. The call's request is still in flight.
const IMPATIENCE: Duration = Duration::from_millis(100);

fn other_environment(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    equal("value of the former key", client.string("F")?, "one")?;
    let before = scene.edge().recording().requests.len();
    scene.edge().behave(Behaviour::new().wait_for_signal(GO).then_healthy());
    let keys = [format!("{OTHER}/other*secret")];
    // A call that waits for the answer is given up here.
    let _ = client.keys(&keys, IMPATIENCE)?;
    client.until_string("the former features are gone before the answer", "F", Value::Null)?;
    let seen = scene.until("a request with the new key", "one", |seen| {
        seen.requests.iter().skip(before).any(|seen| seen.request.api_keys() == keys)
    })?;
    scene.edge().signal(GO);
    client.until_string("value of the new key", "G", "green")?;
    scene.answers("a feature of the former key", &client, "F", &ExpectedAnswer::missing())?;
    let first = seen.requests.iter().position(|seen| seen.request.api_keys() == keys);
    for seen in scene.edge().recording().requests.iter().skip(first.unwrap_or_default()) {
        equal("key of a later request", seen.request.api_keys(), keys.to_vec())?;
    }
    scene.edge().environment(OTHER).set_feature(Feature::string("G", "grey").version(2));
    client.until_string("a change of the other environment", "G", "grey")?;
    if scene.can("catch_release") { held_updates(scene, &keys) } else { Ok(()) }
}

/// Checks that the features of the former key are gone at once although the client holds updates.
fn held_updates(scene: &Scene<'_>, keys: &[String]) -> Verdict {
    scene.edge().behave(Behaviour::healthy());
    let client = scene.create(Create { catch: true, ..scene.updating() })?;
    client.until_ready()?;
    equal("value of the former key while updates are held", client.string("F")?, "one")?;
    scene.edge().behave(Behaviour::new().hang());
    let _ = client.keys(keys, IMPATIENCE)?;
    let label = "the former features are gone although updates are held";
    client.until_string(label, "F", Value::Null)
}
