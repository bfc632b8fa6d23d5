//! Servers that follow a state at a URL.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fh_test::wait::wait_for;
use serde_json::{Value, json};

use super::{ENVIRONMENT, KEY, Serving, WRITER, banner, get_with, state};
use crate::tool::{fh, file, path};

const ADMIN: &str = "adminSecret4test-0000009";
/// A server that fetches the state each second.
pub(crate) const POLL: [&str; 2] = ["--state-poll", "1"];

/// An object on a web server that this process runs.
#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) url: String,
    answer: Arc<Mutex<Answer>>,
    requests: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
}

#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    body: String,
    headers: Vec<(&'static str, String)>,
}

impl Object {
    pub(crate) fn serve(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/flags/state.yaml", listener.local_addr().unwrap());
        let this = Self { url, answer: Arc::new(Mutex::new(answer)), requests: Arc::default() };
        let object = this.clone();
        std::thread::spawn(move || {
            listener.incoming().for_each(|stream| object.answer(stream.unwrap()));
        });
        this
    }

    fn answer(&self, mut stream: std::net::TcpStream) {
        let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let lines: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
        let Some(first) = lines.first() else { return };
        let mut request: BTreeMap<String, String> = lines
            .iter()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_string()))
            .collect();
        request.insert("target".to_string(), first.split(' ').nth(1).unwrap().to_string());
        let answer = self.answer.lock().unwrap().clone();
        let of = |name: &str| answer.headers.iter().find(|(known, _)| *known == name);
        let has = |condition: &str, header: &str| {
            request.get(condition).is_some_and(|text| of(header).is_some_and(|(_, is)| is == text))
        };
        let is_known = has("if-none-match", "etag") || has("if-modified-since", "last-modified");
        let (status, body) = match answer.status == 200 && is_known {
            true => (304, String::new()),
            false => (answer.status, answer.body.clone()),
        };
        self.requests.lock().unwrap().push(request);
        let mut head = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n",
            body.len()
        );
        answer
            .headers
            .iter()
            .for_each(|(name, value)| write!(head, "{name}: {value}\r\n").unwrap());
        let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes());
    }

    pub(crate) fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Waits for further requests, and returns the last one.
    fn next(&self, more: usize) -> BTreeMap<String, String> {
        let count = self.requests.lock().unwrap().len() + more;
        wait_for("requests", || (self.requests.lock().unwrap().len() >= count).then_some(()));
        self.requests.lock().unwrap().last().unwrap().clone()
    }
}

/// Returns the time that is this number of seconds before now.
pub(crate) fn ago(seconds: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(seconds)
}

/// Returns the state with this value of BANNER, changed at this time.
pub(crate) fn object(banner: &str, modified: SystemTime) -> Answer {
    let headers = vec![
        ("etag", format!("\"{banner}\"")),
        ("last-modified", httpdate::fmt_http_date(modified)),
        ("date", httpdate::fmt_http_date(SystemTime::now())),
    ];
    Answer { status: 200, body: state(banner), headers }
}

fn failing(status: u16) -> Answer {
    Answer { status, body: String::new(), headers: Vec::new() }
}

pub(crate) fn start(url: &str, args: &[&str]) -> Serving {
    Serving::start(url, &[&POLL, args].concat(), &[("FH_EDGE_ADMIN_KEY", ADMIN)])
}

/// Returns the etag and the features by key, as a poll with a key gets them.
fn polled(serving: &Serving) -> (String, BTreeMap<String, Value>) {
    let answer = serving.get(&format!("/features?apiKey={KEY}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let start = body.find('[').unwrap();
    let list: Value = serde_json::from_str(body[start..].split("\r\n").next().unwrap()).unwrap();
    let features = list[0]["features"].as_array().unwrap();
    let each =
        features.iter().map(|each| (each["key"].as_str().unwrap().to_string(), each.clone()));
    (etag.to_string(), each.collect())
}

pub(crate) fn version(serving: &Serving, key: &str) -> i64 {
    polled(serving).1[key]["version"].as_i64().unwrap()
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap() * 1000
}

#[test]
fn servers_of_one_object_serve_equal_values_etags_and_versions() {
    let first = ago(500);
    let source = Object::serve(object("one", first));
    let mut early = start(&source.url, &[]);
    assert_eq!(version(&early, "BANNER"), milliseconds(first));
    let second = ago(300);
    source.set(object("two", second));
    early.process.line(&["the state was read again"]);
    let late = start(&source.url, &[]);
    let (one, other) = (polled(&early), polled(&late));
    assert_eq!(one.0, other.0);
    assert_eq!(one.1["BANNER"], other.1["BANNER"]);
    assert_eq!(version(&late, "BANNER"), milliseconds(second));
    // An older object, for example a restored one, still raises the version on a server that has served the newer one.
    source.set(object("three", ago(400)));
    early.process.line(&["the state was read again"]);
    assert_eq!(banner(&early.url), "three");
    assert!(version(&early, "BANNER") > milliseconds(second));
}

#[test]
fn requests_are_conditional_and_carry_the_token_of_the_file() {
    let source = Object::serve(object("plain", ago(100)));
    let token = file("serve-url.token", "first-token\n");
    let url = format!("{}?signature=s3cr3t", source.url);
    let serving = start(&url, &["--state-token-file", &token]);
    let request = source.next(1);
    assert_eq!(request["if-none-match"], "\"plain\"");
    assert_eq!(request["authorization"], "Bearer first-token");
    assert_eq!(request["target"], "/flags/state.yaml?signature=s3cr3t");
    file("serve-url.token", "second-token");
    wait_for("the rotated token", || {
        (source.next(1)["authorization"] == "Bearer second-token").then_some(())
    });
    let metrics = serving.get("/metrics");
    assert!(metrics.contains("fh_edge_last_reload_successful 1\n"), "{metrics}");
    // Without an etag the time of the object is the condition.
    let mut dated = object("dated", ago(50));
    dated.headers.retain(|(name, _)| *name != "etag");
    source.set(dated);
    wait_for("the time", || (source.next(1).contains_key("if-modified-since")).then_some(()));
    serving.process.interrupt();
    let (_, written) = serving.process.end();
    for secret in ["s3cr3t", "first-token", "second-token", "readerSecret4test"] {
        assert!(!written.contains(secret), "{written}");
    }
    let shown = fh(&["serve", "--state", &url, "--show-settings"]).expect(0).out;
    assert!(shown.contains("/flags/state.yaml") && !shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn changes_are_refused_with_the_url_of_the_object() {
    let source = Object::serve(object("plain", ago(100)));
    let serving = start(&format!("{}?signature=s3cr3t", source.url), &["--console"]);
    let sentence = format!("this server only reads its state; change features in {}", source.url);
    let put = format!("/features/{WRITER}/BANNER");
    let feature = format!("/admin/v1/features/{ENVIRONMENT}/BANNER");
    let admin = format!("authorization: Bearer {ADMIN}\r\n");
    let state = get_with(&serving.url, "/admin/v1/state", &admin);
    let state = state.split_once("\r\n\r\n").unwrap().1;
    for (method, path, body, status) in [
        ("PUT", put.as_str(), json!({"value": "x"}).to_string(), 403),
        ("PATCH", &feature, json!({"value": "x"}).to_string(), 409),
        ("PUT", "/admin/v1/state", state.to_string(), 409),
    ] {
        let answer = super::send(&serving.url, method, path, &admin, &body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {answer}");
        assert!(
            answer.contains(&sentence) && !answer.contains("s3cr3t"),
            "{method} {path}: {answer}"
        );
    }
    let overview = get_with(&serving.url, "/admin/v1/environments", &admin);
    assert!(overview.contains(&format!("\"readOnly\":\"{sentence}\"")), "{overview}");
    fh(&["set", &serving.url, WRITER, "BANNER", "x"])
        .refused(1, &[&format!("BANNER: {sentence}\n")]);
    // A key without the right to change anything learns nothing about the object.
    let answer = super::send(&serving.url, "PUT", &format!("/features/{KEY}/BANNER"), "", "{}");
    assert!(answer.contains("no write roles"), "{answer}");
    assert_eq!(banner(&serving.url), "plain");
}

#[test]
fn a_start_with_a_wrong_url_or_object_says_what_to_do() {
    let html = Answer { body: "<!DOCTYPE html><p>Sign in".to_string(), ..object("", ago(9)) };
    let broken = Answer { body: "features: [".to_string(), ..object("", ago(9)) };
    for (answer, parts) in [
        (failing(404), &["404", "there is no such object"][..]),
        (failing(403), &["403", "--state-token-file"]),
        (html, &["web page", "raw file"]),
        (broken, &["line 2"]),
    ] {
        let source = Object::serve(answer);
        let started = fh(&["serve", "--port", "0", "--state", &source.url]);
        started.refused(2, &[&[source.url.as_str()], parts].concat());
    }
    let token = file("serve-url-plain.token", "t0ken");
    let url = "http://192.0.2.1/state.yaml";
    let run = fh(&["serve", "--port", "0", "--state", url, "--state-token-file", &token]).expect(2);
    assert!(run.err.contains("--state-token-file needs an https:// URL"), "{run:?}");
    assert!(run.err.contains("is fetched without TLS") && !run.err.contains("t0ken"), "{run:?}");
    fh(&["serve", "--state", "s3://bucket/state.yaml"]).refused(2, &["--state", "https:// URL"]);
    fh(&["serve", "--state-poll", "3", "--state", "x.yaml"])
        .refused(2, &["--state-poll needs a URL"]);
    fh(&["serve", "--state-poll", "0"]).refused(2, &["at least 1 second"]);
    let source = Object::serve(object("plain", ago(9)));
    fh(&["serve", "--check", &source.url]).expect(0);
}

#[test]
fn an_outage_of_the_source_ends_no_service() {
    let data = path("serve-url-data");
    let modified = ago(100);
    let source = Object::serve(failing(503));
    let mut serving = start(&source.url, &["--data", &data]);
    assert!(serving.get("/health/readiness").contains("503 "));
    source.set(object("plain", modified));
    wait_for("the first state", || {
        (serving.get("/health/readiness").contains("200 OK")).then_some(())
    });
    assert_eq!(version(&serving, "BANNER"), milliseconds(modified));
    // The same object after an outage, and a broken one, are both reported.
    for (answer, text) in [
        (failing(500), "cannot be fetched"),
        (Answer { body: "x: [".to_string(), ..object("x", ago(9)) }, "is broken"),
    ] {
        source.set(answer);
        serving.process.line(&["ERROR", text, "the current state remains in use"]);
        let ready = serving.get("/health/readiness");
        assert!(
            ready.contains("200 OK") && ready.contains("an earlier state is served"),
            "{ready}"
        );
        assert_eq!(banner(&serving.url), "plain");
        source.set(object("plain", modified));
        serving.process.line(&["the state was read again"]);
        assert!(!serving.get("/health/readiness").contains("state"));
    }
    let before = polled(&serving);
    drop(serving);
    // A start without the network serves the last good state, with its versions.
    source.set(failing(503));
    let serving = start(&source.url, &["--data", &data]);
    assert_eq!(polled(&serving), before);
    drop(serving);
    std::fs::remove_dir_all(&data).unwrap();
}
