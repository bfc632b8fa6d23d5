//! The limits on connections and requests.

use std::io::Read;

use fh_test::wait::wait_until;

use super::{KEY, Serving, get, open, until};

/// Idle connections may take all regular places, but a few more are reserved for health checks.
#[test]
fn health_is_answered_though_all_connections_are_taken() {
    let args =
        ["--max-connections", "50", "--max-connections-per-address", "0", "--url-path", "/x"];
    let serving = Serving::of_banner("serve-full.yaml", &args);
    let features = format!("/x/features?apiKey={KEY}");
    let paths = ["/health/liveness", "/x/health/readyness", "/"];
    only_health_is_answered_beside_fifty(&serving.url, &features, &paths);
    let args = [&args[..], &["--monitor-port", "0"]].concat();
    let mut serving = Serving::of_banner("serve-full-monitor.yaml", &args);
    let monitor = serving.monitor();
    only_health_is_answered_beside_fifty(&monitor, "/metrics", &["/health/liveness"]);
}

fn only_health_is_answered_beside_fifty(url: &str, other: &str, paths: &[&str]) {
    let _idle: Vec<_> = (0..50).map(|_| until_answered(url, other)).collect();
    for path in paths {
        for _ in 0..20 {
            assert!(get(url, path).contains("200 OK"), "{path}");
        }
    }
    assert_eq!(refused(url, other), "");
}

/// The default limit of one address is a quarter of all connections. It does not apply to a trusted proxy, which serves many clients.
#[test]
fn one_address_has_few_connections() {
    let features = format!("/features?apiKey={KEY}");
    for (args, limit) in [
        (&[][..], Some(2)),
        (&["--max-connections-per-address", "3"], Some(3)),
        (&["--max-connections-per-address", "0"], None),
        (&["--trusted-proxies", "127.0.0.1"], None),
    ] {
        let args = [&["--max-connections", "8"], args].concat();
        let mut serving = Serving::of_banner("serve-few.yaml", &args);
        let count = limit.unwrap_or(8);
        let _idle: Vec<_> = (0..count).map(|_| until_answered(&serving.url, &features)).collect();
        assert_eq!(refused(&serving.url, &features), "", "{args:?}");
        assert!(get(&serving.url, "/health/liveness").contains("200 OK"));
        let warning = limit.map_or("(max-connections)", |_| "(max-connections-per-address)");
        serving.process.line(&["WARN", warning]);
    }
}

/// Returns the answer on a connection that is refused: an empty text.
fn refused(url: &str, path: &str) -> String {
    let mut stream = open(url, path, "");
    let mut answer = String::new();
    // The connection may be reset.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn requests_of_one_address_are_limited() {
    let serving =
        Serving::of_banner("serve-rate.yaml", &["--requests-per-second-per-address", "1"]);
    let path = format!("/features?apiKey={KEY}");
    wait_until("a request is refused", || serving.get(&path).contains("429 Too Many Requests"));
    assert!(serving.get("/health/liveness").contains("200 OK"));
}

fn until_answered(url: &str, path: &str) -> std::net::TcpStream {
    let mut stream = open(url, path, "");
    until(&mut stream, "200 OK");
    stream
}
