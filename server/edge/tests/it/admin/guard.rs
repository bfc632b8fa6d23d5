//! Access to the admin API, and the routers that serve it.

use fh_edge::AdminTransport;
use fh_edge::listen::{self, ListenOptions, Listener, ProxyProtocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[tokio::test]
async fn without_a_key_there_is_no_admin_api() {
    let (address, _edge) = serve(state(), Options::default()).await;
    for path in ["/admin", "/admin/", "/admin/v1/state", "/admin/v1/events", "/admin/v1/nonsense"] {
        let answer = admin(address, &format!("GET {path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("no such path"), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn without_the_right_key_every_request_is_refused() {
    let (address, _edge) = shop().await;
    let paths = [
        "state",
        "environments",
        "features/dev",
        "features/dev/BANNER",
        "keys",
        "connections",
        "events",
        "evaluate",
        "nonsense",
    ];
    for path in paths {
        let answer =
            ask(address, &format!("GET /admin/v1/{path}\norigin: http://evil.example")).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.json()["place"], "Authorization");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for given in [
        "Bearer",
        "Bearer ",
        "Basic an-admin-key-for-tests",
        "an-admin-key-for-tests",
        "Bearer wrong",
    ] {
        let request = format!("PUT /admin/v1/state\nauthorization: {given}\nif-match: *\n\n{{}}");
        assert_eq!(ask(address, &request).await.status, 401, "{given}");
    }
    assert_eq!(admin(address, "GET /admin/v1/environments").await.json()["revision"], 0);
    // A preflight request of a browser is refused as well.
    let preflight =
        "OPTIONS /admin/v1/state\norigin: http://evil.example\naccess-control-request-method: PUT";
    let answer = ask(address, preflight).await;
    assert_eq!((answer.status, answer.header("access-control-allow-methods")), (401, None));
    let answer = admin(address, "GET /admin/v1/state\norigin: http://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn wrong_keys_are_limited_and_the_right_one_never() {
    let log = fh_test::Log::capture();
    let (address, _edge) = shop().await;
    let guess = |n: u32| async move {
        let request = format!("GET /admin/v1/environments\nauthorization: Bearer wrong-{n}");
        ask(address, &request).await
    };
    let mut refused = None;
    for n in 0..100 {
        let answer = guess(n).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 401);
    }
    let refused = refused.expect("a hundred guesses were answered");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert!(log.text().contains("wrong admin keys were answered with 429, because their addresses had sent too many wrong admin keys count=1\n"));
    // The right key is accepted while wrong keys are refused.
    for n in 100..140 {
        assert_eq!(admin(address, "GET /admin/v1/environments").await.status, 200);
        assert_eq!(guess(n).await.status, 429);
    }
}

/// The state contains all API keys, as the list of keys does.
#[tokio::test]
async fn responses_that_show_api_keys_have_an_audit_line() {
    let log = fh_test::Log::capture();
    let (address, _edge) = shop().await;
    for (path, action) in [("keys", "admin.keys"), ("state", "admin.state")] {
        let answer = admin(address, &format!("GET /admin/v1/{path}")).await;
        assert!(answer.body.contains(CLIENT_KEY.split_once('/').unwrap().1), "{path}");
        let line = format!("action=\"{action}\"");
        assert!(
            log.text().lines().any(|logged| logged.contains(&line) && logged.contains("shown")),
            "no audit line for {path}"
        );
    }
}

#[tokio::test]
async fn the_options_choose_the_router() {
    let answers = |options: Options| async move {
        let edge = Edge::builder().state(state()).options(options).build().unwrap();
        let mut statuses = Vec::new();
        for router in [edge.router(), edge.monitor_router(), edge.admin_router()] {
            let address = listen(router).await;
            statuses.push(admin(address, "GET /admin/v1/environments").await.status);
        }
        statuses
    };
    use fh_edge::Monitoring::{Apart, WithApi};
    let with = |administration, monitoring| {
        let mut options = options();
        (options.administration, options.monitoring) = (administration, monitoring);
        options
    };
    assert_eq!(answers(with(Administration::WithApi, Apart)).await, [200, 404, 200]);
    assert_eq!(answers(with(Administration::WithMonitoring, Apart)).await, [404, 200, 200]);
    assert_eq!(answers(with(Administration::WithMonitoring, WithApi)).await, [200, 200, 200]);
    assert_eq!(answers(with(Administration::Apart, Apart)).await, [404, 404, 200]);
    assert_eq!(answers(Options::default()).await, [404, 404, 404]);
}

/// A proxy on this machine sends requests of other machines from a loopback address.
#[tokio::test(flavor = "multi_thread")]
async fn requests_through_a_proxy_are_not_those_of_this_machine() {
    for (trusted, headers, status) in [
        ("", "", 200),
        ("", "forwarded: for=203.0.113.9", 403),
        ("", "x-forwarded-for: 127.0.0.1", 403),
        ("192.0.2.1", "x-forwarded-proto: https", 403),
        ("127.0.0.1", "", 200),
        ("127.0.0.1", "x-forwarded-proto: https", 200),
        ("127.0.0.1", "x-forwarded-for: 203.0.113.9\nx-forwarded-proto: https", 200),
        ("127.0.0.1", "x-forwarded-for: 203.0.113.9\nx-forwarded-proto: http", 403),
        ("127.0.0.1", "x-forwarded-proto: http", 403),
        ("127.0.0.1", "x-forwarded-for: 127.0.0.1", 403),
        ("127.0.0.1", "via: 1.1 edge", 403),
    ] {
        let edge = Edge::builder().state(state()).options(options()).build().unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut listen = ListenOptions::default();
        listen.proxies = trusted.parse().unwrap();
        let router = listen.proxies.before(edge.router());
        tokio::spawn(listen::serve([listener], router, listen, std::future::pending()));
        let request = format!("GET /admin/v1/environments\n{headers}");
        let answer = admin(address, request.trim_end()).await;
        assert_eq!(answer.status, status, "{trusted:?} {headers}: {}", answer.body);
        // If the proxy is trusted, the address that it names may be reason enough.
        let is_other = trusted == "127.0.0.1" && headers.contains("203.0.113.9");
        let names_proxy = answer.body.contains("came through a proxy");
        assert_eq!(names_proxy, status == 403 && !is_other, "{trusted:?} {headers}");
    }
}

/// The header of the PROXY protocol decides in each place, also if it names an address of this machine.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_the_proxy_protocol_is_the_one_of_audit_and_transport() {
    let log = fh_test::Log::capture();
    for (transport, client, key, status) in [
        (AdminTransport::Protected, "127.0.0.1", KEY, "403"),
        (AdminTransport::Protected, "203.0.113.61", KEY, "403"),
        (AdminTransport::Any, "203.0.113.62", KEY, "200"),
        (AdminTransport::Any, "203.0.113.63", "wrong", "401"),
    ] {
        let mut options = options();
        options.admin_transport = transport;
        let edge = Edge::builder().state(state()).options(options).build().unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut listen = ListenOptions::default();
        listen.proxies = "127.0.0.1".parse().unwrap();
        listen.proxy_protocol = ProxyProtocol::Required;
        let router = listen.proxies.before(edge.router());
        tokio::spawn(listen::serve([listener], router, listen, std::future::pending()));
        let request = format!(
            "PROXY TCP4 {client} 127.0.0.1 1 2\r\nGET /admin/v1/environments HTTP/1.1\r\nhost: edge\r\n\
             authorization: Bearer {key}\r\nconnection: close\r\n\r\n"
        );
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{client}: {answer}");
        let names_proxy = answer.contains("header of the PROXY protocol");
        assert_eq!(names_proxy, client == "127.0.0.1", "{answer}");
        let is_refused = |line: &str| line.contains("admin.refused") && line.contains(client);
        assert_eq!(log.text().lines().any(is_refused), status == "401", "{client}");
    }
}
