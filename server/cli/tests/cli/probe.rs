//! Tests of `fh probe`, the health check of the container image.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use fh_test::certificates::Authority;
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Route};

use crate::following::Following;
use crate::tool::{SECRET, command, fh, file, run};

#[test]
fn a_server_is_healthy_or_not() {
    let edge = FakeEdge::start().unwrap();
    let (url, key) = (edge.url(), edge.client_key());
    let poll = format!("{url}/features?apiKey={key}");
    let healthy_edge = FakeEdge::start().unwrap();
    let healthy_url =
        format!("{}/features?apiKey={}", healthy_edge.url(), healthy_edge.client_key());
    let healthy = fh(&["probe", &poll]).expect(0);
    assert!(healthy.out.contains("answers 200") && !healthy.out.contains('?'), "{healthy:?}");
    let json = fh(&["probe", &poll, "--json"]).expect(0).json();
    assert_eq!((&json["healthy"], &json["status"]), (&true.into(), &200.into()));
    for status in [503, 404, 302] {
        edge.behave_on(Route::Poll, Behaviour::status(status));
        fh(&["probe", &poll]).refused(1, &[&format!("answers {status}")]);
    }
    edge.behave_on(Route::Poll, Behaviour::silence());
    fh(&["probe", &poll, "--timeout", "0.2"]).refused(1, &["no answer within 0.2 s"]);
    fh(&["probe", "http://127.0.0.1:1"]).refused(1, &["/health/liveness", "refused"]);
    // A redirect is not followed, even to a page that exists.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let redirecting = format!("http://{}/moved", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = BufReader::new(stream.try_clone().unwrap()).lines();
        while !head.next().unwrap().unwrap().is_empty() {}
        let answer =
            format!("HTTP/1.1 302 Found\r\nlocation: {healthy_url}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    fh(&["probe", &redirecting]).refused(1, &["answers 302"]);
    answering.join().unwrap();
    for wrong in ["some where", "ftp://x", "http://", &format!("{SECRET} x")] {
        fh(&["probe", wrong]).refused(2, &["the URL is invalid"]);
    }
    let mut by_proxy = command(&["probe", &format!("http://me:{SECRET}@127.0.0.1:1")]);
    run(by_proxy.env("HTTP_PROXY", &url), "").refused(1, &["refused"]);
}

/// Without a URL, the variables of the container name the server.
#[test]
fn the_server_of_the_environment_is_asked() {
    let state = file("probe.yaml", "features: []\nenvironments: []\naccounts: []\n");
    // On Linux the test has a loopback address of its own, so that no other test takes the ports.
    let host = if cfg!(target_os = "linux") { "127.0.83.1" } else { "127.0.0.1" };
    let port = || {
        let free = TcpListener::bind((host, 0)).unwrap();
        free.local_addr().unwrap().port().to_string()
    };
    let certificate = Authority::new("the test's authority").issue("edge.example", -1..30);
    let chain = file("probe.pem", certificate.pem());
    let key = file("probe.key", certificate.key_pem());
    let (api, monitor) = (port(), port());
    let plain = [("FH_EDGE_PORT", api.as_str()), ("FH_EDGE_URL_PATH", "/flags")];
    let apart = [("FH_EDGE_PORT", api.as_str()), ("FH_EDGE_MONITOR_PORT", monitor.as_str())];
    let tls = [
        ("FH_EDGE_PORT", api.as_str()),
        ("FH_EDGE_TLS_CERTIFICATE", chain.as_str()),
        ("FH_EDGE_TLS_KEY", key.as_str()),
    ];
    for (variables, asked) in [(&plain[..], &api), (&apart, &monitor), (&tls, &api)] {
        let probe = || {
            let mut probe = command(&["probe"]);
            probe.env("FH_EDGE_LISTEN", host);
            run(probe.envs(variables.iter().copied()), "")
        };
        probe().refused(1, &["refused"]);
        let mut serve = command(&["serve", "--state", &state]);
        serve.env("FH_EDGE_LISTEN", host).envs(variables.iter().copied());
        let mut serving = Following::with_errors(serve);
        serving.line(&["listening on"]);
        let healthy = probe().expect(0);
        assert!(healthy.out.contains(&format!(":{asked}/health/liveness")), "{healthy:?}");
    }
    let mut probe = command(&["probe"]);
    run(probe.env("FH_EDGE_PORT", "0"), "").refused(2, &["write the URL"]);
}

/// At a loopback address any certificate is accepted. At other addresses a trusted authority must have issued it.
#[cfg(target_os = "linux")]
#[test]
fn a_certificate_counts_beyond_loopback() {
    let state = file("probe-tls.yaml", "features: []\nenvironments: []\naccounts: []\n");
    let certificate = Authority::new("the test's authority").issue("edge.example", -1..30);
    let chain = file("probe-tls.pem", certificate.pem());
    let key = file("probe-tls.key", certificate.key_pem());
    let args = ["serve", "--state", &state, "--port", "0"];
    let tls = ["--tls-certificate", &chain, "--tls-key", &key];
    let mut serving = Following::with_errors(command(&[&args[..], &tls].concat()));
    let line = serving.line(&["listening on https://"]);
    let port = line.rsplit(':').next().unwrap();
    fh(&["probe", &format!("https://127.0.0.1:{port}")]).expect(0);
    // This address leads to this machine, but is not a loopback address.
    fh(&["probe", &format!("https://0.0.0.0:{port}")]).refused(1, &["certificate"]);
}
