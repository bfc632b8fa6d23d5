//! OFREP by hand; the published providers have a suite of their own.

use fh_edge::Options;
use serde_json::{Value, json};

use crate::http::{Reply, request};
use crate::shop::{CLIENT_KEY, SERVER_KEY, serve, state};

async fn ask(path: &str, key: &[(&str, &str)], body: &str) -> Reply {
    let (address, _) = serve(state(), Options::default()).await;
    request(address, "POST", &format!("/ofrep/v1/evaluate/flags{path}"), key, body).await
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_feature() {
    let bearer = bearer(SERVER_KEY);
    let kiwi = r#"{"context":{"targetingKey":"fred","country":"new_zealand"}}"#;
    let reply = ask("/NEW_CHECKOUT", &[("authorization", &bearer)], kiwi).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({"key": "NEW_CHECKOUT", "value": true, "reason": "TARGETING_MATCH", "variant": "kiwi"})
    );
    let reply = ask("/NEW_CHECKOUT", &[("x-api-key", CLIENT_KEY)], "{}").await;
    assert_eq!(
        reply.json(),
        json!({"key": "NEW_CHECKOUT", "value": false, "reason": "DEFAULT", "variant": "default"})
    );
    for (path, status, code) in
        [("/NEVER_SET", 404, "FLAG_NOT_FOUND"), ("/NOWHERE", 404, "FLAG_NOT_FOUND")]
    {
        let reply = ask(path, &[("x-api-key", CLIENT_KEY)], "{}").await;
        assert_eq!((reply.status, &reply.json()["errorCode"]), (status, &Value::from(code)));
    }
    let reply = ask("/BANNER", &[("x-api-key", CLIENT_KEY)], r#"{"context":{"a":{}}}"#).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["key"], "BANNER");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_features_and_their_etag() {
    let (address, _) = serve(state(), Options::default()).await;
    let path = "/ofrep/v1/evaluate/flags";
    let key = [("x-api-key", SERVER_KEY)];
    let body = r#"{"context":{"targetingKey":"fred"}}"#;
    let first = request(address, "POST", path, &key, body).await;
    let flags = first.json()["flags"].as_array().unwrap().clone();
    let keys: Vec<&str> = flags.iter().filter_map(|flag| flag["key"].as_str()).collect();
    assert_eq!(keys, ["NEW_CHECKOUT", "BANNER"]);
    let etag = first.header("etag").unwrap().to_string();
    let weak = format!("W/{etag}");
    for held in [&etag, &weak] {
        let again = request(address, "POST", path, &[key[0], ("if-none-match", held)], body).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    }
    let other = r#"{"context":{"targetingKey":"mara"}}"#;
    let again = request(address, "POST", path, &[key[0], ("if-none-match", &etag)], other).await;
    assert_eq!(again.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key() {
    for key in [vec![], vec![("authorization", "Basic x")], vec![("x-api-key", "nonsense")]] {
        assert_eq!(ask("", &key, "{}").await.status, 401, "{key:?}");
    }
}
