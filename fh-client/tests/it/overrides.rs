//! Overrides registered in a real repository (sdk-behaviour 2.8, 5.5).

use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_client::overrides::{
    EnvironmentOverrides, IfLocked, MemoryOverrides, YamlOverrides, YamlStore,
    environment_overrides, usual_yaml_path,
};
use fh_client::testing::MemoryEdge;
use fh_client::{Client, NewValue};
use fh_eval::{Profile, Ruleset, Timestamp};
use fh_repository::publication::{Cause, Publication};
use fh_repository::rules::{Environments, Rules};
use fh_repository::{Interceptor, LockPolicy, Reason, Repository, RepositoryOptions};
use fh_test::Folder;
use fh_test::wait::{PATIENCE, wait_for, wait_until};

/// Returns a repository with a feature of each type, and locked ones.
fn repository() -> Repository {
    hub_of(
        r#"[
        {"key": "FLAG", "type": "BOOLEAN", "value": false},
        {"key": "PRICE", "type": "NUMBER", "value": 1},
        {"key": "TEXT", "type": "STRING", "value": "server"},
        {"key": "LAYOUT", "type": "JSON", "value": "{}"},
        {"key": "TWO WORDS", "type": "STRING", "value": "server"},
        {"key": "EDGE_URL", "type": "STRING", "value": "server"},
        {"key": "LOCKED", "type": "BOOLEAN", "value": false, "l": true}
    ]"#,
    )
}

fn hub_of(features: &str) -> Repository {
    let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
    let ruleset = Ruleset::from_json(features.as_bytes(), Profile::Client).unwrap();
    let rules = Arc::new(Rules::client_evaluated(ruleset, Environments::Unknown));
    repository.publish(Publication { rules, cause: Cause::First });
    repository
}

/// Returns the present value of a key and the name of the interceptor that overrode it, if any.
fn shown(repository: &Repository, key: &str) -> String {
    let detail = repository.read().detail(key, None);
    let value = detail.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    match detail.interceptor {
        Some(by) => {
            assert_eq!(detail.reason, Reason::Intercepted);
            format!("{value} by {by}")
        }
        None => value,
    }
}

// ---- environment ------------------------------------------------------------------------------

const ON: (&str, &str) = ("FEATUREHUB_OVERRIDE_FEATURES", "true");

#[test]
fn the_environment_overrides_only_if_it_is_switched_on() {
    for (switch, is_on) in [
        (Some("true"), true),
        (Some("TRUE"), false),
        (Some("True"), false),
        (Some("1"), false),
        (Some("yes"), false),
        (Some(" true"), false),
        (Some(""), false),
        (Some("false"), false),
        (None, false),
    ] {
        let mut variables = vec![("FEATUREHUB_FLAG", "true")];
        variables.extend(switch.map(|switch| ("FEATUREHUB_OVERRIDE_FEATURES", switch)));
        let overrides = EnvironmentOverrides::from_variables(variables);
        assert_eq!(overrides.is_some(), is_on, "{switch:?}");
    }
}

#[test]
fn variables_override_features_by_type() {
    let overrides = EnvironmentOverrides::from_variables([
        ("FEATUREHUB_FLAG", "TRUE"),
        ON,
        ("FEATUREHUB_FEATURE_PRICE", "17.650"),
        ("FEATUREHUB_TEXT", ""),
        ("FEATUREHUB_LAYOUT", "{\"a\": 1}"),
        ("FEATUREHUB_TWO_WORDS", "local"),
        ("FEATUREHUB_EDGE_URL", "https://edge.example"),
        ("FEATUREHUB_NOBODY_KNOWS", "true"),
        ("OTHER_FLAG", "x"),
        ("FEATUREHUB_", "x"),
        ("FEATUREHUB_FEATURE_", "x"),
        ("FEATUREHUB_flag", "lower"),
    ]);
    let repository = repository();
    let _guard = repository.intercept(Arc::new(overrides.unwrap()), LockPolicy::Respect);
    assert_eq!(shown(&repository, "FLAG"), "true by environment");
    assert!(repository.read().is_enabled("FLAG", None));
    assert_eq!(shown(&repository, "PRICE"), "17.650 by environment");
    assert_eq!(shown(&repository, "TEXT"), " by environment", "an empty text is a text");
    assert_eq!(shown(&repository, "LAYOUT"), "{\"a\": 1} by environment");
    assert_eq!(shown(&repository, "TWO WORDS"), "local by environment");
    assert_eq!(shown(&repository, "EDGE_URL"), "server", "the variable is configuration");
    // A key without a feature has every type that its text can be converted to.
    assert!(repository.read().is_enabled("NOBODY_KNOWS", None));
    assert_eq!(repository.read().string("NOBODY_KNOWS", None).as_deref(), Some("true"));
    assert_eq!(repository.read().string("flag", None).as_deref(), Some("lower"), "case is kept");
    assert_eq!(shown(&repository, ""), "-");
}

#[test]
fn values_that_cannot_be_converted_are_ignored() {
    let overrides = EnvironmentOverrides::from_variables([
        ON,
        ("FEATUREHUB_FLAG", "yes"),
        ("FEATUREHUB_PRICE", "seventeen"),
        ("FEATUREHUB_LAYOUT", "{"),
    ]);
    let repository = repository();
    let _guard = repository.intercept(Arc::new(overrides.unwrap()), LockPolicy::Respect);
    for (key, value) in [("FLAG", "false"), ("PRICE", "1"), ("LAYOUT", "{}")] {
        assert_eq!(shown(&repository, key), value);
    }
    assert_eq!(repository.counters().refused_overrides, 3);
}

#[test]
fn the_long_form_goes_first_and_takes_every_name() {
    let overrides = EnvironmentOverrides::from_variables([
        ("FEATUREHUB_FEATURE_TEXT", "long"),
        ("FEATUREHUB_TEXT", "short"),
        ("FEATUREHUB_FEATURE_EDGE_URL", "a feature"),
        ("FEATUREHUB_EDGE_URL", "configuration"),
        ON,
    ])
    .unwrap();
    assert_eq!(overrides.text("TEXT"), Some("long"));
    assert_eq!(overrides.text("FEATURE_TEXT"), Some("long"), "the short form of another feature");
    assert_eq!(overrides.text("EDGE_URL"), Some("a feature"));
    assert_eq!(overrides.text("text"), None);
}

/// Each name of sdk-behaviour 5.6 with the prefix of overrides.
#[test]
fn configuration_is_never_an_override() {
    let names = [
        "EDGE_URL",
        "CLIENT_API_KEY",
        "SERVER_API_KEY",
        "API_KEY",
        "POLL_INTERVAL",
        "POLLING_INTERVAL",
        "POLLING_PASSIVE",
        "POLL_TIMEOUT",
        "POLL_HTTP_TIMEOUT",
        "DELAY_RETRY_MS",
        "BACKOFF_RESET_THRESHOLD",
        "BACKOFF_RETRY_LIMIT",
        "LOCAL_YAML",
        "OVERRIDE_FEATURES",
        "OTEL_SPAN_AS_EVENTS",
        "OTEL_ALLOW_LOCKED_OVERRIDE",
        "USAGE_SEGMENT_WRITE_KEY",
        "REDIS_URL",
        "REDIS_STORE",
        "MEMCACHE_STORE",
        "REDIS_POLL_INTERVAL",
        "ACCEPT_BAGGAGE",
    ];
    let variables =
        names.map(|name| (format!("FEATUREHUB_{name}"), "secret-of-this-process".to_owned()));
    let on = [(ON.0.to_owned(), ON.1.to_owned())];
    let overrides = EnvironmentOverrides::from_variables(variables.into_iter().chain(on)).unwrap();
    for name in names {
        assert_eq!(overrides.text(name), None, "{name}");
    }
    assert_eq!(format!("{overrides:?}"), "EnvironmentOverrides { names: [] }");
}

#[test]
fn values_of_variables_are_never_shown() {
    let variables = [ON, ("FEATUREHUB_B", "hidden-one"), ("FEATUREHUB_FEATURE_A", "hidden-two")];
    let overrides = EnvironmentOverrides::from_variables(variables).unwrap();
    assert_eq!(format!("{overrides:?}"), "EnvironmentOverrides { names: [\"B\", \"FEATURE_A\"] }");
}

#[test]
fn locked_features_are_overridden_only_if_the_program_says_so() {
    for (policy, value) in [
        (LockPolicy::Respect, "false"),
        (LockPolicy::Override, "true by environment"),
        (LockPolicy::Decide, "true by environment"),
    ] {
        let overrides = EnvironmentOverrides::from_variables([ON, ("FEATUREHUB_LOCKED", "true")]);
        let repository = repository();
        let _guard = repository.intercept(Arc::new(overrides.unwrap()), policy);
        assert_eq!(shown(&repository, "LOCKED"), value, "{policy:?}");
    }
}

/// Checks the environment of this process. It is run by [`the_environment_of_the_process_is_read`].
#[test]
fn what_the_environment_says() {
    let overrides = environment_overrides();
    let said = overrides.as_ref().and_then(|overrides| overrides.text("SAID"));
    assert_eq!(said.map(str::to_owned), std::env::var("FEATUREHUB_SAID").ok());
    let expected = std::env::var_os("EXPECTED_PATH").map(PathBuf::from);
    assert_eq!(usual_yaml_path(), expected.unwrap_or_else(|| "featurehub-features.yaml".into()));
}

/// Runs the test above in processes with other environments.
#[test]
fn the_environment_of_the_process_is_read() {
    let run = |variables: &[(&str, &str)]| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "overrides::what_the_environment_says"]);
        child.env_remove("FEATUREHUB_LOCAL_YAML").env_remove("FEATUREHUB_OVERRIDE_FEATURES");
        child.envs(variables.iter().copied()).output().unwrap().status.success()
    };
    assert!(run(&[]));
    assert!(run(&[ON, ("FEATUREHUB_SAID", "something")]));
    assert!(!run(&[("FEATUREHUB_SAID", "something")]), "it is not switched on");
    assert!(run(&[("FEATUREHUB_LOCAL_YAML", "/a/b.yml"), ("EXPECTED_PATH", "/a/b.yml")]));
    assert!(run(&[("FEATUREHUB_LOCAL_YAML", ""), ("EXPECTED_PATH", "featurehub-features.yaml")]));
    assert!(!run(&[("FEATUREHUB_LOCAL_YAML", "/a/b.yml")]), "the child was not asked");
}

// ---- YAML -------------------------------------------------------------------------------------

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

#[test]
fn overrides_in_memory_hold_until_they_are_deleted() {
    let edge = MemoryEdge::new();
    edge.set("FLAG", false);
    edge.set("PRICE", 1);
    edge.set("TEXT", "server");
    edge.set("LOCKED", "server");
    edge.lock("LOCKED");
    let overrides = MemoryOverrides::new();
    overrides.set("TEXT", "before the start", IfLocked::Keep);
    let builder = edge.client().interceptor(overrides.clone(), LockPolicy::Decide);
    let client = builder.clone().start().unwrap();
    let other = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    other.wait_ready(PATIENCE).unwrap();
    let text = || client.string("TEXT").unwrap().to_string();
    assert_eq!(text(), "before the start");
    overrides.set("FLAG", true, IfLocked::Keep);
    overrides.set("PRICE", "17.30", IfLocked::Keep);
    overrides.set("TEXT", NewValue::Null, IfLocked::Keep);
    overrides.set("NEW", "no feature", IfLocked::Keep);
    for client in [&client, &other] {
        assert!(client.is_enabled("FLAG"));
        assert_eq!(client.decimal("PRICE").unwrap().as_str(), "17.30");
        assert_eq!(
            (client.string("TEXT"), client.string("NEW").as_deref()),
            (None, Some("no feature"))
        );
    }
    // A value that does not fit the type of its feature is not used.
    overrides.set("PRICE", "cheap", IfLocked::Keep);
    assert_eq!(client.number("PRICE"), Some(1.0));
    assert_eq!(client.status().counters.refused_overrides, 1);
    for (if_locked, value) in [(IfLocked::Keep, "server"), (IfLocked::Override, "overridden")] {
        overrides.set("LOCKED", "overridden", if_locked);
        assert_eq!(client.string("LOCKED").as_deref(), Some(value), "{if_locked:?}");
    }
    let entries = overrides.entries();
    let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["FLAG", "LOCKED", "NEW", "PRICE", "TEXT"]);
    assert_eq!((&entries[4].1.value, entries[1].1.if_locked), (&None, IfLocked::Override));
    let generation = client.generation();
    overrides.delete("TEXT");
    overrides.delete("unknown");
    assert_eq!(text(), "server");
    assert!(client.generation() > generation);
    assert_eq!(client.generation(), client.snapshot().generation());
    overrides.clear();
    assert!(overrides.entries().is_empty() && !client.is_enabled("FLAG"));
    assert_eq!(client.string("LOCKED").as_deref(), Some("server"));
}

/// A listener gets the change of an override, and may set another one. Closing one client leaves the listeners of the other.
#[test]
fn listeners_are_notified_of_overrides_in_memory() {
    let edge = MemoryEdge::new();
    edge.set("TEXT", "server");
    let overrides = MemoryOverrides::new();
    let builder = edge.client().interceptor(overrides.clone(), LockPolicy::Decide);
    let (client, closed) = (builder.clone().start().unwrap(), builder.start().unwrap());
    client.wait_ready(PATIENCE).unwrap();
    let (sender, changes) = mpsc::channel();
    let inside = overrides.clone();
    let _subscription = client.on_change("TEXT", move |change| {
        let new = change.new.as_ref().map(ToString::to_string);
        if new.as_deref() == Some("first") {
            inside.set("TEXT", "second", IfLocked::Keep);
        }
        sender.send(new).unwrap();
    });
    closed.close();
    fh_client::block_on(closed.closed());
    overrides.set("TEXT", "first", IfLocked::Keep);
    let next = || changes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next().as_deref(), Some("first"));
    assert_eq!(next().as_deref(), Some("second"));
    overrides.clear();
    assert_eq!(next().as_deref(), Some("server"));
}
