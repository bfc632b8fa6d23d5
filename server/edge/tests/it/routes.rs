//! The routes without sockets: their paths, and the headers of their answers.

use axum::Router;
use axum::body::Body;
use fh_edge::state::State;
use fh_edge::{Edge, Options};
use fh_test::Log;
use http::{HeaderValue, Response};

use crate::router::{JSON, ask, request, send, text};
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, WRITER_KEY, state};

pub(crate) fn edge(state: State, options: Options) -> Edge {
    Edge::builder().state(state).options(options).build().unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn routes_below_a_prefix_and_beside_other_routes() {
    let edge = edge(state(), Options::default());
    let nested = Router::new().nest("/flags", edge.router());
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    assert_eq!(ask(&nested, "GET", &format!("/flags{poll}"), &[]).await.status(), 200);
    let stream = ask(&nested, "GET", &format!("/flags/features/{CLIENT_KEY}"), &[]).await;
    assert_eq!(header(&stream, "x-accel-buffering"), Some("no"));
    assert_eq!(ask(&nested, "GET", &poll, &[]).await.status(), 404);

    // A program may have a fallback of its own.
    let merged = Router::new()
        .fallback(|| async { (http::StatusCode::IM_A_TEAPOT, "mine") })
        .merge(edge.router().reset_fallback());
    assert_eq!(ask(&merged, "GET", &poll, &[]).await.status(), 200);
    assert_eq!(ask(&merged, "GET", "/nowhere", &[]).await.status(), 418);
}

/// The sentence is for users that try a URL by hand. SDKs read only the status.
#[tokio::test]
async fn a_refused_request_gets_a_sentence_that_says_what_is_wrong() {
    let mut options = Options::default();
    options.cache_control = Some(HeaderValue::from_static("max-age=60"));
    let router = edge(state(), options).router();
    let unknown = format!("{CLIENT_KEY}x");
    let (text_kind, css) = (("content-type", "text/plain"), ("accept", "text/css"));
    for (method, path, headers, status, sentence) in [
        ("GET", "/features".to_string(), &[][..], 400, "the API key is missing"),
        ("GET", "/features/?apiKey".to_string(), &[], 404, "unknown API key"),
        ("GET", format!("/features?apiKey={unknown}"), &[], 404, "unknown API key"),
        ("GET", "/features/no-uuid/key".to_string(), &[], 404, "unknown API key"),
        ("GET", format!("/features?apiKey={CLIENT_KEY}"), &[css], 406, "accept"),
        ("GET", "/feature".to_string(), &[], 404, "no such path"),
        ("PUT", format!("/features/{unknown}/BANNER"), &[JSON], 404, "unknown API key"),
        ("PUT", "/features/no-uuid/key/BANNER".to_string(), &[JSON], 404, "unknown API key"),
        ("PUT", format!("/features/{WRITER_KEY}/NONE"), &[JSON], 404, "no such feature"),
        ("PUT", "/features/key/BANNER".to_string(), &[JSON], 400, "no API key"),
        ("PUT", format!("/features/{WRITER_KEY}/BANNER"), &[], 415, "application/json"),
        ("PUT", format!("/features/{WRITER_KEY}/BANNER"), &[text_kind], 415, "application/json"),
    ] {
        let headers = [headers, &[("origin", "https://x.example")]].concat();
        let response = send(&router, request(method, &path, &headers, r#"{"lock":true}"#)).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(header(&response, "content-type"), Some("text/plain"), "{method} {path}");
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"), "{path}");
        if (method, status) == ("GET", 404) {
            assert_eq!(header(&response, "cache-control"), Some("max-age=60"), "{path}");
        }
        let text = text(response).await;
        assert!(text.contains(sentence) && text.len() <= 200, "{method} {path}: {text}");
    }
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (headers, kind) in [(&browser[..], "text/html; charset=utf-8"), (&[], "text/plain")] {
        let root = ask(&router, "GET", "/", headers).await;
        assert_eq!((root.status().as_u16(), header(&root, "content-type")), (200, Some(kind)));
    }
}

#[tokio::test]
async fn errors_and_streams_are_not_cacheable_and_streams_are_not_compressed_by_proxies() {
    let mut options = Options::default();
    options.cache_control = Some(HeaderValue::from_static("max-age=60"));
    options.requests_per_second = Some(1);
    // The setting of the server wins over that of an environment, as on a FeatureHub server.
    let mut with_own = state();
    with_own.environments[0].cache_control = Some("max-age=5".into());
    let router = edge(with_own, options.clone()).router();
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    let good = ask(&router, "GET", &poll, &[]).await;
    assert_eq!((good.status().as_u16(), header(&good, "cache-control")), (200, Some("max-age=60")));
    let busy = ask(&router, "GET", &poll, &[]).await;
    assert_eq!((busy.status().as_u16(), header(&busy, "cache-control")), (429, None));
    let bad = ask(&router, "GET", "/features", &[]).await;
    assert_eq!((bad.status().as_u16(), header(&bad, "cache-control")), (400, None));
    let nothing_yet = Edge::builder().options(options.clone()).build().unwrap().router();
    let early = ask(&nothing_yet, "GET", &poll, &[]).await;
    assert_eq!((early.status().as_u16(), header(&early, "cache-control")), (503, None));
    let stream = format!("/features/{SERVER_KEY}");
    let response = ask(&router, "GET", &stream, &[]).await;
    assert_eq!(header(&response, "cache-control"), Some("no-store, no-transform"));
    for (configured, expected) in [
        ("no-store, max-age=0", "no-store, max-age=0, no-transform"),
        ("No-Transform, NO-STORE", "No-Transform, NO-STORE"),
        ("no-transform, max-age=60", "no-store, no-transform"),
    ] {
        options.cache_control = Some(HeaderValue::from_static(configured));
        let response = ask(&edge(state(), options.clone()).router(), "GET", &stream, &[]).await;
        assert_eq!(header(&response, "cache-control"), Some(expected), "{configured}");
    }
}

#[tokio::test]
async fn other_methods() {
    let router = edge(state(), Options::default()).router();
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    // The body of the answer to HEAD ends at once.
    let head = ask(&router, "HEAD", &format!("/features/{CLIENT_KEY}"), &[]).await;
    assert_eq!(header(&head, "content-type"), Some("text/event-stream"));
    assert_eq!(text(head).await, "");
    let post = ask(&router, "POST", &poll, &[]).await;
    assert_eq!((post.status().as_u16(), header(&post, "allow")), (405, Some("GET,HEAD")));
    let options = ask(&router, "OPTIONS", "/anything", &[("origin", "https://x.example")]).await;
    assert_eq!(options.status(), 200);
}

/// A page of another origin may read features, and nothing about the server.
#[tokio::test]
async fn health_and_metrics_are_not_for_other_origins() {
    let edge = edge(state(), Options::default());
    let nested = Router::new().nest("/flags", edge.router()).fallback_service(edge.probe_router());
    let origin = [("origin", "https://x.example"), ("access-control-request-method", "GET")];
    for (router, prefix) in [
        (edge.router(), ""),
        (edge.monitor_router(), ""),
        (edge.probe_router(), ""),
        (nested.clone(), ""),
        (nested, "/flags"),
    ] {
        for path in ["/metrics", "/health/liveness", "/health/readiness", "/health/readyness"] {
            let path = format!("{prefix}{path}");
            for (method, status) in [("GET", 200), ("HEAD", 200), ("OPTIONS", 405)] {
                let response = ask(&router, method, &path, &origin).await;
                assert_eq!(response.status(), status, "{method} {path}");
                let cors = response.headers().keys();
                let cors = cors.filter(|name| name.as_str().starts_with("access-control-"));
                assert_eq!(cors.count(), 0, "{method} {path}: {:?}", response.headers());
            }
        }
    }
    let poll = ask(&edge.router(), "GET", &format!("/features?apiKey={CLIENT_KEY}"), &origin).await;
    assert_eq!(header(&poll, "access-control-allow-origin"), Some("*"));
}

/// A page waits as long as `retry-after` demands, counted from `date`, so a refused request must expose both.
#[tokio::test]
async fn pages_may_read_how_long_to_wait() {
    let mut options = Options::default();
    options.requests_per_second = Some(1);
    options.cors_expose_headers = vec!["X-Mine".to_string()];
    let router = edge(state(), options).router();
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    let origin = [("origin", "https://x.example")];
    let good = ask(&router, "GET", &poll, &origin).await;
    let busy = ask(&router, "GET", &poll, &origin).await;
    assert_eq!((good.status().as_u16(), busy.status().as_u16()), (200, 429));
    assert!(header(&busy, "retry-after").is_some());
    for response in [good, busy] {
        let exposed = header(&response, "access-control-expose-headers");
        assert_eq!(exposed, Some("etag,cache-control,retry-after,date,x-mine"));
    }
}

/// Tracing tools add headers to all requests of a page. A browser sends none of these requests if a preflight does not allow the headers.
#[tokio::test]
async fn a_preflight_allows_the_headers_of_tracing_tools_that_it_asks_for() {
    let mut options = Options::default();
    options.cors_headers = vec!["X-Mine".to_string()];
    let router = edge(state(), options).router();
    let many = (0..100).map(|each| format!("x-b3-{each}")).collect::<Vec<_>>().join(",");
    let without = allowed(&router, "x-sdk").await;
    assert!(without.ends_with(",x-api-key,x-mine"), "{without}");
    for (asked, added) in [
        ("sentry-trace, baggage", ",sentry-trace"),
        ("B3,X-B3-TraceId", ",b3,x-b3-traceid"),
        ("x-datadog-origin,x-datadog-trace-id", ",x-datadog-origin,x-datadog-trace-id"),
        ("newrelic,x-request-id,traceparent", ",newrelic,x-request-id"),
        ("x-mine,x-other,b3x,xb3-a,cookie,sentry trace,,*", ""),
        (&many, &many.split(',').take(32).fold(String::new(), |all, name| all + "," + name)),
    ] {
        assert_eq!(allowed(&router, asked).await, format!("{without}{added}"), "{asked}");
    }
}

/// Returns the headers that a preflight allows.
async fn allowed(router: &Router, asked: &str) -> String {
    let headers = [("origin", "https://x.example"), ("access-control-request-headers", asked)];
    let response = ask(router, "OPTIONS", &format!("/features/{SERVER_KEY}"), &headers).await;
    assert_eq!(header(&response, "vary"), Some("access-control-request-headers"));
    header(&response, "access-control-allow-headers").unwrap().to_string()
}

/// The listener reserves connections for these paths, so each must be one that the router serves.
#[tokio::test]
async fn each_path_of_a_probe_is_served() {
    let edge = edge(state(), Options::default());
    let nested = Router::new().nest("/flags", edge.router()).fallback_service(edge.probe_router());
    for (router, path) in [(nested, "/flags"), (edge.router(), "")] {
        let paths = edge.probe_paths(path);
        assert!(paths.len() >= 4, "{paths:?}");
        for path in paths {
            assert_eq!(ask(&router, "GET", &path, &[]).await.status(), 200, "{path}");
        }
    }
}

#[tokio::test]
async fn a_slash_at_the_end_is_the_same_resource() {
    let router = edge(state(), Options::default()).router();
    for path in [format!("/features/{CLIENT_KEY}/"), format!("/features/default/{SERVER_KEY}/")] {
        let mut stream = ask(&router, "GET", &path, &[]).await;
        assert_eq!(stream.status(), 200, "{path}");
        assert_eq!(header(&stream, "content-type"), Some("text/event-stream"));
        assert_eq!(header(&stream, "x-accel-buffering"), Some("no"));
        let first = http_body_util::BodyExt::frame(stream.body_mut()).await.unwrap().unwrap();
        assert!(first.into_data().unwrap().starts_with(b"event: ack\n"));
    }
    for path in [
        format!("/features/{}/NEW_CHECKOUT/", WRITER_KEY.replace('/', "+")),
        format!("/features/{WRITER_KEY}/NEW_CHECKOUT/"),
        format!("/features/default/{WRITER_KEY}/NEW_CHECKOUT/"),
    ] {
        let json = [("content-type", "Application/JSON; charset=utf-8")];
        let answer = send(&router, request("PUT", &path, &json, r#"{"lock":false}"#)).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    // With two slashes it is another path.
    assert_eq!(ask(&router, "GET", &format!("/features/{CLIENT_KEY}//"), &[]).await.status(), 404);
}

/// Percent-encoding in paths and queries, as SDKs and other clients write it.
#[tokio::test]
async fn percent_signs() {
    let router = edge(state(), Options::default()).router();
    let (environment, secret) = CLIENT_KEY.split_once('/').unwrap();
    let starred = secret.replace('*', "%2A");
    let upper = environment.to_uppercase();
    for path in [
        format!("/features?apiKey={environment}%2F{starred}"),
        format!("/features/?sdkUrl=default%2F{upper}/{secret}&apiKey=nonsense"),
    ] {
        assert_eq!(ask(&router, "GET", &path, &[]).await.status(), 200, "{path}");
    }
    for path in [
        format!("/features/{environment}/{starred}"),
        format!("/features/default/{upper}/{secret}?xfeaturehub=userkey%253Dfred%"),
    ] {
        let response = ask(&router, "GET", &path, &[("x-featurehub", "a=%zz")]).await;
        assert_eq!(response.status(), 200, "{path}");
    }
    let bad = ask(&router, "GET", &format!("/features/{environment}/%ff"), &[]).await;
    assert_eq!(bad.status(), 400);
}

/// The answer names the environment, because some SDKs stop at an empty list of environments (edge-protocol 11.5).
#[tokio::test]
async fn an_environment_without_features() {
    let mut state = state();
    state.features.clear();
    state.environments[0].values.clear();
    let router = edge(state, Options::default()).router();
    for key in [CLIENT_KEY, SERVER_KEY] {
        let response = ask(&router, "GET", &format!("/features?apiKey={key}"), &[]).await;
        assert!(response.status() == 200 && header(&response, "etag").is_some());
        assert_eq!(text(response).await, format!(r#"[{{"id":"{ENVIRONMENT}","features":[]}}]"#));
    }
}

/// A client with a valid etag must learn that the environment is stale, so it gets 236 and not 304 (D-109).
#[tokio::test]
async fn a_stale_environment_is_answered_with_236_despite_a_valid_etag() {
    let mut state = state();
    state.environments[0].stale = true;
    let router = edge(state, Options::default()).router();
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    let first = ask(&router, "GET", &poll, &[]).await;
    assert_eq!(first.status(), 236);
    let held = ("if-none-match", header(&first, "etag").unwrap());
    assert_eq!(ask(&router, "GET", &poll, &[held]).await.status(), 236);
}

/// Logs are stored for long, and many people read them.
#[tokio::test]
async fn logs_contain_no_keys_or_values() {
    let log = Log::capture();
    let mut options = Options::default();
    options.requests_per_second = Some(3);
    let router = edge(state(), options).router();
    let stranger = format!("{ENVIRONMENT}/hushStranger*Hush");
    let context = ("x-featurehub", "userkey=hushFredHush");
    for key in [CLIENT_KEY, SERVER_KEY, WRITER_KEY, &stranger] {
        for (path, name, value) in [
            (format!("/features/{key}/BANNER"), "content-type", "application/json"),
            (format!("/features/{}/BANNER", key.replace('/', "+")), "content-type", "text/plain"),
            ("/ofrep/v1/evaluate/flags".to_owned(), "x-api-key", key),
        ] {
            let method = if path.starts_with("/ofrep") { "POST" } else { "PUT" };
            let body = r#"{"value":"hushValueHush"}"#;
            send(&router, request(method, &path, &[(name, value)], body)).await;
        }
        for _ in 0..4 {
            ask(&router, "GET", &format!("/features?apiKey={key}"), &[context]).await;
            ask(&router, "GET", &format!("/features/{key}"), &[context]).await;
        }
    }
    let text = log.text();
    assert!(
        text.contains("fh_edge::audit") && text.contains("BANNER"),
        "no audit line for the change"
    );
    assert!(!text.contains("hush"), "{text}");
    for key in [CLIENT_KEY, SERVER_KEY, WRITER_KEY] {
        assert!(!text.contains(key.split_once('/').unwrap().1), "{text}");
    }
}

/// Programs may print the debug output of an Edge.
#[tokio::test]
async fn debug_shows_no_key() {
    let mut options = Options::default();
    options.requests_per_second = Some(9);
    let edge = edge(state(), options);
    ask(&edge.router(), "GET", &format!("/features?apiKey={CLIENT_KEY}"), &[]).await;
    let text = format!("{edge:?} {:?}", edge.handle());
    for key in [CLIENT_KEY, SERVER_KEY, WRITER_KEY] {
        assert!(!text.contains(key.split_once('/').unwrap().1), "{text}");
    }
}
