//! Features of the upstream Edge are passed on.

use std::time::SystemTime;

use fh_client::Timestamp;
use fh_edge::origin::relay::RelayKeys;
use fh_edge::{FeatureChange, Options, state::Json, state::State};
use fh_test_servers::featurehub::{FakeEdge, Feature};
use serde_json::{Value, json};

use crate::http::request;
use crate::shop::{ENVIRONMENT, serve};
use crate::stream::Stream;
use crate::support::{Relay, find, options, options_for, seen};

/// Returns features with all known members, and with unknown ones.
fn odd() -> Vec<Feature> {
    vec![
        Feature::boolean("FLAG", true).version(7).locked().member("soon", json!({"a": [1, "b"]})),
        Feature::number("LIMIT", 7.5).strategies(json!([
            {"id": "x", "percentage": 250_000, "percentageAttributes": ["company"], "value": 8, "later": null},
        ])),
        Feature::string("TEXT", "a\nb \"c\"").properties(json!({"owner": "me"})),
        Feature::json_text("DOCUMENT", "{\"a\": 1}"),
        Feature::without_value("UNSET", "STRING"),
        Feature::string("NEWER", "x").member("type", json!("COLOUR")),
    ]
}

async fn upstream_list(upstream: &FakeEdge, key: &str) -> Value {
    let path = format!("/features?apiKey={key}");
    request(upstream.address(), "GET", &path, &[], "").await.json()
}

/// A strategy above the limits is removed before the others are evaluated, so that their positions are the same in the list and in the rules.
#[tokio::test(flavor = "multi_thread")]
async fn the_value_of_a_strategy_behind_a_removed_one_is_found() {
    let upstream = FakeEdge::start().unwrap();
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    let rule =
        json!({"fieldName": "x", "type": "STRING", "conditional": "EQUALS", "values": [deep]});
    upstream.set_feature(Feature::string("TEXT", "default").strategies(json!([
        {"id": "deep", "value": "of the removed strategy", "attributes": [rule]},
        {"id": "all", "value": "of the other strategy", "percentage": 1_000_000},
    ])));
    let relay = Relay::ready(options_for(&upstream)).await;
    let key = upstream.client_key();
    let passed_on = relay.feature(&key, "", "TEXT").await.unwrap();
    assert_eq!(passed_on["strategies"].as_array().unwrap().len(), 1, "{passed_on}");
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = r#"{"context":{"targetingKey":"fred"}}"#;
    let path = "/ofrep/v1/evaluate/flags/TEXT";
    let answer = request(relay.address, "POST", path, &headers, body).await.json();
    assert_eq!(
        (&answer["value"], &answer["variant"]),
        (&json!("of the other strategy"), &json!("all"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_equal_those_of_upstream() {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all(odd());
    let relay = Relay::ready(options_for(&upstream)).await;
    let key = upstream.client_key();
    let there = upstream_list(&upstream, &key).await;
    assert_eq!(relay.poll(&key).await.json(), there);
    let mut stream = Stream::open(relay.address, &key, "").await;
    assert_eq!(stream.until("features").await.json(), there[0]["features"]);
    // The relay evaluates values. Unknown members are left out, since they may reveal strategies.
    let server = relay.poll(&upstream.server_key()).await.json();
    let flag = find(&server, "FLAG").unwrap();
    assert_eq!((&flag["value"], flag.get("soon")), (&json!(true), None));
    assert_eq!(find(&server, "TEXT").unwrap()["fp"]["owner"], "me");
    assert!(find(&server, "LIMIT").unwrap().get("strategies").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_are_passed_on_at_once() {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all(odd());
    let relay = Relay::ready(options_for(&upstream)).await;
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    let mut server = Stream::open(relay.address, &upstream.server_key(), "").await;
    stream.until("features").await;
    server.until("features").await;

    upstream.set_value("LIMIT", 9);
    let event = stream.next().await.unwrap();
    assert_eq!(event.name, "feature");
    assert_eq!(event.json(), upstream.feature("LIMIT").unwrap());
    assert_eq!(server.next().await.unwrap().json()["value"], 9);
    // A change of only the version, and one of only an unknown member.
    upstream.set_feature(Feature::string("TEXT", "a\nb \"c\"").version(70));
    assert_eq!(stream.next().await.unwrap().json()["version"], 70);
    server.next().await.unwrap();
    upstream.change("FLAG", |flag| flag.member("soon", json!("now")));
    assert_eq!(stream.next().await.unwrap().json()["soon"], "now");
    server.next().await.unwrap();
    // A retired and a deleted feature.
    upstream.retire("FLAG");
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.json()["key"]), ("delete_feature", &json!("FLAG")));
    assert_eq!(server.next().await.unwrap().name, "delete_feature");
    upstream.delete_feature("TEXT");
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.json()["key"]), ("delete_feature", &json!("TEXT")));
    // The feature is created again with another id.
    let id = "11111111-1111-4111-8111-111111111111";
    upstream.set_feature(Feature::string("TEXT", "new").id(id).version(1));
    assert_eq!(stream.next().await.unwrap().json()["id"], id);
    let list = relay.poll(&upstream.client_key()).await.json();
    assert_eq!(list, upstream_list(&upstream, &upstream.client_key()).await);
    // A client of this project sees the same.
    let client = relay.client(&upstream.client_key()).await;
    assert_eq!(client.string("TEXT").as_deref(), Some("new"));
    assert_eq!(upstream.recording().live_streams(), 1);
}

/// Two accounts of one environment see one feature each, and one feature together.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_environment_see_only_the_features_of_their_filters() {
    let text = format!(
        r#"{{"features": [
            {{"id": "11111111-1111-4111-8111-111111111111", "key": "WEB", "type": "STRING", "filters": ["web"]}},
            {{"id": "22222222-2222-4222-8222-222222222222", "key": "APP", "type": "STRING", "filters": ["app"]}},
            {{"id": "33333333-3333-4333-8333-333333333333", "key": "BOTH", "type": "STRING", "filters": ["app", "web"]}}],
        "environments": [{{"id": "{ENVIRONMENT}", "name": "dev", "values":
            {{"WEB": {{"value": "w"}}, "APP": {{"value": "a"}}, "BOTH": {{"value": "b"}}}}}}],
        "accounts": [
            {{"name": "web", "clientKey": ["web*c"], "serverKey": ["web-s"], "filters": ["web"], "permissions": {{"{ENVIRONMENT}": ["READ"]}}}},
            {{"name": "app", "clientKey": ["app*c"], "serverKey": ["app-s"], "filters": ["app"], "permissions": {{"{ENVIRONMENT}": ["READ"]}}}}]}}"#
    );
    let state: State = serde_json::from_str(&text).unwrap();
    let (address, handle) = serve(state, Options::default()).await;
    let key = |secret: &str| format!("{ENVIRONMENT}/{secret}");
    let keys = options(&format!("http://{address}"))
        .keys(RelayKeys::pair(key("web*c"), key("web-s")).named("web"))
        .keys(RelayKeys::pair(key("app*c"), key("app-s")).named("app"));
    let relay = Relay::ready(keys).await;
    let features = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|feature| feature["key"].as_str().unwrap().to_string()).collect()
    };
    let mut streams = Vec::new();
    for (secret, sees) in [
        ("web*c", ["WEB", "BOTH"]),
        ("web-s", ["WEB", "BOTH"]),
        ("app*c", ["APP", "BOTH"]),
        ("app-s", ["APP", "BOTH"]),
    ] {
        assert_eq!(features(&relay.poll(&key(secret)).await.json()[0]["features"]), sees);
        let mut stream = Stream::open(relay.address, &key(secret), "").await;
        assert_eq!(features(&stream.until("features").await.json()), sees, "{secret}");
        streams.push(stream);
    }
    // A stream gets no event about the feature of the other account before that of the shared feature.
    for (feature, value) in [("WEB", "w2"), ("APP", "a2"), ("BOTH", "b2")] {
        let change =
            FeatureChange { value: Some(Some(Json::text(value))), ..FeatureChange::default() };
        handle.change(ENVIRONMENT.parse().unwrap(), feature, change).await.unwrap();
    }
    for (stream, values) in
        streams.iter_mut().zip([["w2", "b2"], ["w2", "b2"], ["a2", "b2"], ["a2", "b2"]])
    {
        for value in values {
            assert_eq!(stream.next().await.unwrap().json()["value"], value);
        }
    }
}

/// The upstream Edge sends the rule once. The relay sends a new value when the rule changes its result.
#[tokio::test(flavor = "multi_thread")]
async fn rules_on_now_are_evaluated_by_the_relay() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::boolean("LATE", false));
    let relay = Relay::ready(options_for(&upstream)).await;
    let mut stream = Stream::open(relay.address, &upstream.server_key(), "").await;
    stream.until("features").await;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let turns = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap() + 1_500);
    upstream.change("LATE", |feature| {
        feature.strategies(json!([{"id": "late", "value": true, "attributes": [
            {"fieldName": "now", "type": "DATETIME", "conditional": "GREATER_EQUALS", "values": [turns.to_string()]}]}]))
    });
    let mut values = Vec::new();
    while values.last() != Some(&true) {
        let event = stream.next().await.unwrap();
        values.push(event.json()["value"].as_bool().unwrap());
    }
    assert_eq!(values, [false, true]);
    seen(&upstream, |recording| recording.live_streams() == 1);
    assert_eq!(relay.feature(&upstream.server_key(), "", "LATE").await.unwrap()["v"], "late");
}

/// Features that a list for a client-evaluated key lacks are deleted, even all of them. The key stays valid.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_feature_is_deleted() {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all([Feature::boolean("FLAG", true), Feature::string("TEXT", "x")]);
    let relay = Relay::ready(options_for(&upstream)).await;
    let keys = [upstream.client_key(), upstream.server_key()];
    let mut streams = Vec::new();
    for key in &keys {
        let mut stream = Stream::open(relay.address, key, "").await;
        stream.until("features").await;
        streams.push(stream);
    }
    upstream.kill();
    upstream.replace_all([]);
    upstream.listen_again().unwrap();
    for stream in &mut streams {
        let mut gone = Vec::new();
        for _ in 0..2 {
            let event = stream.next().await.unwrap();
            assert_eq!(event.name, "delete_feature");
            gone.push(event.json()["key"].as_str().unwrap().to_string());
        }
        gone.sort();
        assert_eq!(gone, ["FLAG", "TEXT"]);
    }
    for key in &keys {
        let reply = relay.poll(key).await;
        assert_eq!((reply.status, &reply.json()[0]["features"]), (200, &json!([])));
        let mut late = Stream::open(relay.address, key, "").await;
        assert_eq!(late.until("features").await.json(), json!([]));
    }
}

/// If an upstream Edge was reset to older data, the relay serves its own newer data until the Edge has a newer version.
#[tokio::test(flavor = "multi_thread")]
async fn versions_do_not_fall() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("TEXT", "later").version(7));
    let relay = Relay::ready(options_for(&upstream)).await;
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    stream.until("features").await;
    upstream.kill();
    let before = Feature::string("TEXT", "before").version(3);
    upstream.replace_all([before, Feature::boolean("FLAG", true)]);
    upstream.listen_again().unwrap();
    let event = stream.next().await.unwrap();
    assert_eq!(event.json()["key"], "FLAG", "{}", event.data);
    let text = relay.feature(&upstream.server_key(), "", "TEXT").await.unwrap();
    assert_eq!((&text["value"], &text["version"]), (&json!("later"), &json!(7)));
    upstream.set_feature(Feature::string("TEXT", "now").version(8));
    assert_eq!(stream.next().await.unwrap().json()["value"], "now");
}
