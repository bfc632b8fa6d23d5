//! Test updates over HTTP (sdk-behaviour 0.6, edge-protocol 5).

use fh_client::transport::{
    BoxFuture, Method, ReqwestTransport, Response, Transport, TransportError, TransportErrorKind,
    TransportRequest,
};
use fh_client::{NewValue, Outcome, Problem, Refusal, Update};
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Permission, Route};

use crate::support::{builder, builder_with, soon, started};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::boolean("FLAG", false));
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge.set_feature(Feature::number("LIMIT", 7.0));
    edge.set_feature(Feature::json_text("CONFIG", "{}"));
    edge
}

#[test]
fn updates_of_values_and_locks_and_their_refusals() {
    let edge = edge();
    let client = started(builder(&edge));
    let updates = client.test_updates();
    let set = |key: &str, update: Update| soon(updates.set_and_wait(key, update));
    assert_eq!(set("FLAG", Update::value(true)), Ok(Outcome::Accepted));
    assert!(client.is_enabled("FLAG"));
    assert_eq!(set("FLAG", Update::value(true)), Ok(Outcome::Unchanged));
    assert_eq!(set("COLOUR", Update::value("a b/ü?")), Ok(Outcome::Accepted));
    assert_eq!(client.string("COLOUR").as_deref(), Some("a b/ü?"));
    assert_eq!(set("LIMIT", Update::value(12.5)), Ok(Outcome::Accepted));
    assert_eq!(client.number("LIMIT"), Some(12.5));
    let document = serde_json::json!({"depth": [1, 2]});
    assert_eq!(set("CONFIG", Update::value(document.clone())), Ok(Outcome::Accepted));
    assert_eq!(client.json::<serde_json::Value>("CONFIG").unwrap(), Some(document));
    assert_eq!(set("COLOUR", Update::null()), Ok(Outcome::Accepted));
    assert!(!client.is_set("COLOUR") && client.exists("COLOUR"));
    assert_eq!(set("COLOUR", Update::value("blue").and(Update::lock())), Ok(Outcome::Accepted));
    assert!(client.feature("COLOUR").is_locked());

    let refused = |key: &str, update: Update| soon(updates.set(key, update)).unwrap_err();
    let locked = refused("COLOUR", Update::value("green"));
    assert!(matches!(locked, Refusal::Locked { .. }), "{locked}");
    assert_eq!(set("COLOUR", Update::unlock().and(Update::value("green"))), Ok(Outcome::Accepted));
    let null = refused("FLAG", Update::null());
    assert!(matches!(null, Refusal::NotPossible { .. }), "{null}");
    let nonsense = refused("LIMIT", Update::value("seven"));
    assert!(matches!(nonsense, Refusal::Nonsense { .. }), "{nonsense}");
    assert!(nonsense.to_string().contains("NUMBER"), "{nonsense}");
    assert_eq!(refused("NO_SUCH", Update::value(1)), Refusal::NoSuchFeature);
    // A key that would lead to another path of the Edge is refused without a request.
    let asked = edge.recording().requests.len();
    for elsewhere in [".", ".."] {
        assert_eq!(refused(elsewhere, Update::value(1)), Refusal::NoSuchFeature);
    }
    assert_eq!(edge.recording().requests.len(), asked);
    let odd = refused("FLAG", Update::value(NewValue::Text("maybe".into())));
    assert_eq!(odd.status(), Some(400));

    let recording = edge.recording();
    let put = &recording.of(Route::Put).nth(2).unwrap().request;
    assert_eq!(put.method, "PUT");
    assert_eq!(put.path, format!("/features/{}/COLOUR", edge.client_key()));
    assert_eq!(put.header("content-type"), Some("application/json"));
}

#[test]
fn keys_without_permission() {
    let edge = edge();
    edge.allow(&edge.client_key(), &[Permission::Read]);
    let client = started(builder(&edge));
    let refusal = soon(client.test_updates().set("FLAG", Update::value(true))).unwrap_err();
    let Refusal::NotPermitted { status: 403, reason } = refusal else { panic!("{refusal}") };
    assert_eq!(reason, "no write roles");
    // Another key has the permission.
    let mighty = client.test_updates().with_api_key(&edge.server_key()).unwrap();
    assert_eq!(soon(mighty.set_and_wait("FLAG", Update::value(true))), Ok(Outcome::Accepted));
    assert!(client.is_enabled("FLAG"));
}

#[test]
fn polling_clients_wait_as_well() {
    let edge = edge();
    let client = started(builder(&edge).once());
    let updates = client.test_updates();
    assert_eq!(soon(updates.set_and_wait("COLOUR", Update::value("blue"))), Ok(Outcome::Accepted));
    assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
    let evaluated = started(builder_with(&edge, &edge.server_key()).once());
    let updates = evaluated.test_updates();
    assert_eq!(soon(updates.set_and_wait("COLOUR", Update::value("grey"))), Ok(Outcome::Accepted));
    assert_eq!(evaluated.string("COLOUR").as_deref(), Some("grey"));
}

#[test]
fn two_hundred_updates_and_polls_share_a_connection() {
    let edge = edge();
    edge.set_feature(Feature::boolean("LOCKED", true).locked());
    let client = started(builder(&edge).once());
    let updates = client.test_updates();
    for round in 0..50 {
        let text = Update::value(format!("{round}"));
        assert_eq!(soon(updates.set_and_wait("COLOUR", text.clone())), Ok(Outcome::Accepted));
        assert_eq!(soon(updates.set("COLOUR", text)), Ok(Outcome::Unchanged));
        soon(updates.set("LOCKED", Update::value(false))).unwrap_err();
        soon(updates.set("NO_SUCH", Update::value(false))).unwrap_err();
        for _ in 0..3 {
            soon(client.refresh()).unwrap();
        }
    }
    let seen = edge.recording();
    assert_eq!(seen.count(Route::Put), 200);
    assert!(seen.count(Route::Poll) >= 200, "{}", seen.count(Route::Poll));
    assert_eq!(seen.connections.len(), 1);
}

#[test]
fn an_update_without_answer_is_reported_as_unreachable() {
    let edge = edge();
    let client = started(builder(&edge));
    edge.behave_on(Route::Put, Behaviour::new().close(Closing::Rst));
    let refusal = soon(client.test_updates().set("FLAG", Update::value(true))).unwrap_err();
    assert!(matches!(refusal, Refusal::Unreachable(Problem::Unreachable(_))), "{refusal}");
    edge.behave_on(Route::Put, Behaviour::status(500).body("something happened, not sure what"));
    let refusal = soon(client.test_updates().set("FLAG", Update::value(true))).unwrap_err();
    assert!(refusal.to_string().contains("not sure what"), "{refusal}");
    client.close();
    let refusal = soon(client.test_updates().set("FLAG", Update::value(true))).unwrap_err();
    assert_eq!(refusal, Refusal::Closed);
}

/// A transport whose connection ends under the first sending of each change, so that the response is that to the second one.
struct Repeating(ReqwestTransport);

impl Transport for Repeating {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let is_change = request.method == Method::Put;
        let (first, second) = (self.0.send(request.clone()), self.0.send(request));
        Box::pin(async move {
            let mut response = first.await?;
            if is_change {
                response = second.await?;
                let ended = TransportError::new(TransportErrorKind::Broken, "the connection ended");
                response.repeated_after = Some(ended);
            }
            Ok(response)
        })
    }
}

#[test]
fn an_update_that_is_sent_twice_and_meets_its_own_effect() {
    let edge = edge();
    let transport = Repeating(ReqwestTransport::builder().no_proxy().build().unwrap());
    let client = started(builder(&edge).transport(transport));
    let set = |update: Update| soon(client.test_updates().set("COLOUR", update));
    assert_eq!(set(Update::value("blue")), Ok(Outcome::Unchanged));
    let locked = set(Update::value("green").and(Update::lock()));
    let Err(Refusal::Unreachable(problem)) = &locked else { panic!("{locked:?}") };
    assert_eq!(problem, &Problem::Unreachable("the connection ended".to_string()));
    // Without `lock: true`, a refusal cannot be the effect of the first sending.
    assert!(matches!(set(Update::value("red")), Err(Refusal::Locked { .. })));
}
