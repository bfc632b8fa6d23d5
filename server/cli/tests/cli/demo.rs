use std::process::Command;

use fh_eval::internal::RuleType;
use serde_json::Value;

use crate::following::{ENTER, FRAME, Following, LEAVE};
use crate::init::unquoted;
use crate::tool::{command, fh, path};

fn sample() -> Value {
    fh(&["demo", "--write", "-"]).expect(0).json()
}

/// The option that makes the pauses of the demo very short.
const FAST: &str = "--speed=10000";

#[test]
fn it_is_live_and_tells_everything() {
    let run = fh(&["demo", FAST]).expect(0);
    assert_eq!(run.err, "");
    // The parts must appear in this order.
    let mut rest = run.out.as_str();
    for part in [
        "served by an Edge at http://127.0.0.1:",
        "/console (`--keep` keeps the console open)",
        "The values of each user",
        "Aroha ",
        "NEW_CHECKOUT      false ",
        "The values that Ben sees",
        "ready, streaming, 14 features",
        "SEARCH_RANKING = \"learned\" by strategy learn",
        "PUT: a test sets NEW_CHECKOUT to true",
        "NEW_CHECKOUT: false → true (version 15)",
        "… a listener for Ben is called: NEW_CHECKOUT false → true",
        "PATCH: the console rolls \"boosted\" out to 30 %",
        "SEARCH_RANKING: \"learned\" → \"boosted\" (version 22)",
        "… \"boosted\" now goes to 3,073 of 10,000 people instead of 1,021; all people who had the value keep it",
        "… a listener for Ben is called: SEARCH_RANKING learned → boosted",
        "out to 60 %",
        "… \"boosted\" now goes to 6,037 of 10,000 people instead of 3,073; all people who had the value keep it",
        "PUT: a test wants TAX_RATE to be 0.2",
        "… refused: it is locked",
        "Why does Aroha",
        "falls into bucket",
        "How the values of SEARCH_RANKING are distributed now",
        "60 %  █",
        "  fh lint shop.json",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} in {rest}"));
        rest = &rest[at..];
    }
    for line in run.out.lines().filter(|line| !line.contains("Z ")) {
        assert!(line.chars().count() <= 80, "wide: {line}");
        assert_eq!(line.trim_end(), line);
    }
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_table_is_drawn_in_place() {
    let mut demo = Following::on_a_terminal(command(&["demo", FAST]), 30, 90);
    demo.until(ENTER, &["The values of each user", "Aroha"]);
    demo.until(
        FRAME,
        &["The values that Ben sees, by a stream from http://127.0.0.1:", "\"learned\""],
    );
    demo.until(FRAME, &["\"boosted\"", "a listener for Ben is called: SEARCH_RANKING"]);
    let (status, all) = demo.end();
    assert!(status.success());
    let (_, left) = all.split_once(LEAVE).unwrap();
    // The last frame stays on the normal screen, and the rest of the output follows it.
    for part in ["refused: it is locked", "Why does Aroha", "fh lint shop.json"] {
        assert!(left.contains(part), "no {part:?} in {left}");
    }
}

#[cfg(unix)]
#[test]
fn it_stays_if_asked_and_ends_whenever_asked() {
    let mut demo = Following::with_errors(command(&["demo", FAST, "--keep"]));
    demo.line(&["/console (the key is shown below)"]);
    demo.line(&["The Edge runs until Ctrl-C"]);
    let words = |line: String| -> Vec<String> {
        let words = line.trim_start().trim_start_matches("fh ").split(' ');
        words.map(|word| unquoted(word).to_string()).collect()
    };
    let (watch, set) = (words(demo.line(&["fh watch "])), words(demo.line(&["fh set "])));
    let mut watch = Following::start(&mut command(&watch));
    watch.line(&["NEW_CHECKOUT = true"]);
    fh(&set).expect(0);
    watch.line(&["NEW_CHECKOUT: true → false"]);
    demo.line(&["The console's key: "]);
    demo.interrupt();
    assert!(demo.end().0.success());
    // Ctrl-C also ends the demo in the middle.
    let mut demo = Following::with_errors(command(&["demo", "--speed", "0.1"]));
    demo.line(&["* decided by a strategy"]);
    demo.interrupt();
    let (status, all) = demo.end();
    assert!(status.success() && !all.contains("Why does"), "{all}");
}

/// Runs the commands that the demo prints at its end.
#[test]
fn the_next_commands_work() {
    let out = fh(&["demo", FAST]).expect(0).out;
    let commands: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("  fh ")).collect();
    assert!(commands.len() >= 8 && commands[0] == "init", "{commands:?}");
    let folder = path("next");
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
fn the_sample_uses_everything() {
    let sample = sample();
    let features = sample[0]["features"].as_array().unwrap();
    let text = sample.to_string();
    for kind in RuleType::ALL.iter().map(|kind| kind.name()) {
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
    let out = fh(&["demo", FAST, "--json"]).expect(0).out;
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |event: &str| rows.iter().find(|row| row["event"] == event).unwrap();
    let count = |event: &str| rows.iter().filter(|row| row["event"] == event).count();
    assert!(row("started")["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let people = &row("people")["people"];
    assert_eq!(
        (&people[0]["name"], &people[0]["context"]["languages"][1]),
        (&"Aroha".into(), &"mi".into())
    );
    let features = sample()[0]["features"].as_array().unwrap().len();
    assert_eq!(people[0]["features"].as_array().unwrap().len(), features);
    // The value keeps its spelling.
    assert!(out.contains("\"value\":79.90"));
    assert_eq!((count("value"), count("change"), count("update")), (features, 2, 1));
    assert_eq!(row("change")["feature"], "NEW_CHECKOUT");
    assert!(count("step") >= 8);
    assert_eq!(row("explanation")["explanation"]["feature"], "EXPRESS_PAY");
    assert_eq!(row("next")["commands"][0], "fh init");
    assert_eq!(rows.last().unwrap()["event"], "next");
}

#[test]
fn nothing_is_overwritten_unasked() {
    let path = path("write-shop.json");
    std::fs::write(&path, "mine").unwrap();
    fh(&["demo", "--write", &path]).refused(2, &["write-shop.json", "--force"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let run = fh(&["demo", "--write", &path, "--force"]).expect(0);
    assert_eq!(run.out, format!("wrote {path}\n"));
    // An existing file with the same content is accepted, and not written again.
    let run = fh(&["demo", "--write", &path]).expect(0);
    assert_eq!(run.out, format!("{path} has this content already\n"));
    let run = fh(&["demo", "--write", &path, "--json"]).expect(0);
    assert_eq!(run.json(), serde_json::json!({ "unchanged": path }));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), fh(&["demo", "--write", "-"]).out);
    fh(&["demo", "--write", "/no/such/folder/shop.json"]).refused(2, &["cannot write"]);
}
