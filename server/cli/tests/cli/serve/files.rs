//! State files: checks, variables, and reloads.

#[cfg(unix)]
use rustix::process::Signal;
use serde_json::json;

use super::{ENVIRONMENT, KEY, Serving, state};
use crate::following::Following;
use crate::tool::{command, fh, file};

#[test]
fn files_that_are_wrong() {
    let wrong = state("plain").replace("true, BANNER: plain", "5, BANER: plain");
    let path = file("serve-wrong.yaml", wrong);
    fh(&["serve", "--state", &path])
        .refused(2, &["serve-wrong.yaml: line 7, column", "and 1 more", "--check"]);
}

#[test]
fn a_check_says_all_at_once() {
    let good = file("serve-good.yaml", state("plain"));
    let run = fh(&["serve", "--check", &good]).expect(0);
    assert!(
        run.out.ends_with("is fine: a state file, 2 features, 1 environment, 2 accounts\n"),
        "{run:?}"
    );
    let wrong = state("plain").replace("true, BANNER: plain", "5, BANER: plain");
    let path = file("serve-check.yaml", wrong);
    let run = fh(&["serve", "--check", &path]).expect(1);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 3, "{run:?}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains("serve-check.yaml: line 7"));
    assert!(run.out.contains("did you mean BANNER?"), "{run:?}");
    assert!(lines[2].ends_with("cannot be served: 2 errors"), "{run:?}");
    let report = fh(&["serve", "--check", &path, "--json"]).expect(1).json();
    assert_eq!(report["errors"].as_array().unwrap().len(), 2);
    assert_eq!((&report["errors"][0]["line"], &report["form"]), (&json!(7), &json!(null)));
    let report = fh(&["serve", "--check", &good, "--json"]).expect(0).json();
    assert_eq!((&report["features"], &report["errors"]), (&json!(2), &json!([])));
    fh(&["serve", "--check", "/no/such/state.yaml"]).refused(2, &["no such file"]);
}

/// Three mistakes that are no errors: 0.0025 % of the users, a conditional that does not exist, and a country that does not exist.
const MISTAKEN: &str = "
      BANNER:
        value: plain
        strategies:
        - {id: a, percentage: 25, value: a}
        - {id: b, value: b, attributes: [{fieldName: user, type: STRING, conditional: EQUAL, values: [x]}]}
        - {id: c, value: c, attributes: [{fieldName: country, type: STRING, conditional: EQUALS, values: [nz]}]}";

#[test]
fn probable_mistakes_are_named_by_the_check_and_the_log_and_can_be_accepted() {
    let mistaken = state("plain")
        .replace("values: { NEW_CHECKOUT: true, BANNER: plain }", &format!("values:{MISTAKEN}"));
    let path = file("serve-mistaken.yaml", &mistaken);
    let run = fh(&["serve", "--check", &path]).expect(0);
    let names = ["[percentage-unit]", "[unknown-name]", "[well-known]"];
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 4, "{run:?}");
    for (line, name) in lines.iter().zip(names) {
        assert!(line.starts_with("warning: ") && line.ends_with(name), "{line}");
    }
    assert!(lines[3].contains("can be served") && lines[3].ends_with("; 3 warnings"), "{run:?}");
    assert!(!run.out.contains("is fine"), "{run:?}");
    let run = fh(&["serve", "--check", &path, "--strict"]).expect(1);
    assert!(run.out.ends_with("; 3 warnings, which --strict refuses\n"), "{run:?}");
    let report = fh(&["serve", "--check", &path, "--json"]).expect(0).json();
    assert_eq!(report["warnings"][2]["code"], "well-known");
    fh(&["serve", "--strict"]).refused(2, &["--check"]);

    #[cfg(unix)]
    {
        let mut serving = Serving::start(&path, &[], &[]);
        serving.process.send(Signal::HUP);
        for name in names {
            serving.process.line(&["WARN", name]);
        }
    }
    let accepted = mistaken.replace(
        "        strategies:",
        "        accept: [percentage-unit, unknown-name, well-known]\n        strategies:",
    );
    let run = fh(&["serve", "--check", &file("serve-accepted.yaml", accepted), "--strict"]);
    assert!(run.expect(0).out.contains("is fine"));
}

#[test]
fn secrets_come_from_the_environment() {
    let path =
        file("serve-secret.yaml", state("plain").replace("readerSecret4test*1", "'${READER}'"));
    fh(&["serve", "--check", &path]).expect(1);
    let serving = Serving::start(&path, &[], &[("READER", "readerSecret4test*1")]);
    fh(&["get", &serving.url, KEY, "BANNER"]).expect(0);
}

/// A file with an answer to a GET contains no keys, so FH_EDGE_KEY names them.
#[test]
fn a_file_without_keys_is_given_some() {
    let body = fh(&["demo", "--write", "-"]).expect(0).out;
    let path = file("serve-get.json", &body);
    let environment = "c2b7d0a4-58f1-4b3e-9a6d-7e1f40c92b15";
    assert!(body.contains(environment));
    let serving = Serving::start(
        &path,
        &[],
        &[("FH_EDGE_KEY", "aSecret4test*1,bSecret4test cSecret4test*2")],
    );
    for key in ["aSecret4test*1", "bSecret4test", "cSecret4test*2"] {
        let key = format!("{environment}/{key}");
        let rate = fh(&["get", &serving.url, &key, "TAX_RATE", "--json"]).expect(0).json();
        assert_eq!(rate[0]["value"], 0.15);
        fh(&["set", &serving.url, &key, "MAINTENANCE_MODE", "true"]).expect(1);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_reads_files_again_and_what_is_wrong_changes_nothing() {
    let path = file("serve-again.yaml", state("plain"));
    let mut serving = Serving::start(&path, &[], &[]);
    let banner = |serving: &Serving| {
        fh(&["get", &serving.url, KEY, "BANNER", "--json"]).expect(0).json()[0]["value"].clone()
    };
    assert_eq!(banner(&serving), "plain");
    // SIGHUP reads the file even if it has not changed.
    serving.process.send(Signal::HUP);
    serving.process.line(&["the state was read again"]);
    file("serve-again.yaml", state("other"));
    serving.process.send(Signal::HUP);
    serving.process.line(&["the state was read again"]);
    assert_eq!(banner(&serving), "other");
    file("serve-again.yaml", format!("{}\nnonsense: 1\n", state("third")));
    serving.process.send(Signal::HUP);
    serving.process.line(&["ERROR", "serve-again.yaml: line 12", "nonsense"]);
    assert_eq!(banner(&serving), "other");
    let environment = ENVIRONMENT.to_uppercase();
    file("serve-again.yaml", state("fourth").replace(ENVIRONMENT, &environment));
    serving.process.send(Signal::HUP);
    serving.process.line(&["the state was read again"]);
    assert_eq!(banner(&serving), "fourth");
}

/// Passes with and without file notifications of the operating system.
#[test]
fn a_file_that_changes_is_served_anew() {
    let path = file("serve-hot.yaml", state("plain"));
    let mut serving = Serving::start(&path, &[], &[]);
    let mut watch = Following::start(&mut command(&["watch", &serving.url, KEY, "BANNER"]));
    watch.line(&["BANNER = \"plain\""]);
    file("serve-hot.yaml", state("hot"));
    watch.line(&["BANNER: \"plain\" → \"hot\""]);
    file("serve-hot.yaml", "features: [");
    serving.process.line(&["ERROR", "serve-hot.yaml: line 2"]);
    file("serve-hot.yaml", state("hotter"));
    watch.line(&["BANNER: \"hot\" → \"hotter\""]);
}
