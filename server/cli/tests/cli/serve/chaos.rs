//! Servers that are killed during writes, and servers that get hostile requests.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use serde_json::Value;

use super::{ENVIRONMENT, PATIENCE, Serving, WRITER, get};
use crate::tool::{file, path};

const ROUNDS: u32 = 100;
const WRITERS: usize = 4;
const FEATURES_OF_EACH: usize = 3;

/// Returns a state file with one NUMBER for each feature of each writer.
fn state() -> String {
    let keys: Vec<String> = (0..WRITERS).flat_map(keys_of).collect();
    let features: Vec<String> =
        keys.iter().map(|key| format!("  - {{ key: {key}, type: NUMBER }}\n")).collect();
    let values: Vec<String> = keys.iter().map(|key| format!("{key}: 0")).collect();
    format!(
        "features:\n{}environments:\n  - id: {ENVIRONMENT}\n    name: dev\n    values: {{ {} }}\naccounts:\n  - {{ name: writer, \
         clientKey: writerSecret4test*1, permissions: {{ dev: [READ, CHANGE_VALUE] }} }}\n",
        features.concat(),
        values.join(", ")
    )
}

fn keys_of(writer: usize) -> impl Iterator<Item = String> {
    (0..FEATURES_OF_EACH).map(move |n| format!("N{writer}_{n}"))
}

/// Sends a PUT. Returns true if it was acknowledged.
fn put(url: &str, feature: &str, value: u64) -> bool {
    let address = url.trim_start_matches("http://");
    let body = format!("{{\"value\": {value}}}");
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "PUT /features/{WRITER}/{feature} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// The values that a writer knows of one of its features.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    acknowledged: u64,
    attempted: u64,
}

/// Writes until a PUT fails, and reports each acknowledgement.
fn write_on(url: &str, known: &mut BTreeMap<String, Known>, acknowledged: &Sender<()>) {
    loop {
        for (key, known) in &mut *known {
            known.attempted += 1;
            if !put(url, key, known.attempted) {
                return;
            }
            known.acknowledged = known.attempted;
            // The receiver is dropped after enough acknowledgements.
            let _ = acknowledged.send(());
        }
    }
}

/// Returns value and version of each feature from a GET.
fn served(server: &Serving) -> BTreeMap<String, (u64, i64)> {
    let answer = server.get(&format!("/features?apiKey={WRITER}"));
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let environments: Value = serde_json::from_str(body).unwrap();
    let features = environments[0]["features"].as_array().unwrap().iter();
    features
        .map(|feature| {
            let key = feature["key"].as_str().unwrap().to_string();
            (key, (feature["value"].as_u64().unwrap(), feature["version"].as_i64().unwrap()))
        })
        .collect()
}

#[test]
fn killed_a_hundred_times_in_the_middle_of_writing() {
    let state = file("chaos-state.yaml", state());
    let data = path("chaos-data");
    let mut known: Vec<BTreeMap<String, Known>> = (0..WRITERS)
        .map(|writer| keys_of(writer).map(|key| (key, Known::default())).collect())
        .collect();
    let mut versions: BTreeMap<String, i64> = BTreeMap::new();
    let (mut acknowledgements, mut lost_answers) = (0, 0);
    for round in 0..ROUNDS {
        let server = Serving::start(&state, &["--data", &data], &[]);
        let served = served(&server);
        for (key, known) in known.iter().flatten() {
            let (value, version) = served[key];
            // The value is the last acknowledged one, or the one that was in progress when the server was killed.
            let is_good = value == known.acknowledged || value == known.attempted;
            assert!(is_good, "round {round}: {key} is {value}, {known:?}");
            lost_answers += u32::from(value != known.acknowledged);
            let before = versions.insert(key.clone(), version).unwrap_or(0);
            assert!(version >= before, "round {round}: {key} fell from {before} to {version}");
        }
        for (key, known) in known.iter_mut().flatten() {
            known.acknowledged = served[key].0;
        }
        // The number changes from round to round, so that the kills happen at different points.
        let enough = 1 + (round * 7) % 29;
        let (sender, told) = channel();
        thread::scope(|scope| {
            for known in &mut known {
                let (url, sender) = (server.url.clone(), sender.clone());
                scope.spawn(move || write_on(&url, known, &sender));
            }
            for _ in 0..enough {
                told.recv_timeout(PATIENCE).unwrap();
            }
            drop(told);
            acknowledgements += enough;
            // Dropping kills the process, so that it can neither handle a signal nor end its streams.
            drop(server);
        });
    }
    println!(
        "{ROUNDS} kills, at least {acknowledgements} acknowledged, {lost_answers} kept whose answer was lost"
    );
}

/// Returns the resident memory of a process in bytes.
#[cfg(target_os = "linux")]
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Sends bytes and returns the status of the answer, or `None` if the server closes without an answer.
fn status_of(url: &str, request: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may close the connection before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).and_then(|status| status.parse().ok())
}

#[test]
fn those_who_mean_no_good_are_refused_and_cost_little() {
    let server = Serving::of_banner("chaos-hostile.yaml", &["--header-timeout", "1"]);
    let url = server.url.as_str();
    let close = "host: x\r\nconnection: close\r\n";
    #[cfg(target_os = "linux")]
    let before = resident(server.process.id());

    // A request head of 10 MB.
    let long = format!("GET / HTTP/1.1\r\n{close}x: {}\r\n\r\n", "a".repeat(10 << 20));
    assert!(matches!(status_of(url, long.as_bytes()), Some(431) | None));
    // A million attributes in a header, in a query and in a body.
    let attributes: Vec<String> = (0..1_000_000).map(|n| format!("a{n}={n}")).collect();
    let context = attributes.join(",");
    let path = format!("/features?apiKey={}", super::KEY);
    let head = format!("GET {path} HTTP/1.1\r\n{close}x-featurehub: {context}\r\n\r\n");
    assert!(matches!(status_of(url, head.as_bytes()), Some(431) | None));
    let long_query = format!("GET {path}&xfeaturehub={context} HTTP/1.1\r\n{close}\r\n");
    assert!(matches!(status_of(url, long_query.as_bytes()), Some(414 | 431) | None));
    let attributes: Vec<String> = (0..1_000_000).map(|n| format!("\"a{n}\":{n}")).collect();
    let body = format!("{{\"context\":{{{}}}}}", attributes.join(","));
    let ofrep = format!(
        "POST /ofrep/v1/evaluate/flags HTTP/1.1\r\n{close}x-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        super::KEY,
        body.len()
    );
    assert!(matches!(status_of(url, ofrep.as_bytes()), Some(400) | None));
    // A body of 500,000 nested arrays.
    let nested = "[".repeat(500_000);
    let put = format!(
        "PUT /features/{WRITER}/BANNER HTTP/1.1\r\n{close}content-type: application/json\r\ncontent-length: {}\r\n\r\n{nested}",
        nested.len()
    );
    assert_eq!(status_of(url, put.as_bytes()), Some(400));
    // Paths with parent folders, encoded bytes and empty segments, and paths of private files.
    for path in [
        "/../../etc/passwd",
        "/features/../../../etc/passwd",
        "/features/%2e%2e/%2e%2e/etc/passwd",
        "/features/..%2f..%2fetc%2fpasswd/x",
        "//features",
        "/features//",
        "/console/../admin/v1/state",
        "/features/%00/%00",
        "/features/%ff/%fe",
        "/features/71ed3c04-122b-4312-9ea8-06b2b8d6ceac/%E0%80%80",
        "/admin/v1/state",
        "/.env",
    ] {
        let status = status_of(url, format!("GET {path} HTTP/1.1\r\n{close}\r\n").as_bytes());
        assert!(matches!(status, Some(200 | 400 | 404 | 405)), "{path}: {status:?}");
        let answer = get(url, path);
        assert!(!answer.contains("root:") && !answer.contains("Secret"), "{path}: {answer}");
    }
    // 200 connections whose request heads never end. A server with one thread for each would run out of threads.
    let mut slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nx").unwrap();
            stream
        })
        .collect();
    // Other clients are served meanwhile, and the slow connections are closed.
    assert!(server.get(&path).starts_with("HTTP/1.1 200"));
    for stream in &mut slow {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(server.get(&path).starts_with("HTTP/1.1 200"));
    #[cfg(target_os = "linux")]
    {
        let grown = resident(server.process.id()).saturating_sub(before);
        assert!(grown < 64 << 20, "{} MB more", grown >> 20);
    }
}
