//! Tests of `PUT /features/{key}/{feature}` against the answers of a running server, in the order of the recording.
use fh_fake_edge::{Dialect, ENVIRONMENT, FakeEdge, Feature, Permission};
use serde_json::json;

use crate::client::{Answer, Client, stream};

const NO_WRITE: &str = "no write roles";
const NO_LOCK: &str = "feature locked";
const NO_UNLOCK: &str = "feature locked, no permission to unlock";
const NO_CHANGE: &str = "API Key has no change_value permission";
const NOTHING: &str = "lock and updateValue null, nothing to do";
const LOCKED: &str = "it is locked, cannot change value without also unlocking";
const NO_NUMBER: &str = "Attempting to update NUMBER value with non-NUMBER";
const NO_JSON: &str = "Attempting to update JSON value to non-json";
const NO_FLAG: &str = "flag value must be true or false";

/// Returns an Edge with the features of the recorded transcript.
fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::boolean("FEATURE_BOOL", true).version(4));
    edge.set_feature(Feature::number("FEATURE_NUMBER", 17.65).version(2));
    edge.set_feature(Feature::boolean("FEATURE_LOCKED", false).locked());
    edge.set_feature(Feature::json_text("FEATURE_JSON", "{\"a\":[1,2,{\"b\":null}]}"));
    edge.set_feature(Feature::without_value("FEATURE_STRING_NULL", "STRING"));
    edge.set_feature(Feature::string("FEATURE_STRING", "default \u{fc}n\u{ef}"));
    edge
}

fn key(account: &str) -> String {
    format!("{ENVIRONMENT}/{account}*")
}

fn put(client: &mut Client, path: &str, body: &str) -> Answer {
    client.request("PUT", &format!("/features/{path}"), &["content-type: application/json"], body);
    client.answer()
}

#[test]
fn values_and_locks_as_recorded() {
    let edge = edge();
    edge.dialect(Dialect::Upstream);
    let mut client = Client::connect(&edge);
    for (feature, body, status, text) in [
        ("FEATURE_STRING", "{}", 400, NOTHING),
        ("FEATURE_STRING", r#"{"updateValue":false}"#, 400, NOTHING),
        ("FEATURE_STRING", r#"{"value":"x","colour":1}"#, 200, ""),
        ("FEATURE_STRING", r#"{"value":"x"}"#, 202, ""),
        ("FEATURE_STRING", r#"{"value":12}"#, 200, ""),
        ("FEATURE_STRING", r#"{"value":true}"#, 200, ""),
        ("FEATURE_BOOL", r#"{"value":"false","lock":false}"#, 200, ""),
        ("FEATURE_BOOL", r#"{"value":"TRUE"}"#, 200, ""),
        ("FEATURE_BOOL", r#"{"value":"perhaps"}"#, 400, NO_FLAG),
        ("FEATURE_BOOL", r#"{"updateValue":true}"#, 412, "cannot set flag value to null"),
        ("FEATURE_BOOL", r#"{"value":1}"#, 400, NO_FLAG),
        ("FEATURE_NUMBER", r#"{"value":"abc"}"#, 400, NO_NUMBER),
        ("FEATURE_NUMBER", r#"{"value":"20.5"}"#, 200, ""),
        ("FEATURE_NUMBER", r#"{"value":1000.0}"#, 200, ""),
        ("FEATURE_NUMBER", r#"{"value":1000.0}"#, 200, ""),
        ("FEATURE_NUMBER", r#"{"value":true}"#, 400, NO_NUMBER),
        ("FEATURE_NUMBER", r#"{"value":"NaN"}"#, 400, NO_NUMBER),
        ("FEATURE_NUMBER", r#"{"value":null,"updateValue":true}"#, 200, ""),
        ("FEATURE_NUMBER", r#"{"value":17.65}"#, 200, ""),
        ("FEATURE_JSON", r#"{"value":"{bad"}"#, 400, NO_JSON),
        ("FEATURE_JSON", r#"{"value":{"a":1}}"#, 400, NO_JSON),
        ("FEATURE_JSON", r#"{"value":"5"}"#, 200, ""),
        ("FEATURE_JSON", r#"{"value":""}"#, 200, ""),
        ("FEATURE_JSON", r#"{"value":"{\"a\":1}"}"#, 200, ""),
        ("FEATURE_LOCKED", r#"{"value":true}"#, 412, LOCKED),
        ("FEATURE_LOCKED", r#"{"value":false}"#, 412, LOCKED),
        ("FEATURE_LOCKED", r#"{"lock":true}"#, 200, ""),
        ("FEATURE_LOCKED", r#"{"lock":true,"value":true}"#, 412, LOCKED),
        ("FEATURE_LOCKED", r#"{"lock":false}"#, 200, ""),
        ("FEATURE_LOCKED", r#"{"lock":true,"value":true}"#, 200, ""),
        ("FEATURE_LOCKED", r#"{"lock":false,"value":true}"#, 200, ""),
        ("FEATURE_LOCKED", r#"{"lock":false,"value":true}"#, 202, ""),
        ("FEATURE_STRING_NULL", r#"{"value":"first"}"#, 200, ""),
        ("NO_SUCH", r#"{"value":"x"}"#, 404, ""),
        ("FEATURE_STRING", "{", 500, ""),
        ("FEATURE_STRING", "[]", 500, ""),
        ("FEATURE_STRING", "", 500, ""),
    ] {
        let answer = put(&mut client, &format!("{}/{feature}", key("full")), body);
        assert_eq!((answer.status, answer.text()), (status, text), "{feature} {body}");
        assert_eq!(answer.header("x-accel-buffering"), Some("no"));
        let typed = answer.header("content-type");
        assert_eq!(typed, (!text.is_empty()).then_some("text/plain"), "{body}");
    }
    let json = |key: &str| edge.feature(key).unwrap();
    assert_eq!(json("FEATURE_STRING")["value"], json!("true"));
    assert_eq!(json("FEATURE_BOOL")["value"], json!(true));
    assert_eq!(json("FEATURE_NUMBER")["value"], json!(17.65));
    assert_eq!(json("FEATURE_LOCKED")["l"], json!(false));
    let first = json("FEATURE_STRING_NULL");
    assert_eq!((&first["version"], &first["strategies"]), (&json!(1), &json!([])));
}

#[test]
fn permissions_as_recorded() {
    use Permission::{ChangeValue, ExtendedData, Lock, Read, Unlock};
    let edge = edge();
    let bodies = [
        r#"{"value":"by it"}"#,
        r#"{"lock":true}"#,
        r#"{"lock":false}"#,
        r#"{"value":"w","lock":true}"#,
        r#"{"value":"w2","lock":false}"#,
        "{}",
    ];
    type Answers = [(u16, &'static str); 6];
    let accounts: [(&str, &[Permission], Answers); 6] = [
        ("read", &[Read], [(403, NO_WRITE); 6]),
        (
            "locker",
            &[Read, Lock],
            [
                (403, NO_CHANGE),
                (200, ""),
                (403, NO_UNLOCK),
                (403, NO_CHANGE),
                (403, NO_UNLOCK),
                (400, NOTHING),
            ],
        ),
        (
            "changer",
            &[Read, ChangeValue],
            [
                (200, ""),
                (403, NO_LOCK),
                (403, NO_UNLOCK),
                (403, NO_LOCK),
                (403, NO_UNLOCK),
                (400, NOTHING),
            ],
        ),
        (
            "unlocker",
            &[Read, Unlock],
            [
                (403, NO_CHANGE),
                (403, NO_LOCK),
                (200, ""),
                (403, NO_LOCK),
                (403, NO_CHANGE),
                (400, NOTHING),
            ],
        ),
        // A key is refused as read-only only if READ is its single permission.
        (
            "locker without read permission",
            &[Lock],
            [
                (403, NO_CHANGE),
                (200, ""),
                (403, NO_UNLOCK),
                (403, NO_CHANGE),
                (403, NO_UNLOCK),
                (400, NOTHING),
            ],
        ),
        (
            "reader of more",
            &[Read, ExtendedData],
            [
                (403, NO_CHANGE),
                (403, NO_LOCK),
                (403, NO_UNLOCK),
                (403, NO_LOCK),
                (403, NO_UNLOCK),
                (400, NOTHING),
            ],
        ),
    ];
    let mut client = Client::connect(&edge);
    for (account, permissions, expected) in accounts {
        let account = account.replace(' ', "-");
        edge.allow(&key(&account), permissions);
        for (body, (status, text)) in bodies.into_iter().zip(expected) {
            let answer = put(&mut client, &format!("{}/FEATURE_STRING", key(&account)), body);
            assert_eq!((answer.status, answer.text()), (status, text), "{account} {body}");
        }
        let reset = format!(r#"{{"lock":false,"value":"reset {account}"}}"#);
        let answer = put(&mut client, &format!("{}/FEATURE_STRING", key("full")), &reset);
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn forms_of_the_url() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let secret = "full*";
    for (n, path) in [
        format!("{ENVIRONMENT}/{secret}/FEATURE_STRING"),
        format!("default/{ENVIRONMENT}/{secret}/FEATURE_STRING"),
        format!("{ENVIRONMENT}+{secret}/FEATURE_STRING"),
        format!("{}/FEATURE_STRING", edge.server_key()),
    ]
    .iter()
    .enumerate()
    {
        let value = format!("form {n}");
        let answer = put(&mut client, path, &json!({"value": value}).to_string());
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(edge.feature("FEATURE_STRING").unwrap()["value"], json!(value));
    }
    assert_eq!(put(&mut client, "nonsense/abc/FEATURE_STRING", r#"{"value":"x"}"#).status, 404);
    edge.only_allowed_keys();
    let path = format!("{}/FEATURE_STRING", key("unknown"));
    assert_eq!(put(&mut client, &path, r#"{"value":"x"}"#).status, 404);
}

#[test]
fn ours_answers_400_to_nonsense_and_knows_an_unchanged_number() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let number = format!("{}/FEATURE_NUMBER", key("full"));
    assert_eq!(put(&mut client, &number, "{").status, 400);
    assert_eq!(put(&mut client, &number, "[]").status, 400);
    assert_eq!(put(&mut client, &number, r#"{"value":"1765e-2"}"#).status, 202);
    assert_eq!(put(&mut client, &number, r#"{"value":1e3}"#).status, 200);
    assert_eq!(edge.feature("FEATURE_NUMBER").unwrap()["value"], json!(1000));
    let target = format!("/features/{number}");
    client.request("PUT", &target, &["content-type: text/plain"], r#"{"value":1}"#);
    assert_eq!(client.answer().status, 415);
}

#[test]
fn only_changes_are_pushed() {
    let edge = edge();
    let mut listener = stream(&edge, &edge.client_key());
    listener.head();
    listener.event().unwrap();
    listener.event().unwrap();
    let mut client = Client::connect(&edge);
    let locked = format!("{}/FEATURE_LOCKED", key("full"));
    // The feature is locked already: the request is accepted, but there is no update.
    assert_eq!(put(&mut client, &locked, r#"{"lock":true}"#).status, 200);
    assert_eq!(put(&mut client, &locked, r#"{"lock":false,"value":true}"#).status, 200);
    let (name, state) = listener.event_json();
    assert_eq!(name, "feature");
    assert_eq!(state["version"], json!(2), "one version for lock and value");
    assert_eq!((&state["value"], &state["l"]), (&json!(true), &json!(false)));
    edge.retire("FEATURE_STRING");
    assert_eq!(listener.event_json().0, "delete_feature");
    let string = format!("{}/FEATURE_STRING", key("full"));
    assert_eq!(put(&mut client, &string, r#"{"value":"back"}"#).status, 200);
    assert_eq!(listener.event_json().0, "feature");
}

#[test]
fn a_client_may_wait_before_it_sends_the_body() {
    let edge = edge();
    let mut client = Client::connect(&edge);
    let body = r#"{"value":"waited"}"#;
    client.send(format!(
        "PUT /features/{}/FEATURE_STRING HTTP/1.1\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        key("full"),
        body.len()
    ));
    assert_eq!(client.head().status, 100);
    client.send(body);
    assert_eq!(client.answer().status, 200);
}
