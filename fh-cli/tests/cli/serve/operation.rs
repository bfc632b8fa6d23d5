//! Operation of a server: start, end, ports, TLS, kept changes, the admin API, limits and metrics.

use std::io::Read;
use std::time::{Duration, Instant};

use fh_test_certificates::Authority;
#[cfg(unix)]
use rustix::process::Signal;
use serde_json::Value;

use super::{ENVIRONMENT, KEY, Serving, WRITER, get, open, state, until};
use crate::following::Following;
use crate::tool::{command, fh, file, path, run};

fn banner(url: &str) -> Value {
    fh(&["get", url, KEY, "BANNER", "--json"]).expect(0).json()[0]["value"].clone()
}

#[test]
fn features_are_served_until_ctrl_c() {
    let serving = Serving::of_banner("serve.yaml", &[]);
    assert_eq!(banner(&serving.url), "plain");
    let json = serving.get(&format!("/features?apiKey={KEY}"));
    assert!(json.contains("200 OK") && json.contains(ENVIRONMENT), "{json}");
    #[cfg(unix)]
    {
        serving.process.interrupt();
        let (status, all) = serving.process.end();
        assert!(status.success() && all.contains("stopped"), "{all}");
    }
}

#[test]
fn where_it_listens_as_json() {
    let state = file("serve-json.yaml", state("plain"));
    let args = ["serve", "--state", &state, "--port", "0", "--monitor-port", "0", "--json"];
    let mut serving = Following::start(&mut command(&args));
    let line: Value = serde_json::from_str(&serving.line(&["listening"])).unwrap();
    assert_eq!(banner(line["url"].as_str().unwrap()), "plain");
    assert!(get(line["monitor"].as_str().unwrap(), "/health/liveness").contains("200 OK"));
}

#[cfg(unix)]
#[test]
fn streams_say_goodbye_at_the_end() {
    let serving = Serving::of_banner("serve-bye.yaml", &["--grace", "1"]);
    let mut stream = open(&serving.url, &format!("/features/{KEY}"), "");
    until(&mut stream, "event: features");
    serving.process.send(Signal::TERM);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("event: bye"), "{rest}");
    let (status, all) = serving.process.end();
    assert!(status.success() && all.contains("stopping streams=1"), "{all}");
    assert!(all.contains("stopped cut=0"), "{all}");
}

/// Opens eight streams and waits until each has its features.
#[cfg(unix)]
fn eight_streams(serving: &Serving) -> Vec<std::net::TcpStream> {
    let stream = |_| {
        let mut stream = open(&serving.url, &format!("/features/{KEY}"), "");
        until(&mut stream, "event: features");
        stream
    };
    (0..8).map(stream).collect()
}

/// Without the second signal, the ends of the streams would be spread over the grace period.
#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_at_once() {
    let mut serving = Serving::of_banner("serve-twice.yaml", &["--grace", "3600"]);
    let streams = eight_streams(&serving);
    serving.process.interrupt();
    serving.process.line(&["stopping", "streams=8"]);
    serving.process.interrupt();
    let (status, all) = serving.process.end();
    assert!(status.success() && all.contains("second signal"), "{all}");
    drop(streams);
}

#[test]
fn health_on_a_port_of_its_own() {
    let mut serving = Serving::of_banner("serve-monitor.yaml", &["--monitor-port", "0"]);
    let line = serving.process.line(&["health and metrics on http://"]);
    let monitor = line.trim_start_matches("health and metrics on ");
    for path in ["/", "/health/liveness", "/health/readyness", "/metrics"] {
        assert!(get(monitor, path).contains("200 OK"), "{path}");
        assert!(serving.get(path).contains("404 Not Found"), "{path}");
    }
    assert!(get(monitor, &format!("/features?apiKey={KEY}")).contains("404 Not Found"));
    assert_eq!(banner(&serving.url), "plain");
    // The monitor port has a thread of its own, so that probes are answered even if all other threads are busy.
    #[cfg(target_os = "linux")]
    {
        let threads = std::fs::read_dir(format!("/proc/{}/task", serving.process.id())).unwrap();
        let mut names = threads.map(|thread| {
            std::fs::read_to_string(thread.unwrap().path().join("comm")).unwrap_or_default()
        });
        assert!(names.any(|name| name.trim() == "fh-monitor"));
    }
}

/// Load balancers that check readiness send no new clients, while open streams have the grace period to end.
#[cfg(unix)]
#[test]
fn a_server_that_ends_is_alive_and_not_ready() {
    let mut serving =
        Serving::of_banner("serve-ends.yaml", &["--monitor-port", "0", "--grace", "3600"]);
    let line = serving.process.line(&["health and metrics on http://"]);
    let monitor = line.trim_start_matches("health and metrics on ");
    let streams = eight_streams(&serving);
    assert!(get(monitor, "/health/readyness").contains("200 OK"));
    serving.process.send(Signal::TERM);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !get(monitor, "/health/readyness").contains("503 Service Unavailable") {
        assert!(Instant::now() < deadline, "it is ready for ever");
    }
    assert!(get(monitor, "/health/liveness").contains("200 OK"));
    serving.process.interrupt();
    assert!(serving.process.end().0.success());
    drop(streams);
}

#[test]
fn below_a_path() {
    let serving = Serving::of_banner("serve-path.yaml", &["--url-path", "flags/"]);
    assert!(serving.url.ends_with("/flags"), "{}", serving.url);
    assert_eq!(banner(&serving.url), "plain");
    for (path, status) in [
        ("/health/readiness", "200 OK"),
        ("/flags/health/readiness", "200 OK"),
        ("/flags/nothing", "404"),
    ] {
        assert!(serving.get(path).contains(status), "{path}");
    }
    assert!(serving.get(&format!("/features?apiKey={KEY}")).contains("404 Not Found"));
}

#[test]
fn tls() {
    let authority = Authority::new("the test's authority");
    let certificate = authority.issue("localhost", -1..30);
    let chain = file("serve-tls.pem", certificate.pem());
    let key = file("serve-tls.key", certificate.key_pem());
    let state = file("serve-tls.yaml", state("plain"));
    let files = ["--tls-certificate", &chain, "--tls-key", &key];
    let serving = Serving::start(&state, &files, &[]);
    let url = serving.url.replace("127.0.0.1", "localhost");
    assert!(url.starts_with("https://"), "{url}");
    let mut get = command(&["get", &url, KEY, "BANNER", "--json"]);
    get.env("SSL_CERT_FILE", file("serve-tls-authority.pem", authority.pem()));
    assert_eq!(run(&mut get, "").expect(0).json()[0]["value"], "plain");
    fh(&[
        "serve",
        "--state",
        &state,
        "--port",
        "0",
        "--tls-certificate",
        &chain,
        "--tls-key",
        &chain,
    ])
    .refused(2, &["serve-tls.pem"]);
}

#[test]
fn what_is_taken() {
    let serving = Serving::of_banner("serve-taken.yaml", &["--listen", "127.0.0.1"]);
    let port = serving.url.rsplit(':').next().unwrap();
    let state = file("serve-taken-too.yaml", state("plain"));
    fh(&["serve", "--state", &state, "--listen", "127.0.0.1", "--port", port])
        .refused(2, &["cannot listen at 127.0.0.1:", port, "in use"]);
    fh(&["serve", "--state", &state, "--listen", "203.0.113.1", "--port", "0"])
        .refused(2, &["cannot listen at 203.0.113.1:0"]);
}

#[test]
fn changes_are_kept_in_a_folder_that_one_process_has() {
    let folder = path("serve-data");
    let _ = std::fs::remove_dir_all(&folder);
    let state = file("serve-data.yaml", state("plain"));
    let serving = Serving::start(&state, &["--data", &folder], &[]);
    fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
    assert_eq!(banner(&serving.url), "changed");
    fh(&["serve", "--state", &state, "--port", "0", "--data", &folder])
        .refused(2, &["serve-data", "another process"]);
    // Dropping kills the process, as `kill -9` does.
    drop(serving);
    let serving = Serving::start(&state, &[], &[("FH_EDGE_DATA", &folder)]);
    assert_eq!(banner(&serving.url), "changed");
}

#[test]
fn an_admin_key_opens_the_admin_api() {
    const ADMIN: &str = "adminSecret4test-0123456789";
    let path = format!("/admin/v1/features/{ENVIRONMENT}/BANNER");
    let ask = |url: &str, key: &str| {
        let mut stream =
            open(url, &path, &format!("authorization: Bearer {key}\r\nconnection: close\r\n"));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let closed = Serving::of_banner("serve-no-admin.yaml", &[]);
    assert!(ask(&closed.url, ADMIN).contains("404 Not Found"));
    let state = file("serve-admin.yaml", state("plain"));
    let serving = Serving::start(&state, &[], &[("FH_EDGE_ADMIN_KEY", ADMIN)]);
    assert!(ask(&serving.url, ADMIN).contains("\"plain\""));
    assert!(ask(&serving.url, "wrong-key-0123456789").contains("401 Unauthorized"));
    // The warning about a wrong key has the address that a trusted proxy names.
    let trusting = ["--trusted-proxies", "127.0.0.0/8"];
    let mut behind = Serving::start(&state, &trusting, &[("FH_EDGE_ADMIN_KEY", ADMIN)]);
    let headers = "authorization: Bearer wrong-key-0123456789\r\nx-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n";
    until(&mut open(&behind.url, &path, headers), "401 Unauthorized");
    behind.process.line(&["a wrong admin key", "203.0.113.9"]);
    let key = file("serve-admin.key", format!("{ADMIN}\n"));
    let args = ["--admin-key-file", &key, "--admin-on", "monitor", "--monitor-port", "0"];
    let mut serving = Serving::start(&state, &args, &[]);
    let line = serving.process.line(&["health and metrics on "]);
    let monitor = line.trim_start_matches("health and metrics on ");
    assert!(ask(monitor, ADMIN).contains("\"plain\""));
    assert!(ask(&serving.url, ADMIN).contains("404 Not Found"));
    let refused = |args: &[&str], parts: &[&str]| {
        fh(&[&["serve", "--state", &state, "--port", "0"], args].concat()).refused(2, parts);
    };
    refused(&["--console"], &["--console needs an admin key"]);
    refused(&["--admin-key", "Secret4test"], &["--admin-key: ", "shorter than 16"]);
    refused(&["--admin-key", ADMIN, "--admin-key-file", &key], &["not both"]);
    refused(&["--admin-key-file", "/no/such.key"], &["/no/such.key"]);
}

/// Without a state file, a state that was PUT through the admin API is served again after a kill.
#[test]
fn the_admin_api_alone() {
    const ADMIN: &str = "adminSecret4test-0123456789";
    let folder = path("serve-admin-alone");
    let _ = std::fs::remove_dir_all(&folder);
    let variables = [("FH_EDGE_ADMIN_KEY", ADMIN)];
    let args = ["serve", "--data", &folder];
    let serving = Serving::of(&args, &variables);
    let state = format!(
        r#"{{"features": [{{"key": "BANNER", "type": "STRING"}}],
            "environments": [{{"id": "{ENVIRONMENT}", "name": "dev", "values": {{"BANNER": "put"}}}}],
            "accounts": [{{"name": "reader", "clientKey": "readerSecret4test*1", "permissions": {{"dev": ["READ"]}}}}]}}"#
    );
    let head = format!(
        "PUT /admin/v1/state HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\nif-match: *\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{state}",
        state.len()
    );
    let mut stream =
        std::net::TcpStream::connect(serving.url.trim_start_matches("http://")).unwrap();
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 ") || answer.contains(" 204 "), "{answer}");
    assert_eq!(banner(&serving.url), "put");
    drop(serving);
    let serving = Serving::of(&args, &variables);
    assert_eq!(banner(&serving.url), "put");
}

/// The image sets a default of the lowest rank, so that `--relay` and `--state` need no variable to be taken away.
#[cfg(unix)]
#[test]
fn the_default_of_an_image_gives_way_to_what_is_said() {
    let default = file("serve-default.yaml", state("default"));
    let other = file("serve-default-other.yaml", state("other"));
    let image = [("FH_EDGE_DEFAULT_STATE", default.as_str())];
    let serving = Serving::of(&["serve"], &image);
    assert_eq!(banner(&serving.url), "default");
    let with_state = Serving::of(&["serve", "--state", &other], &image);
    assert_eq!(banner(&with_state.url), "other");
    let args = ["serve", "--relay", &serving.url, "--relay-key", KEY];
    let mut relay = Serving::of(&args, &image);
    fh(&["watch", &relay.url, KEY, "--once", "--for", "30", "BANNER"]).expect(0);
    assert_eq!(banner(&relay.url), "default");
    // A state file in FH_EDGE_STATE is overruled, and one warning names the variable.
    relay = Serving::of(&args, &[("FH_EDGE_STATE", &other)]);
    let seen = relay.process.end_after_interrupt();
    let lines: Vec<&str> = seen.lines().filter(|line| line.contains("FH_EDGE_STATE")).collect();
    assert_eq!(lines.len(), 1, "{seen}");
    assert!(lines[0].contains("WARN") && lines[0].contains("--relay"), "{seen}");
}

#[test]
fn the_log_begins_with_what_is_served() {
    let mut serve =
        command(&["serve", "--port", "0", "--state", &file("serve-starts.yaml", state("x"))]);
    serve.env("FH_EDGE_LOG", "info");
    let mut serving = Following::with_errors(serve);
    let line = serving.line(&["starting"]);
    for part in [
        env!("CARGO_PKG_VERSION"),
        "origin=\"file\"",
        "serve-starts.yaml",
        "environments=1",
        "features=2",
    ] {
        assert!(line.contains(part), "{part} {line}");
    }
    serving.line(&["listening on http"]);
    let keys = file("serve-starts.keys", format!("{WRITER}\n\n{ENVIRONMENT}/other\n"));
    let relay = ["serve", "--relay", "http://127.0.0.1:1", "--port", "0", "--relay-key", KEY];
    let mut relay = command(&[&relay[..], &["--relay-key-file", &keys]].concat());
    relay.env("FH_EDGE_LOG", "info");
    let mut serving = Following::with_errors(relay);
    let line = serving.line(&["starting"]);
    for part in ["origin=\"relay\"", "url=http://127.0.0.1:1", "accounts=3"] {
        assert!(line.contains(part), "{part} {line}");
    }
}

/// A warning is logged for each secret that every user can read, also for one on the command line.
#[cfg(unix)]
#[test]
fn secrets_that_every_user_can_read_are_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("fh-serve-exposed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let allow = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&folder, 0o755);
    let certificate = Authority::new("the test's authority").issue("localhost", -1..30);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let state_file = write("state.yaml", &state("plain"));
    let chain = write("chain.pem", certificate.pem());
    let secrets = [
        write("admin.key", "adminSecret4test-0123456789"),
        write("keys", "otherSecret4test*1"),
        write("tls.key", &certificate.key_pem()),
    ];
    let [admin, keys, tls] = &secrets;
    let of_state = ["serve", "--state", &state_file, "--admin-key-file", admin, "--key-file", keys];
    let of_state = [&of_state[..], &["--tls-certificate", &chain, "--tls-key", tls]].concat();
    let relayed = [write("relay.keys", KEY), write("relay.headers", "x-token=secret")];
    let nobody = ["serve", "--relay", "http://127.0.0.1:1"];
    let of_relay = ["--relay-key-file", &relayed[0], "--relay-header-file", &relayed[1]];
    let of_relay = [&nobody[..], &of_relay].concat();
    let with_state = [std::slice::from_ref(&state_file), &secrets].concat();
    for (args, files) in [(of_state, with_state), (of_relay, relayed.to_vec())] {
        for (mode, warnings) in [(0o644, 1), (0o640, 0)] {
            files.iter().for_each(|file| allow(file.as_ref(), mode));
            let all = Serving::of(&args, &[]).process.end_after_interrupt();
            for file in &files {
                let warning = format!("{file} can be read by every user");
                assert_eq!(all.matches(&warning).count(), warnings, "{file} {all}");
            }
        }
    }
    let args = ["--admin-key", "adminSecret4test-0123456789"];
    let serving = Serving::start(&state_file, &args, &[]);
    let all = serving.process.end_after_interrupt();
    assert!(all.contains("WARN") && all.contains("(--admin-key)"), "{all}");
    std::fs::remove_dir_all(&folder).unwrap();
}

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
    let line = serving.process.line(&["health and metrics on http://"]);
    let monitor = line.trim_start_matches("health and metrics on ");
    only_health_is_answered_beside_fifty(monitor, "/metrics", &["/health/liveness"]);
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
    let deadline = Instant::now() + Duration::from_secs(60);
    while !serving.get(&path).contains("429 Too Many Requests") {
        assert!(Instant::now() < deadline, "one request a second");
    }
    assert!(serving.get("/health/liveness").contains("200 OK"));
}

fn until_answered(url: &str, path: &str) -> std::net::TcpStream {
    let mut stream = open(url, path, "");
    until(&mut stream, "200 OK");
    stream
}

/// If a file reaches the limit, the operating system ends the process with SIGXFSZ unless the program handles the signal.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_the_size_of_files_is_like_a_full_disk() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let folder = path("serve-file-size");
    let _ = std::fs::remove_dir_all(&folder);
    let state = file("serve-file-size.yaml", state("plain"));
    let serving = Serving::start(&state, &["--data", &folder], &[]);
    fh(&["set", &serving.url, WRITER, "BANNER", "first"]).expect(0);
    let id = Pid::from_raw(i32::try_from(serving.process.id()).unwrap());
    let limit = |current| {
        let limit = Rlimit { current, maximum: None };
        prlimit(id, Resource::Fsize, limit).unwrap();
    };
    limit(Some(1));
    fh(&["set", &serving.url, WRITER, "BANNER", "second"]).expect(2);
    assert_eq!(banner(&serving.url), "first");
    fh(&["set", &serving.url, WRITER, "BANNER", "third"]).expect(2);
    limit(None);
    fh(&["set", &serving.url, WRITER, "BANNER", "fourth"]).expect(0);
    assert_eq!(banner(&serving.url), "fourth");
    drop(serving);
    let serving = Serving::start(&state, &["--data", &folder], &[]);
    assert_eq!(banner(&serving.url), "fourth");
}

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
    let line = serving.process.line(&["health and metrics on http://"]);
    let monitor = line.trim_start_matches("health and metrics on ").to_string();
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
        let line = serving.process.line(&["health and metrics on http://"]);
        let monitor = line.trim_start_matches("health and metrics on ").to_string();
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

/// Load balancers see that the server is not ready while it still answers the clients that they have sent.
#[cfg(unix)]
#[test]
fn a_server_that_is_to_end_answers_on_for_a_while() {
    let args = ["--shutdown-delay", "3600", "--grace", "0"];
    let serving = Serving::of_banner("serve-delay.yaml", &args);
    let mut stream = open(&serving.url, &format!("/features/{KEY}"), "");
    until(&mut stream, "event: features");
    assert!(serving.get("/health/readyness").contains("200 OK"));
    serving.process.send(Signal::TERM);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !serving.get("/health/readyness").contains("503 Service Unavailable") {
        assert!(Instant::now() < deadline, "it is ready for ever");
    }
    // New connections, PUT requests and open streams still work.
    fh(&["set", &serving.url, WRITER, "BANNER", "changed"]).expect(0);
    assert_eq!(banner(&serving.url), "changed");
    until(&mut stream, "changed");
    assert!(serving.get("/health/liveness").contains("200 OK"));
    serving.process.interrupt();
    assert!(serving.process.end().0.success());
}
