//! The limit on requests with one API key from one address, for every kind of request.

use std::net::SocketAddr;

use fh_edge::listen::{App, ListenOptions, Listener, TrustedProxies, serve};
use fh_edge::{Edge, Options};

use crate::http::{Reply, request};
use crate::shop::{CLIENT_KEY, SERVER_KEY, WRITER_KEY, state};

/// More requests than the limit allows in the time that they take.
const MANY: usize = 200;

/// Whether polls are answered before the router.
#[derive(Clone, Copy, PartialEq)]
enum Polls {
    Short,
    Routed,
}

/// Starts an Edge that answers one request per second of each key and address. It trusts the `x-forwarded-for` of requests from this
/// machine.
async fn limited(polls: Polls) -> SocketAddr {
    let mut options = Options::default();
    options.requests_per_second_per_address = Some(1);
    let edge = Edge::builder().state(state()).options(options).build().unwrap();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let proxies: TrustedProxies = "127.0.0.1".parse().unwrap();
    let mut app = App::from(proxies.before(edge.router()));
    if polls == Polls::Short {
        app = app.shortcut(edge.poll_shortcut(""));
    }
    let mut options = ListenOptions::default();
    options.proxies = proxies;
    tokio::spawn(serve([listener], app, options, std::future::pending()));
    address
}

/// A kind of request: method, path, headers and body.
type Door = (&'static str, String, Vec<(&'static str, &'static str)>, &'static str);

async fn send(edge: SocketAddr, (method, path, headers, body): &Door, from: &str) -> Reply {
    let mut headers = headers.clone();
    headers.push(("x-forwarded-for", from));
    request(edge, method, path, &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_beyond_its_limit_does_not_affect_others() {
    let json = ("content-type", "application/json");
    let doors: [(Polls, Door); 4] = [
        (Polls::Short, ("GET", format!("/features?apiKey={CLIENT_KEY}"), vec![], "")),
        (Polls::Routed, ("GET", format!("/features?apiKey={CLIENT_KEY}"), vec![], "")),
        (
            Polls::Short,
            (
                "PUT",
                format!("/features/{WRITER_KEY}/BANNER"),
                vec![json],
                r#"{"value":"x","lock":false}"#,
            ),
        ),
        (
            Polls::Short,
            (
                "POST",
                "/ofrep/v1/evaluate/flags".into(),
                vec![json, ("x-api-key", SERVER_KEY)],
                "{}",
            ),
        ),
    ];
    for (polls, door) in doors {
        let edge = limited(polls).await;
        let mut last = send(edge, &door, "203.0.113.1").await;
        assert!((200..=202).contains(&last.status), "{door:?}: {}", last.status);
        for _ in 0..MANY {
            if last.status == 429 {
                break;
            }
            last = send(edge, &door, "203.0.113.1").await;
        }
        assert_eq!((last.status, last.header("retry-after")), (429, Some("1")), "{door:?}");
        if !door.1.starts_with("/ofrep") {
            assert_eq!(last.body, "too many requests with this key from this address", "{door:?}");
        }
        for other in ["203.0.113.2", "2001:db8::1"] {
            let reply = send(edge, &door, other).await;
            assert!((200..=202).contains(&reply.status), "{door:?}: {}", reply.status);
        }
        // Another address of the same /64 network counts as the same client.
        let mut last = reply_of_network(edge, &door, 2).await;
        for host in 3..MANY {
            if last.status == 429 {
                break;
            }
            last = reply_of_network(edge, &door, host).await;
        }
        assert_eq!(last.status, 429, "{door:?}");
    }
}

async fn reply_of_network(edge: SocketAddr, door: &Door, host: usize) -> Reply {
    send(edge, door, &format!("2001:db8::{host:x}")).await
}

/// A request without a client address counts for its key only.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_there_is_no_limit() {
    let mut options = Options::default();
    options.requests_per_second_per_address = Some(1);
    let (edge, _handle) = crate::shop::serve(state(), options).await;
    for _ in 0..20 {
        let poll = format!("/features?apiKey={CLIENT_KEY}");
        assert_eq!(request(edge, "GET", &poll, &[], "").await.status, 200);
    }
}
