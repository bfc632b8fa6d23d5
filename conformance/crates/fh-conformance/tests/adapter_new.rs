//! `adapter new`: the files, and adapters of both languages as they are written.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fh_conformance::adapter::{Adapter, AdapterCommand, AskError, ProcessEnd, Timeline};
use fh_conformance::data::{Capability, Data};
use fh_conformance::protocol::{ErrorCode, OPERATIONS, PROTOCOL};
use serde_json::{Map, Value};

/// The files of a language, each with its maximum number of lines.
const PYTHON: &[(&str, usize)] = &[("loop.py", 80), ("operations.py", 70)];
const TYPESCRIPT: &[(&str, usize)] =
    &[("loop.ts", 80), ("operations.ts", 70), ("package.json", 20)];

fn adapter_new(language: &str, folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_fh-conformance");
    Command::new(program).args(["adapter", "new", language]).arg(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_files_are_short() {
    for (language, files) in [("python", PYTHON), ("typescript", TYPESCRIPT)] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/new/folder");
        let output = adapter_new(language, &folder);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("adapter check --adapter"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), files.len());
        for (name, most) in files {
            let lines = fs::read_to_string(folder.join(name)).unwrap().lines().count();
            assert!(lines <= *most, "{name} has {lines} lines");
        }
    }
}

#[test]
fn existing_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    let operations = folder.path().join("operations.py");
    fs::write(&operations, "filled in").unwrap();
    let output = adapter_new("python", folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("operations.py exists"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&operations).unwrap(), "filled in");
    assert!(!folder.path().join("loop.py").exists(), "nothing is written");
}

#[test]
#[ignore = "needs Python; `cargo xtask test \"published SDKs\"` runs it, in every CI run"]
fn the_python_adapter_runs_as_written() {
    runs_as_written("python");
}

#[test]
#[ignore = "needs Node and the registry of npm; `cargo xtask test \"published SDKs\"` runs it, in every CI run"]
fn the_typescript_adapter_runs_as_written() {
    runs_as_written("typescript");
}

/// Runs the commands that `adapter new` prints, up to that of the adapter, which is driven here.
fn runs_as_written(language: &str) {
    let parent = tempfile::tempdir().unwrap();
    let folder: PathBuf = parent.path().join("with a space");
    let output = text(&adapter_new(language, &folder).stdout);
    let steps: Vec<&str> = output.lines().skip_while(|line| *line != "next:").skip(1).collect();
    let (check, build) = steps.split_last().unwrap();
    for step in build {
        let ran = Command::new("sh").arg("-c").arg(step).output().unwrap();
        assert!(ran.status.success(), "{step}: {}", text(&ran.stderr));
    }
    let command: AdapterCommand = shlex::split(check).unwrap().pop().unwrap().parse().unwrap();
    let mut adapter = Adapter::start(&command, Timeline::default()).unwrap();

    let hello = adapter.hello().unwrap();
    assert_eq!(hello.protocol, PROTOCOL);
    let all = Capability::load(&Data::embedded()).unwrap();
    assert!(hello.cannot.keys().eq(&BTreeSet::from_iter(all.into_iter().map(|each| each.id))));
    for op in OPERATIONS.iter().filter(|op| **op != "hello") {
        assert!(adapter.refuses(op, Map::new()), "{op}");
    }
    let unknown = adapter.ask("unknown", Map::from_iter([("x".to_owned(), Value::Null)]));
    match unknown {
        Err(AskError::Answered(error)) => assert_eq!(error.code, ErrorCode::Adapter),
        other => panic!("{other:?}"),
    }
    assert_eq!(adapter.end(), ProcessEnd::Exited(Some(0)), "{}", adapter.log());
}
