//! An adapter in a folder outside the repository, with a baseline beside it, runs without any change of the runner.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use fh_conformance::data::{Capability, Data};
use serde_json::{Value, json};

/// The client that the adapter drives, and the bodies of the five operations. Each replaces a line of the template.
const CLIENT: &str = include_str!("client.py");
const BODIES: &[(&str, &str)] = &[
    (
        "create",
        r#"    if command["mode"] != "poll":
        raise Unsupported("the client polls")
    clients[command["client"]] = Client(command)
    return {"ignored": [setting for setting in IGNORED if command.get(setting) is not None]}"#,
    ),
    (
        "state",
        r#"    client = client_of(command)
    return {"readiness": "CLOSED" if client.closed.is_set() else client.readiness}"#,
    ),
    (
        "read",
        r#"    return {"answers": [client_of(command).read(read) for read in command["reads"]]}"#,
    ),
    (
        "close",
        r#"    client_of(command).closed.set()
    return {"took_ms": 0}"#,
    ),
];

/// The capabilities of the client.
const CAN: &[&str] = &["transport.poll", "key.client_eval"];

/// Returns the reasons why the client lacks the other capabilities.
fn cannot() -> BTreeMap<String, &'static str> {
    let all = Capability::load(&Data::embedded()).unwrap().into_iter().map(|each| each.id);
    let others = all.filter(|id| !CAN.contains(&id.as_str()));
    others.map(|id| (id, "the client polls and returns values")).collect()
}

/// Runs the program, and returns its exit code and its output.
fn program(arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_fh-conformance")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), text.concat())
}

/// Writes the template's files into a folder, and fills them in.
fn write_adapter(folder: &Path) {
    let (code, text) = program(&["adapter", "new", "python", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}");
    let file = folder.join("operations.py");
    let mut operations = fs::read_to_string(&file).unwrap();
    let mut replace = |from: &str, to: &str| {
        assert!(operations.contains(from), "{from}");
        operations = operations.replacen(from, to, 1);
    };
    replace("DEFAULTS = {}", &format!("CANNOT = {}\nDEFAULTS = {{}}", json!(cannot())));
    replace("import platform\n", "import platform\n\nfrom client import IGNORED, Client\n");
    for (operation, body) in BODIES {
        replace(&format!("    raise Unsupported(\"{operation} is not written yet\")"), body);
    }
    fs::write(file, operations).unwrap();
    fs::write(folder.join("client.py"), CLIENT).unwrap();
}

#[test]
#[ignore = "needs Python; the part `published SDKs` of `cargo xtask test` runs it"]
fn an_adapter_outside_the_repository_runs_with_its_baseline() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("an adapter of somewhere else");
    write_adapter(&folder);
    let baseline = folder.join("known.json");
    let known = json!({
        "format": 1,
        "subject": "my-sdk",
        "version": "0.0.0",
        "cannot": cannot().keys().collect::<Vec<_>>(),
        "known": [{
            "ids": ["C-POLL-023"],
            "at": "value after version 4",
            "reason": "The client takes each list as it comes, whatever its versions are.",
        }],
    });
    fs::write(&baseline, known.to_string()).unwrap();
    let report = folder.join("report.json");
    let adapter = format!("python3 '{}'", folder.join("operations.py").display());
    let run = |baseline: &Path| {
        program(&[
            "sdk",
            "--adapter",
            &adapter,
            "--baseline",
            baseline.to_str().unwrap(),
            "--json",
            report.to_str().unwrap(),
            "--only",
            "C-POLL-001",
            "--only",
            "C-POLL-023",
        ])
    };
    let (code, text) = run(&baseline);
    assert_eq!(code, Some(0), "{text}");
    let found: Value = serde_json::from_str(&fs::read_to_string(&report).unwrap()).unwrap();
    let outcomes: Vec<(&str, &str)> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [("C-POLL-001", "pass"), ("C-POLL-023", "known")], "{text}");

    // Another label is another failure.
    let other = folder.join("other.json");
    fs::write(&other, known.to_string().replace("value after version 4", "another check")).unwrap();
    let (code, text) = run(&other);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("FAIL C-POLL-023: value after version 4"), "{text}");
}
