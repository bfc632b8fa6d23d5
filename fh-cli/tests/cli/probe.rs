//! `fh probe`, as the health check of a container runs it.

use std::net::TcpListener;

use fh_fake_edge::{Behaviour, FakeEdge, Route};
use fh_test_certificates::Authority;

use crate::following::Following;
use crate::tool::{SECRET, command, fh, file, run};

#[test]
fn a_server_is_healthy_or_not() {
    let edge = FakeEdge::start().unwrap();
    let (url, key) = (edge.url(), edge.client_key());
    let poll = format!("{url}/features?apiKey={key}");
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
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fh(&["probe", &format!("http://{nobody}")]).refused(1, &["/health/liveness", "refused"]);
    for wrong in ["localhost", "ftp://x", "http://", &format!("{SECRET} x")] {
        fh(&["probe", wrong]).refused(2, &["the URL is none"]);
    }
    let mut by_proxy = command(&["probe", &format!("http://me:{SECRET}@{nobody}")]);
    run(by_proxy.env("HTTP_PROXY", &url), "").refused(1, &["refused"]);
}

/// Without a URL, the variables of the container name the server.
#[test]
fn the_server_of_the_environment_is_asked() {
    let state = file("probe.yaml", "features: []\nenvironments: []\naccounts: []\n");
    let port = || {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
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
            run(probe.envs(variables.iter().copied()), "")
        };
        probe().refused(1, &["refused"]);
        let mut serve = command(&["serve", "--state", &state]);
        serve.envs(variables.iter().copied());
        let mut serving = Following::with_errors(serve);
        serving.line(&["listening on"]);
        let healthy = probe().expect(0);
        assert!(healthy.out.contains(&format!(":{asked}/health/liveness")), "{healthy:?}");
    }
    let mut probe = command(&["probe"]);
    run(probe.env("FH_EDGE_PORT", "0"), "").refused(2, &["write the URL"]);
}
