//! Each answer and error of OFREP, checked against the responses in the OpenAPI document of the protocol: `openapi.yaml`, version 0.3.0, from
//! <https://github.com/open-feature/protocol>, under the licence in `LICENSE`.

use std::sync::LazyLock;

use fh_edge::state::State;
use fh_edge::{Edge, Options};
use serde_json::{Value, json};

use crate::http::{Reply, request};
use crate::shop::{ENVIRONMENT, listen, serve};

pub(super) const FLAGS: &str = "/ofrep/v1/evaluate/flags";
const KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader-server";

/// The document with three corrections. A value also matches `codeDefaultFlag`, and an integer also matches `floatFlag`, so that `oneOf` would
/// accept no value. `DEFAULT` is a reason of OpenFeature that the document's list lacks.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let document = fh_files::Node::parse(include_str!("openapi.yaml"), &Default::default());
    let mut document: Value = serde_json::from_str(&document.unwrap().to_json()).unwrap();
    let schemas = &mut document["components"]["schemas"];
    schemas["codeDefaultFlag"]["not"] = json!({"required": ["value"]});
    let parts = &mut schemas["evaluationSuccess"]["allOf"];
    parts[0]["properties"]["reason"]["enum"].as_array_mut().unwrap().push(json!("DEFAULT"));
    let kinds = parts[1].as_object_mut().unwrap().remove("oneOf").unwrap();
    parts[1] = json!({"anyOf": kinds});
    document
});

/// Checks that the document has the status of a reply, and the form of its body. The only other status is 503 with `Retry-After`. An error
/// of a route for one feature has the key of the feature.
pub(super) fn check(path: &str, reply: &Reply) {
    let key = path.strip_prefix(FLAGS).and_then(|rest| rest.strip_prefix('/'));
    if reply.status == 503 {
        assert!(reply.header("retry-after").is_some(), "{reply:?}");
        return;
    }
    let route = if key.is_some() { format!("{FLAGS}/{{key}}") } else { FLAGS.to_string() };
    let response = &DOCUMENT["paths"][route]["post"]["responses"][reply.status.to_string()];
    assert!(response.is_object(), "the protocol has no such status: {reply:?}");
    match reply.status {
        304 => assert_eq!(reply.body, ""),
        401 => assert_eq!(reply.header("www-authenticate"), Some("Bearer")),
        429 => assert!(reply.header("retry-after").is_some(), "{reply:?}"),
        _ => {}
    }
    let Some(content) = response.get("content") else { return };
    assert_eq!(reply.header("content-type"), Some("application/json"), "{reply:?}");
    let schema = json!({
        "allOf": [content["application/json"]["schema"]],
        "components": DOCUMENT["components"]
    });
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&reply.json()).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} {reply:?}");
    if let Some(key) = key {
        assert_eq!(reply.json()["key"], key, "{reply:?}");
    }
}

/// Returns a state with features of all kinds, and a rule that takes many steps for a long text.
fn shop() -> State {
    let features = [
        ("FLAG", "BOOLEAN", json!(false)),
        ("TEXT", "STRING", json!("null")),
        ("NUMBER", "NUMBER", json!(7.5)),
        ("DOCUMENT", "JSON", json!(r#"{"a": [null]}"#)),
        ("WORD", "JSON", json!(r#""x""#)),
        ("NOTHING", "JSON", json!(" null ")),
        ("NO_NUMBER", "NUMBER", json!("null")),
        ("BROKEN", "JSON", json!("{")),
        ("UNSET", "STRING", Value::Null),
    ];
    let rule = json!({"fieldName": "a", "type": "STRING", "conditional": "INCLUDES", "values": ["needle"]});
    let strategies = json!([
        {"id": "found", "value": true, "attributes": [rule]},
        {"id": "half", "value": true, "percentage": 500_000}]);
    let values = features.iter().map(|(key, _, value)| {
        let strategies = if *key == "FLAG" { &strategies } else { &json!([]) };
        (key.to_string(), json!({"value": value, "strategies": strategies}))
    });
    let values: serde_json::Map<String, Value> = values.collect();
    let features = features.iter().enumerate().map(|(number, (key, kind, _))| {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        json!({"id": id, "key": key, "type": kind, "properties": {"owner": "me"}})
    });
    let state = json!({
        "features": features.collect::<Vec<_>>(),
        "environments": [{"id": ENVIRONMENT, "name": "dev", "values": values}],
        "accounts": [{"name": "reader", "serverKey": ["reader-server"],
             "permissions": {ENVIRONMENT: ["READ", "EXTENDED_DATA"]}}]
    });
    serde_json::from_value(state).unwrap()
}

/// Returns the body of a request with a text of this length in the context.
fn long(bytes: usize) -> String {
    json!({"context": {"targetingKey": "fred", "a": "x".repeat(bytes)}}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_errors_have_the_forms_of_the_protocol() {
    let mut tight = Options::default();
    tight.evaluation_budget = 3000;
    tight.max_context_bytes = 2000;
    tight.body_limit = 4000;
    let (shop, _edge) = serve(shop(), tight).await;
    let nothing = listen(Edge::builder().build().unwrap().router()).await;
    let key = [("x-api-key", KEY)];
    let fred = r#"{"context":{"targetingKey":"fred"}}"#;
    let structure = r#"{"context":{"device":{"os":"ios"},"a":[["x"]]}}"#;
    let needle = r#"{"context":{"a":"a needle"}}"#;
    let (hard, large, body) = (long(1000), long(2000), long(5000));
    for (address, path, headers, body, status, code) in [
        (shop, "", &key[..], fred, 200, ""),
        (shop, "", &key, "{}", 200, ""),
        (shop, "", &key, structure, 200, ""),
        (shop, "/FLAG", &key, fred, 200, ""),
        (shop, "/FLAG", &key, "{}", 200, ""),
        (shop, "/FLAG", &key, needle, 200, ""),
        (shop, "/TEXT", &key, fred, 200, ""),
        (shop, "/NUMBER", &key, fred, 200, ""),
        (shop, "/DOCUMENT", &key, fred, 200, ""),
        (shop, "/WORD", &key, fred, 200, ""),
        (shop, "/NOTHING", &key, fred, 404, "FLAG_NOT_FOUND"),
        (shop, "/NO_NUMBER", &key, fred, 404, "FLAG_NOT_FOUND"),
        (shop, "/UNSET", &key, fred, 404, "FLAG_NOT_FOUND"),
        (shop, "/NOWHERE", &key, fred, 404, "FLAG_NOT_FOUND"),
        (shop, "/BROKEN", &key, fred, 400, "PARSE_ERROR"),
        (shop, "/%ff", &key, fred, 400, "PARSE_ERROR"),
        (shop, "/%ff", &[], fred, 401, ""),
        (shop, "", &[], "{}", 401, ""),
        (shop, "/FLAG", &[], "{}", 401, ""),
        (shop, "", &[("authorization", "Basic x")], "{}", 401, ""),
        (shop, "", &[("x-api-key", "nonsense")], "{}", 401, ""),
        (nothing, "", &key, "{}", 503, ""),
        (nothing, "/FLAG", &key, "{}", 503, ""),
    ] {
        let path = format!("{FLAGS}{path}");
        let reply = request(address, "POST", &path, headers, body).await;
        check(&path, &reply);
        assert_eq!(reply.status, status, "{path} {body} {reply:?}");
        if !code.is_empty() {
            assert_eq!(reply.json()["errorCode"], code, "{path} {body}");
        }
    }
    for (body, code, details) in [
        ("", "PARSE_ERROR", "the body is not"),
        ("[]", "PARSE_ERROR", "the body is not"),
        (r#"{"context":7}"#, "INVALID_CONTEXT", "the context is not an object"),
        (&hard, "GENERAL", "evaluating for this context could take more work"),
        (&large, "INVALID_CONTEXT", "the context is larger than 2000 bytes"),
        (&body, "INVALID_CONTEXT", "the body is larger than the limit"),
    ] {
        for path in [FLAGS.to_string(), format!("{FLAGS}/FLAG")] {
            let reply = request(shop, "POST", &path, &key, body).await;
            check(&path, &reply);
            let error = reply.json();
            assert_eq!((reply.status, &error["errorCode"]), (400, &json!(code)), "{path}");
            assert!(error["errorDetails"].as_str().unwrap().starts_with(details), "{error}");
        }
    }
}

/// A value that is null would replace the default of the program.
#[tokio::test(flavor = "multi_thread")]
async fn all_features_lack_those_without_a_value() {
    let (shop, _edge) = serve(shop(), Options::default()).await;
    let reply = request(shop, "POST", FLAGS, &[("x-api-key", KEY)], "{}").await;
    check(FLAGS, &reply);
    let flags = reply.json()["flags"].clone();
    let found: Vec<(&str, Value)> = flags
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| {
            let shown = if flag.get("errorCode").is_some() { "errorCode" } else { "value" };
            (flag["key"].as_str().unwrap(), flag[shown].clone())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("FLAG", json!(false)),
            ("TEXT", json!("null")),
            ("NUMBER", json!(7.5)),
            ("DOCUMENT", json!({"a": [null]})),
            ("WORD", json!("x")),
            ("BROKEN", json!("PARSE_ERROR")),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests() {
    let mut limited = Options::default();
    limited.requests_per_second = Some(1);
    let (address, _edge) = serve(shop(), limited).await;
    let mut last = 200;
    for _ in 0..100 {
        let reply = request(address, "POST", FLAGS, &[("x-api-key", KEY)], "{}").await;
        check(FLAGS, &reply);
        last = reply.status;
        if last == 429 {
            assert_eq!(reply.header("retry-after"), Some("1"));
            break;
        }
    }
    assert_eq!(last, 429);
}
