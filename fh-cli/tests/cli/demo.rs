use std::process::Command;

use serde_json::Value;

use crate::tool::{fh, path};

fn sample() -> Value {
    fh(&["demo", "--write", "-"]).expect(0).json()
}

#[test]
fn fits_a_terminal_and_tells_everything() {
    let run = fh(&["demo"]).expect(0);
    assert_eq!(run.err, "");
    for part in [
        "Aroha",
        "NEW_CHECKOUT",
        "Why does",
        "falls into bucket",
        "CONFIGURED",
        "█",
        "fh lint shop.json",
    ] {
        assert!(run.out.contains(part), "no {part} in\n{}", run.out);
    }
    for line in run.out.lines() {
        assert!(line.chars().count() <= 80, "wide: {line}");
        assert_eq!(line.trim_end(), line);
    }
    assert_eq!(run.out, fh(&["demo"]).expect(0).out);
}

/// The commands that the demo ends with, copied into a shell.
#[test]
fn the_next_commands_work() {
    let out = fh(&["demo"]).expect(0).out;
    let commands: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("  fh ")).collect();
    assert!(commands.len() >= 5 && commands[0] == "demo --write shop.json", "{commands:?}");
    assert_eq!(fh(&["demo", "--json"]).expect(0).json()["next"][1], format!("fh {}", commands[1]));
    let folder = path("next");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for command in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_fh"))
            .args(command.split_whitespace())
            .current_dir(&folder)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && err.is_empty(), "fh {command}: {err}");
        assert!(!output.stdout.is_empty(), "fh {command}");
    }
}

#[test]
fn the_sample_lints_clean() {
    let path = path("lint-shop.json");
    fh(&["demo", "--write", &path, "--force"]).expect(0);
    let report = fh(&["lint", &path, "--strict", "--json"]).expect(0).json();
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert!(report["features"].as_u64().unwrap() >= 12);
}

#[test]
fn the_sample_uses_everything() {
    let sample = sample();
    let features = sample[0]["features"].as_array().unwrap();
    let text = sample.to_string();
    for kind in
        ["STRING", "SEMANTIC_VERSION", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "IP_ADDRESS"]
    {
        let rule = format!("\"type\":\"{kind}\",\"values\"");
        assert!(text.contains(&rule), "no rule of type {kind}");
    }
    for kind in ["BOOLEAN", "STRING", "NUMBER", "JSON"] {
        assert!(features.iter().any(|feature| feature["type"] == kind), "no {kind}");
    }
    assert!(text.contains("percentageAttributes") && text.contains("\"fp\""));
    assert!(features.iter().any(|feature| feature["l"] == true));
}

#[test]
fn as_json() {
    let story = fh(&["demo", "--json"]).expect(0).json();
    assert_eq!(story["people"][0]["name"], "Aroha");
    assert_eq!(story["people"][0]["context"]["languages"][1], "mi");
    assert_eq!(
        story["people"][0]["features"].as_array().unwrap().len(),
        sample()[0]["features"].as_array().unwrap().len()
    );
    assert_eq!(story["explanation"]["feature"], "EXPRESS_PAY");
}

#[test]
fn nothing_is_overwritten_unasked() {
    let path = path("write-shop.json");
    std::fs::write(&path, "mine").unwrap();
    fh(&["demo", "--write", &path]).refused(2, &["write-shop.json", "--force"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    fh(&["demo", "--write", &path, "--force"]).expect(0);
    // Its own file again is fine.
    fh(&["demo", "--write", &path]).expect(0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), fh(&["demo", "--write", "-"]).out);
    fh(&["demo", "--write", "/no/such/folder/shop.json"]).refused(2, &["cannot write"]);
}
