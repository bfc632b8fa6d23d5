//! Server-evaluated keys: a client has one context at a time, and never returns the values of another one (D-62).

use std::time::Duration;

use fh_client::{Attributes, Client, NotReady, Problem, Readiness, Reason};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Route};
use serde_json::json;

use crate::support::{PATIENCE, builder_with, seen, soon, started, until};

/// Starts an Edge whose feature GREETING contains the user's name.
fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("GREETING", "hello"));
    edge.evaluate_with(|context, mut features| {
        if let Some(user) = context.get("userkey").and_then(|values| values.first()) {
            for feature in &mut features {
                feature["value"] = json!(format!("hello {user}"));
                feature["v"] = json!("by-name");
            }
        }
        features
    });
    edge
}

fn user(name: &str) -> Attributes {
    Attributes::builder().user_key(name).build()
}

#[test]
fn the_first_context_is_part_of_the_first_request() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()).initial_context(user("fred")));
    assert_eq!(client.string("GREETING").as_deref(), Some("hello fred"));
    assert_eq!(edge.recording().requests.len(), 1);
}

#[test]
fn of_200_contexts_at_once_two_are_applied_and_the_others_are_superseded() {
    for streams in [true, false] {
        let edge = edge();
        let builder = builder_with(&edge, &edge.server_key());
        let long = Duration::from_secs(3600);
        let client = started(if streams { builder } else { builder.polling(long) });
        edge.behave(Behaviour::new().wait_for_signal("go").then_healthy());
        let outcomes = soon(async {
            let mut contexts = tokio::task::JoinSet::new();
            for n in 0..200 {
                let client = client.clone();
                contexts.spawn(async move { client.set_context(user(&format!("user-{n}"))).await });
            }
            let mut outcomes = Vec::new();
            while let Some(outcome) = contexts.join_next().await {
                outcomes.push(outcome.unwrap());
                if outcomes.len() == 198 {
                    edge.signal("go");
                }
            }
            outcomes
        });
        let superseded = |outcome: &Result<_, _>| matches!(outcome, Err(Problem::Superseded));
        assert!(outcomes[..198].iter().all(superseded), "{:?}", outcomes[..198].last());
        assert!(outcomes[198..].iter().all(Result::is_ok), "{:?}", &outcomes[198..]);
        let last = outcomes[199].as_ref().unwrap();
        let recording = edge.recording();
        assert_eq!(recording.requests.len(), 3);
        let asked = recording.requests[2].request.header("x-featurehub").unwrap();
        let name = asked.strip_prefix("userkey=").unwrap();
        assert_eq!(last.string("GREETING").as_deref(), Some(&*format!("hello {name}")));
    }
}

#[test]
fn a_failure_while_switching_does_not_return_the_values_of_the_former_context() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()));
    soon(client.set_context(user("fred"))).unwrap();
    assert_eq!(client.string("GREETING").as_deref(), Some("hello fred"));
    edge.behave_on(Route::Stream, Behaviour::sse().ack().failure());
    soon(client.set_context(user("mary"))).unwrap_err();
    until(&client, |status| status.readiness == Readiness::Failed);
    let is_hidden = |when: &str| {
        assert_eq!(client.string("GREETING"), None, "{when}");
        assert_eq!(client.detail("GREETING").reason, Reason::NotReady, "{when}");
        assert_eq!(client.detail("MISSING").reason, Reason::NotReady, "{when}");
        assert_eq!(client.context_of(user("mary")).string("GREETING"), None, "{when}");
    };
    is_hidden("failed");
    client.close();
    soon(client.closed());
    is_hidden("closed");
}

#[test]
fn too_many_attributes_are_refused_and_change_nothing() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()));
    let many = (0..31).fold(Attributes::builder(), |b, n| b.attribute(&format!("a{n}"), n)).build();
    let refused = soon(client.set_context(many.clone())).unwrap_err();
    assert!(matches!(refused, Problem::Context(_)), "{refused}");
    assert_eq!(client.string("GREETING").as_deref(), Some("hello"));
    let start = builder_with(&edge, &edge.server_key()).initial_context(many).start();
    assert!(start.is_err());
    assert_eq!(edge.recording().requests.len(), 1);
}

#[test]
fn the_same_client_isolated_for_another_context() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()).initial_context(user("fred")));
    let other = client.isolated(user("mary")).unwrap();
    other.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("GREETING").as_deref(), Some("hello fred"));
    assert_eq!(other.string("GREETING").as_deref(), Some("hello mary"));
    assert_eq!(edge.recording().live_streams(), 2);
    other.close();
    seen(&edge, |seen| seen.live_streams() == 1);
    assert!(client.is_ready());
    assert_eq!(other.wait_ready(PATIENCE), Err(NotReady::Closed));
}

/// Features given to the first client were evaluated for its context, so another client must not use them.
#[test]
fn an_isolated_client_has_none_of_the_features_given_at_the_start() {
    let edge = edge();
    edge.refuse();
    let given = r#"[{"id":"1","key":"GREETING","version":1,"type":"STRING","value":"hello fred"}]"#;
    let builder = |key: &str| builder_with(&edge, key).bootstrap(given);
    let client = started(builder(&edge.server_key()).initial_context(user("fred")));
    assert_eq!(client.string("GREETING").as_deref(), Some("hello fred"));
    let other = client.isolated(user("mary")).unwrap();
    until(&other, |status| status.attempts > 0);
    assert_eq!(other.string("GREETING"), None);
    assert_eq!(other.context_of(user("mary")).detail("GREETING").reason, Reason::NotReady);
    // With a client-evaluated key the features hold for every context.
    let client = started(builder(&edge.client_key()));
    let other = started_isolated(&client);
    assert_eq!(other.string("GREETING").as_deref(), Some("hello fred"));
}

fn started_isolated(client: &Client) -> Client {
    let other = client.isolated(user("mary")).unwrap();
    other.wait_ready(PATIENCE).unwrap();
    other
}
