//! Commands for a running server of FeatureSignals.

use std::process::Command;

use fh_test::wait::PATIENCE;
use fh_test_servers::featuresignals::{Fault, Route, TestServer, Times};
use serde_json::{Value, json};

use crate::following::Following;
use crate::tool::{Run, command, file, run};

const SYSTEM: [&str; 2] = ["--system", "featuresignals"];
const BOB: [&str; 4] = ["--system", "featuresignals", "-c", "key=bob"];

/// Starts a server with a text, an experiment, and a flag that a rule on `plan` turns on.
fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    for (flag, state) in [
        (
            r#"{"key": "checkout", "flag_type": "string", "default_value": "one page"}"#,
            r#"{"enabled": true, "rules": [{"id": "r", "percentage": 10000, "value": "two pages",
                "conditions": [{"attribute": "plan", "operator": "in", "values": ["pro", "[a b]"]}]}]}"#,
        ),
        (
            r#"{"key": "price", "flag_type": "ab", "default_value": 1}"#,
            r#"{"enabled": true, "variants": [{"key": "low", "value": 9, "weight": 10000}]}"#,
        ),
        (r#"{"key": "shop", "flag_type": "boolean", "default_value": false}"#, "{}"),
    ] {
        server.put_flag(flag).unwrap();
        let flag: Value = serde_json::from_str(flag).unwrap();
        server.environment().put_state(flag["key"].as_str().unwrap(), state).unwrap();
    }
    server
}

/// Returns a command with the URL, the API key and the environment of a server in its variables.
fn fh(server: &TestServer, args: &[&str]) -> Command {
    let mut command = command(args);
    command.env("FEATURESIGNALS_API_KEY", server.environment().server_key());
    command.env("FEATURESIGNALS_URL", server.url());
    command.env("FEATURESIGNALS_ENVIRONMENT", "production");
    command
}

/// Runs a command, and asserts that it does not show the API key.
fn ended(server: &TestServer, args: &[&str]) -> Run {
    let key = server.environment().server_key();
    let run = run(&mut fh(server, args), "");
    assert!(!run.out.contains(&key) && !run.err.contains(&key), "the key is shown");
    run
}

fn get(server: &TestServer, others: &[&str]) -> Run {
    ended(server, &[&["get"], &SYSTEM[..], others].concat())
}

#[test]
fn get_shows_values_as_eval_does() {
    let server = server();
    let run = get(&server, &["-c", "key=bob", "-c", "plan=pro"]).expect(0);
    assert_eq!(
        run.out,
        "FLAG      REASON    RULE  VARIANT  VALUE\n\
         checkout  TARGETED                 two pages\n\
         price     VARIANT         low      9\n\
         shop      DISABLED                 false\n"
    );
    let rows = get(&server, &["-c", "key=bob", "price", "--json"]).expect(0).json();
    assert_eq!(
        rows,
        json!([{"flag": "price", "type": "NUMBER", "value": 9, "variantKey": "low", "reason": "VARIANT", "rule": null}])
    );
    let text = get(&server, &["-c", "key=bob", "checkout", "--value"]).expect(0).out;
    assert_eq!(text, "one page\n");
    get(&server, &["chekout", "--value"])
        .refused(1, &["the server has no flag chekout: did you mean checkout?"]);
}

#[test]
fn the_context_is_a_file_options_or_none() {
    let server = server();
    let user = file("pro.json", r#"{"key": "bob", "attributes": {"plan": ["a", "b"]}}"#);
    for context in [&["--user", &user][..], &["-c", "key=bob", "-c", "plan=a,b"]] {
        let args = [context, &["checkout", "--value"]].concat();
        assert_eq!(get(&server, &args).expect(0).out, "two pages\n");
    }
    get(&server, &["shop"]).expect(0);
    let record = server.record();
    let last = record.requests.last().unwrap();
    assert!(last.body.contains(r#""context":{"key":"anonymous""#), "{}", last.body);
    get(&server, &["-c", "plan=pro"]).refused(2, &["give -c key=KEY", "or leave out all -c"]);
    get(&server, &["-c", "key="]).refused(2, &["the key of the context is empty"]);
}

#[test]
fn the_url_the_key_and_the_environment_come_from_wherever_they_are() {
    let server = server();
    let (url, key) = (server.url(), server.environment().client_key());
    let key_file = file("key.txt", format!("\u{feff}{key}\n"));
    let rest = [&BOB[..], &["--environment", "production", "checkout", "--value"]].concat();
    let asked = |args: &[&str], stdin: &str| {
        let mut command = command(&[&["get"], args, &rest[..]].concat());
        // Options take precedence over variables.
        command.env("FEATURESIGNALS_API_KEY", "wrong");
        command.env("FEATURESIGNALS_URL", "http://127.0.0.1:1");
        command.env("FEATURESIGNALS_ENVIRONMENT", "staging");
        assert_eq!(run(&mut command, stdin).expect(0).out, "one page\n");
    };
    asked(&["--url", &url, "--secret-file", &key_file], "");
    asked(&["--url", &url, "--secret-file", "-"], &key);
    asked(&[&url, "--secret-file", &key_file], "");
}

#[test]
fn wrong_usage_says_what_to_write() {
    let server = server();
    let key = server.environment().server_key();
    ended(&server, &["get", "--environment", "production"])
        .refused(2, &["--environment is an option of FeatureSignals: add --system featuresignals"]);
    for (command, others, part) in [
        ("get", &["--api-key", "e/k"][..], "leave it out with --system featuresignals"),
        ("watch", &["--passive", "5"], "--passive is an option of FeatureHub"),
        ("get", &["-"], "set FEATURESIGNALS_API_KEY to the API key, or write --secret-file FILE"),
        ("get", &[&key], "because other users of the machine can see the arguments"),
        ("get", &["--url", "ftp://h"], "the URL of the server begins with neither http:// nor"),
        ("get", &["--environment", "a/b"], "the environment contains a slash"),
        ("get", &["--secret-file", "gone.txt"], "cannot read gone.txt"),
        ("get", &["--secret-file", "-"], "stdin: the API key is empty"),
        ("get", &["--value"], "exactly one feature"),
    ] {
        let args = [&[command], &BOB[..], others].concat();
        ended(&server, &args).refused(2, &[part]);
    }
    for (variable, part) in [
        ("FEATURESIGNALS_API_KEY", "no API key of a FeatureSignals environment: set"),
        ("FEATURESIGNALS_ENVIRONMENT", "write --environment SLUG, such as production, or set"),
    ] {
        let args = [&["get"], &BOB[..]].concat();
        run(fh(&server, &args).env_remove(variable), "").refused(2, &[part]);
    }
    assert!(server.record().requests.is_empty());
}

#[test]
fn a_server_that_refuses_or_is_gone() {
    let server = server();
    server.environment().revoke_keys();
    get(&server, &[]).refused(2, &["status 401", "check the API key, and the database"]);
    let args = [&SYSTEM[..], &["--environment", "staging"]].concat();
    server.environment().restore_keys();
    ended(&server, &[&["get"], &args[..]].concat())
        .refused(2, &["status 403", "does not belong to environment"]);
    server.arm(Fault::Page, Route::Map, Times::UntilCleared);
    get(&server, &["--timeout", "1"])
        .refused(2, &["check that the URL is that of FeatureSignals' server"]);
    server.stop();
    get(&server, &[]).refused(2, &["check that FeatureSignals' server runs there"]);
}

#[test]
fn watch_shows_changes() {
    let server = server();
    let environment = server.environment();
    let mut watch = Following::start(&mut fh(&server, &[&["watch"], &BOB[..]].concat()));
    let line = watch.line(&["checkout = \"one page\""]);
    assert!(!line.contains("version"), "{line}");
    watch.line(&["price = 9, variant low"]);
    watch.line(&["shop = false"]);
    environment.put_state("shop", r#"{"enabled": true, "default_value": true}"#).unwrap();
    watch.line(&["shop: false → true"]);
    server.delete_flag("price").unwrap();
    watch.line(&["price is gone; its value was 9"]);
    server.stop();
    watch.line(&["the server cannot be reached"]);
}

#[test]
fn watch_writes_json_polls_and_ends() {
    let server = server();
    let json = [&["watch"], &BOB[..], &["--json", "--poll", "1", "price"]].concat();
    let mut watch = Following::start(&mut fh(&server, &json));
    let value: Value = serde_json::from_str(&watch.line(&["\"value\"", "price"])).unwrap();
    assert_eq!((&value["value"], &value["variantKey"]), (&json!(9), &json!("low")));
    assert_eq!((&value["reason"], value.get("version")), (&json!("VARIANT"), None));
    server.environment().enable("price", false).unwrap();
    let change: Value = serde_json::from_str(&watch.line(&["\"change\"", "price"])).unwrap();
    assert_eq!((&change["old"], &change["value"]), (&json!(9), &json!(1)));
    server.wait_for(PATIENCE, |record| record.requests.len() > 4).unwrap();
    assert!(server.record().streams.is_empty());
    let once = [&["watch"], &BOB[..], &["--once", "price", "gone"]].concat();
    let run = ended(&server, &once).expect(0);
    assert!(run.out.ends_with("price  DISABLED                 1\n"), "{run:?}");
    assert_eq!(run.err, "note: there is no feature gone yet\n");
    ended(&server, &[&["watch"], &BOB[..], &["--for", "1"]].concat()).expect(0);
}

/// The server as shipped refuses streams.
#[test]
fn watch_polls_if_the_server_cannot_stream() {
    let server = server();
    server.arm(Fault::StreamingUnsupported, Route::Stream, Times::UntilCleared);
    let mut watch = Following::start(&mut fh(&server, &[&["watch"], &BOB[..]].concat()));
    watch.line(&["ready, polling, 3 features"]);
    watch.line(&["note: the server refuses streams: the client polls"]);
}
