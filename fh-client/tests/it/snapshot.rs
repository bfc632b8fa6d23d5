//! Snapshot files, and features given at the start (C-STORE). Files are checked against `docs/reference/snapshot.schema.json`.

use std::path::Path;
use std::time::Duration;

use fh_client::{
    Attributes, Client, Connection, NotReady, Readiness, SnapshotFile, Source, Timestamp,
    WhileSwitching,
};
use fh_test::Folder;
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Route};
use serde_json::{Value, json};

use crate::support::{PATIENCE, builder, builder_with, reads, seen, soon, started, until};

const FILE: &str = "flags.json";

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Runs a client with this file until it has closed.
fn ran(edge: &FakeEdge, file: &Path) {
    let client = started(builder(edge).snapshot_file(file.to_path_buf()));
    client.close();
    soon(client.closed());
}

#[test]
fn a_program_starts_while_the_edge_is_away() {
    let (edge, folder) = (edge(), Folder::new());
    ran(&edge, &folder.file(FILE));
    edge.refuse();
    let client = started(builder(&edge).snapshot_file(folder.file(FILE)));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let status = until(&client, |status| status.problem.is_some());
    assert_eq!(status.readiness, Readiness::Ready);
    assert_eq!(status.source, Some(Source::Snapshot));
    assert!(status.data_age.is_some());
    // The client fetches newer features once the Edge answers.
    edge.listen_again().unwrap();
    edge.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    until(&client, |status| status.source == Some(Source::Streaming));
}

/// The first read after the start has the value of the file, although the client's thread has not run yet. A file that cannot be used is a
/// notice, and the client works without it.
#[test]
fn a_file_that_is_read_at_the_start_serves_the_first_read() {
    let (edge, folder) = (edge(), Folder::new());
    ran(&edge, &folder.file(FILE));
    edge.refuse();
    let file = SnapshotFile::new(folder.file(FILE)).read_at_start();
    // This runtime runs nothing until the end of the test, so no task of the client has run at the first read.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (notices, seen) = std::sync::mpsc::channel();
    let begin = |file: &SnapshotFile| {
        let notices = notices.clone();
        let builder = builder(&edge).snapshot_file(file.clone()).runtime(runtime.handle().clone());
        builder.on_notice(move |notice| notices.send(notice.to_string()).unwrap()).start().unwrap()
    };
    let client = begin(&file);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(client.readiness(), Readiness::Ready);
    let status = client.status();
    assert_eq!(status.source, Some(Source::Snapshot));
    assert!(status.data_age.is_some());
    let later = begin(&SnapshotFile::new(folder.file(FILE)));
    assert_eq!(later.string("COLOUR"), None, "another client reads its file in the background");
    let missing = begin(&SnapshotFile::new(folder.file("missing.json")).read_at_start());
    assert_eq!(missing.readiness(), Readiness::NotReady);
    assert!(seen.try_recv().is_err());
    std::fs::write(folder.file(FILE), "{").unwrap();
    let broken = begin(&file);
    assert_eq!((broken.string("COLOUR"), broken.readiness()), (None, Readiness::NotReady));
    let notice = seen.recv_timeout(PATIENCE).unwrap();
    assert!(notice.contains("the file cannot be read"), "{notice}");
    let old = begin(&file.clone().max_age(Duration::ZERO));
    assert_eq!(old.readiness(), Readiness::NotReady);
}

/// Returns the problems of a snapshot by the JSON Schema.
fn problems(snapshot: &Value) -> Vec<String> {
    let schema = include_str!("../../../docs/reference/snapshot.schema.json");
    let schema = jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap();
    schema.iter_errors(snapshot).map(|problem| problem.to_string()).collect()
}

#[test]
fn files_of_both_kinds_of_keys_match_the_schema() {
    let (edge, folder) = (edge(), Folder::new());
    let maras = Attributes::builder().user_key("mara").build();
    for (key, kind, context) in [
        (edge.client_key(), "client-evaluated", None),
        (edge.server_key(), "server-evaluated", None),
        (edge.server_key(), "server-evaluated", Some(maras)),
    ] {
        let has_context = context.is_some();
        let mut builder = builder_with(&edge, &key).snapshot_file(folder.file(FILE));
        if let Some(context) = context {
            builder = builder.initial_context(context);
        }
        let client = started(builder);
        client.close();
        soon(client.closed());
        let snapshot = json_of(&folder.file(FILE));
        assert_eq!(problems(&snapshot), [""; 0], "{snapshot}");
        assert_eq!(snapshot["kind"], kind);
        assert_eq!(snapshot["context"] != "0", has_context);
        assert_eq!(snapshot["environments"][0]["features"][0]["key"], "COLOUR");
        for (member, bad) in [
            ("format", json!("featurehub-snapshot/2")),
            ("savedAt", json!(0)),
            ("kind", json!("both")),
            ("keys", json!(key)),
            ("context", json!("userkey=mara")),
            ("environments", json!([{"id": "1", "features": [{}]}])),
        ] {
            let mut changed = snapshot.clone();
            changed[member] = bad;
            assert_ne!(problems(&changed), [""; 0], "{member}");
        }
    }
}

#[test]
fn the_file_holds_no_key_and_is_private() {
    let (edge, folder) = (edge(), Folder::new());
    ran(&edge, &folder.file(FILE));
    let text = std::fs::read_to_string(folder.file(FILE)).unwrap();
    let key = edge.client_key();
    let secret = key.split('/').next_back().unwrap();
    assert!(!text.contains(secret) && text.contains("COLOUR"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.file(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

/// Checks that an unusable file is reported, and that the client works without it.
fn is_ignored(change: impl FnOnce(&mut Value), why: &str) {
    let (edge, folder) = (edge(), Folder::new());
    ran(&edge, &folder.file(FILE));
    let mut json = json_of(&folder.file(FILE));
    change(&mut json);
    let text = match &json {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    std::fs::write(folder.file(FILE), text).unwrap();
    edge.refuse();
    let file = SnapshotFile::new(folder.file(FILE)).max_age(Duration::from_secs(600));
    let (told, notices) = std::sync::mpsc::channel();
    let client = builder(&edge)
        .snapshot_file(file)
        .on_notice(move |notice| drop(told.send(notice.to_string())))
        .start()
        .unwrap();
    let status = until(&client, |status| status.attempts > 1);
    assert_eq!(status.readiness, Readiness::NotReady);
    let notice = notices.recv_timeout(PATIENCE).unwrap();
    assert!(notice.contains(why), "{notice}");
    edge.listen_again().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    // The client has written a usable file again.
    client.close();
    soon(client.closed());
    assert_eq!(json_of(&folder.file(FILE))["environments"][0]["features"][0]["key"], "COLOUR");
}

#[test]
fn a_truncated_file_is_ignored() {
    is_ignored(
        |json| {
            let mut text = json.to_string();
            text.truncate(text.len() / 2);
            *json = Value::String(text);
        },
        "cannot be read",
    );
}

#[test]
fn a_foreign_file_is_ignored() {
    is_ignored(|json| *json = json!({"format": "something else"}), "not a snapshot");
}

#[test]
fn a_file_of_other_keys_is_ignored() {
    is_ignored(|json| json["keys"] = json!("0123"), "other API keys");
}

#[test]
fn a_file_of_another_context_is_ignored() {
    is_ignored(|json| json["context"] = json!("0123"), "another context");
}

#[test]
fn a_file_that_is_too_old_is_ignored() {
    is_ignored(|json| json["savedAt"] = json!("2020-01-01T00:00:00Z"), "maximum age");
}

#[test]
fn later_features_are_written_with_the_time_of_their_confirmation() {
    let (edge, folder) = (edge(), Folder::new());
    let now = || Timestamp::from_millis(1_700_000_000_000);
    let client = started(builder(&edge).snapshot_file(folder.file(FILE)).clock(now));
    edge.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    // `flush` does not wait for the pause between writes.
    client.flush(PATIENCE).unwrap();
    let json = json_of(&folder.file(FILE));
    assert_eq!(json["environments"][0]["features"][0]["value"], "blue");
    assert_eq!(json["savedAt"], "2023-11-14T22:13:20.000Z");
}

/// While no stream is open, only a response of the Edge makes the features, or the time of their confirmation, newer than the file.
#[test]
fn a_file_without_news_is_not_written_again() {
    let (edge, folder) = (edge(), Folder::new());
    let file = folder.file(FILE);
    let client = started(builder(&edge).polling(PATIENCE * 10).snapshot_file(file.clone()));
    client.flush(PATIENCE).unwrap();
    std::fs::remove_file(&file).unwrap();
    client.flush(PATIENCE).unwrap();
    assert!(!file.exists());
    // The features are the same, but the Edge has confirmed them.
    soon(client.refresh()).unwrap();
    client.flush(PATIENCE).unwrap();
    std::fs::remove_file(&file).unwrap();
    client.close();
    soon(client.closed());
    assert!(!file.exists());
}

#[test]
fn a_restored_file_is_not_made_younger() {
    let (edge, folder) = (edge(), Folder::new());
    ran(&edge, &folder.file(FILE));
    let before = std::fs::read(folder.file(FILE)).unwrap();
    edge.refuse();
    let client = started(builder(&edge).snapshot_file(folder.file(FILE)));
    client.flush(PATIENCE).unwrap();
    client.close();
    soon(client.closed());
    assert_eq!(std::fs::read(folder.file(FILE)).unwrap(), before);
}

#[test]
fn server_evaluated_values_are_one_contexts() {
    let (edge, folder) = (edge(), Folder::new());
    let user = |name: &str| Attributes::builder().user_key(name).build();
    let with = |name: &str| {
        builder_with(&edge, &edge.server_key())
            .initial_context(user(name))
            .snapshot_file(folder.file(FILE))
    };
    let client = started(with("fred"));
    client.close();
    soon(client.closed());
    edge.refuse();
    let fred = started(with("fred"));
    assert_eq!(fred.context_of(user("fred")).string("COLOUR").as_deref(), Some("red"));
    let mary = with("mary").start().unwrap();
    until(&mary, |status| status.attempts > 0);
    assert_eq!(mary.readiness(), Readiness::NotReady);
}

/// While old values are kept during a change of context, the file never stores them for the new context.
#[test]
fn while_the_context_changes_nothing_is_written() {
    let (edge, folder) = (edge(), Folder::new());
    let user = |name: &str| Attributes::builder().user_key(name).build();
    let client = started(
        builder_with(&edge, &edge.server_key())
            .initial_context(user("fred"))
            .while_switching(WhileSwitching::Keep)
            .snapshot_file(folder.file(FILE)),
    );
    client.flush(PATIENCE).unwrap();
    let before = json_of(&folder.file(FILE))["context"].clone();
    edge.behave_on(Route::Stream, Behaviour::new().wait_for_signal("go").then_healthy());
    std::thread::scope(|scope| {
        let switching = scope.spawn(|| soon(client.set_context(user("mary"))).map(drop));
        edge.wait_for_requests(Route::Stream, 2, PATIENCE).unwrap();
        assert!(client.is_ready());
        client.flush(PATIENCE).unwrap();
        assert_eq!(json_of(&folder.file(FILE))["context"], before);
        edge.signal("go");
        switching.join().unwrap().unwrap();
    });
    client.flush(PATIENCE).unwrap();
    assert_ne!(json_of(&folder.file(FILE))["context"], before);
}

#[test]
fn other_keys_own_the_file_from_then_on() {
    let (edge, folder) = (edge(), Folder::new());
    let client = started(builder(&edge).snapshot_file(folder.file(FILE)));
    client.flush(PATIENCE).unwrap();
    let before = json_of(&folder.file(FILE))["keys"].clone();
    let other = edge.environment("11111111-2222-3333-4444-555555555555");
    other.set_feature(Feature::string("SHAPE", "round"));
    let key = format!("{}/other*Secret", other.id());
    soon(client.set_api_keys([&key])).unwrap();
    client.flush(PATIENCE).unwrap();
    let after = json_of(&folder.file(FILE));
    assert_ne!(after["keys"], before);
    assert_eq!(after["environments"][0]["id"], other.id());
    client.close();
    soon(client.closed());
    edge.refuse();
    let again = started(builder_with(&edge, &key).snapshot_file(folder.file(FILE)));
    assert_eq!(again.string("SHAPE").as_deref(), Some("round"));
}

/// With new keys the client continues to serve the features of environments that they can read, but only the former keys were
/// verified. A start with the new keys must not find these features (D-79).
#[test]
fn features_of_former_keys_are_not_written_for_other_keys() {
    let (edge, folder) = (edge(), Folder::new());
    let other = edge.environment("11111111-2222-3333-4444-555555555555");
    other.set_feature(Feature::string("SHAPE", "round"));
    let both = builder(&edge).api_key(format!("{}/other*Secret", other.id()));
    let client = started(both.snapshot_file(folder.file(FILE)));
    client.flush(PATIENCE).unwrap();
    let before = json_of(&folder.file(FILE));
    edge.refuse();
    edge.close_connections(Closing::Rst);
    // The removal of the other environment's features is published, and so is a feature of a store.
    soon(client.set_api_keys([edge.client_key()])).unwrap_err();
    let stored = r#"[{"id":"9","key":"SIZE","type":"STRING","version":1,"value":"large"}]"#;
    client.offer_features("a-store", fh_test_servers::featurehub::ENVIRONMENT, stored);
    reads(&client, "SIZE", "large");
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert!(!client.exists("SHAPE"));
    client.flush(PATIENCE).unwrap();
    client.close();
    soon(client.closed());
    assert_eq!(json_of(&folder.file(FILE)), before);
}

#[test]
fn other_keys_of_the_same_environment_own_the_file_without_a_changed_feature() {
    let (edge, folder) = (edge(), Folder::new());
    let client = started(builder(&edge).snapshot_file(folder.file(FILE)));
    client.flush(PATIENCE).unwrap();
    let before = json_of(&folder.file(FILE));
    soon(
        client.set_api_keys([format!("{}/other*Secret", fh_test_servers::featurehub::ENVIRONMENT)]),
    )
    .unwrap();
    client.flush(PATIENCE).unwrap();
    let after = json_of(&folder.file(FILE));
    assert_ne!(after["keys"], before["keys"]);
    assert_eq!(after["environments"], before["environments"]);
}

#[test]
fn a_store_does_not_end_the_writing() {
    let (edge, folder) = (edge(), Folder::new());
    let client = started(builder(&edge).snapshot_file(folder.file(FILE)));
    let stored = r#"[{"id":"9","key":"SHAPE","type":"STRING","version":1,"value":"round"}]"#;
    client.offer_features("a-store", fh_test_servers::featurehub::ENVIRONMENT, stored);
    reads(&client, "SHAPE", "round");
    client.flush(PATIENCE).unwrap();
    assert!(json_of(&folder.file(FILE)).to_string().contains("SHAPE"));
}

#[test]
fn an_unwritable_path_does_not_affect_the_client() {
    let (edge, folder) = (edge(), Folder::new());
    let client = started(builder(&edge).snapshot_file(folder.file("none").join("flags.json")));
    client.flush(PATIENCE).unwrap();
    edge.set_value("COLOUR", "blue");
    reads(&client, "COLOUR", "blue");
    client.close();
    soon(client.closed());
}

#[test]
fn features_given_at_the_start_are_there_at_once() {
    let edge = FakeEdge::start_refusing().unwrap();
    let list = r#"[{"id":"1","key":"COLOUR","type":"STRING","version":1,"value":"given"}]"#;
    let client = builder(&edge).bootstrap(list).start().unwrap();
    assert!(client.is_ready());
    assert_eq!(client.string("COLOUR").as_deref(), Some("given"));
    edge.set_feature(Feature::string("COLOUR", "red").version(2));
    edge.listen_again().unwrap();
    reads(&client, "COLOUR", "red");
    seen(&edge, |seen| seen.live_streams() == 1);
    assert!(builder(&edge).bootstrap("no json").start().is_err());
}

#[test]
fn features_of_an_environment_that_no_key_opens_are_not_served() {
    let edge = FakeEdge::start_refusing().unwrap();
    let foreign = r#"[{"id":"another","features":[{"key":"COLOUR","type":"STRING","value":"x"}]}]"#;
    let (told, notices) = std::sync::mpsc::channel();
    let client = builder(&edge)
        .bootstrap(foreign)
        .on_notice(move |notice| drop(told.send(notice.to_string())))
        .start()
        .unwrap();
    assert!(!client.is_ready() && !client.exists("COLOUR"));
    let notice = notices.recv_timeout(PATIENCE).unwrap();
    assert!(notice.contains("another"), "{notice}");
}

/// The case of letters in ids does not matter.
#[test]
fn features_are_given_for_an_environment_in_any_case() {
    let edge = FakeEdge::start_refusing().unwrap();
    let id = fh_test_servers::featurehub::ENVIRONMENT.to_uppercase();
    assert_ne!(id, fh_test_servers::featurehub::ENVIRONMENT);
    let given = format!(
        r#"[{{"id":"{id}","features":[{{"key":"COLOUR","type":"STRING","value":"given"}}]}}]"#
    );
    let client = builder(&edge).api_key(format!("{id}/other*Secret")).bootstrap(given);
    let client = client.start().unwrap();
    assert!(client.is_ready());
    assert_eq!(client.string("COLOUR").as_deref(), Some("given"));
    assert_eq!(client.environments(), [fh_test_servers::featurehub::ENVIRONMENT.into()]);
}

#[test]
fn offline_with_and_without_features() {
    let list = r#"[{"id":"any","features":[{"key":"COLOUR","type":"STRING","value":"given"}]}]"#;
    let client = Client::offline().bootstrap(list).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("given"));
    until(&client, |status| status.connection == Connection::Offline);
    let empty = Client::offline().start().unwrap();
    assert_eq!(empty.wait_ready(PATIENCE), Err(NotReady::Stopped));
    // A store may still add features.
    empty.offer_features(
        "a-store",
        "any",
        r#"[{"key":"COLOUR","type":"STRING","value":"stored"}]"#,
    );
    reads(&empty, "COLOUR", "stored");
    let status = until(&empty, |status| status.readiness == Readiness::Ready);
    assert_eq!(status.source, Some(Source::Store("a-store".into())));
}

/// Features continue to arrive even if a program uses all threads that may block, or if the disk hangs.
#[test]
fn a_slow_write_does_not_delay_features() {
    let (edge, folder) = (edge(), Folder::new());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let builder = builder(&edge).runtime(runtime.handle().clone());
    let client = started(builder.snapshot_file(folder.file(FILE)));
    client.flush(PATIENCE).unwrap();
    let (release, held) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || held.recv());
    std::thread::scope(|scope| {
        edge.set_value("COLOUR", "blue");
        reads(&client, "COLOUR", "blue");
        let flushing = scope.spawn(|| client.flush(PATIENCE));
        edge.set_value("COLOUR", "green");
        reads(&client, "COLOUR", "green");
        edge.set_value("COLOUR", "pink");
        reads(&client, "COLOUR", "pink");
        assert!(!flushing.is_finished());
        drop(release);
        flushing.join().unwrap().unwrap();
    });
    client.flush(PATIENCE).unwrap();
    assert_eq!(json_of(&folder.file(FILE))["environments"][0]["features"][0]["value"], "pink");
}
