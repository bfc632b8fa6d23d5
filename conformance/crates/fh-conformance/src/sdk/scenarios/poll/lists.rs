//! C-POLL-019 to 024: what a list says about features.

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, Feature, Route};
use serde_json::{Value, json};

use super::super::broken_edge;
use super::{
    AGAIN, GO, POLLING, held, json_text, keeps_one, problem_is_shown, readiness_is,
    recovers_with_two, releases_one, retry_delay,
};
use crate::protocol::{Create, ListenOn, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, Stage, Tempo, Verdict, at_least, check, equal,
};

pub(super) const WITHOUT_FEATURES: Scenario = Scenario {
    id: "C-POLL-019",
    name: "env-without-features",
    needs: &["poll_ms"],
    given: "an Edge that answers twice with an environment without a list of features, before the first list and after it",
    when: "a client polls",
    then: "such an answer changes nothing and polling goes on; the client is never FAILED, and READY at the latest with the next list",
    decision: "D-60",
    bites: &["EmptyListEmpties", "EtagOfDoubt", "ProblemSticks", "UnusedListsRenew"],
    stage: |stage| odd_answers(stage, without_features),
    run: without_list,
    ..POLLING
};

pub(super) const EMPTY_ARRAY: Scenario = Scenario {
    id: "C-POLL-020",
    name: "empty-array",
    needs: &["poll_ms"],
    given: "an Edge that answers twice with an empty list of environments, before the first list and after it",
    when: "a client polls",
    then: "it is FAILED before the first list, and keeps READY and its values after it; polling goes on",
    decision: "D-68",
    bites: &["NoEnvironmentsEmpties"],
    stage: |stage| odd_answers(stage, || json_text("[]")),
    run: empty_array,
    ..POLLING
};

pub(super) const TWO_ENVIRONMENTS: Scenario = Scenario {
    id: "C-POLL-021",
    name: "two-envs",
    requires: &["transport.poll", "key.multi"],
    given: "two environments with different features",
    when: "a client with a key of each polls, and one environment loses a feature",
    then: "one request has both keys, the features of both are readable, each in its environment, and only the lost one is gone",
    decision: "D-60",
    bites: &[
        "EntriesNotJoined",
        "LastKeyAnswers",
        "OneUnknownEnvironmentTaken",
        "UnknownEnvironmentsStay",
    ],
    stage: |stage| {
        stage.with_feature_f();
        let other = stage.edge().environment(OTHER);
        other.set_feature(Feature::string("G", "green"));
        other.set_feature(Feature::string("H", "high"));
        stage.edge().set_feature(Feature::string("S", "of the first key"));
        other.set_feature(Feature::string("S", "of the second key"));
    },
    run: two_environments,
    ..POLLING
};

pub(super) const REMOVED: Scenario = Scenario {
    id: "C-POLL-022",
    name: "removed",
    given: "an Edge with the features F and G",
    when: "a later answer lacks G",
    then: "G no longer exists, a listener of G is called once, and F stays",
    decision: "D-26",
    bites: &["ListsRemoveNothing"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().set_feature(Feature::string("G", "green"));
    },
    run: removed,
    ..POLLING
};

pub(super) const OLDER_VERSION: Scenario = Scenario {
    id: "C-POLL-023",
    name: "older-version",
    given: "an Edge with version 5 of F",
    when: "a later answer has version 4 of F, and a new version of G",
    then: "F stays as in version 5, and G changes",
    decision: "sdk-behaviour 2.2",
    bites: &["OlderVersionsTaken"],
    stage: version_five,
    run: older_version,
    ..POLLING
};

pub(super) const SAME_VERSION: Scenario = Scenario {
    id: "C-POLL-024",
    name: "same-version-new-value",
    given: "an Edge with version 5 of F",
    when: "a later answer has another value for version 5 of F",
    then: "F has the later value",
    decision: "sdk-behaviour 2.2",
    bites: &["EqualVersionsKept"],
    stage: version_five,
    run: same_version,
    ..POLLING
};

const OTHER: &str = "11111111-2222-3333-4444-555555555555";

fn without_features() -> Behaviour {
    json_text(json!([{ "id": ENVIRONMENT }]).to_string())
}

/// Gives two odd answers before the first list, and two after it.
fn odd_answers(stage: &Stage, odd: fn() -> Behaviour) {
    stage.with_feature_f();
    let script = [odd(), odd(), Behaviour::healthy(), odd(), odd()];
    stage.edge().script(Route::Poll, script, Behaviour::healthy());
}

/// As [`odd_answers`], but the Edge holds the good answers back.
fn held_answers(scene: &Scene<'_>, odd: fn() -> Behaviour) {
    let script = [odd(), odd(), held(GO), odd(), odd(), held(AGAIN)];
    scene.edge().script(Route::Poll, script, Behaviour::healthy());
}

fn version_five(stage: &Stage) {
    stage.edge().set_feature(Feature::string("F", "five").version(5));
    stage.edge().set_feature(Feature::string("G", "one"));
}

fn without_list(scene: &Scene<'_>) -> Verdict {
    held_answers(scene, without_features);
    let client = scene.create(scene.polling())?;
    let seen = scene.until_requests("polling goes on before the first list", Route::Poll, 3)?;
    at_least("delay before the first list", &seen.gaps(Route::Poll), retry_delay(scene))?;
    let readiness = client.state()?.readiness;
    let is_open = matches!(readiness, SdkReadiness::NotReady | SdkReadiness::Ready);
    check("not FAILED without a list", is_open, "NOT_READY or READY", || readiness.to_string())?;
    equal("value before the first list", client.string("F")?, Value::Null)?;
    // The client may be READY already, without features.
    scene.edge().signal(GO);
    client.until_string("value of the first list", "F", "one")?;
    after_odd_answers(scene, &client)?;
    if scene.is_own() {
        broken_edge::etag_without_a_list(scene)?;
        broken_edge::empty_list(scene)?;
    }
    Ok(())
}

fn empty_array(scene: &Scene<'_>) -> Verdict {
    held_answers(scene, || json_text("[]"));
    let client = scene.create(scene.polling())?;
    client.until_readiness("FAILED without environments", SdkReadiness::Failed)?;
    let seen = scene.until_requests("polling goes on before the first list", Route::Poll, 3)?;
    at_least("delay before the first list", &seen.gaps(Route::Poll), retry_delay(scene))?;
    scene.answers("value before the first list", &client, "F", &ExpectedAnswer::not_ready())?;
    readiness_is(&client, "FAILED until the first list", SdkReadiness::Failed)?;
    releases_one(scene, &client)?;
    client.until_readiness("READY with the first list", SdkReadiness::Ready)?;
    after_odd_answers(scene, &client)
}

/// Checks the two odd answers after the first list.
fn after_odd_answers(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    let seen = scene.until_requests("polling goes on after the first list", Route::Poll, 6)?;
    let gaps = seen.gaps(Route::Poll).split_off(2);
    at_least("the interval between polls", &gaps, scene.tempo().poll)?;
    keeps_one(scene, client, "value after odd answers")?;
    problem_is_shown(scene, client, "the status shows the problem")?;
    recovers_with_two(scene, client)
}

fn two_environments(scene: &Scene<'_>) -> Verdict {
    let other = scene.edge().environment(OTHER);
    let keys = vec![scene.edge().client_key(), format!("{OTHER}/other*secret")];
    let client = scene.create(Create { keys: keys.clone(), ..scene.polling() })?;
    client.until_ready()?;
    scene.answers(
        "value of the first environment",
        &client,
        "F",
        &ExpectedAnswer::string("one"),
    )?;
    scene.answers(
        "value of the second environment",
        &client,
        "G",
        &ExpectedAnswer::string("green"),
    )?;
    scene.answers("another value of it", &client, "H", &ExpectedAnswer::string("high"))?;
    if scene.is_own() {
        let first = ExpectedAnswer::string("of the first key");
        scene.answers("value of a feature of both environments", &client, "S", &first)?;
    }
    let seen = scene.until_requests("polling goes on", Route::Poll, 2)?;
    for poll in seen.of(Route::Poll) {
        equal("keys of a poll", &poll.request.api_keys(), &keys)?;
    }
    environments_are_kept(scene, &client)?;
    let same = Feature::string("S", "of the second key");
    other.replace_all([Feature::string("G", "grey").version(2), same]);
    client.until_string("a change of the second environment", "G", "grey")?;
    scene.answers("the removed feature", &client, "H", &ExpectedAnswer::missing())?;
    scene.answers("the first environment stays", &client, "F", &ExpectedAnswer::string("one"))?;
    if scene.is_own() {
        odd_entries(scene, &client)?;
        strange_environment(scene)?;
    }
    Ok(())
}

/// The id of an environment of which no client has a key.
const STRANGE: &str = "5b0c4a9e-3d4f-4f0e-9d3b-0c7d2a6c1e55";

fn environments(list: &Value) -> Behaviour {
    let head = Behaviour::status(200).header("content-type", "application/json");
    head.body(list.to_string())
}

fn entry(id: &str, feature: Feature) -> Value {
    json!({ "id": id, "features": [feature.json()] })
}

/// Checks that an environment of no key is left out, and that two entries for one environment are one list.
fn odd_entries(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    let list = json!([
        entry(ENVIRONMENT, Feature::string("F", "one")),
        entry(STRANGE, Feature::string("X", "strange")),
        entry(OTHER, Feature::string("G", "grown").version(3)),
        entry(OTHER, Feature::string("H", "higher").version(3)),
    ]);
    scene.edge().behave_on(Route::Poll, environments(&list));
    client.until_string("the first of two entries", "G", "grown")?;
    let higher = ExpectedAnswer::string("higher").version(3);
    scene.answers("the second of two entries", client, "H", &higher)?;
    let label = "a feature of an environment of no key";
    scene.answers(label, client, "X", &ExpectedAnswer::missing())
}

/// Checks that the only environment of an answer is left out if no key belongs to it.
fn strange_environment(scene: &Scene<'_>) -> Verdict {
    let list = json!([entry(STRANGE, Feature::string("F", "strange"))]);
    scene.edge().behave_on(Route::Poll, environments(&list));
    let before = scene.edge().recording().count(Route::Poll);
    let client = scene.create(scene.polling())?;
    scene.until_requests("a poll for a strange environment", Route::Poll, before + 2)?;
    client.until_readiness("FAILED for a strange environment", SdkReadiness::Failed)?;
    let answer = client.read(SdkClient::getter("F", "STRING"))?;
    equal("value of a strange environment", answer.value, Value::Null)
}

/// Checks that usage events name the environment of a feature, if the SDK has usage events.
fn environments_are_kept(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    if !scene.can("usage") {
        return Ok(());
    }
    let uses = client.on("uses", ListenOn::Usage)?;
    for (label, feature, environment) in
        [("environment of F", "F", ENVIRONMENT), ("environment of G", "G", OTHER)]
    {
        client.string(feature)?;
        let call =
            uses.until_call(label, "a use", |call| call.feature.as_deref() == Some(feature))?;
        equal(label, call.environment.as_deref(), Some(environment))?;
    }
    Ok(())
}

fn removed(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    scene.answers("value before the removal", &client, "G", &ExpectedAnswer::string("green"))?;
    let can_listen = scene.can("listen.feature");
    let changes = can_listen.then(|| client.on_change("changes", "G")).transpose()?;
    scene.edge().delete_feature("G");
    client.until_string("no value after the removal", "G", Value::Null)?;
    scene.answers("the removed feature", &client, "G", &ExpectedAnswer::missing())?;
    scene.answers("the other feature stays", &client, "F", &ExpectedAnswer::string("one"))?;
    if let Some(changes) = changes {
        let calls = changes.until_calls("a call about the removal", 1)?;
        let call = calls.into_iter().next().unwrap_or_default();
        equal("the value in the call", call.value.unwrap_or_default(), Value::Null)?;
        equal("the feature in the call is gone", call.exists.unwrap_or(false), false)?;
        scene.edge().set_value("F", "two");
        client.until_string("a change of the other feature", "F", "two")?;
        let watch = Tempo::watch(scene.tempo().poll, 3);
        changes.no_more_than("one call about the removal", 1, watch)?;
    }
    Ok(())
}

fn older_version(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let five = ExpectedAnswer::string("five").version(5);
    scene.answers("value of version 5", &client, "F", &five)?;
    scene.edge().replace_all([
        Feature::string("F", "four").version(4),
        Feature::string("G", "two").version(2),
    ]);
    client.until_string("the other change of the answer", "G", "two")?;
    scene.answers("value after version 4", &client, "F", &five)?;
    scene.edge().set_feature(Feature::string("F", "six").version(6));
    client.until_string("the value of version 6", "F", "six")?;
    scene.answers("answer of version 6", &client, "F", &ExpectedAnswer::string("six").version(6))
}

fn same_version(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    scene.answers("the first value", &client, "F", &ExpectedAnswer::string("five").version(5))?;
    scene.edge().set_feature(Feature::string("F", "also five").version(5));
    client.until_string("the later value", "F", "also five")?;
    scene.answers("the later answer", &client, "F", &ExpectedAnswer::string("also five").version(5))
}
