//! Several slashes before `features` and `ofrep`, which clients send if their base URL ends in `/`.

use std::net::SocketAddr;

use axum::Router;
use fh_edge::listen::{App, ListenOptions, Listener, RequestLog, serve};
use fh_edge::{Edge, RedactedLog};

use crate::http::request;
use crate::shop::{CLIENT_KEY, ENVIRONMENT, WRITER_KEY, state};

const METRICS: [&str; 7] = [
    "edge_stat_hitsource_poll_total",
    "edge_stat_hitsource_eventsource_total",
    "edge_stat_hitsource_testsdk_total",
    "response_2xx_total",
    "response_3xx_total",
    "response_4xx_total",
    "response_5xx_total",
];

/// Returns the number of polls, of streams, of PUTs and of all responses so far.
async fn counted(address: SocketAddr, mount: &str) -> [u64; 4] {
    let text = request(address, "GET", &format!("{mount}/metrics"), &[], "").await.body;
    let value = |name: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.map_or(0, |number| number.parse::<u64>().unwrap())
    };
    let [poll, stream, put, responses @ ..] = METRICS.map(value);
    [poll, stream, put, responses.iter().sum()]
}

#[tokio::test(flavor = "multi_thread")]
async fn slashes_collapse_before_the_routes_of_sdks_and_before_no_others() {
    const POLL: [u64; 3] = [1, 0, 0];
    const STREAM: [u64; 3] = [0, 1, 0];
    const PUT: [u64; 3] = [0, 0, 1];
    const NONE: [u64; 3] = [0; 3];
    // Method, path and expected status; the expected path in the access log, and what the request is counted as. KEY and ID stand for keys
    // and the id of the environment, M for the path at which the API is mounted.
    let rows = [
        ("GET", "M//features?apiKey=KEY", 200, "M/features?apiKey=ID/***", POLL),
        ("GET", "M////features/?apiKey=KEY", 200, "M/features/?apiKey=ID/***", POLL),
        ("HEAD", "M//features?apiKey=KEY", 200, "M/features?apiKey=ID/***", POLL),
        ("GET", "M//features/ID/unknown", 200, "M/features/ID/***", STREAM),
        ("PUT", "M//features/WRITER/BANNER", 412, "M/features/ID/***/***", PUT),
        ("POST", "M///ofrep/v1/evaluate/flags", 200, "M/ofrep/v1/evaluate/flags", NONE),
        ("GET", "M//features//ID/unknown", 200, "M/features//ID/***", STREAM),
        ("GET", "M/features//ID/unknown", 200, "M/features//ID/***", STREAM),
        ("GET", "M//feature?apiKey=KEY", 404, "M//***?apiKey=ID/***", NONE),
        ("GET", "M//features%2F?apiKey=KEY", 404, "M//***?apiKey=ID/***", NONE),
        ("GET", "M//info/version", 404, "M//***/***", NONE),
        ("GET", "M//", 404, "M//", NONE),
        ("GET", "/M/features?apiKey=KEY", 404, "//***/***?apiKey=ID/***", NONE),
        ("GET", "//features?apiKey=KEY", 404, "//***?apiKey=ID/***", NONE),
    ];
    for mount in ["", "/flags"] {
        let edge = Edge::builder().state(state()).build().unwrap();
        let router = match mount {
            "" => edge.router(),
            // As `fh serve --url-path` does.
            mount => Router::new().nest(mount, edge.router()).fallback_service(edge.probe_router()),
        };
        let app = App::from(router).shortcut(edge.poll_shortcut(mount));
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve([listener], app, ListenOptions::default(), std::future::pending()));
        let log = RedactedLog::below(mount);
        let mut before = counted(address, mount).await;
        // The last two rows are about paths outside the mounted one.
        for (method, path, status, logged, class) in
            &rows[..rows.len() - 2 * usize::from(mount.is_empty())]
        {
            let path = path.replace("WRITER", WRITER_KEY).replace("KEY", CLIENT_KEY);
            let path = path.replace("ID", ENVIRONMENT).replace('M', mount);
            let headers = [("content-type", "application/json"), ("x-api-key", CLIENT_KEY)];
            let body = if *method == "GET" { "" } else { r#"{"value":"x"}"# };
            let reply = request(address, method, &path, &headers, body).await;
            assert_eq!(reply.status, *status, "{method} {path}");
            let is_unbuffered = reply.header("x-accel-buffering") == Some("no");
            assert_eq!(is_unbuffered, logged.starts_with("M/features/"), "{method} {path}");
            let logged = logged.replace("ID", ENVIRONMENT).replace('M', mount);
            assert_eq!(log.target(&path.parse().unwrap()), logged, "{path}");
            let now = counted(address, mount).await;
            let [poll, stream, put, responses] = std::array::from_fn(|at| now[at] - before[at]);
            assert_eq!([poll, stream, put], *class, "{method} {path}");
            // The metrics count their own response after it is written.
            assert_eq!(responses, 2, "{method} {path}");
            before = now;
        }
    }
}
