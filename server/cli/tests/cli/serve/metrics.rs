//! The metrics of the process, its listeners, its certificate and its last reload.

use fh_test::certificates::Authority;

use super::{KEY, Serving, get, open, state, until};
use crate::tool::file;

/// Returns the value of a line of `/metrics`, or `None` if there is no such line.
fn figure(monitor: &str, name: &str) -> Option<f64> {
    let answer = get(monitor, "/metrics");
    let mut values = answer.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    values.next().map(|value| value.parse().unwrap())
}

#[test]
fn figures_of_the_process_its_listeners_and_the_last_reload() {
    let state_file = file("serve-figures.yaml", state("plain"));
    let args = ["--monitor-port", "0", "--max-connections", "77"];
    let mut serving = Serving::start(&state_file, &args, &[]);
    let monitor = serving.monitor();
    let one = |name: &str| figure(&monitor, name).unwrap_or_else(|| panic!("no {name}"));
    let mut stream = open(&serving.url, &format!("/features/{KEY}"), "");
    until(&mut stream, "event: features");
    assert_eq!(one("fh_edge_connections{listener=\"api\"}"), 1.0);
    assert_eq!(one("fh_edge_connections_max{listener=\"api\"}"), 77.0);
    assert_eq!(one("fh_edge_connections_accepted_total{listener=\"api\"}"), 1.0);
    assert_eq!(one("fh_edge_connections_refused_total{listener=\"api\"}"), 0.0);
    assert_eq!(one("fh_edge_accept_failures_total{listener=\"api\"}"), 0.0);
    assert_eq!(one("fh_edge_connections{listener=\"monitor\"}"), 1.0);
    assert_eq!(
        figure(&monitor, "fh_edge_certificate_expiry_timestamp_seconds{listener=\"api\"}"),
        None
    );
    if cfg!(target_os = "linux") {
        for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "threads"]
        {
            assert!(one(&format!("process_{name}")) > 0.0, "{name}");
        }
    }
    let begun = one("fh_edge_last_reload_success_timestamp_seconds");
    assert!(begun > 1.7e9, "{begun}");
    assert_eq!(one("fh_edge_last_reload_successful"), 1.0);
    file("serve-figures.yaml", "nonsense: [");
    serving.process.line(&["the current state remains in use"]);
    assert_eq!(one("fh_edge_last_reload_successful"), 0.0);
    assert_eq!(one("fh_edge_last_reload_success_timestamp_seconds"), begun);
    file("serve-figures.yaml", state("other"));
    serving.process.line(&["the state was read again"]);
    assert_eq!(one("fh_edge_last_reload_successful"), 1.0);
    assert!(one("fh_edge_last_reload_success_timestamp_seconds") > begun);
}

#[test]
fn a_certificate_that_expires_is_logged_and_shown() {
    let authority = Authority::new("the test's authority");
    let state = file("serve-expiry.yaml", state("plain"));
    for (days, level, words) in
        [(-2, "ERROR", "has expired"), (5, "WARN", "expires soon"), (30, "", "")]
    {
        let certificate = authority.issue("localhost", -100..days);
        let chain = file("serve-expiry.pem", certificate.pem());
        let key = file("serve-expiry.key", certificate.key_pem());
        let args = ["--tls-certificate", &chain, "--tls-key", &key, "--monitor-port", "0"];
        let mut serving = Serving::start(&state, &args, &[]);
        let monitor = serving.monitor();
        let name = "fh_edge_certificate_expiry_timestamp_seconds{listener=\"api\"}";
        let expiry = figure(&monitor, name).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let left = (expiry - now.as_secs_f64()) / 86_400.0;
        assert!((left - days as f64).abs() < 0.1, "{days}: {left}");
        assert_eq!(figure(&monitor, &name.replace("api", "monitor")), None, "it has none");
        if !level.is_empty() {
            let line = serving.process.line(&[level, words]);
            assert!(line.contains("serve-expiry.pem"), "{line}");
        } else {
            #[cfg(unix)]
            {
                serving.process.interrupt();
                let (_, all) = serving.process.end();
                assert!(!all.contains("expire"), "{all}");
            }
        }
    }
}
