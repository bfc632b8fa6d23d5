//! `server run --target`: servers with ids and keys of their own, keys alone, and a server of another project.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use fh_conformance::server::scenario::{Identifiers, standard};
use fh_conformance::server::wire::component;
use fh_edge::Options;
use fh_test::Folder;
use fh_test_servers::featurehub::{FakeEdge, Feature, Permission};
use serde_json::{Value, json};

use crate::edge::Running;

/// Returns the scenarios' state with other ids and keys.
fn own_state() -> Value {
    let mut text = standard().to_string();
    for (from, to) in
        [("6f1c0a52-", "a07e1b2c-"), ("0b7d4f6a-", "5cc0ffee-"), ("c1a7d1f0-", "d00dfeed-")]
    {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    for (_, secret) in Identifiers::standard().secrets() {
        text = text.replace(secret, &own(secret));
    }
    serde_json::from_str(&text).unwrap()
}

fn own(secret: &str) -> String {
    secret.chars().rev().collect()
}

/// Returns the environment variables that hold the keys of the accounts.
fn variables() -> BTreeMap<String, String> {
    let secrets = Identifiers::standard().secrets();
    let named = secrets.iter().map(|(name, secret)| {
        let (account, kind) = name.split_once('.').unwrap();
        let kind = kind.trim_end_matches("Key").to_uppercase();
        (format!("{}_{kind}_KEY", account.to_uppercase().replace('-', "_")), own(secret))
    });
    named.collect()
}

/// A folder with a target file and the outputs of a run.
struct Run {
    folder: Folder,
    variables: BTreeMap<String, String>,
}

impl Run {
    fn new(file: &str, variables: BTreeMap<String, String>) -> Self {
        let folder = Folder::new();
        folder.write("target.yaml", file, 1);
        Self { folder, variables }
    }

    fn path(&self, name: &str) -> String {
        self.folder.file(name).to_str().unwrap().to_owned()
    }

    /// Runs the scenarios, and returns the exit code and the report.
    fn go(&self, options: &[&str]) -> (Option<i32>, Value, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_fh-conformance"))
            .args(["server", "run", "--target", &self.path("target.yaml")])
            .args(["--json", &self.path("report.json"), "--junit", &self.path("report.xml")])
            .args(["--evidence", &self.path("evidence")])
            .args(["--write-baseline", &self.path("baseline.json")])
            .args(options)
            .envs(&self.variables)
            .output()
            .unwrap();
        self.holds_no_key(&output);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        let report = std::fs::read_to_string(self.path("report.json")).unwrap_or_default();
        (output.status.code(), serde_json::from_str(&report).unwrap_or_default(), shown)
    }

    /// Checks that no output and no file has a key, in no form.
    fn holds_no_key(&self, output: &Output) {
        let mut texts = vec![
            ("standard output".to_owned(), output.stdout.clone()),
            ("standard error".to_owned(), output.stderr.clone()),
        ];
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    texts.push((path.display().to_string(), std::fs::read(&path).unwrap()));
                }
            }
        }
        for (name, text) in texts {
            let text = String::from_utf8_lossy(&text).to_lowercase();
            for secret in self.variables.values() {
                let secret = secret.rsplit('/').next().unwrap().to_lowercase();
                let shorter = &secret[..secret.len() - 1];
                for form in
                    [shorter, &component(shorter).to_lowercase(), &shorter.replace('*', "%2a")]
                {
                    assert!(!text.contains(form), "{name} holds a key");
                }
            }
        }
    }
}

fn ids(report: &Value, outcome: &str) -> Vec<String> {
    let rows = report["results"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["outcome"] == outcome);
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns the features of the environment `dev`, without their versions.
fn features(edge: &Running) -> Value {
    let key = "READER_CLIENT_KEY";
    let key = format!("{}/{}", dev(), variables()[key]);
    let request = fh_conformance::server::wire::Request::new(
        "GET",
        edge.base.target(&format!("/features?apiKey={}", component(&key))),
    );
    let mut connection =
        fh_conformance::server::wire::Connection::open(&edge.base, fh_test::wait::PATIENCE)
            .unwrap();
    let body = connection.request(&request).unwrap().json();
    let mut features = body[0]["features"].clone();
    for feature in features.as_array_mut().unwrap() {
        feature.as_object_mut().unwrap().remove("version");
    }
    features
}

fn dev() -> String {
    own_state()["environments"][0]["id"].as_str().unwrap().to_owned()
}

/// Returns the file that `server target` prints.
fn printed(state: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_fh-conformance"))
        .args(["server", "target", "--state", state])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Returns a file with other members in place of some lines.
fn with(mut file: String, changes: &[(&str, &str)]) -> String {
    for (from, to) in changes {
        assert!(file.contains(from), "{from} is not in {file}");
        file = file.replace(from, to);
    }
    file
}

fn url(edge: &Running) -> String {
    format!("http://{}", edge.base.authority())
}

#[test]
fn a_server_with_ids_and_keys_of_its_own_passes() {
    let edge = Running::start(&own_state(), Options::default());
    let file = with(
        printed("scenarios"),
        &[
            ("http://127.0.0.1:8085", &url(&edge)),
            ("# monitor: http://127.0.0.1:8701", &format!("monitor: {}", url(&edge))),
            ("6f1c0a52-", "a07e1b2c-"),
            ("c1a7d1f0-", "d00dfeed-"),
            ("  # upstream:", "  upstream:"),
        ],
    );
    let before = features(&edge);
    let run = Run::new(&file, variables());
    let (code, report, shown) = run.go(&[]);
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(report["target"]["cannot"], json!({}), "{shown}");
    // These change the settings or the state of their server, or stop it.
    let not_run = [
        "S-GET-025",
        "S-GET-029",
        "S-GET-033",
        "S-SSE-006",
        "S-SSE-008",
        "S-SSE-009",
        "S-SSE-013",
        "S-SSE-015",
        "S-SSE-016",
        "S-OPS-001",
        "S-OPS-003",
    ];
    assert_eq!(ids(&report, "skip"), not_run, "{shown}");
    assert_eq!(ids(&report, "pass").len(), 61, "{shown}");
    assert_eq!(features(&edge), before, "the features are restored");
}

#[test]
fn keys_alone_are_enough_for_some_scenarios() {
    let edge = Running::start(&own_state(), Options::default());
    let whole: BTreeMap<String, String> = variables()
        .into_iter()
        .filter(|(name, _)| name.starts_with("READER_") || name == "WRITER_CLIENT_KEY")
        .map(|(name, secret)| (name, format!("{}/{secret}", dev())))
        .collect();
    let read_only = with(printed("unknown"), &[("http://127.0.0.1:8085", &url(&edge))]);
    let run = Run::new(&read_only, whole.clone());
    let (code, report, shown) = run.go(&[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(ids(&report, "pass").len() >= 18, "{shown}");
    assert!(shown.contains("skipped, target: accounts.writer ("), "{shown}");
    assert!(shown.contains("skipped, target: state ("), "{shown}");

    let before = features(&edge);
    let writing = with(
        read_only,
        &[
            ("# writer:", "writer:  "),
            ("  #   clientKey: ${WRITER", "    clientKey: ${WRITER"),
            ("# features:", "features:"),
            ("#   boolean: MY_FLAG", "  boolean: FLAG"),
            ("#   string: MY_TEXT", "  string: SCRATCH"),
        ],
    );
    // The scenarios that ran with fewer keys do not run again.
    let reading = ids(&report, "pass");
    let run = Run::new(&writing, whole.clone());
    let (mut passed, mut shown) = (reading.clone(), shown);
    for only in ["S-GET-012", "S-SSE", "S-PUT", "S-OPS-004"] {
        let (code, report, text) = run.go(&["--only", only]);
        shown.push_str(&text);
        assert!(matches!(code, Some(0 | 2)), "{shown}");
        passed.extend(ids(&report, "pass"));
    }
    passed.sort();
    passed.dedup();
    assert!(passed.len() >= 30 && passed.len() > reading.len() + 12, "{passed:?}\n{shown}");
    assert_eq!(features(&edge), before, "the features are restored");

    // A feature that cannot be changed is an error before anything is changed.
    let locked = with(writing, &[("boolean: FLAG", "boolean: LOCKED")]);
    let (code, _, shown) = Run::new(&locked, whole).go(&[]);
    assert_eq!(code, Some(4), "{shown}");
    assert!(shown.contains("LOCKED is missing or locked"), "{shown}");
}

/// Returns the fake Edge with those parts of the state that it can have.
fn fake_edge(state: &Value) -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.only_allowed_keys();
    let definitions = state["features"].as_array().unwrap();
    for environment in state["environments"].as_array().unwrap() {
        let handle = edge.environment(environment["id"].as_str().unwrap());
        for definition in definitions {
            let key = definition["key"].as_str().unwrap();
            let value = &environment["values"][key];
            let mut feature = json!({"id": definition["id"], "key": key, "type": definition["type"], "l": false, "version": 0});
            let members = feature.as_object_mut().unwrap();
            if let Some(properties) = definition.get("properties") {
                members.insert("fp".to_owned(), properties.clone());
            }
            if definition["type"] == "BOOLEAN" {
                members.insert("value".to_owned(), false.into());
            }
            if let Some(value) = value.as_object() {
                members.insert("version".to_owned(), 1.into());
                members.insert("value".to_owned(), value["value"].clone());
                members
                    .insert("l".to_owned(), value.get("locked").cloned().unwrap_or(false.into()));
                let strategies = value.get("strategies").cloned().unwrap_or(json!([]));
                members.insert("strategies".to_owned(), strategies);
            }
            handle.set_feature(Feature::from(feature));
            if value["retired"] == true {
                handle.retire(key);
            }
        }
    }
    for account in state["accounts"].as_array().unwrap() {
        for (environment, permissions) in account["permissions"].as_object().unwrap() {
            let permissions: Vec<Permission> =
                permissions.as_array().unwrap().iter().map(permission).collect();
            for kind in ["clientKey", "serverKey"] {
                if let Some(secret) = account[kind][0].as_str() {
                    assert!(edge.allow(&format!("{environment}/{secret}"), &permissions));
                }
            }
        }
    }
    edge
}

fn permission(name: &Value) -> Permission {
    match name.as_str().unwrap() {
        "READ" => Permission::Read,
        "LOCK" => Permission::Lock,
        "UNLOCK" => Permission::Unlock,
        "CHANGE_VALUE" => Permission::ChangeValue,
        "EXTENDED_DATA" => Permission::ExtendedData,
        other => panic!("{other}"),
    }
}

#[test]
fn the_fake_edge_fails_as_its_baseline_says() {
    let edge = fake_edge(&own_state());
    // It has no filters, no stale environments, one cache-control for all, and no profiles.
    let file = with(
        printed("scenarios"),
        &[
            ("name: my-edge", "name: fake-edge"),
            ("# version: 1.2.3", "version: '1'"),
            ("http://127.0.0.1:8085", &edge.url()),
            ("6f1c0a52-", "a07e1b2c-"),
            ("  stale: ", "  # stale: "),
            ("  cached: ", "  # cached: "),
            ("  mobile: ", "  # mobile: "),
            ("    clientKey: ${MOBILE", "    # clientKey: ${MOBILE"),
            ("    serverKey: ${MOBILE", "    # serverKey: ${MOBILE"),
        ],
    );
    let run = Run::new(&file, variables());
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../baselines/fake-edge.json");
    let (code, report, shown) = run.go(&["--baseline", baseline.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{shown}");
    let (known, passed) = (ids(&report, "known"), ids(&report, "pass"));
    assert!(known.len() == 14 && passed.len() >= 35, "{known:?} {passed:?}\n{shown}");
    let evidence = std::fs::read_dir(run.folder.file("evidence")).unwrap().count();
    assert_eq!(evidence, known.len(), "{shown}");

    // A failure that the baseline does not list fails the run.
    let text = std::fs::read_to_string(&baseline).unwrap();
    let mut other: Value = serde_json::from_str(&text).unwrap();
    let known = other["known"].as_array_mut().unwrap();
    let removed = known.iter().position(|entry| entry["ids"] == json!(["S-GET-015"])).unwrap();
    known.remove(removed);
    std::fs::write(run.path("other.json"), other.to_string()).unwrap();
    let (code, report, shown) =
        run.go(&["--baseline", &run.path("other.json"), "--only", "S-GET-015"]);
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(ids(&report, "fail"), ["S-GET-015"]);
    assert!(shown.contains("--only S-GET-015") && shown.contains("request"), "{shown}");
    // The keys in the command for curl are variables.
    let url = format!("curl -i -N \"{}/features?", edge.url());
    assert!(shown.contains(&url), "{shown}");
    assert!(shown.contains("_KEY}") && shown.contains("without its environment"), "{shown}");
}
