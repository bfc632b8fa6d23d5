//! Runs the program as people and CI servers run it. The cases, the self-test and the check of the generated cases run optimised, in the
//! part "conformance" of `cargo xtask test`. The check of the data runs here alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fh_test::Folder;

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fh-conformance")).args(arguments).output().unwrap()
}

fn text(output: &Output) -> (String, String) {
    let read = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (read(&output.stdout), read(&output.stderr))
}

/// Returns the standard output of a command that must end with this exit code.
fn ended(arguments: &[&str], code: i32) -> String {
    let output = program(arguments);
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    if code == 0 { out } else { out + &err }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Returns a copy of the data in which one file was changed, and its path. It is deleted with the folder.
fn changed(file: &str, change: impl Fn(&str) -> String) -> (Folder, String) {
    let folder = Folder::new();
    copy(&data(), folder.path());
    let path = folder.path().to_str().unwrap().to_owned();
    change_file(&path, file, change);
    (folder, path)
}

fn change_file(folder: &str, file: &str, change: impl Fn(&str) -> String) {
    let file = Path::new(folder).join(file);
    let before = fs::read_to_string(&file).unwrap();
    let after = change(&before);
    assert_ne!(before, after, "the change finds nothing to change");
    fs::write(file, after).unwrap();
}

#[test]
fn the_data_is_valid() {
    let out = ended(&["vectors", "verify"], 0);
    assert!(out.contains("hashes computed again"), "{out}");
}

#[test]
fn a_mutant_fails_and_the_failure_can_be_reproduced() {
    let folder = Folder::new();
    let (json, junit) = (folder.file("run.json"), folder.file("run.xml"));
    let target = "reference:mut-pct-not-cumulative";
    let arguments = ["vectors", "run", "--target", target, "--group", "eval.percentage", "--json"];
    let reports = [json.to_str().unwrap(), "--junit", junit.to_str().unwrap()];
    ended(&[&arguments[..], &reports[..]].concat(), 1);

    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let results = report["results"].as_array().unwrap();
    let failed: Vec<_> = results.iter().filter(|result| result["outcome"] == "fail").collect();
    assert_eq!(report["summary"]["fail"], failed.len());
    assert_eq!(report["run"]["partial"], true);
    let command = failed[0]["reproduce"][0].as_str().unwrap();
    let command: Vec<&str> =
        command.split(' ').skip(1).map(|word| word.trim_matches('\'')).collect();
    let out = ended(&command, 1);
    assert!(out.contains(failed[0]["id"].as_str().unwrap()), "{out}");

    let junit = fs::read_to_string(junit).unwrap();
    assert_eq!(junit.matches("<failure ").count(), failed.len());
}

#[test]
fn a_wrong_expectation_is_a_failure() {
    let (_folder, data) = changed("vectors/compose.json", |text| {
        text.replacen(
            r#""value": "grey", "strategy_id": null"#,
            r#""value": "gray", "strategy_id": null"#,
            1,
        )
    });
    let arguments = ["--data", &data, "vectors", "run", "--group", "eval.compose"];
    let out = ended(&arguments, 1);
    assert!(out.contains("another value") && out.contains("fh-conformance explain"), "{out}");
}

#[test]
fn broken_data_is_named() {
    // An incomplete expectation is refused by both commands.
    let (_folder, data) = changed("vectors/compose.json", |text| {
        text.replacen(r#""strategy_id": null, "reason""#, r#""reason""#, 1)
    });
    for command in ["run", "verify"] {
        let out = ended(&["--data", &data, "vectors", command], 2);
        assert!(out.contains("vectors/compose.json: and.all: "), "{out}");
        assert!(out.contains("strategy_id"), "{out}");
    }

    let (_no_json_folder, no_json) = changed("hash/murmur3.json", |text| text.replacen('{', "", 1));
    let out = ended(&["--data", &no_json, "vectors", "run"], 2);
    assert!(out.contains("hash/murmur3.json: ") && out.contains("line"), "{out}");

    let (_twice_folder, twice) = changed("vectors/compose.json", |text| {
        text.replacen(r#""id": "and.all.both""#, r#""id": "and.all""#, 1)
    });
    let out = ended(&["--data", &twice, "vectors", "run"], 2);
    assert!(out.contains("vectors/compose.json: and.all: also in"), "{out}");
}

#[test]
fn verify_finds_errors_that_a_run_does_not() {
    let (_folder, data) =
        changed("hash/murmur3.json", |text| text.replacen("3c2569b2", "3c2569b3", 1));
    let misspelt = |text: &str| text.replacen(r#""tier": 0"#, r#""teir": 0"#, 1);
    change_file(&data, "vectors/compose.json", misspelt);
    change_file(&data, "imported/featurehub/now.json", |_| "[]".to_owned());
    let out = ended(&["--data", &data, "vectors", "verify"], 2);
    for problem in [
        "hash/murmur3.json: hash.tail.1: the murmur3 crate computes",
        "vectors/compose.json: and.all: ",
        "imported.featurehub: has ",
    ] {
        assert!(out.contains(problem), "{problem}: {out}");
    }
}

#[test]
fn generated_cases_are_reproduced() {
    ended(&["vectors", "generate", "--seed", "5", "--count", "20", "--check"], 2);
    let out = ended(&["vectors", "generate", "--seed", "5", "--count", "3"], 0);
    assert!(out.contains("gen.0003") && !out.contains("gen.0004"), "{out}");
}

#[test]
fn fresh_cases_agree() {
    ended(&["diff", "--seed", "0xC0FFEE", "--count", "300"], 0);
}

#[test]
fn cases_are_listed_shown_and_explained() {
    let list = ended(&["vectors", "list", "--group", "eval.percentage"], 0);
    assert!(list.lines().count() >= 60);
    let shown = ended(&["vectors", "show", "str.missing.EQUALS"], 0);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["features"][0]["strategies"][0]["attributes"][0]["conditional"], "EQUALS");
    for command in [&["explain"][..], &["vectors", "explain"]] {
        let out = ended(&[command, &["str.missing.EQUALS"]].concat(), 0);
        for part in ["profile edge", "expected", "reference", "EQUALS"] {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
    assert!(ended(&["vectors", "show", "live.000.BOOLEAN_2"], 0).contains("hash_id"));
    for id in ["hash.tail.1", "fh.values.boolean-true", "fh.murmur.03", "gen.0001"] {
        ended(&["explain", id], 0);
    }
}

#[test]
fn unknown_ids_groups_targets_and_folders_are_errors() {
    ended(&["vectors", "show", "no.such-case"], 2);
    ended(&["vectors", "run", "--group", "no.such-group"], 2);
    ended(&["vectors", "run", "--target", "reference:mut-nothing"], 2);
    ended(&["vectors", "run", "--group", "hash.murmur3", "--certify"], 3);
    ended(&["--data", "no-such-folder", "vectors", "run"], 4);
}

#[test]
fn the_self_test_refuses_options_that_it_would_ignore() {
    for (kind, options) in [
        ("vectors", ["--markdown", "kills.md"]),
        ("vectors", ["--jobs", "2"]),
        ("vectors", ["--mutant", "NoBackoff"]),
    ] {
        let out = ended(&["self-test", kind, options[0], options[1]], 2);
        assert!(out.contains(&format!("{} is an option of", options[0])), "{out}");
    }
}

/// Without the scenarios' state, `server run` names it before any scenario runs.
#[test]
fn a_server_without_the_state_is_refused() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let polled = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
        line
    });
    let out = ended(&["server", "run", "--url", &url], 2);
    let line = polled.join().unwrap();
    assert!(line.starts_with("GET /features?apiKey="), "{line}");
    for part in [&*url, "with 404", "server state scenarios > scenarios.json", "--target"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let out = ended(&["server", "run", "--url", &url], 4);
    assert!(out.contains("does not answer") && out.contains("--url"), "{out}");
}
