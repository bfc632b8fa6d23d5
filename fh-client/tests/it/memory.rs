//! Tests that the Edge in memory behaves like a real one, because tests of programs rely on it.

use std::time::Duration;

use fh_client::testing::{CLIENT_KEY, ENVIRONMENT, Fault, MemoryEdge, SERVER_KEY, SeenKind};
use fh_client::{Attributes, Backoff, Connection, Outcome, Problem, Readiness, Refusal, Update};
use serde_json::json;
use tokio::runtime::Handle;

use crate::support::{PATIENCE, quick, soon, until};

#[test]
fn set_values_are_delivered_to_clients() {
    let edge = MemoryEdge::new();
    let one = edge.client().start().unwrap();
    let other = edge.client().start().unwrap();
    one.wait_ready(PATIENCE).unwrap();
    other.wait_ready(PATIENCE).unwrap();
    for round in 0..200 {
        edge.set("ROUND", round);
        soon(edge.delivered());
        assert_eq!(one.number("ROUND"), Some(f64::from(round)));
        assert_eq!(other.number("ROUND"), Some(f64::from(round)));
    }
    assert_eq!(edge.streams(), 2);
    assert_eq!(one.peek("ROUND").environment.as_deref(), Some(ENVIRONMENT));
}

#[test]
fn polls_with_etags() {
    let edge = MemoryEdge::new();
    edge.set("A", true);
    let client = edge.client().polling(Duration::from_secs(3600)).configure(quick).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    soon(client.refresh()).unwrap();
    edge.set("A", false);
    soon(client.refresh()).unwrap();
    assert_eq!(client.boolean("A"), Some(false));
    let requests = edge.requests();
    assert!(requests.iter().all(|request| request.kind == SeenKind::Poll));
    let tags: Vec<_> =
        requests.iter().map(|request| request.header("if-none-match").is_some()).collect();
    assert_eq!(tags, [false, true, true]);
}

#[test]
fn evaluates_for_server_evaluated_keys() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    edge.set_strategies(
        "COLOUR",
        &json!([{"id": "vip", "value": "gold", "attributes": [
            {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["a,b=c ü"]}]}]),
    );
    for builder in [
        edge.client_with(SERVER_KEY),
        edge.client_with(SERVER_KEY).polling(Duration::from_secs(3600)),
        edge.client_with(SERVER_KEY).context_placement(fh_client::ContextPlacement::Query),
    ] {
        let client = builder.configure(quick).start().unwrap();
        client.wait_ready(PATIENCE).unwrap();
        assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
        // A comma within a value splits it into two, as in the real protocol.
        let vip = Attributes::builder().attribute("plan", ["x", "a"]).build();
        let vip = soon(client.set_context(vip)).unwrap();
        assert_eq!(vip.string("COLOUR").as_deref(), Some("red"));
        assert!(client.explain("COLOUR").rules.is_some());
    }
    edge.set_strategies(
        "COLOUR",
        &json!([{"id": "vip", "value": "gold", "attributes": [
            {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["b=c ü"]}]}]),
    );
    let client = edge
        .client_with(SERVER_KEY)
        .initial_context(Attributes::builder().attribute("plan", "b=c ü").build())
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("gold"));
    assert_eq!(client.detail("COLOUR").strategy_id.as_deref(), Some("vip"));
}

#[test]
fn faults_are_injected_on_request() {
    let edge = MemoryEdge::new();
    edge.set("A", true);
    edge.fail_next(Fault::Status(503));
    edge.fail_next(Fault::Connect);
    edge.fail_next(Fault::Break);
    edge.fail_next(Fault::Tls);
    let hour = Duration::from_secs(3600);
    let never = Backoff { initial: hour, cap: hour, jitter: 0.0 };
    let client =
        edge.client().configure(quick).configure(move |config| config.refused = never).start();
    let client = client.unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(edge.requests().len(), 5);
    edge.fail(Fault::StatusWith(429, vec![("retry-after".into(), "3600".into())]));
    let status = until(&client, |status| status.problem == Some(Problem::TooManyRequests));
    assert!(status.next_attempt.unwrap() > Duration::from_secs(3000));
    assert!(client.is_enabled("A"));
    edge.heal();
    soon(client.refresh()).unwrap();
    edge.send_event("failure", r#"{"status":"said the test"}"#);
    let status = until(&client, |status| status.readiness == Readiness::Failed);
    assert_eq!(status.problem, Some(Problem::Failure("said the test".into())));
    assert_eq!(soon(client.refresh()), Ok(Readiness::Ready));
    let before = client.status().requests;
    edge.bye();
    until(&client, |status| status.requests > before && status.connection == Connection::Streaming);
    edge.fail(Fault::Silence);
    until(&client, |status| status.connection == Connection::Connecting);
    client.close();
    soon(client.closed());
}

#[test]
fn takes_test_updates() {
    let edge = MemoryEdge::new();
    edge.set("FLAG", false);
    edge.set_json("CONFIG", &json!([]));
    let client = edge.client().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let updates = client.test_updates();
    let set = |key: &str, update: Update| soon(updates.set_and_wait(key, update));
    assert_eq!(set("FLAG", Update::value(true)), Ok(Outcome::Accepted));
    assert_eq!(set("FLAG", Update::value("TRUE")), Ok(Outcome::Unchanged));
    assert_eq!(set("CONFIG", Update::value(json!({"a": 1}))), Ok(Outcome::Accepted));
    assert!(matches!(set("FLAG", Update::null()), Err(Refusal::NotPossible { .. })));
    assert!(matches!(set("FLAG", Update::value(7)), Err(Refusal::Nonsense { .. })));
    assert!(matches!(set("CONFIG", Update::value("{")), Err(Refusal::Nonsense { .. })));
    assert_eq!(set("NONE", Update::value(7)), Err(Refusal::NoSuchFeature));
    // A value and a lock that are set together are one change of the version.
    let version = client.feature("FLAG").version();
    assert_eq!(set("FLAG", Update::value(false).and(Update::lock())), Ok(Outcome::Accepted));
    assert_eq!(client.feature("FLAG").version(), version + 1);
    edge.refuse_updates(403, "no write roles");
    assert_eq!(set("FLAG", Update::lock()).unwrap_err().status(), Some(403));
}

/// An update that is accepted but never arrives is sent once more, and then reported as not applied (D-80).
#[tokio::test(start_paused = true)]
async fn updates_that_get_lost() {
    let edge = MemoryEdge::new();
    edge.set("FLAG", false);
    let client = edge.client().runtime(Handle::current()).start().unwrap();
    client.ready().await.unwrap();
    edge.refuse_updates(200, "");
    let before = tokio::time::Instant::now();
    let outcome = client.test_updates().set_and_wait("FLAG", Update::value(true)).await;
    assert_eq!(outcome, Err(Refusal::NotApplied));
    assert_eq!(before.elapsed().as_secs(), 10);
    let outcome = client.test_updates().set_and_wait("FLAG", Update::lock()).await;
    assert_eq!(outcome, Err(Refusal::NotApplied));
    let sent = edge.requests().iter().filter(|one| one.kind == SeenKind::Update).count();
    assert_eq!(sent, 4);
}

/// Strategies need no ids, and rules may use the time.
#[test]
fn strategies_hold_for_server_evaluated_keys_as_well() {
    let edge = MemoryEdge::new();
    edge.set("PAGE_SIZE", 10);
    let rule = |conditional: &str| json!({"fieldName": "now", "type": "DATE", "conditional": conditional, "values": ["2020-01-01"]});
    edge.set_strategies(
        "PAGE_SIZE",
        &json!([
            {"value": 20, "attributes": [rule("LESS")]},
            {"value": "7.50", "attributes": [rule("GREATER")]},
        ]),
    );
    for key in [CLIENT_KEY, SERVER_KEY] {
        let client = edge.client_with(key).start().unwrap();
        client.wait_ready(PATIENCE).unwrap();
        let fred = soon(client.context().user_key("fred").activate()).unwrap();
        assert_eq!(fred.decimal("PAGE_SIZE").unwrap().as_str(), "7.50", "{key}");
    }
}
