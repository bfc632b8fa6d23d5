//! The access log.

use std::sync::atomic::Ordering;

use fh_edge::listen::AccessLog;
use fh_test_log::Log;

use crate::support::{Served, until};

/// Returns the log lines that contain a text, which differs from test to test.
fn lines(log: &Log, number: &str) -> Vec<String> {
    let text = log.text();
    let lines = text.lines().filter(|line| line.contains("fh_edge::access"));
    lines.filter(|line| line.contains(number)).map(str::to_string).collect()
}

async fn one_line(log: &Log, number: &str) -> String {
    until("a line", || !lines(log, number).is_empty()).await;
    let lines = lines(log, number);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.into_iter().next().unwrap()
}

fn logged(trusted: &str) -> Served {
    Served::new(|options| options.access_log = Some(AccessLog::new(trusted.parse().unwrap())))
}

#[tokio::test]
async fn a_line_names_client_and_request_without_secrets() {
    let log = Log::capture();
    let environment = "71ed3c04-0000-4312-9ea8-06b2b8d6c001";
    for (trusted, client) in [("127.0.0.1", "203.0.113.9"), ("192.0.2.1", "127.0.0.1")] {
        let number = format!("asked-by-{client}");
        let server = logged(trusted);
        let mut peer = server.peer().await;
        let path =
            format!("/features/{environment}/topsecret/{number}?xfeaturehub=userkey%3Dmallory");
        peer.send(format!(
            "GET {path} HTTP/1.1\r\nhost: here\r\nx-forwarded-for: 203.0.113.9\r\nconnection: close\r\n\r\n"
        ))
        .await;
        peer.read_to_close().await;
        let line = one_line(&log, &number).await;
        let shown = format!("path=\"/features/{environment}/***/{number}?***\"");
        for part in ["method=GET", &shown, "status=404", "bytes=0", &format!("client={client}")] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(line.contains("INFO") && line.contains("milliseconds="), "{line}");
        assert!(!line.contains("topsecret") && !line.contains("mallory"), "{line}");
    }
}

#[tokio::test]
async fn a_stream_has_its_line_when_it_closes() {
    let log = Log::capture();
    let server = logged("");
    let mut peer = server.peer().await;
    peer.get("/stream?apiKey=71ed3c04-0000-4312-9ea8-06b2b8d6c002").await;
    peer.read_to("\r\n\r\n").await;
    server.stage.send("twelve bytes").await;
    peer.read_to("twelve bytes").await;
    let number = "path=\"/stream?apiKey=***\"";
    assert_eq!(lines(&log, number), [""; 0]);
    server.stage.end_stream();
    let line = one_line(&log, number).await;
    assert!(line.contains("status=200") && line.contains("bytes=12"), "{line}");
}

#[tokio::test]
async fn a_client_that_disconnects_before_the_answer_has_a_line_too() {
    let log = Log::capture();
    let server = logged("");
    let mut peer = server.peer().await;
    peer.get("/hold?apiKey=none").await;
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    drop(peer);
    let line = one_line(&log, "path=\"/hold?apiKey=***\"").await;
    assert!(!line.contains("status="), "{line}");
}

#[tokio::test]
async fn requests_are_logged_only_if_configured() {
    let log = Log::capture();
    for is_on in [false, true] {
        let server = if is_on { logged("") } else { Served::new(|_| {}) };
        let mut peer = server.peer().await;
        let path = "/features/71ed3c04-0000-4312-9ea8-06b2b8d6c003";
        peer.send(format!("GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")).await;
        peer.read_to_close().await;
    }
    // The line is that of the second server.
    one_line(&log, "06b2b8d6c003").await;
}
