//! The poll shortcut answers as the router does.

use std::net::SocketAddr;

use axum::Router;
use fh_edge::listen::{App, ListenOptions, Listener, serve};
use fh_edge::{Edge, Options};
use http::HeaderValue;

use crate::http::{Reply, request};
use crate::shop::{CLIENT_KEY, SERVER_KEY, WRITER_KEY, state};

async fn listen(app: impl Into<App>) -> SocketAddr {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve([listener], app.into(), ListenOptions::default(), std::future::pending()));
    address
}

/// A path, headers, and the expected status.
type Case = (String, Vec<(&'static str, String)>, u16);

/// Returns the headers that must be equal.
fn shown(reply: &Reply) -> Vec<&(String, String)> {
    let mut headers: Vec<_> = reply.headers.iter().filter(|(name, _)| name != "date").collect();
    if reply.status == 304 {
        // axum sends `0`, which is wrong for a body that exists but is not sent. The shortcut does not send the header.
        headers.retain(|(name, _)| name != "content-length");
    }
    headers.sort_unstable();
    headers
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_and_without_a_router_are_equal() {
    let mut options = Options::default();
    options.cache_control = Some(HeaderValue::from_static("max-age=60"));
    let edge = Edge::builder().state(state()).options(options).build().unwrap();
    // A router outside the API shows which requests the shortcut passes on.
    let router = Router::new().nest("/flags", edge.router());
    let routed = listen(router.clone()).await;
    let silent = Router::new().fallback(|| async { http::StatusCode::IM_A_TEAPOT });
    let polled = listen(App::from(silent).shortcut(edge.poll_shortcut("/flags"))).await;
    let both = listen(App::from(router).shortcut(edge.poll_shortcut("/flags"))).await;

    let etag = |path: String, headers: Vec<(&'static str, String)>| async move {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let reply = request(routed, "GET", &path, &headers, "").await;
        reply.header("etag").unwrap().to_string()
    };
    let client = format!("/flags/features?apiKey={CLIENT_KEY}");
    let server = format!("/flags/features?apiKey={SERVER_KEY}");
    let kiwi = ("x-featurehub", "country=new_zealand,userkey=fred".to_string());
    let (held, of_kiwi) =
        (etag(client.clone(), vec![]).await, etag(server.clone(), vec![kiwi.clone()]).await);
    let cases: Vec<Case> = vec![
        (client.clone(), vec![], 200),
        (client.clone(), vec![("origin", "https://shop.example".into())], 200),
        (client.clone(), vec![kiwi.clone()], 200),
        (client.clone(), vec![("if-none-match", held.clone())], 304),
        (client.clone(), vec![("if-none-match", format!("W/{held}"))], 304),
        (client.clone(), vec![("if-none-match", format!("\"x\" , W/{held},\"y\""))], 304),
        (
            client.clone(),
            vec![("if-none-match", "\"x\"".into()), ("if-none-match", held.clone())],
            304,
        ),
        (client.clone(), vec![("if-none-match", format!("x, {held}"))], 200),
        (client.clone(), vec![("if-none-match", held.clone()), kiwi.clone()], 200),
        (client.clone(), vec![("if-none-match", "\"other\"".into())], 200),
        (client.clone(), vec![("accept", "text/plain".into())], 406),
        (client.replace("features?", "features/?"), vec![], 200),
        (client.replace("/features?", "///features?"), vec![], 200),
        (server.clone(), vec![kiwi.clone()], 200),
        (server.clone(), vec![kiwi.clone(), ("if-none-match", of_kiwi.clone())], 304),
        (
            server.clone(),
            vec![
                ("x-featurehub", "userkey=fred,country=new_zealand".into()),
                ("if-none-match", of_kiwi.clone()),
            ],
            304,
        ),
        (server.clone(), vec![("if-none-match", of_kiwi.clone())], 200),
        (format!("{client}&apiKey={WRITER_KEY}"), vec![], 200),
        (format!("{client}&sdkUrl={SERVER_KEY}"), vec![kiwi], 200),
        (format!("{client}&sdkUrl=nonsense"), vec![], 404),
        ("/flags/features".into(), vec![], 400),
        (
            "/flags/features?apiKey=nonsense".into(),
            vec![("origin", "https://x.example".into())],
            404,
        ),
        (format!("/flags/features?{}", format!("apiKey={CLIENT_KEY}&").repeat(100)), vec![], 200),
        (format!("/flags/features?{}", "apiKey=x&".repeat(101)), vec![], 400),
    ];
    for (path, headers, status) in &cases {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let expected = request(routed, "GET", path, &headers, "").await;
        assert_eq!(expected.status, *status, "{path} {headers:?}");
        if *status == 304 {
            let etag = expected.header("etag").unwrap();
            assert!([&held, &format!("W/{held}"), &of_kiwi].contains(&&etag.to_string()), "{etag}");
        }
        for address in [polled, both] {
            let reply = request(address, "GET", path, &headers, "").await;
            assert_eq!(reply.status, expected.status, "{path} {headers:?}");
            assert_eq!(shown(&reply), shown(&expected), "{path} {headers:?}");
            assert_eq!(reply.body, expected.body, "{path} {headers:?}");
        }
    }

    // All other requests go to the router.
    for (method, path) in [
        ("HEAD", client.as_str()),
        ("POST", client.as_str()),
        ("GET", "/flags/info/version"),
        ("GET", &*format!("/flags/features/none/{CLIENT_KEY}")),
        ("GET", client.strip_prefix("/flags").unwrap()),
        ("GET", &*format!("/flags{client}")),
    ] {
        assert_eq!(request(polled, method, path, &[], "").await.status, 418, "{method} {path}");
    }
    assert_eq!(request(both, "GET", "/flags/info/version", &[], "").await.status, 200);
}
