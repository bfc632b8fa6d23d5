//! Settings of a server: their sources, their effects, and wrong ones.

use serde_json::{Value, json};

use super::{ENVIRONMENT, KEY, Serving, open, state, until};
use crate::following::Following;
use crate::tool::{SECRET, command, fh, file, run};

#[test]
fn settings_in_force_and_where_they_come_from() {
    let properties = file(
        "serve-show.properties",
        "server.port = 8553\nedge.sse.heartbeat-period=15\nedge.stats=true\n",
    );
    let args = ["serve", "--show-settings", "--port", "1234", "--key", "aSecret4test*1"];
    let show = |json: bool| {
        let mut show = command(&args);
        if json {
            show.arg("--json");
        }
        show.env("FH_EDGE_PROPERTIES", &properties).env("SERVER_GRACEPERIODINSECONDS", "3");
        run(&mut show, "").expect(0)
    };
    let rows = show(true).json();
    let row = |name: &str| rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(row("port")["value"], "1234");
    assert_eq!(row("port")["from"], "--port");
    assert_eq!(row("heartbeat")["value"], "15");
    let from = row("heartbeat")["from"].as_str().unwrap();
    assert!(from.ends_with("serve-show.properties line 2"), "{from}");
    assert_eq!(row("grace")["from"], "SERVER_GRACEPERIODINSECONDS in the environment");
    assert_eq!((&row("key")["value"], &row("drop-after")["from"]), (&json!("***"), &json!(null)));
    let out = show(false).out;
    assert!(out.contains("edge.stats (statistics)") && out.contains("***"), "{out}");
}

/// Even at the finest level, no key is logged.
#[test]
fn logs_as_json_and_without_keys() {
    let path = file("serve-logs.yaml", state("plain"));
    let mut command =
        command(&["serve", "--state", &path, "--log-format", "json", "--log", "trace"]);
    command.envs([("FH_EDGE_PORT", "0"), ("NATS_URLS", "nats://x"), ("FH_EDGE_LOGS", "1")]);
    let mut process = Following::with_errors(command);
    let warning: Value = serde_json::from_str(&process.line(&["FH_EDGE_LOGS"])).unwrap();
    assert_eq!(warning["level"], "WARN");
    process.line(&["\"WARN\"", "settings of FeatureHub", "nats.urls (messages"]);
    // The log and stdout have no order.
    let (mut started, mut line) = (Value::Null, Value::Null);
    while started.is_null() || line.is_null() {
        let next = process.line(&["{"]);
        match serde_json::from_str::<Value>(&next).unwrap() {
            next if next["message"] == "starting" => started = next,
            next if next["event"] == "listening" => line = next,
            _ => {}
        }
    }
    assert_eq!((&started["level"], &started["origin"]), (&json!("INFO"), &json!("file")));
    assert_eq!((&started["environments"], &started["features"]), (&json!(1), &json!(2)));
    assert_eq!(started["version"], env!("CARGO_PKG_VERSION"));
    // Lines that are printed beside the log are JSON as well, even without --json.
    let url = line["url"].as_str().unwrap();
    fh(&["get", url, KEY, "BANNER"]).expect(0);
    let mut stream = open(url, &format!("/features/{KEY}"), "");
    until(&mut stream, "event: features");
    let writer = super::WRITER;
    fh(&["set", url, writer, "BANNER", "changed"]).expect(0);
    let audit: Value = serde_json::from_str(&process.line(&["audit"])).unwrap();
    assert_eq!((&audit["feature"], &audit["account"]), (&json!("BANNER"), &json!("writer")));
    assert_eq!((&audit["address"], &audit["outcome"]), (&json!("127.0.0.1"), &json!("changed")));
    fh(&["set", url, writer, "NO_SUCH_FEATURE", "changed"]).expect(1);
    let audit: Value = serde_json::from_str(&process.line(&["audit", "NO_SUCH"])).unwrap();
    assert_eq!(audit["outcome"], "failed");
    assert_eq!(audit["why"], "there is no such feature, or the API key may not read it");
    #[cfg(unix)]
    {
        drop(stream);
        process.interrupt();
        // `end` asserts that no key was logged.
        assert!(process.end().0.success());
    }
}

#[test]
fn settings_of_featurehub_do_what_they_say() {
    let properties = file(
        "serve-featurehub.properties",
        "server.port=0\nmonitor.port=0\nedge.cache-control.header=max-age=7\njersey.cors.headers=x-mine\njersey.cors.timeout=9\nedge.sse.heartbeat-period=0.2\n",
    );
    let path = file("serve-featurehub.yaml", state("plain"));
    let args = ["serve", "--state", &path, "--properties", &properties];
    let mut process = Following::with_errors(command(&args));
    let line = process.line(&["listening on http"]);
    let url = line.trim_start_matches("listening on ");
    let answer = super::get(url, &format!("/features?apiKey={KEY}"));
    assert!(answer.contains("cache-control: max-age=7"), "{answer}");
    // In FeatureHub's settings, a monitor port of 0 means that there is none.
    assert!(super::get(url, "/health/liveness").contains("200 OK"));
    let mut stream = open(url, &format!("/features/{KEY}"), "");
    until(&mut stream, "event: ack\ndata: \"❤️\"");
    use std::io::Write;
    let mut preflight = open(url, "/", "origin: x\r\n");
    until(&mut preflight, "ok");
    write!(preflight, "OPTIONS /features HTTP/1.1\r\nhost: x\r\norigin: http://a.example\r\n\r\n")
        .unwrap();
    let head = until(&mut preflight, "\r\n\r\n");
    assert!(head.contains(",x-mine\r\n") && head.contains("access-control-max-age: 9"), "{head}");
}

#[test]
fn limits_hold() {
    let serving = Serving::of_banner(
        "serve-limits.yaml",
        &["--max-header-bytes", "8KiB", "--requests-per-second", "1", "--max-body-bytes", "10"],
    );
    let mut large = open(&serving.url, "/", &format!("x-large: {}\r\n", "x".repeat(10_000)));
    until(&mut large, "431");
    let path = format!("/features?apiKey={KEY}");
    let busy = (0..20).map(|_| serving.get(&path)).find(|answer| answer.contains(" 429 "));
    assert!(busy.unwrap().contains("retry-after: 1"));
}

/// Every start below fails or only prints the settings. Every run asserts that no secret is shown (C12).
#[test]
fn no_start_that_fails_shows_a_secret() {
    let secret = |text: &str| format!("{text}{SECRET}");
    let good = file("serve-refused-secrets.yaml", state("plain"));
    let key = format!("{ENVIRONMENT}/{SECRET}*1");
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let variables = [
        ("FH_EDGE_ADMIN_KEY", secret("admin-0123456789-")),
        ("FH_EDGE_KEY", key.clone()),
        ("FH_EDGE_RELAY_KEY", key.clone()),
        ("FH_EDGE_RELAY_HEADER", secret("authorization=Bearer ")),
    ];
    let pasted = format!("http://127.0.0.1:9/{key}");
    let credentials = format!("http://me:{SECRET}@127.0.0.1:9");
    let query = format!("{pasted}?x");
    let broken = file(
        "serve-secrets-broken.yaml",
        state("plain").replace("clientKey: writer", &format!("clientKey: {SECRET} [")),
    );
    let trace = ["--log", "trace"];
    for args in [
        &["--relay", &credentials][..],
        &["--relay", &query],
        &["--relay", &pasted, "--profile", "edge"],
        &["--relay", &pasted, "--port", &port],
        &["--relay", &pasted, "--relay-header", "host=x"],
        &["--state", &broken],
        &["--state", &good, "--port", &port],
        &["--state", &good, "--data", &good],
        &["--state", &good, "--tls-key", &good, "--tls-certificate", &good],
        &["--state", &good, "--admin-key", SECRET],
        &["--state", &good, "--port", "0", "--key", &secret("/?")],
        &["--relay", &pasted, "--relay-key", &secret("x/y/z/")],
    ] {
        let mut serve = command(&[&["serve"], args, &trace].concat());
        serve.envs(variables.iter().map(|(name, text)| (name, text)));
        let run = run(&mut serve, "").expect(2);
        assert!(run.err.contains("error: "), "{args:?} {run:?}");
    }
    for args in [&["--relay", &pasted][..], &["--relay", &pasted, "--json"]] {
        let mut show = command(&[&["serve", "--show-settings"], args].concat());
        show.envs(variables.iter().map(|(name, text)| (name, text)));
        let run = run(&mut show, "").expect(0);
        assert!(run.out.contains("http://127.0.0.1:9/***"), "{run:?}");
    }
    let doctor = format!("{pasted}/x");
    fh(&["doctor", &doctor, &key, "--timeout", "1", "--json"]);
    fh(&["watch", &pasted, &key, "--for", "0.2", "--json"]);
    fh(&["get", &pasted, &key, "BANNER", "--timeout", "1"]);
}

/// Some editors and shells write a byte order mark before a text. It hides neither the first line of a file with settings nor the
/// first key, header or certificate.
#[test]
fn byte_order_marks_hide_no_first_line() {
    let marked = |name: &str, text: &str| file(name, format!("\u{feff}{text}"));
    let properties =
        marked("serve-mark.properties", "server.port=1234\nedge.sse.heartbeat-period=15\n");
    let keys = marked("serve-mark-keys.txt", &format!("marked{SECRET}*1\n"));
    let admin = marked("serve-mark-admin.txt", &format!("admin-{SECRET}-0123456789\n"));
    let args = ["serve", "--show-settings", "--json", "--properties", &properties];
    let rows = fh(&args).expect(0).json();
    let row = |name: &str| rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!((&row("port")["value"], &row("heartbeat")["value"]), (&json!("1234"), &json!("15")));
    assert!(row("port")["from"].as_str().unwrap().ends_with("line 1"), "{rows}");

    let authority = fh_test::certificates::Authority::new("the test's authority");
    let certificate = authority.issue("localhost", -1..30);
    let chain = marked("serve-mark.pem", certificate.pem());
    let key = marked("serve-mark.key", &certificate.key_pem());
    let state = marked("serve-mark.yaml", &state("plain"));
    let args = [
        "--listen",
        "127.0.0.1",
        "--key-file",
        &keys,
        "--admin-key-file",
        &admin,
        "--tls-certificate",
        &chain,
        "--tls-key",
        &key,
    ];
    let serving = Serving::start(&state, &args, &[]);
    let port = serving.url.rsplit(':').next().unwrap();
    let poll = format!("/features?apiKey={ENVIRONMENT}/marked{SECRET}*1");
    let answer = crate::secure::get(&authority.pem(), port, &poll, "");
    assert!(answer.contains(" 200 ") && answer.contains("BANNER"), "{answer}");
    let header = format!("authorization: Bearer admin-{SECRET}-0123456789\r\n");
    let answer = crate::secure::get(&authority.pem(), port, "/admin/v1/state", &header);
    assert!(answer.contains(" 200 "), "{answer}");
    // Other files are the keys and headers of relays, and the answers to a command.
    let relay_keys =
        marked("serve-mark-relay-keys.txt", &format!("{ENVIRONMENT}/relay{SECRET}*1\n"));
    let headers = marked("serve-mark-headers.txt", &format!("x-tenant={SECRET}\n"));
    let args = [
        "serve",
        "--show-settings",
        "--json",
        "--relay",
        "http://127.0.0.1:9",
        "--relay-key-file",
        &relay_keys,
        "--relay-header-file",
        &headers,
    ];
    fh(&args).expect(0);
    let mut get = command(&["get", "http://127.0.0.1:1", "-"]);
    let refused = run(&mut get, format!("\u{feff}{ENVIRONMENT}/{SECRET}*1\n"));
    assert!(refused.err.contains("refused"), "{refused:?}");
}
