//! C-STORE: a state that a client keeps.

use std::fs;
use std::path::{Path, PathBuf};

use fh_test_servers::featurehub::{Feature, Recording};
use serde_json::Value;

use super::broken_edge;
use crate::protocol::{Create, SdkReadiness};
use crate::sdk::{
    Group, SCENARIO, Scenario, Scene, SdkClient, Stage, Stop, Tempo, Verdict, check, equal,
};

/// The scenarios of stores.
pub(super) const GROUP: Group = Group {
    name: "C-STORE",
    title: "stores",
    scenarios: &[
        Scenario {
            id: "C-STORE-001",
            name: "save-and-boot",
            given: "a program that ran with a store, and an Edge that refuses connections",
            when: "the program is started again, and later the Edge answers",
            then: "the client is READY with the stored values, which count as stale, and then follows the Edge",
            decision: "D-68, D-79",
            bites: &["StoreIsContact", "StoresAreNeverWritten"],
            run: save_and_boot,
            ..STORE
        },
        Scenario {
            id: "C-STORE-002",
            name: "corrupt",
            given: "stores that are truncated, or hold something else",
            when: "the program is started again",
            then: "the store is ignored, and the client starts as without one",
            decision: "D-79",
            bites: &["StoresAreNeverWritten"],
            run: corrupt,
            ..STORE
        },
        Scenario {
            id: "C-STORE-003",
            name: "newer-wins",
            given: "a store with version 5 of a feature and with a feature that was deleted since, and an Edge with version 4",
            when: "the program is started again",
            then: "the deleted feature is gone, and version 5 stays",
            decision: "D-79, sdk-behaviour 2.2",
            bites: &["StoresAreNeverWritten"],
            stage: newer_wins_stage,
            run: newer_wins,
            ..STORE
        },
        Scenario {
            id: "C-STORE-004",
            name: "other-environment",
            given: "a store that was written for another API key, and an Edge that refuses connections",
            when: "the program is started again, and later the Edge answers",
            then: "the store is not used, and the client serves the features of its own environment",
            decision: "D-79",
            bites: &["StoresOfOtherKeysAreUsed"],
            stage: other_environment_stage,
            run: other_environment,
            ..STORE
        },
        Scenario {
            id: "C-STORE-005",
            name: "no-secrets",
            when: "a client with a store has been closed",
            then: "the store holds features, but no API key",
            decision: "D-79, D-82",
            bites: &["StoresAreNeverWritten"],
            run: no_secrets,
            ..STORE
        },
    ],
    not_executed: &[],
};

const STORE: Scenario = Scenario { tier: 3, requires: &["store"], ..SCENARIO };

/// The environment of C-STORE-004.
const OTHER: &str = "0b3f3a55-9c0b-4a9e-8a44-6a2d9dd9f0a1";

/// Returns the settings of a client with a store.
fn stored(scene: &Scene<'_>) -> Result<Create, Stop> {
    let path = scene.folder()?.join("store");
    Ok(Create { store: Some(path.to_string_lossy().into_owned()), ..scene.following() })
}

/// Runs the program once, so that its store is written.
fn run_once(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(stored(scene)?)?;
    client.until_ready()?;
    client.until_string("value before the restart", "F", "one")?;
    client.close()?;
    scene.restart_adapter()
}

/// Waits until a client has tried to connect in vain, if the SDK tells that.
fn until_tried(client: &SdkClient) -> Verdict {
    if client.state()?.sent.is_some() {
        client.until_state("an attempt in vain", "a request that was sent", |state| {
            state.sent.is_some_and(|sent| sent > 0)
        })?;
    }
    Ok(())
}

fn listen_again(scene: &Scene<'_>) -> Verdict {
    let again = scene.edge().listen_again();
    again.map_err(|error| Stop::failed("the Edge listens again", "a port", error.to_string()))
}

fn save_and_boot(scene: &Scene<'_>) -> Verdict {
    run_once(scene)?;
    scene.edge().kill();
    let client = scene.create(stored(scene)?)?;
    client.until_ready()?;
    equal("value without the Edge", client.string("F")?, "one")?;
    until_tried(&client)?;
    let state = client.state()?;
    equal("readiness without the Edge", state.readiness, SdkReadiness::Ready)?;
    if scene.can("status") {
        equal("stale without the Edge", state.stale, Some(true))?;
    }
    scene.edge().set_value("F", "two");
    listen_again(scene)?;
    client.until_string("value once the Edge answers", "F", "two")?;
    if scene.can("status") {
        client.until_state("stale once the Edge answers", "stale false", |state| {
            state.stale == Some(false)
        })?;
    }
    match stored(scene)?.store {
        Some(store) if scene.is_own() => broken_edge::store_is_no_contact(scene, &store),
        _ => Ok(()),
    }
}

/// Returns the files of a store, which is a file or a folder.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    entries.filter_map(Result::ok).flat_map(|entry| files(&entry.path())).collect()
}

/// Returns the files of the scenario's stores with their contents. There is at least one with content.
fn contents(scene: &Scene<'_>) -> Result<Vec<(PathBuf, Vec<u8>)>, Stop> {
    let read = |path: PathBuf| fs::read(&path).ok().map(|content| (path, content));
    let found: Vec<_> = files(&scene.folder()?).into_iter().filter_map(read).collect();
    let is_written = found.iter().any(|(_, content)| !content.is_empty());
    check("the store is written", is_written, "a file", || format!("{} files", found.len()))?;
    Ok(found)
}

/// Returns what a file of a store is replaced by.
type Change = fn(&[u8]) -> Vec<u8>;

fn corrupt(scene: &Scene<'_>) -> Verdict {
    run_once(scene)?;
    let whole = contents(scene)?;
    let changes: [(&str, Change); 3] = [
        ("half a store", |content| content.get(..content.len() / 2).unwrap_or_default().to_vec()),
        ("another document", |_| br#"{"format":"something else","features":[]}"#.to_vec()),
        ("no text", |_| vec![0xff, 0x00, 0xfe, 0x80]),
    ];
    for (name, change) in changes {
        scene.note(name);
        for (path, content) in &whole {
            let written = fs::write(path, change(content));
            written.map_err(|error| {
                Stop::failed("the store is changed", "a file", error.to_string())
            })?;
        }
        scene.edge().kill();
        let client = scene.create(stored(scene)?)?;
        until_tried(&client)?;
        client.string_stays(
            "value without the Edge",
            "F",
            Value::Null,
            Tempo::watch(scene.tempo().retry, 2),
        )?;
        equal("readiness without the Edge", client.state()?.readiness, SdkReadiness::NotReady)?;
        listen_again(scene)?;
        client.until_ready()?;
        equal("value once the Edge answers", client.string("F")?, "one")?;
        client.close()?;
        scene.restart_adapter()?;
    }
    Ok(())
}

fn newer_wins_stage(stage: &Stage) {
    stage.with_feature_f();
    stage.edge().set_feature(Feature::string("NEWER", "in the store").version(5));
    stage.edge().set_feature(Feature::string("GONE", "in the store"));
}

fn newer_wins(scene: &Scene<'_>) -> Verdict {
    run_once(scene)?;
    let edge = scene.edge();
    edge.kill();
    edge.delete_feature("GONE");
    edge.set_feature(Feature::string("NEWER", "at the Edge").version(4));
    edge.set_feature(Feature::string("F", "two").version(2));
    let client = scene.create(stored(scene)?)?;
    client.until_ready()?;
    equal("deleted feature without the Edge", client.string("GONE")?, "in the store")?;
    listen_again(scene)?;
    client.until_string("value of a newer version", "F", "two")?;
    equal("value of an older version", client.string("NEWER")?, "in the store")?;
    equal("deleted feature once the Edge answers", client.string("GONE")?, Value::Null)
}

fn other_environment_stage(stage: &Stage) {
    stage.with_feature_f();
    stage.edge().environment(OTHER).set_feature(Feature::string("OWN", "own"));
}

fn other_environment(scene: &Scene<'_>) -> Verdict {
    run_once(scene)?;
    contents(scene)?;
    scene.edge().kill();
    let keys = vec![format!("{OTHER}/otherSideSecret4test*0123456789ab")];
    let client = scene.create(Create { keys, ..stored(scene)? })?;
    until_tried(&client)?;
    client.string_stays(
        "value of another environment",
        "F",
        Value::Null,
        Tempo::watch(scene.tempo().retry, 2),
    )?;
    equal("readiness without the Edge", client.state()?.readiness, SdkReadiness::NotReady)?;
    listen_again(scene)?;
    client.until_ready()?;
    equal("value of the own environment", client.string("OWN")?, "own")?;
    equal("value of another environment", client.string("F")?, Value::Null)
}

fn no_secrets(scene: &Scene<'_>) -> Verdict {
    run_once(scene)?;
    let key = scene.edge().client_key();
    // The part before the sign that some encodings replace.
    let secret = key.rsplit('/').next().and_then(|secret| secret.split('*').next());
    let secret = secret.unwrap_or_default();
    let requests = |seen: &Recording| seen.requests.len();
    check("the key was used", requests(&scene.edge().recording()) > 0, "a request", || {
        "none".to_owned()
    })?;
    for (path, content) in contents(scene)? {
        let text = String::from_utf8_lossy(&content);
        check("no API key in the store", !text.contains(secret), "no part of the key", || {
            format!("{secret} in {}", path.display())
        })?;
    }
    Ok(())
}
