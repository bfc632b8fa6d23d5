//! Tests of `GET /features`.
use fh_fake_edge::{
    Behaviour, Closing, Dialect, ENVIRONMENT, FakeEdge, Feature, Framing, Permission, Route,
};
use serde_json::json;

use crate::client::{Client, End};

fn strategies() -> serde_json::Value {
    json!([{"id": "s1", "percentage": 1000, "value": true, "attributes": []}])
}

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::boolean("FLAG", false).version(4).strategies(strategies()));
    edge.set_feature(
        Feature::string("TEXT", "now")
            .id("9f43217c-c501-4713-b2ac-456d45088db4")
            .properties(json!({"category": "checkout"})),
    );
    edge
}

#[test]
fn a_client_key_sees_strategies_and_a_server_key_does_not() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let answer = client.get(&format!("/features?apiKey={}&contextSha=0", edge.client_key()), &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body[0]["id"], json!(ENVIRONMENT));
    let flag = &body[0]["features"][0];
    assert_eq!(flag["strategies"], strategies());
    assert_eq!((&flag["version"], &flag["l"]), (&json!(4), &json!(false)));
    assert_eq!(body[0]["features"][1]["fp"], json!({"category": "checkout"}));

    let answer = client.get(&format!("/features/?apiKey={}", edge.server_key()), &[]);
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let flag = &answer.json()[0]["features"][0];
    assert_eq!((&flag["value"], &flag["strategies"]), (&json!(false), &json!(null)));
}

#[test]
fn a_server_key_gets_what_the_evaluator_says() {
    let edge = edge();
    edge.evaluate_with(|context, mut features| {
        let beta = context.get("userkey").is_some_and(|keys| keys.contains(&"fred".to_owned()));
        for feature in &mut features {
            if feature["key"] == "FLAG" && beta {
                feature["value"] = json!(true);
                feature["v"] = json!("s1");
            }
        }
        features
    });
    let mut client = Client::connect(&edge);
    let target = format!("/features?apiKey={}", edge.server_key());
    let plain = client.get(&target, &[]);
    assert_eq!(plain.json()[0]["features"][0]["value"], json!(false));
    let fred = client.get(&target, &["x-featurehub: country=nz,userkey=fred"]);
    let flag = fred.json()[0]["features"][0].clone();
    assert_eq!((&flag["value"], &flag["v"]), (&json!(true), &json!("s1")));
    assert_eq!(flag["strategies"], json!(null));
    // The tag that the protocol page gives for this context.
    assert!(fred.header("etag").unwrap().ends_with("//302266bb\""), "{fred:?}");
    let client_key = client
        .get(&format!("/features?apiKey={}", edge.client_key()), &["x-featurehub: userkey=fred"]);
    assert_eq!(client_key.json()[0]["features"][0]["value"], json!(false));
}

#[test]
fn etags() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let target = format!("/features?apiKey={}", edge.server_key());
    let context = "x-featurehub: userkey=fred";
    let etag = client.get(&target, &[context]).header("etag").unwrap().to_owned();
    let matching = format!("If-None-Match: {etag}");
    let unchanged = client.get(&target, &[context, &matching]);
    assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(etag.as_str())));
    assert_eq!(client.get(&target, &["x-featurehub: userkey=jane", &matching]).status, 200);
    assert_eq!(client.get(&target, &[&matching]).status, 200);
    let weak = format!("if-none-match: W/{etag}");
    assert_eq!(client.get(&target, &[context, &weak]).status, 304);
    edge.dialect(Dialect::Upstream);
    assert_eq!(client.get(&target, &[context, &weak]).status, 200);
    edge.set_value("FLAG", true);
    assert_eq!(client.get(&target, &[context, &matching]).status, 200);
}

#[test]
fn several_keys() {
    let edge = edge();
    let other = edge.environment("11111111-2222-4333-8444-555555555555");
    other.set_feature(Feature::number("COUNT", 3.5));
    let other_key = format!("default/{}/secret", other.id().to_uppercase());
    let target = format!(
        "/features?apiKey={}&apiKey={other_key}&apiKey={other_key}&apiKey=nonsense\
         &apiKey=00000000-0000-4000-8000-000000000000/x",
        edge.client_key().replace('/', "%2F")
    );
    let mut client = Client::connect(&edge);
    let answer = client.get(&target, &[]);
    let body = answer.json();
    let ids: Vec<_> = body.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [ENVIRONMENT, other.id(), "00000000-0000-4000-8000-000000000000"]);
    assert_eq!(body[1]["features"][0]["value"], json!(3.5));
    assert_eq!(body[1]["features"][0]["strategies"], json!(null), "decided per key");
    assert_eq!(body[2]["features"], json!([]));

    let target = format!("/features?apiKey={}&apiKey={other_key}", edge.client_key());
    let etag = client.get(&target, &[]).header("etag").unwrap().to_owned();
    let matching = format!("if-none-match: {etag}");
    assert_eq!(client.get(&target, &[&matching]).status, 304);
    edge.dialect(Dialect::Upstream);
    let answer = client.get(&target, &[&matching]);
    assert_eq!((answer.status, answer.header("etag")), (200, Some("\";\"")));
    assert_eq!(answer.json()[0], json!({"id": ENVIRONMENT, "features": []}));
    let answer = client.get(&target, &[]);
    assert_eq!(answer.json()[1]["features"][0]["strategies"], json!([]), "leaked as upstream does");
}

#[test]
fn statuses_without_data() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let mut status = |target: &str| client.get(target, &[]).status;
    assert_eq!(status("/features"), 400);
    assert_eq!(status("/features?apiKey="), 404);
    assert_eq!(status("/features?apiKey=nonsense"), 404);
    assert_eq!(status("/features?apiKey=00000000-0000-4000-8000-000000000000/x"), 404);
    assert_eq!(status("/nothing"), 404);
    assert_eq!(status(&format!("/features?sdkUrl={}", edge.client_key())), 200);
    assert_eq!(status(&format!("/a/b/features?apiKey={}", edge.client_key())), 200);
    edge.only_allowed_keys();
    assert_eq!(status(&format!("/features?apiKey={}", edge.client_key())), 404);
    assert!(edge.allow(&edge.client_key(), &[Permission::Read]));
    assert_eq!(status(&format!("/features?apiKey={}", edge.client_key())), 200);
    assert!(edge.allow(&edge.client_key(), &[]));
    assert_eq!(status(&format!("/features?apiKey={}", edge.client_key())), 404);
}

#[test]
fn properties_need_extended_data() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let target = format!("/features?apiKey={}", edge.client_key());
    let all = client.get(&target, &[]);
    edge.allow(&edge.client_key(), &[Permission::Read]);
    let less = client.get(&target, &[]);
    assert_eq!(less.json()[0]["features"][1]["fp"], json!(null));
    let (all, less) = (all.header("etag").unwrap(), less.header("etag").unwrap());
    assert!(all.ends_with("1\"") && less.ends_with("0\"") && all[..33] == less[..33]);
}

#[test]
fn headers_of_a_healthy_answer() {
    let edge = edge();
    edge.cache_control(Some("public, max-age=20"));
    let mut client = Client::connect(&edge);
    let target = format!("/features?apiKey={}", edge.client_key());
    let answer = client.get(&target, &["Origin: http://shop.example"]);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=20"));
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("etag,cache-control,retry-after,date")
    );
    client.request("HEAD", &target, &[], "");
    let head = client.head();
    assert_eq!((head.status, head.header("etag")), (200, answer.header("etag")));
    client.request("OPTIONS", &target, &["origin: http://shop.example"], "");
    assert_eq!(client.answer().status, 200);
    client.request("POST", &target, &[], "{}");
    assert_eq!(client.answer().status, 405);
    // If the HEAD request had got a body, the next answer on this connection would be unreadable.
    assert_eq!(client.get(&target, &[]).status, 200);
    assert_eq!(edge.recording().connections.len(), 1);
}

#[test]
fn pages_of_other_origins_may_read_scripted_answers() {
    let edge = edge();
    let origin = "origin: http://shop.example";
    let mut client = Client::connect(&edge);
    let target = format!("/features?apiKey={}", edge.client_key());
    edge.behave(Behaviour::status(503));
    let answer = client.get(&target, &[origin]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, Some("*")));
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("etag,cache-control,retry-after,date")
    );
    let other = client.get(&target, &[]);
    assert_eq!((other.status, other.header("access-control-allow-origin")), (503, None));
    // A preflight gets a status of its own: the filter of an Edge answers it.
    client.request("OPTIONS", &target, &[origin], "");
    let preflight = client.answer();
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-max-age"), Some("86400"));
    // It does not wait for the answer of the route.
    edge.behave(Behaviour::new().wait_for_signal("late").head(503, Framing::Length));
    client.request("OPTIONS", &target, &[origin], "");
    assert_eq!(client.answer().status, 200);
    let own = Behaviour::status(200).header("access-control-allow-origin", "null");
    edge.behave_on(Route::Poll, own);
    let own = client.get(&target, &[origin]);
    assert_eq!(own.header("access-control-allow-origin"), Some("null"));
    // A script for other requests also answers preflights, and what breaks connections breaks those of preflights.
    edge.behave_on(Route::Other, Behaviour::status(403));
    client.request("OPTIONS", &target, &[origin], "");
    assert_eq!(client.answer().status, 403);
    edge.behave(Behaviour::new().close(Closing::Rst));
    client.request("OPTIONS", &target, &[origin], "");
    assert_eq!(client.until("x"), Err(End::Rst));
}

#[test]
fn retired_features_are_hidden_and_change_the_etag() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let target = format!("/features?apiKey={}", edge.client_key());
    let before = client.get(&target, &[]);
    assert_eq!(edge.retire("FLAG"), Some(5));
    let after = client.get(&target, &[]);
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(after.json()[0]["features"].as_array().unwrap().len(), 1);
    assert_eq!(edge.set_value("FLAG", true), 6);
    assert_eq!(client.get(&target, &[]).json()[0]["features"].as_array().unwrap().len(), 2);
}
