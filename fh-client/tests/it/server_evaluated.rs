//! Server-evaluated keys: a client has one context at a time, and never returns the values of another one (D-62).

use std::time::Duration;

use fh_client::{Attributes, Client, NotReady, Problem, Readiness, Reason, Stage, WhileSwitching};
use fh_fake_edge::{Behaviour, FakeEdge, Feature, Route};
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

fn switches(client: &Client, edge: &FakeEdge) {
    assert_eq!(client.string("GREETING").as_deref(), Some("hello"));
    let fred = soon(client.set_context(user("fred"))).unwrap();
    assert_eq!(fred.string("GREETING").as_deref(), Some("hello fred"));
    let detail = fred.detail("GREETING");
    assert_eq!(detail.strategy_id.as_deref(), Some("by-name"));
    assert_eq!(detail.reason, Reason::StrategyMatch);
    let mary = soon(client.set_context(user("mary"))).unwrap();
    assert_eq!(mary.string("GREETING").as_deref(), Some("hello mary"));
    // Fred's values are no longer served, and he does not get those of another user.
    assert_eq!(fred.string("GREETING"), None);
    assert_eq!(fred.detail("GREETING").reason, Reason::OtherContext);
    assert_eq!(&*fred.string_or("GREETING", "default"), "default");
    // Setting the same context again sends no request.
    let before = edge.recording().requests.len();
    soon(client.set_context(user("mary"))).unwrap();
    assert_eq!(edge.recording().requests.len(), before);
}

#[test]
fn a_stream_is_opened_anew() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()));
    switches(&client, &edge);
    let recording = edge.recording();
    let contexts: Vec<_> = recording
        .of(Route::Stream)
        .map(|stream| stream.request.header("x-featurehub").map(str::to_string))
        .collect();
    assert_eq!(contexts, [None, Some("userkey=fred".into()), Some("userkey=mary".into())]);
    seen(&edge, |seen| seen.in_flight(Route::Stream) == 1);
    edge.set_value("GREETING", "hi");
    let mary = client.context_of(user("mary"));
    assert_eq!(mary.string("GREETING").as_deref(), Some("hello mary"));
}

#[test]
fn a_poll_is_sent_at_once_and_without_the_old_etag() {
    let edge = edge();
    let long = Duration::from_secs(3600);
    let client = started(builder_with(&edge, &edge.server_key()).polling(long));
    switches(&client, &edge);
    let recording = edge.recording();
    let polls: Vec<_> = recording.of(Route::Poll).map(|poll| &poll.request).collect();
    assert_eq!(polls.len(), 3);
    let shas: Vec<_> = polls.iter().map(|poll| poll.query_value("contextSha").unwrap()).collect();
    assert_eq!(shas[0], "0");
    assert_eq!(shas[1], "6a1d1fa42d1c1917552a255a940792205cb62cc2efd6613ab5a3f75d0038518b");
    assert_ne!(shas[1], shas[2]);
    assert!(polls.iter().all(|poll| poll.header("if-none-match").is_none()));
}

#[test]
fn the_first_context_is_part_of_the_first_request() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()).initial_context(user("fred")));
    assert_eq!(client.string("GREETING").as_deref(), Some("hello fred"));
    assert_eq!(edge.recording().requests.len(), 1);
}

/// Makes the Edge answer polls for this user when the signal comes, and all others at once.
fn holds_back(edge: &FakeEdge, user: &'static str, signal: &'static str) {
    edge.behave_on(
        Route::Poll,
        Behaviour::choose(move |request| {
            if request.header("x-featurehub") == Some(user) {
                Behaviour::new().wait_for_signal(signal).then_healthy()
            } else {
                Behaviour::healthy()
            }
        }),
    );
}

#[test]
fn a_newer_context_waits_for_the_one_that_the_edge_evaluates() {
    let edge = edge();
    let long = Duration::from_secs(3600);
    let client = started(builder_with(&edge, &edge.server_key()).polling(long));
    holds_back(&edge, "userkey=fred", "go");
    soon(async {
        let mut fred = std::pin::pin!(client.set_context(user("fred")));
        assert!(begun(fred.as_mut(), &edge), "fred's request was sent");
        let mut mary = std::pin::pin!(client.set_context(user("mary")));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(mary.as_mut().poll(&mut context).is_pending());
        edge.signal("go");
        fred.await.unwrap();
        let mary = mary.await.unwrap();
        assert_eq!(mary.string("GREETING").as_deref(), Some("hello mary"));
    });
    assert_eq!(client.context_of(user("fred")).string("GREETING"), None);
    assert_eq!(edge.recording().count(Route::Poll), 3);
}

#[test]
fn a_late_answer_for_the_former_context_changes_nothing() {
    let edge = edge();
    let long = Duration::from_secs(3600);
    // No caller waits for the very first request, so it is aborted.
    holds_back(&edge, "userkey=nobody", "mary was answered");
    let builder = builder_with(&edge, &edge.server_key()).initial_context(user("nobody"));
    let client = builder.polling(long).start().unwrap();
    edge.wait_for_requests(Route::Poll, 1, PATIENCE).unwrap();
    let mary = soon(client.set_context(user("mary"))).unwrap();
    edge.signal("mary was answered");
    assert_eq!(mary.string("GREETING").as_deref(), Some("hello mary"));
    seen(&edge, |seen| seen.in_flight(Route::Poll) == 0);
    assert_eq!(mary.string("GREETING").as_deref(), Some("hello mary"));
}

/// Starts a future, and waits until the Edge has its request.
fn begun<F: Future>(future: std::pin::Pin<&mut F>, edge: &FakeEdge) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.poll(&mut context).is_pending());
    edge.wait_for_requests(Route::Poll, 2, PATIENCE).is_ok()
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
fn a_context_that_takes_too_long_is_reported_and_stays_set() {
    let edge = edge();
    let builder = builder_with(&edge, &edge.server_key());
    let short = Duration::from_millis(50);
    let client = started(builder.configure(move |config| config.limits.poll = short));
    let held = Behaviour::sse().ack().wait_for_signal("go").features().live();
    edge.behave_on(Route::Stream, held);
    let refused = soon(client.set_context(user("fred"))).unwrap_err();
    assert_eq!(refused, Problem::TimedOut(Stage::Context));
    edge.signal("go");
    until(&client, |status| status.readiness == Readiness::Ready);
    let fred = client.context_of(user("fred"));
    assert_eq!(fred.string("GREETING").as_deref(), Some("hello fred"));
    assert_eq!(edge.recording().requests.len(), 2);
}

#[test]
fn not_ready_while_switching_unless_asked_to_keep_the_values() {
    for keeps in [WhileSwitching::Hide, WhileSwitching::Keep] {
        let edge = edge();
        let client = started(builder_with(&edge, &edge.server_key()).while_switching(keeps));
        let held = Behaviour::new().wait_for_signal("go").then_healthy();
        edge.behave_on(Route::Stream, held);
        let fred = client.context_of(user("fred"));
        let hides = keeps == WhileSwitching::Hide;
        soon(async {
            let switched = client.set_context(user("fred"));
            let mut switched = std::pin::pin!(switched);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(switched.as_mut().poll(&mut context).is_pending());
            edge.wait_for_requests(Route::Stream, 2, PATIENCE).unwrap();
            let readiness = if hides { Readiness::NotReady } else { Readiness::Ready };
            assert_eq!(client.readiness(), readiness);
            let shown = fred.string("GREETING");
            assert_eq!(shown.as_deref(), if hides { None } else { Some("hello") });
            edge.signal("go");
            switched.await.unwrap();
        });
        assert_eq!(client.readiness(), Readiness::Ready);
        assert_eq!(fred.string("GREETING").as_deref(), Some("hello fred"));
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
fn attributes_cannot_break_out_of_the_header() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()));
    let odd = Attributes::builder().user_key("a\r\nx-evil: 1,b=c").build();
    soon(client.set_context(odd)).unwrap();
    let recording = edge.recording();
    let request = &recording.requests.last().unwrap().request;
    assert_eq!(request.header("x-evil"), None);
    assert_eq!(request.header("x-featurehub"), Some("userkey=a%0D%0Ax-evil%3A%201%2Cb%3Dc"));
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

#[test]
fn an_edge_that_is_away_is_reported_and_the_context_comes_later() {
    let edge = edge();
    let client = started(builder_with(&edge, &edge.server_key()));
    edge.behave_on(Route::Stream, Behaviour::status(503));
    let refused = soon(client.set_context(user("fred"))).unwrap_err();
    assert_eq!(refused, Problem::ServerError(503));
    edge.behave_on(Route::Stream, Behaviour::healthy());
    until(&client, |status| status.readiness == Readiness::Ready);
    let fred = client.context_of(user("fred"));
    assert_eq!(fred.string("GREETING").as_deref(), Some("hello fred"));
}
