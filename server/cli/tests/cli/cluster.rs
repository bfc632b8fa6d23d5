//! `fh cluster`, and servers of one cluster, each a process of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fh_test::wait::wait_until;
use fh_test_servers::postgres::Postgres;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::serve::{ENVIRONMENT, KEY, Serving, WRITER, banner, get, open, send, state, until};
use crate::tool::{command, fh, file, path};

const ADMIN: (&str, &str) = ("FH_EDGE_ADMIN_KEY", "adminSecret4test-0000009");
const AUTHORIZATION: &str = "authorization: Bearer adminSecret4test-0000009\r\n";

/// Starts a server of a cluster and waits until it is ready.
fn serve(database: &Postgres, name: &str, args: &[&str]) -> Serving {
    let url = database.url();
    let args = [&["serve", "--listen", "127.0.0.1", "--server-name", name], args].concat();
    let serving = Serving::of(&args, &[("FH_EDGE_CLUSTER", &url), ADMIN]);
    wait_until("a state", || get(&serving.url, "/health/readiness").starts_with("HTTP/1.1 200"));
    serving
}

fn put(url: &str, value: &str) -> String {
    let path = format!("/features/{WRITER}/BANNER");
    send(url, "PUT", &path, "", &format!(r#"{{"value":"{value}"}}"#))
}

/// Returns the headers that servers of one state share, and the body of a poll.
fn poll(url: &str, key: &str) -> (String, String) {
    let answer = get(url, &format!("/features?apiKey={key}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.lines().filter(|line| !line.starts_with("date:"));
    (head.collect::<Vec<_>>().join("\n"), body.to_string())
}

#[test]
fn a_change_on_any_server_of_a_cluster_is_on_all() {
    let database = Postgres::new();
    let url = database.url();
    let at = ["--cluster", url.as_str()];
    let first = file("state.yaml", state("plain"));
    let words = |words: &[&'static str]| [&["cluster"], words].concat();
    fh(&[&words(&["status"])[..], &at].concat()).refused(2, &["fh_edge.cluster"]);
    let init = [&words(&["init", "--state"])[..], &[&first], &at].concat();
    assert_eq!(fh(&init).expect(0).out, "made the tables\n");
    fh(&init).refused(2, &["the tables exist already", "--if-missing"]);
    let again = [&init[..], &["--if-missing", "--json"]].concat();
    assert_eq!(fh(&again).expect(0).json(), json!({ "made": false }));

    let servers = ["one", "two", "three"].map(|name| serve(&database, name, &[]));
    let streams = servers.iter().map(|server| open(&server.url, &format!("/features/{KEY}"), ""));
    let mut streams: Vec<_> = streams.collect();
    streams.iter_mut().for_each(|stream| drop(until(stream, "\"plain\"")));
    assert!(put(&servers[1].url, "by put").starts_with("HTTP/1.1 200"));
    streams.iter_mut().for_each(|stream| drop(until(stream, "\"by put\"")));
    let path_of = format!("/admin/v1/features/{ENVIRONMENT}/BANNER");
    let patched =
        send(&servers[2].url, "PATCH", &path_of, AUTHORIZATION, r#"{"value":"by patch"}"#);
    assert!(patched.starts_with("HTTP/1.1 200"), "{patched}");
    streams.iter_mut().for_each(|stream| drop(until(stream, "\"by patch\"")));
    let second = file("next.yaml", state("by-import"));
    let import = [&words(&["import"])[..], &[&second], &at].concat();
    assert_eq!(fh(&import).expect(0).out, "loaded the state; its revision is 4\n");
    streams.iter_mut().for_each(|stream| drop(until(stream, "\"by-import\"")));

    // A server that starts last serves the same values, versions and etags.
    let last = serve(&database, "four", &[]);
    for key in [KEY, WRITER] {
        let expected = poll(&last.url, key);
        for server in &servers {
            assert_eq!(poll(&server.url, key), expected, "{key}");
        }
    }
    let found = fh(&[&words(&["status", "--json"])[..], &at].concat()).expect(0).json();
    assert_eq!((&found["revision"], &found["logRows"]), (&json!(4), &json!(4)));
    let names: Vec<_> =
        found["servers"].as_array().unwrap().iter().map(|each| &each["name"]).collect();
    assert_eq!(names, ["four", "one", "three", "two"]);
    // The export has the API keys, as a state file has them.
    let exported = command(&[&words(&["export"])[..], &at].concat()).output().unwrap();
    let exported: Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(exported["environments"][0]["values"]["BANNER"]["value"], "by-import");
    let log = last.process.end_after_interrupt();
    assert!(!log.contains("cannot be used"), "{log}");
}

/// Without the database, changes are refused, and reads go on. A server that starts then serves the copy in its data folder.
#[test]
fn a_cluster_without_its_database_serves_what_it_has() {
    let database = Postgres::new();
    let url = database.url();
    let first = file("state.yaml", state("plain"));
    fh(&["cluster", "init", "--state", &first, "--cluster", &url]).expect(0);
    let data = path("data");
    let server = serve(&database, "one", &["--data", &data]);
    assert!(put(&server.url, "changed").starts_with("HTTP/1.1 200"));
    let copy = format!("{data}/cluster.json");
    wait_until("a copy", || {
        std::fs::read_to_string(&copy).is_ok_and(|text| text.contains("changed"))
    });
    database.kill();
    let refused = put(&server.url, "lost");
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after"), "{refused}");
    assert!(refused.contains("the change was not made"), "{refused}");
    assert_eq!(banner(&server.url), "changed");
    let ready = get(&server.url, "/health/readiness");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("changes are refused"), "{ready}");
    // A key that this server does not know may be new, so it is not refused.
    let unknown = get(&server.url, &format!("/features?apiKey={ENVIRONMENT}/new*key"));
    assert!(unknown.starts_with("HTTP/1.1 503"), "{unknown}");
    drop(server);
    let late = serve(&database, "late", &["--data", &data]);
    assert_eq!(banner(&late.url), "changed");
    database.start();
    wait_until("a change", || put(&late.url, "again").starts_with("HTTP/1.1 200"));
    assert_eq!(banner(&late.url), "again");
    let unknown = get(&late.url, &format!("/features?apiKey={ENVIRONMENT}/new*key"));
    assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
}

/// From one server with a data folder to a cluster: versions never fall.
#[test]
fn a_server_with_a_data_folder_moves_into_a_cluster() {
    let data = path("data");
    let text = state("plain").replace("BANNER: plain", "BANNER: { value: plain, version: 3 }");
    let first = file("state.yaml", text);
    let alone = Serving::start(&first, &["--listen", "127.0.0.1", "--data", &data], &[ADMIN]);
    for value in ["a", "b", "c"] {
        assert!(put(&alone.url, value).starts_with("HTTP/1.1 200"));
    }
    let version = |url: &str| {
        let features: Value = serde_json::from_str(&poll(url, KEY).1).unwrap();
        let features = features[0]["features"].as_array().unwrap();
        features.iter().map(|each| each["version"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let before = version(&alone.url);
    let answer = crate::serve::get_with(&alone.url, "/admin/v1/state", AUTHORIZATION);
    let moved = file("moved.json", answer.split_once("\r\n\r\n").unwrap().1);
    drop(alone);
    let database = Postgres::new();
    fh(&["cluster", "init", "--state", &moved, "--cluster", &database.url()]).expect(0);
    let server = serve(&database, "one", &[]);
    assert_eq!(banner(&server.url), "c");
    let after = version(&server.url);
    assert!(
        before.iter().zip(&after).all(|(before, after)| before <= after),
        "{before:?} {after:?}"
    );
}

#[test]
fn settings_of_a_cluster_exclude_other_origins() {
    let url = "postgres://user:SECRET@127.0.0.1/flags";
    let state = file("state.yaml", state("plain"));
    let here = file("url", url);
    for (args, parts) in [
        (
            vec!["--cluster", url, "--state", &state],
            vec!["--state and --cluster exclude each other"],
        ),
        (
            vec!["--cluster", url, "--relay", "http://a"],
            vec!["--relay and --cluster exclude each other"],
        ),
        (
            vec!["--cluster", url, "--key", "a/b"],
            vec!["--key and --key-file add keys to a state file"],
        ),
        (vec!["--cluster", url, "--cluster-file", &here], vec!["give --cluster or --cluster-file"]),
        (vec!["--cluster-schema", "x"], vec!["need --cluster or --cluster-file"]),
        (
            vec!["--cluster", "mysql://user:SECRET@a/b"],
            vec!["--cluster: ", "postgres://USER:PASSWORD@HOST/DATABASE"],
        ),
        (vec!["--cluster-file", "/no/such.url"], vec!["--cluster-file: ", "/no/such.url"]),
    ] {
        let run = fh(&[&["serve"][..], &args].concat());
        assert!(!run.err.contains("SECRET") && !run.out.contains("SECRET"), "{run:?}");
        run.refused(2, &parts);
    }
    let shown = fh(&["serve", "--cluster", url, "--show-settings"]).expect(0);
    assert!(!shown.out.contains("SECRET"), "{shown:?}");
}

/// Sends a PUT. Returns the answer, or `None` if the server ended before it.
fn try_put(url: &str, value: &str) -> Option<String> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).ok()?;
    let body = format!(r#"{{"value":"{value}"}}"#);
    let head = format!(
        "PUT /features/{WRITER}/BANNER HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    );
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    (!answer.is_empty()).then_some(answer)
}

/// A server that is killed, or stopped while it may hold the lock, loses no answered change, and does not stop the others for long.
#[test]
fn servers_that_are_killed_and_stopped_lose_no_answered_change() {
    const BETWEEN: usize = 40;
    let database = Postgres::new();
    let first = file("state.yaml", state("plain"));
    fh(&["cluster", "init", "--state", &first, "--cluster", &database.url()]).expect(0);
    let servers = ["one", "two", "three"].map(|name| serve(&database, name, &[]));
    let (made, is_over) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    thread::scope(|scope| {
        for server in &servers {
            let (url, made, is_over) = (&server.url, &made, &is_over);
            scope.spawn(move || {
                for count in 0.. {
                    let value = format!("{url} {count}");
                    let Some(answer) = try_put(url, &value) else { return };
                    match answer.split(' ').nth(1) {
                        Some("200") => drop(made.lock().unwrap().insert(value)),
                        _ => assert!(answer.starts_with("HTTP/1.1 503"), "{answer}"),
                    }
                    if is_over.load(Ordering::Acquire) {
                        return;
                    }
                }
            });
        }
        let count =
            |url: &str| made.lock().unwrap().iter().filter(|value| value.starts_with(url)).count();
        let reach = |server: &Serving| {
            let wanted = count(&server.url) + BETWEEN;
            wait_until("changes", || count(&server.url) >= wanted);
        };
        servers.iter().for_each(reach);
        servers[0].process.send(Signal::KILL);
        servers[1..].iter().for_each(reach);
        servers[1].process.send(Signal::STOP);
        reach(&servers[2]);
        servers[1].process.send(Signal::CONT);
        servers[1..].iter().for_each(reach);
        is_over.store(true, Ordering::Release);
    });
    let mut logged: BTreeMap<String, usize> = BTreeMap::new();
    let rows = database.sql("SELECT changes FROM fh_edge.log WHERE changes IS NOT NULL");
    for row in rows.lines() {
        for change in serde_json::from_str::<Value>(row).unwrap().as_array().unwrap() {
            *logged.entry(change["value"]["value"].as_str().unwrap().to_string()).or_default() += 1;
        }
    }
    for value in made.into_inner().unwrap() {
        assert_eq!(logged.get(&value), Some(&1), "{value}");
    }
    let last = serve(&database, "four", &[]);
    assert!(put(&last.url, "the last").starts_with("HTTP/1.1 200"));
    for server in &servers[1..] {
        wait_until("the last change", || poll(&server.url, KEY) == poll(&last.url, KEY));
    }
}
