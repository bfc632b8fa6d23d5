//! Commands for a running server of FeatBit.

use std::process::Command;

use fh_test::wait::PATIENCE;
use fh_test_servers::featbit::{TestServer, sample};
use serde_json::{Value, json};

use crate::following::Following;
use crate::tool::{Run, command, file, run};

const FEATBIT: [&str; 4] = ["--system", "featbit", "-c", "keyId=bob"];

/// Starts a server with a text, a number, and a flag that depends on a segment.
fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::string_flag("colour", "red")).unwrap();
    let limit = sample::string_flag("limit", "1.50").replace("\"string\"", "\"number\"");
    environment.put_flag(&limit).unwrap();
    environment.put_segment(&sample::segment("members", &["alice"])).unwrap();
    environment.put_flag(&sample::segment_flag("beta", "members")).unwrap();
    server
}

/// Returns a command with the URL and the secret of a server in its environment.
fn fh(server: &TestServer, args: &[&str]) -> Command {
    let mut command = command(args);
    command.env("FEATBIT_ENV_SECRET", server.environment().server_secret());
    command.env("FEATBIT_STREAMING_URL", server.streaming_url());
    command
}

/// Runs a command, and asserts that it does not show the secret.
fn ended(server: &TestServer, args: &[&str]) -> Run {
    let secret = server.environment().server_secret();
    let run = run(&mut fh(server, args), "");
    assert!(!run.out.contains(&secret) && !run.err.contains(&secret), "the secret is shown");
    run
}

fn get(server: &TestServer, others: &[&str]) -> Run {
    ended(server, &[&["get"], &FEATBIT[..], others].concat())
}

#[test]
fn get_shows_values_as_eval_does() {
    let server = server();
    let run = get(&server, &[]).expect(0);
    assert_eq!(
        run.out,
        "FLAG    REASON       RULE  VARIATION    VALUE\n\
         colour  Fallthrough        variation 0  red\n\
         limit   Fallthrough        variation 0  1.50\n\
         beta    Fallthrough        variation 1  false\n"
    );
    let rows = get(&server, &["beta", "--json"]).expect(0).json();
    assert_eq!(
        rows,
        json!([{"flag": "beta", "type": "BOOLEAN", "value": "false", "variationId": "v1", "reason": "Fallthrough", "rule": null}])
    );
    assert_eq!(get(&server, &["limit", "--value"]).expect(0).out, "1.50\n");
    get(&server, &["colou", "--value"])
        .refused(1, &["the server has no flag colou: did you mean colour?"]);
    let user = file("alice.json", r#"{"keyId": "alice"}"#);
    let args = ["get", "--system", "featbit", "--user", &user, "beta", "--value"];
    assert_eq!(ended(&server, &args).expect(0).out, "true\n");
    // A person who looks at flags is no user of them.
    assert!(server.record().insights.is_empty());
}

#[test]
fn the_url_and_the_secret_come_from_wherever_they_are() {
    let server = server();
    let (url, secret) = (server.streaming_url(), server.environment().server_secret());
    let secret_file = file("secret.txt", format!("\u{feff}{secret}\n"));
    let rest = [&FEATBIT[..], &["colour", "--value"]].concat();
    let asked = |args: &[&str], stdin: &str| {
        let mut command = command(&[&["get"], args, &rest[..]].concat());
        // Options take precedence over variables.
        command.env("FEATBIT_ENV_SECRET", "wrong").env("FEATBIT_STREAMING_URL", "ws://127.0.0.1:1");
        assert_eq!(run(&mut command, stdin).expect(0).out, "red\n");
    };
    asked(&["--url", &url, "--secret-file", &secret_file], "");
    asked(&["--url", &url, "--secret-file", "-"], &secret);
    asked(&[&url, "--secret-file", &secret_file], "");
    asked(&["--url", &server.http_url(), "--secret-file", &secret_file], "");
}

#[test]
fn wrong_usage_says_what_to_write() {
    let server = server();
    let secret = server.environment().server_secret();
    for (args, part) in [
        (&["get", "--system", "featbit"][..], "give -c keyId=KEY, or --user FILE"),
        (&["get", "--secret-file", "x"], "add --system featbit or --system featuresignals"),
        (
            &["get", "--user", "x"],
            "add --system featbit or --system featuresignals, or write --context userkey=USER",
        ),
    ] {
        ended(&server, args).refused(2, &[part]);
    }
    for (command, others, part) in [
        ("get", &["--api-key", "e/k"][..], "--api-key is an option of FeatureHub"),
        ("watch", &["--passive", "5"], "--passive is an option of FeatureHub"),
        ("get", &["-"], "set FEATBIT_ENV_SECRET to the server secret, or write --secret-file FILE"),
        ("get", &[&secret], "because other users of the machine can see the arguments"),
        ("get", &["--url", "localhost:5100"], "begins with neither ws:// nor wss://"),
        ("get", &["--secret-file", "gone.txt"], "cannot read gone.txt"),
        ("get", &["--environment", "p"], "--environment is an option of FeatureSignals"),
        ("get", &["--value"], "exactly one feature"),
    ] {
        let args = [&[command], &FEATBIT[..], others].concat();
        ended(&server, &args).refused(2, &[part]);
    }
    for (variable, part) in [
        (
            "FEATBIT_ENV_SECRET",
            "no server secret of a FeatBit environment: set FEATBIT_ENV_SECRET to it",
        ),
        ("FEATBIT_STREAMING_URL", "write --url ws://HOST:PORT, or set FEATBIT_STREAMING_URL"),
    ] {
        let args = [&["get"], &FEATBIT[..]].concat();
        run(fh(&server, &args).env_remove(variable), "").refused(2, &[part]);
    }
    assert!(server.record().upgrades.is_empty());
}

#[test]
fn a_server_that_refuses_or_is_gone() {
    let server = server();
    server.environment().revoke_secrets();
    let args = [&["get"], &FEATBIT[..]].concat();
    let mut refused = fh(&server, &args);
    run(refused.env("FEATBIT_ENV_SECRET", "x".repeat(44)), "")
        .refused(2, &["refuses the environment secret (close code 4003)"]);
    server.stop();
    let mut gone = fh(&server, &args);
    run(gone.env("FEATBIT_ENV_SECRET", "x".repeat(44)), "")
        .refused(2, &["check that FeatBit's evaluation server runs there"]);
}

#[test]
fn watch_shows_changes_of_flags_and_segments() {
    let server = server();
    let environment = server.environment();
    let mut watch = Following::start(&mut fh(&server, &[&["watch"], &FEATBIT[..]].concat()));
    watch.line(&["ready, streaming, 3 features"]);
    watch.line(&["colour = \"red\", variation variation 0 (version "]);
    watch.line(&["beta = false, variation variation 1"]);
    environment.put_flag(&sample::string_flag("colour", "blue")).unwrap();
    watch.line(&["colour: \"red\" → \"blue\""]);
    environment.put_segment(&sample::segment("members", &["alice", "bob"])).unwrap();
    watch.line(&["beta: false → true"]);
    environment.archive_flag("colour", true).unwrap();
    watch.line(&["colour is gone; its value was \"blue\""]);
    server.stop();
    watch.line(&["the server cannot be reached"]);
}

#[test]
fn watch_writes_json_polls_and_ends() {
    let server = server();
    let json = [&["watch"], &FEATBIT[..], &["--json", "--poll", "1", "colour"]].concat();
    let mut watch = Following::start(&mut fh(&server, &json));
    let value: Value = serde_json::from_str(&watch.line(&["\"value\"", "colour"])).unwrap();
    assert_eq!((&value["value"], &value["variationId"]), (&json!("red"), &json!("v0")));
    server.environment().put_flag(&sample::string_flag("colour", "blue")).unwrap();
    let change: Value = serde_json::from_str(&watch.line(&["\"change\"", "colour"])).unwrap();
    assert_eq!((&change["old"], &change["value"]), (&json!("red"), &json!("blue")));
    server.wait_for(PATIENCE, |record| !record.requests.is_empty()).unwrap();
    assert!(server.record().upgrades.is_empty());
    // The names are those of `fh get --json`.
    let row = &get(&server, &["colour", "--json"]).expect(0).json()[0];
    for (name, member) in row.as_object().unwrap() {
        assert_eq!(&change[name], member, "{name}");
    }
    let more = change.as_object().unwrap().keys().filter(|name| row.get(name).is_none());
    assert_eq!(more.collect::<Vec<_>>(), ["event", "old", "time", "version"]);
    let once = [&["watch"], &FEATBIT[..], &["--once", "colour", "gone"]].concat();
    let run = ended(&server, &once).expect(0);
    assert!(run.out.ends_with("colour  Fallthrough        variation 0  blue\n"), "{run:?}");
    assert_eq!(run.err, "note: there is no feature gone yet\n");
    ended(&server, &[&["watch"], &FEATBIT[..], &["--for", "1"]].concat()).expect(0);
}
