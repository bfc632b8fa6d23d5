//! The routes of each port, and the addresses that may use the admin API.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};

use super::{KEY, PATIENCE, Serving, get, state};
use crate::following::Following;
use crate::secure;
use crate::tool::{command, file};

const ADMIN: &str = "adminSecret4test-0123456789";

/// The options of a server that decide where its routes answer.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// The value of `--url-path`; empty without the option.
    path: &'static str,
    has_monitor: bool,
    /// True with `--admin-on monitor`.
    is_admin_monitored: bool,
    has_console: bool,
}

impl Layout {
    fn all() -> impl Iterator<Item = Self> {
        let both = [false, true];
        ["", "/x"].into_iter().flat_map(move |path| {
            both.into_iter().flat_map(move |has_monitor| {
                both.into_iter().flat_map(move |is_admin_monitored| {
                    both.map(|has_console| Self {
                        path,
                        has_monitor,
                        is_admin_monitored,
                        has_console,
                    })
                })
            })
        })
    }

    fn args(self) -> Vec<&'static str> {
        let mut args = vec!["--listen", "127.0.0.1", "--admin-key", ADMIN];
        if !self.path.is_empty() {
            // The slash at the end is ignored.
            args.extend(["--url-path", "x/"]);
        }
        if self.has_monitor {
            args.extend(["--monitor-port", "0"]);
        }
        if self.is_admin_monitored {
            args.extend(["--admin-on", "monitor"]);
        }
        if self.has_console {
            args.push("--console");
        }
        args
    }

    /// Returns true if a route answers on the API port below this prefix.
    fn is_on_api(self, prefix: &str, route: &Route) -> bool {
        let is_inside = prefix == self.path;
        let is_outside = prefix.is_empty() && !is_inside;
        match route.kind {
            Kind::Api => is_inside,
            // Probes may leave the path out.
            Kind::Health => is_outside || (is_inside && !self.has_monitor),
            Kind::Metrics => (is_inside || is_outside) && !self.has_monitor,
            Kind::Admin => is_inside && !self.is_admin_monitored,
            Kind::Console => is_inside && !self.is_admin_monitored && self.has_console,
            Kind::Version => is_inside,
        }
    }

    /// Returns true if a route answers on the monitor port below this prefix.
    fn is_on_monitor(self, prefix: &str, route: &Route) -> bool {
        prefix.is_empty()
            && match route.kind {
                Kind::Api => false,
                Kind::Health | Kind::Metrics | Kind::Version => true,
                Kind::Admin => self.is_admin_monitored,
                Kind::Console => self.is_admin_monitored && self.has_console,
            }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Api,
    Health,
    Metrics,
    Version,
    Admin,
    Console,
}

#[derive(Debug)]
struct Route {
    kind: Kind,
    path: String,
}

fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = [
        (Kind::Api, "/ofrep/v1/configuration"),
        (Kind::Api, "/schema/state-1.schema.json"),
        (Kind::Health, "/health/liveness"),
        (Kind::Health, "/health/readiness"),
        (Kind::Health, "/health/readyness"),
        (Kind::Metrics, "/metrics"),
        (Kind::Version, "/info/version"),
        (Kind::Admin, "/admin/v1/environments"),
        (Kind::Admin, "/admin/v1/keys"),
        (Kind::Admin, "/admin/v1/state"),
        (Kind::Console, "/console"),
        (Kind::Console, "/console/"),
        (Kind::Console, "/console/app.js"),
    ]
    .map(|(kind, path)| Route { kind, path: path.to_string() })
    .into();
    routes.push(Route { kind: Kind::Api, path: format!("/features?apiKey={KEY}") });
    routes
}

/// Returns the status of a GET with the admin key.
fn status(url: &str, path: &str, headers: &str) -> u16 {
    answer(url, path, headers).split(' ').nth(1).unwrap().parse().unwrap()
}

fn answer(url: &str, path: &str, headers: &str) -> String {
    let address = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN}\r\n{headers}connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Tests the 16 combinations of path, monitor port, port of the admin API, and console. In each, every route is requested on every
/// port, with and without the path.
#[test]
fn each_route_answers_only_where_it_belongs() {
    let state = file("serve-ports.yaml", state("plain"));
    let mut wrong = Vec::new();
    for layout in Layout::all() {
        let args = layout.args();
        if layout.is_admin_monitored && !layout.has_monitor {
            let all = [&["serve", "--state", &state, "--port", "0"], &args[..]].concat();
            let (status, said) = Following::with_errors(command(&all)).end();
            let is_named = said.contains("--admin-on monitor needs --monitor-port");
            if status.code() != Some(2) || !is_named {
                wrong.push(format!("{layout:?}: starts, and says {said}"));
            }
            continue;
        }
        let mut serving = Serving::start(&state, &args, &[]);
        let monitor = layout.has_monitor.then(|| serving.monitor());
        let mut check = |url: &str, port: &str, prefix: &str, route: &Route, is_there: bool| {
            let status = status(url, &format!("{prefix}{}", route.path), "");
            let expected = match (is_there, route.path.as_str()) {
                (false, _) => 404,
                (true, "/console") => 308,
                // The admin key is not an API key.
                (true, "/ofrep/v1/configuration") => 401,
                (true, _) => 200,
            };
            if status != expected {
                wrong.push(format!("{layout:?}: {status} for {prefix}{} on {port}", route.path));
            }
        };
        for route in routes() {
            for prefix in ["", "/x"] {
                let is_there = layout.is_on_api(prefix, &route);
                check(&serving.url, "the API port", prefix, &route, is_there);
                if let Some(monitor) = &monitor {
                    let is_there = layout.is_on_monitor(prefix, &route);
                    check(monitor, "the monitor port", prefix, &route, is_there);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}

/// Returns an address of this machine that is not a loopback address, if there is one. Sends nothing.
fn outer_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("203.0.113.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string())
}

/// The admin key must not travel over a network in clear text.
#[test]
fn the_admin_api_wants_more_than_plain_http_from_beyond_this_machine() {
    const PATH: &str = "/admin/v1/environments";
    let state = file("serve-plain.yaml", state("plain"));
    let variables = [("FH_EDGE_ADMIN_KEY", ADMIN)];
    let serving = Serving::start(&state, &[], &variables);
    assert_eq!(status(&serving.url, PATH, ""), 200, "from this machine");
    // Headers of untrusted clients have no effect.
    if let Some(address) = outer_address() {
        let port = serving.url.rsplit(':').next().unwrap();
        let outer = format!("http://{address}:{port}");
        for headers in ["", "x-forwarded-proto: https\r\n", "x-forwarded-for: 127.0.0.1\r\n"] {
            let answer = answer(&outer, PATH, headers);
            assert!(answer.contains(" 403 "), "{headers}: {answer}");
            assert!(answer.contains("--admin-over-plain-http"), "{answer}");
            assert!(!answer.contains("revision"), "{answer}");
        }
        // All other routes are served.
        assert!(get(&outer, &format!("/features?apiKey={KEY}")).contains(" 200 "));
        let allowed = Serving::start(&state, &["--admin-over-plain-http"], &variables);
        let port = allowed.url.rsplit(':').next().unwrap();
        assert_eq!(status(&format!("http://{address}:{port}"), PATH, ""), 200);
    }
    #[cfg(unix)]
    {
        serving.process.interrupt();
        let (_, all) = serving.process.end();
        let mut warnings = all.lines().filter(|line| line.contains("WARN"));
        assert!(warnings.any(|line| line.contains("--admin-over-plain-http")), "{all}");
    }

    // A trusted proxy names the client's address and scheme.
    let trusting = Serving::start(&state, &["--trusted-proxies", "127.0.0.1"], &variables);
    let client = "x-forwarded-for: 203.0.113.9\r\n";
    for (headers, expected) in [("", 403), ("x-forwarded-proto: https\r\n", 200)] {
        let status = status(&trusting.url, PATH, &format!("{client}{headers}"));
        assert_eq!(status, expected, "{headers:?}");
    }
    // The client is refused before the path is looked up.
    let refused = answer(&trusting.url, "/admin/v1/nothing", client);
    assert!(refused.contains(" 403 ") && refused.contains("\"error\""), "{refused}");
    let allowed = ["--trusted-proxies", "127.0.0.1", "--admin-over-plain-http"];
    let allowed = Serving::start(&state, &allowed, &variables);
    assert_eq!(status(&allowed.url, PATH, client), 200);
}

#[test]
fn the_monitor_port_may_have_its_own_address_and_tls() {
    use fh_test::certificates::Authority;
    let authority = Authority::new("the test's authority");
    let certificate = authority.issue("localhost", -1..30);
    let chain = file("serve-monitor-tls.pem", certificate.pem());
    let key = file("serve-monitor-tls.key", certificate.key_pem());
    let state = file("serve-monitor-tls.yaml", state("plain"));
    let tls = ["--tls-certificate", &chain, "--tls-key", &key];

    // Without --monitor-tls, probes use plain HTTP.
    let own = ["--monitor-port", "0", "--monitor-listen", "127.0.0.2"];
    let mut serving = Serving::start(&state, &[&own[..], &tls].concat(), &[]);
    let line = serving.process.line(&["health and metrics on http://127.0.0.2:"]);
    let monitor = line.trim_start_matches("health and metrics on ");
    assert!(get(monitor, "/health/liveness").contains(" 200 "));

    let all = [&["--monitor-port", "0", "--monitor-tls"], &tls[..]].concat();
    let mut serving = Serving::start(&state, &all, &[]);
    let line = serving.process.line(&["health and metrics on https://127.0.0.1:"]);
    let monitor = line.trim_start_matches("health and metrics on https://");
    let port = monitor.rsplit(':').next().unwrap();
    let mut plain = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(b"GET /health/liveness HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    let probe = secure::get(&authority.pem(), port, "/health/liveness", "");
    assert!(probe.contains(" 200 "), "{probe}");
    // Over TLS, the admin API accepts requests from any address.
    let over = ["--monitor-port", "0", "--monitor-tls", "--admin-on", "monitor"];
    let over = [&over[..], &tls, &["--trusted-proxies", "127.0.0.1"]].concat();
    let mut serving = Serving::start(&state, &over, &[("FH_EDGE_ADMIN_KEY", ADMIN)]);
    let line = serving.process.line(&["health and metrics on https://"]);
    let port = line.rsplit(':').next().unwrap();
    let headers = format!("authorization: Bearer {ADMIN}\r\nx-forwarded-for: 203.0.113.9\r\n");
    let answer = secure::get(&authority.pem(), port, "/admin/v1/environments", &headers);
    assert!(answer.contains(" 200 "), "{answer}");
}
