//! Commands in which `fh` describes itself: completions, manual pages, version, schemas and short help.

use std::process::Command;

use serde_json::{Value, json};

use crate::tool::{fh, file, path};

/// All commands, in the order of the help.
pub(crate) const COMMANDS: [&str; 18] = [
    "eval",
    "explain",
    "rollout",
    "lint",
    "bucket",
    "get",
    "set",
    "watch",
    "doctor",
    "demo",
    "init",
    "serve",
    "cluster",
    "probe",
    "schema",
    "completions",
    "man",
    "version",
];

/// Returns what bash offers for the words of a command line, whose last word is completed.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let last = words.len() - 1;
    let line = format!(
        "source {script} && COMP_WORDS=({}) && COMP_CWORD={last} && _fh fh '{}' '{}' && echo \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words[last],
        words[last - 1],
    );
    let output = Command::new("bash").args(["--norc", "-c", &line]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_string).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = file("completions.bash", fh(&["completions", "bash"]).expect(0).out);
    for (words, expected) in [
        (&["fh", "ser"][..], &["serve"][..]),
        (&["fh", "serve", "--monitor-p"], &["--monitor-port"]),
        // An option that `fh serve -h` does not show.
        (&["fh", "serve", "--relay-any"], &["--relay-any-key"]),
        (&["fh", "eval", "--color", "al"], &["always"]),
        (&["fh", "completions", "z"], &["zsh"]),
        (&["fh", "schema", "cl"], &["client-settings"]),
    ] {
        assert_eq!(offered(&script, words), expected, "{words:?}");
    }
}

#[test]
fn zsh_and_fish_have_all_commands() {
    for (shell, first) in [("zsh", "#compdef fh"), ("fish", "# Print an optspec")] {
        let script = fh(&["completions", shell]).expect(0).out;
        assert!(script.starts_with(first), "{shell}: {script:.60}");
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = path("man/man1");
    let run = fh(&["man", "--folder", &folder]).expect(0);
    assert_eq!(run.out, format!("wrote {} pages into {folder}\n", COMMANDS.len() + 1));
    let mut names: Vec<String> = COMMANDS.iter().map(|name| format!("fh-{name}.1")).collect();
    names.push("fh.1".to_string());
    names.sort();
    let mut found: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, names);
    let serve = std::fs::read_to_string(format!("{folder}/fh-serve.1")).unwrap();
    for part in [".TH fh-serve 1", "FH_EDGE_RELAY_ANY_KEY", ".SH NETWORK", "fh init state.yaml"] {
        assert!(serve.contains(part), "{part}: {serve:.2000}");
    }
    assert_eq!(fh(&["man", "serve"]).expect(0).out, serve);
    assert!(fh(&["man"]).expect(0).out.contains("fh\\-serve(1)"));
    let written = fh(&["man", "--folder", &folder, "--json"]).expect(0).json();
    assert_eq!(written["written"].as_array().unwrap().len(), names.len());
}

#[test]
fn the_version_names_the_target_and_the_formats() {
    let version = env!("CARGO_PKG_VERSION");
    let run = fh(&["version"]).expect(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], format!("fh {version}"));
    assert_eq!(lines[3..], ["state file   format 1", "data folder  format 2"]);
    let json = fh(&["version", "--json"]).expect(0).json();
    assert_eq!(json["version"], version);
    assert_eq!(json["formats"], json!({ "stateFile": 1, "dataFolder": 2 }));
    let target = json["target"].as_str().unwrap();
    assert!(target.starts_with(std::env::consts::ARCH), "{target}");
    assert_eq!(lines[2], format!("target       {target}"));
}

#[test]
fn schemas_are_those_of_the_pages() {
    let title = |args: &[&str]| -> Value { fh(args).expect(0).json()["$id"].clone() };
    assert_eq!(title(&["schema"]), "urn:fh-edge:schema:state-1");
    for (name, id) in [
        ("state", "urn:fh-edge:schema:state-1"),
        ("client-settings", "urn:fh:schema:client-settings-1"),
        ("snapshot", "urn:fh:schema:snapshot-1"),
        ("bootstrap", "urn:fh:schema:bootstrap-1"),
    ] {
        assert_eq!(title(&["schema", name]), id);
    }
}

/// `-h` fits on a screen, and `--help` has all settings with their variables.
#[test]
fn the_short_help_of_serve_is_short() {
    let short = fh(&["serve", "-h"]).expect(0).out;
    assert!(short.lines().count() <= 50, "{} lines:\n{short}", short.lines().count());
    for line in short.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for part in ["--state <FILE|URL>", "[default: 8903]", "--admin-key-file", "fh serve --help"] {
        assert!(short.contains(part), "{part}:\n{short}");
    }
    let long = fh(&["serve", "--help"]).expect(0).out;
    for part in ["Browsers:", "--max-context-bytes", "[FH_EDGE_MAX_CONTEXT_BYTES]", "SIGHUP"] {
        assert!(long.contains(part) && !short.contains(part), "{part}");
    }
}
