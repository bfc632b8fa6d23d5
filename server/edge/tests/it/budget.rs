//! The limits of one request: the size of its context and the work of its evaluation (D-115), for every kind of request.

use fh_edge::state::State;
use fh_edge::{AdminKey, Edge, Options};
use fh_test::wait::{PATIENCE, wait_until_async};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::{Reply, request};
use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, listen, serve};

const ADMIN_KEY: &str = "an-admin-key-of-the-tests";
const FLAGS: &str = "/ofrep/v1/evaluate/flags";

/// Returns a state with one feature, whose rule searches for a text in an attribute. That takes four steps per byte.
fn searching() -> State {
    let rule = json!({"fieldName": "a", "type": "STRING", "conditional": "INCLUDES", "values": ["needle"]});
    let text = json!({
        "features": [{"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "FOUND", "type": "BOOLEAN"}],
        "environments": [{"id": ENVIRONMENT, "name": "dev", "values": {
            "FOUND": {"value": false, "version": 1, "strategies": [{"id": "s", "value": true, "attributes": [rule]}]}
        }}],
        "accounts": [{"name": "reader", "clientKey": ["reader*client"], "serverKey": ["reader-server"],
             "permissions": {ENVIRONMENT: ["READ"]}}]
    });
    serde_json::from_value(text).unwrap()
}

/// Returns options with a small budget. A context of 1,000 bytes exceeds it; one of 100 bytes exceeds a tenth of it.
fn tight() -> Options {
    let mut options = Options::default();
    options.evaluation_budget = 3000;
    options.max_context_bytes = 2000;
    options.admin_key = Some(AdminKey::new(ADMIN_KEY).unwrap());
    options
}

fn context(bytes: usize) -> String {
    format!("a={}", "x".repeat(bytes))
}

fn body(bytes: usize) -> String {
    json!({"context": {"a": "x".repeat(bytes)}}).to_string()
}

fn assert_refused(reply: &Reply, reason: &str) {
    assert_eq!(reply.status, 413, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json()["reason"], reason, "{reply:?}");
    assert!(reply.json()["error"].as_str().is_some_and(|error| !error.is_empty()));
}

async fn refusals(address: std::net::SocketAddr) -> Vec<String> {
    let text = request(address, "GET", "/metrics", &[], "").await.body;
    text.lines()
        .filter(|line| line.starts_with("fh_edge_refused_total"))
        .map(String::from)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_beyond_a_limit_is_refused() {
    let (address, _) = serve(searching(), tight()).await;
    let poll = |bytes: usize| async move {
        let path = format!("/features?apiKey={SERVER_KEY}");
        request(address, "GET", &path, &[("x-featurehub", &context(bytes))], "").await
    };
    assert_eq!(poll(10).await.status, 200);
    assert_eq!(poll(100).await.status, 200);
    assert_refused(&poll(1000).await, "too-much-work");
    assert_refused(&poll(2000).await, "context-too-large");
    // For a client-evaluated key nothing is evaluated, but the size of its context is limited as well.
    let path = format!("/features?apiKey={CLIENT_KEY}");
    for (bytes, status) in [(1000, 200), (2000, 413)] {
        let reply = request(address, "GET", &path, &[("x-featurehub", &context(bytes))], "").await;
        assert_eq!(reply.status, status);
    }
    let mut counted = refusals(address).await;
    counted.sort();
    assert_eq!(
        counted,
        [
            "fh_edge_refused_total{reason=\"context-too-large\"} 2",
            "fh_edge_refused_total{reason=\"too-much-work\"} 1",
        ]
    );
}

/// The key of a second environment.
const SECOND_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6cea0/second-server";

/// Returns a state with the feature in two environments.
fn searching_twice() -> State {
    let (other, secret) = SECOND_KEY.split_once('/').unwrap();
    let mut state = searching();
    let mut second = state.environments[0].clone();
    second.id = other.parse().unwrap();
    second.name = "second".into();
    state.environments.push(second);
    let account =
        json!({"name": "second", "serverKey": [secret], "permissions": {other: ["READ"]}});
    state.accounts.push(serde_json::from_value(account).unwrap());
    state
}

/// The keys of one request share its budget.
#[tokio::test(flavor = "multi_thread")]
async fn several_keys_share_the_budget() {
    let (address, _) = serve(searching_twice(), tight()).await;
    let path = format!("/features?apiKey={SERVER_KEY}&apiKey={SECOND_KEY}");
    let poll = |bytes: usize| {
        let path = path.clone();
        async move { request(address, "GET", &path, &[("x-featurehub", &context(bytes))], "").await }
    };
    assert_eq!(poll(300).await.status, 200);
    assert_refused(&poll(500).await, "too-much-work");
    let alone = format!("/features?apiKey={SERVER_KEY}");
    let alone = request(address, "GET", &alone, &[("x-featurehub", &context(501))], "").await;
    assert_eq!(alone.status, 200);
}

/// A cached answer is not evaluated again, so it costs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_evaluation_moves_to_another_thread_only_once() {
    let (address, _) = serve(searching(), tight()).await;
    let path = format!("/features?apiKey={SERVER_KEY}");
    for _ in 0..3 {
        let reply = request(address, "GET", &path, &[("x-featurehub", &context(100))], "").await;
        assert_eq!(reply.json()[0]["features"][0]["value"], false);
    }
    request(address, "GET", &path, &[("x-featurehub", &context(10))], "").await;
    let text = request(address, "GET", "/metrics", &[], "").await.body;
    assert!(text.contains("fh_edge_evaluations_moved_total 1\n"), "{text}");
    assert!(text.contains("fh_edge_evaluations_cancelled_total 0\n"), "{text}");
}

/// The answers of all environments share one limit, so those of one environment evict those of another.
#[tokio::test(flavor = "multi_thread")]
async fn environments_share_the_memory_for_answers() {
    let mut options = tight();
    options.answer_cache = 100_000;
    let (address, _) = serve(searching_twice(), options).await;
    for key in [SERVER_KEY, SECOND_KEY, SERVER_KEY] {
        let path = format!("/features?apiKey={key}");
        // Each evaluation takes more than a tenth of the budget, so it is counted unless its answer is cached. Each answer takes more than
        // 500 bytes.
        for user in 0..100 {
            let context = format!("a={user}{}", "x".repeat(100));
            let headers = [("x-featurehub", context.as_str())];
            assert_eq!(request(address, "GET", &path, &headers, "").await.status, 200);
        }
    }
    let text = request(address, "GET", "/metrics", &[], "").await.body;
    let mut moved = text.lines().filter_map(|line| {
        line.strip_prefix("fh_edge_evaluations_moved_total ")?.parse::<u32>().ok()
    });
    assert!(moved.next().is_some_and(|moved| moved > 250), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_beyond_a_limit_is_not_opened() {
    let (address, edge) = serve(searching(), tight()).await;
    let path = format!("/features/{SERVER_KEY}");
    for (bytes, reason) in [(1000, "too-much-work"), (2000, "context-too-large")] {
        let reply = request(address, "GET", &path, &[("x-featurehub", &context(bytes))], "").await;
        assert_refused(&reply, reason);
        let query = format!("{path}?xfeaturehub={}", context(bytes));
        assert_refused(&request(address, "GET", &query, &[], "").await, reason);
    }
    assert_eq!(edge.streams(), 0);
    let text = request(address, "GET", "/metrics", &[], "").await.body;
    for name in ["hitsource_eventsource", "result_failed_to_process_request"] {
        assert!(text.contains(&format!("edge_stat_{name}_total 4\n")), "{name} {text}");
    }
}

/// The head of the response is sent before the work of the evaluation is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_waited_for_a_state_beyond_the_budget_ends_with_bye() {
    let edge = Edge::builder().options(tight()).build().unwrap();
    let address = listen(edge.router()).await;
    let mut stream = open(address, 1000).await;
    read_until(&mut stream, "event: ack").await;
    edge.handle().reload(searching()).await.unwrap();
    let text = read_until(&mut stream, "event: bye").await;
    assert!(!text.contains("event: failure") && !text.contains("event: features"), "{text}");
    assert_eq!(refusals(address).await, ["fh_edge_refused_total{reason=\"too-much-work\"} 1"]);
}

/// Reads a stream until a text has arrived.
async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let (mut read, mut buffer) = (String::new(), [0; 4096]);
    while !read.contains(text) {
        let count = tokio::time::timeout(PATIENCE, socket.read(&mut buffer)).await;
        let count = count.unwrap_or_else(|_| panic!("no {text:?} in {read}")).unwrap();
        assert!(count > 0, "the stream ended: {read}");
        read.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    read
}

async fn open(address: std::net::SocketAddr, bytes: usize) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /features/{SERVER_KEY} HTTP/1.1\r\nhost: edge\r\nx-featurehub: {}\r\n\r\n",
        context(bytes)
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

/// Returns the state with the rule twenty times.
fn searching_more() -> State {
    let mut state = searching();
    let value = state.environments[0].values.get_mut("FOUND").unwrap();
    let strategy = value.strategies[0].clone();
    value.strategies = vec![strategy; 20];
    value.version = Some(2);
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_over_the_budget_after_a_change_keeps_its_values_and_ends_with_bye() {
    let (address, edge) = serve(searching(), tight()).await;
    let (mut large, mut small) = (open(address, 100).await, open(address, 1).await);
    for stream in [&mut large, &mut small] {
        let text = read_until(stream, "\"value\":false").await;
        assert!(text.contains("event: features") && text.contains("\"version\":1"), "{text}");
    }
    edge.replace(searching_more(), None).await.unwrap();
    let text = read_until(&mut small, "\"version\":2").await;
    assert!(text.contains("event: feature\n"), "{text}");
    let text = read_until(&mut large, "event: bye").await;
    assert!(!text.contains("event: failure") && !text.contains("event: feature"), "{text}");
    assert!(
        refusals(address).await.contains(
            &"fh_edge_refused_total{reason=\"too-much-work-after-a-change\"} 1".to_string()
        )
    );
    let path = format!("/features/{SERVER_KEY}");
    let again = request(address, "GET", &path, &[("x-featurehub", &context(100))], "").await;
    assert_refused(&again, "too-much-work");
    // After the change is reverted, the context is served again.
    edge.replace(searching(), None).await.unwrap();
    read_until(&mut open(address, 100).await, "event: features").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ofrep_beyond_a_limit_is_refused() {
    let (address, _) = serve(searching(), tight()).await;
    for key in [SERVER_KEY, CLIENT_KEY] {
        for (path, named) in [(FLAGS.to_string(), false), (format!("{FLAGS}/FOUND"), true)] {
            let ask = |bytes: usize| {
                let path = path.clone();
                async move { request(address, "POST", &path, &[("x-api-key", key)], &body(bytes)).await }
            };
            for bytes in [10, 100] {
                let reply = ask(bytes).await;
                assert_eq!(reply.status, 200, "{reply:?}");
                let flag = match named {
                    true => reply.json(),
                    false => reply.json()["flags"][0].clone(),
                };
                assert_eq!((&flag["key"], &flag["value"]), (&json!("FOUND"), &json!(false)));
            }
            for (bytes, code) in [(1000, "GENERAL"), (2000, "INVALID_CONTEXT")] {
                let reply = ask(bytes).await;
                assert_eq!((reply.status, &reply.json()["errorCode"]), (400, &json!(code)));
                assert_eq!(reply.json()["key"], if named { json!("FOUND") } else { Value::Null });
            }
        }
    }
    let mut counted = refusals(address).await;
    counted.sort();
    let line = |reason| format!("fh_edge_refused_total{{reason=\"{reason}\"}} 4");
    assert_eq!(counted, [line("context-too-large"), line("too-much-work")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_beyond_a_limit_is_refused() {
    let (address, _) = serve(searching(), tight()).await;
    let bearer = format!("Bearer {ADMIN_KEY}");
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let evaluate = |bytes: usize| {
        json!({"environment": ENVIRONMENT, "context": {"a": "x".repeat(bytes)}}).to_string()
    };
    let path = "/admin/v1/evaluate";
    for (bytes, status) in [(10, 200), (100, 200), (1000, 413), (2000, 413)] {
        let reply = request(address, "POST", path, &headers, &evaluate(bytes)).await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
    let rollout = |people: u32, bytes: usize| {
        json!({"environment": ENVIRONMENT, "feature": "FOUND", "people": people,
            "context": {"a": "x".repeat(bytes)}})
        .to_string()
    };
    let path = "/admin/v1/rollout";
    let reply = request(address, "POST", path, &headers, &rollout(5, 10)).await;
    assert_eq!((reply.status, &reply.json()["people"]), (200, &json!(5)));
    let reply = request(address, "POST", path, &headers, &rollout(5, 500)).await;
    assert_eq!((reply.status, &reply.json()["place"]), (413, &json!("people")));
    let reply = request(address, "POST", path, &headers, &rollout(5, 2000)).await;
    assert_eq!((reply.status, &reply.json()["place"]), (413, &json!("context")));
    let mut counted = refusals(address).await;
    counted.sort();
    let line = |reason| format!("fh_edge_refused_total{{reason=\"{reason}\"}} 2");
    assert_eq!(counted, [line("context-too-large"), line("too-much-work")]);
}

/// If a caller disconnects while its evaluation waits for a turn, the evaluation does not run.
#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_cancelled_when_its_caller_disconnects() {
    let mut state = searching();
    // Enough features that the first evaluations are still running when the last callers disconnect.
    let value = state.environments[0].values["FOUND"].clone();
    for number in 0..2000_u32 {
        let key = format!("F{number}");
        let mut feature = state.features[0].clone();
        feature.id = format!("00000000-0000-4000-8000-{number:012}").parse().unwrap();
        feature.key = key.clone().into();
        state.features.push(feature);
        let mut value = value.clone();
        value.strategies = vec![value.strategies[0].clone(); 20];
        state.environments[0].values.insert(key.into(), value);
    }
    let mut options = Options::default();
    options.evaluation_budget = 1 << 33;
    options.answer_cache = 0;
    let (address, _) = serve(state, options).await;
    let mut callers = Vec::new();
    for number in 0..64 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let context = format!("a={number}{}", "x".repeat(15_000));
        let head = format!(
            "GET /features?apiKey={SERVER_KEY} HTTP/1.1\r\nhost: edge\r\nx-featurehub: {context}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        callers.push(socket);
    }
    drop(callers);
    wait_until_async("an evaluation is cancelled", async || {
        let text = request(address, "GET", "/metrics", &[], "").await.body;
        let cancelled = text.lines().find_map(|line| {
            line.strip_prefix("fh_edge_evaluations_cancelled_total ")?.parse::<u32>().ok()
        });
        cancelled.is_some_and(|cancelled| cancelled > 0)
    })
    .await;
}
