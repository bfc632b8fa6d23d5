//! Overrides by YAML files, and stores of features in them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use fh_client::Client;
use fh_client::overrides::{YamlOverrides, YamlStore};
use fh_repository::{Interceptor as _, LockPolicy};
use fh_test::Folder;
use fh_test::wait::{PATIENCE, wait_for, wait_until};

use super::{repository, shown};

/// Writes a file for one test. It is deleted with the folder.
fn file(text: &str) -> (Folder, PathBuf) {
    let folder = Folder::new();
    folder.write("features.yaml", text, 1);
    let path = folder.file("features.yaml");
    (folder, path)
}

#[test]
fn a_file_overrides_features_by_type() {
    let (_folder, path) = file(
        "flagValues:\n  FLAG: \"TRUE\"\n  PRICE: 17.30\n  TEXT: 5\n  LAYOUT: {columns: 3}\n  LOCKED: true\n  ELSEWHERE: [1]\n  TWO WORDS:\n",
    );
    let repository = repository();
    let overrides = YamlOverrides::open(path);
    assert_eq!(overrides.problem(), None);
    let guard = repository.intercept(Arc::new(overrides), LockPolicy::Respect);
    assert_eq!(shown(&repository, "FLAG"), "true by local-yaml");
    assert_eq!(repository.read().number("PRICE", None), Some(17.3));
    assert_eq!(shown(&repository, "PRICE"), "17.30 by local-yaml");
    assert_eq!(shown(&repository, "TEXT"), "5 by local-yaml");
    assert_eq!(shown(&repository, "LAYOUT"), "{\"columns\":3} by local-yaml");
    assert_eq!(shown(&repository, "TWO WORDS"), "- by local-yaml", "null is no value");
    assert_eq!(shown(&repository, "ELSEWHERE"), "[1] by local-yaml");
    assert_eq!(shown(&repository, "EDGE_URL"), "server");
    assert_eq!(shown(&repository, "LOCKED"), "false");
    drop(guard);
    assert_eq!(shown(&repository, "FLAG"), "false");
}

#[test]
fn types_that_do_not_fit_are_no_value() {
    let (_folder, path) =
        file("flagValues: {FLAG: , PRICE: seventeen, TEXT: {a: 1}, LAYOUT: not json}\n");
    let repository = repository();
    let _guard = repository.intercept(Arc::new(YamlOverrides::open(path)), LockPolicy::Respect);
    assert_eq!(shown(&repository, "FLAG"), "false by local-yaml");
    assert_eq!(shown(&repository, "PRICE"), "- by local-yaml");
    assert_eq!(shown(&repository, "TEXT"), "- by local-yaml");
    assert_eq!(shown(&repository, "LAYOUT"), "\"not json\" by local-yaml");
    assert_eq!(repository.counters().refused_overrides, 0);
}

#[test]
fn locked_features_need_a_policy_that_allows_it() {
    let (_folder, path) = file("flagValues: {LOCKED: true}\n");
    let repository = repository();
    let _guard = repository.intercept(Arc::new(YamlOverrides::open(path)), LockPolicy::Override);
    assert_eq!(shown(&repository, "LOCKED"), "true by local-yaml");
}

#[test]
fn an_invalid_file_at_the_start_overrides_nothing_and_is_reported() {
    let folder = Folder::new();
    folder.write("rootless.yaml", "FLAG: true\n", 1);
    folder.write("twice.yaml", "flagValues:\n  FLAG: true\n  FLAG: true\n", 1);
    for (name, said) in [
        ("no-such.yaml", ": there is no such file"),
        ("rootless.yaml", ": the file has no member flagValues"),
        (
            "twice.yaml",
            ", line 3, column 3: \"FLAG\" is defined twice, first in line 2: remove one of the two",
        ),
    ] {
        let repository = repository();
        let overrides = Arc::new(YamlOverrides::open(folder.file(name)));
        let problem = overrides.problem().unwrap();
        assert!(problem.to_string().ends_with(&format!("{name}{said}")), "{problem}");
        let _guard = repository.intercept(overrides, LockPolicy::Respect);
        assert_eq!(shown(&repository, "FLAG"), "false");
    }
}

#[test]
fn listeners_are_notified_of_a_changed_file() {
    let (_folder, path) = file("flagValues: {TEXT: one, FLAG: true}\n");
    let repository = repository();
    let overrides = YamlOverrides::open(&path);
    let _guard = repository.intercept(Arc::new(overrides.clone()), LockPolicy::Respect);
    let (wake, woken) = mpsc::channel();
    let wake = Mutex::new(wake);
    repository.set_waker(move || {
        let _ = wake.lock().unwrap().send(());
    });
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let _listener = repository.on_change("TEXT", None, move |change| {
        let text = change.new.as_ref().map(ToString::to_string);
        tell.lock().unwrap().send(text).unwrap();
    });
    let (alive, ended) = mpsc::channel::<()>();
    let for_watch = repository.clone();
    let _watch = overrides.watch(Duration::from_millis(1), move || {
        let _dropped_with_this = &alive;
        for_watch.overrides_changed();
    });
    let next = || {
        wait_for("the listener is notified", || {
            let _ = woken.recv_timeout(Duration::from_millis(100));
            repository.deliver();
            told.try_recv().ok()
        })
    };

    std::fs::write(&path, "flagValues: {TEXT: two, FLAG: true}\n").unwrap();
    assert_eq!(next().as_deref(), Some("two"));
    // Removed keys have the Edge's value again.
    std::fs::write(&path, "flagValues: {OTHER: 1}\n").unwrap();
    assert_eq!(next().as_deref(), Some("server"));
    assert_eq!(shown(&repository, "FLAG"), "false");

    // A file that becomes invalid changes nothing. Its last good values stay.
    std::fs::write(&path, "flagValues: {TEXT: three}\n").unwrap();
    assert_eq!(next().as_deref(), Some("three"));
    std::fs::write(&path, "flagValues: {TEXT: fo").unwrap();
    wait_until("the bad file is noticed", || overrides.problem().is_some());
    assert_eq!(shown(&repository, "TEXT"), "three by local-yaml");

    // Closing the repository closes the interceptor, which ends the watch. Closing twice is harmless.
    repository.close();
    repository.deliver();
    assert_eq!(ended.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    overrides.close();
    assert_eq!(
        shown(&repository, "TEXT"),
        "three by local-yaml",
        "the last values answer after closing"
    );
}

#[test]
fn a_store_feeds_a_client() {
    let (_folder, path) = file(
        "flagValues: {FLAG: true, PRICE: 17.30, TEXT: hello, LAYOUT: {columns: [1, 2]}, NOTHING: }\n",
    );
    let store = YamlStore::open(&path);
    assert_eq!(store.problem(), None);
    let client = Client::offline().start().unwrap();
    assert!(!client.is_ready());
    store.offer_to(&client);
    client.flush(PATIENCE).unwrap();
    assert!(client.is_ready());
    assert_eq!(client.status().source.unwrap().as_str(), "local-yaml-store");
    assert!(client.is_enabled("FLAG"));
    assert_eq!(client.decimal("PRICE").unwrap().as_str(), "17.30");
    assert_eq!(client.string("TEXT").as_deref(), Some("hello"));
    assert_eq!(client.raw_json("LAYOUT").as_deref(), Some(r#"{"columns":[1,2]}"#));
    let nothing = client.detail("NOTHING");
    assert!(nothing.exists && nothing.value.is_none());
    assert_eq!((nothing.version, nothing.is_locked), (1, false));
    assert_eq!(client.detail("FLAG").id.as_deref(), Some("aaabc046-50aa-b77b-47f3-31f4aacd9649"));

    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let _listener = client.on_change("TEXT", move |change| {
        tell.lock().unwrap().send(change.new.as_ref().map(ToString::to_string)).unwrap();
    });
    let (again, to) = (store.clone(), client.clone());
    let watch = store.watch(Duration::from_millis(1), move || again.offer_to(&to));
    // The version is 1 as before, but the value has changed.
    std::fs::write(&path, "flagValues: {TEXT: bye, NEW: 1}\n").unwrap();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().as_deref(), Some("bye"));
    assert_eq!(client.number("NEW"), Some(1.0));
    assert!(client.is_enabled("FLAG"), "a store removes nothing");
    drop(watch);
    store.close();
    store.close();
}

/// An empty store also removes nothing from a client that has features already.
#[test]
fn an_empty_store_makes_a_client_ready() {
    let folder = Folder::new();
    let store = YamlStore::open(folder.file("no-such.yaml"));
    assert!(store.problem().unwrap().is_missing());
    let client = Client::offline()
        .bootstrap(r#"[{"id": "1", "key": "OLD", "version": 3, "type": "BOOLEAN", "value": true}]"#)
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    store.offer_to(&client);
    let empty = Client::offline().start().unwrap();
    store.offer_to(&empty);
    empty.flush(PATIENCE).unwrap();
    assert!(empty.is_ready());
    assert!(empty.keys().is_empty());
    client.flush(PATIENCE).unwrap();
    assert!(client.is_enabled("OLD"));
}
