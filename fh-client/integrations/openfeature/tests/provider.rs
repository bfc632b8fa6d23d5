//! Tests of the provider through OpenFeature's own client, with an Edge in memory behind it.
#![allow(clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_client::testing::{CLIENT_KEY, Fault, MemoryEdge, SERVER_KEY};
use fh_client::{
    Attributes, Backoff, Client, ClientBuilder, Flow, InterceptedRead, Interceptor, LockPolicy,
    Number, WhileSwitching,
};
use fh_openfeature::FeatureHubProvider;
use fh_test::Log;
use open_feature::provider::{FeatureProvider, ProviderStatus};
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue, EvaluationErrorCode, EvaluationReason,
    FlagMetadataValue, OpenFeature, StructValue, Value,
};
use serde_json::json;

fn edge() -> MemoryEdge {
    let edge = MemoryEdge::new();
    edge.set("FLAG", false);
    edge.set_strategies(
        "FLAG",
        &json!([
            {"id": "kiwi", "value": true, "attributes": [
                {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]},
            {"id": "all", "percentage": 1_000_000, "percentageAttributes": ["userkey"], "value": true, "attributes": [
                {"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["fred"]}]},
        ]),
    );
    edge.set("TEXT", "hello");
    edge.set("WHOLE", 10);
    edge.set("FRACTION", 7.5);
    edge.set_json(
        "THEME",
        &json!({"colour": "red", "size": 3, "deep": {"on": true, "none": null}, "list": [1, 2.5]}),
    );
    edge.set_json("LIST", &json!([1]));
    edge
}

async fn ready(edge: &MemoryEdge) -> (Client, FeatureHubProvider) {
    let client = edge.client().start().expect("a client");
    client.ready().await.expect("features");
    (client.clone(), FeatureHubProvider::new(client))
}

fn nobody() -> EvaluationContext {
    EvaluationContext::default()
}

#[tokio::test]
async fn through_the_api_of_openfeature() {
    let edge = edge();
    let client = edge.client().start().unwrap();
    let mut api = OpenFeature::singleton_mut().await;
    api.set_provider(FeatureHubProvider::new(client).patience(fh_test::wait::PATIENCE)).await;
    let flags = api.create_client();
    drop(api);
    // `initialize` has waited until the client was ready.
    let fred = EvaluationContext::default().with_targeting_key("fred");
    assert_eq!(flags.get_bool_value("FLAG", Some(&fred), None).await, Ok(true));
    assert_eq!(flags.get_bool_value("FLAG", None, None).await, Ok(false));
    assert_eq!(flags.get_int_value("WHOLE", None, None).await, Ok(10));
    assert_eq!(flags.get_float_value("FRACTION", None, None).await, Ok(7.5));
    assert_eq!(flags.get_string_value("TEXT", None, None).await, Ok("hello".to_string()));
    let details = flags.get_bool_details("FLAG", Some(&fred), None).await.unwrap();
    assert_eq!(details.variant.as_deref(), Some("all"));
    assert_eq!(details.reason, Some(EvaluationReason::Split));
}

#[tokio::test]
async fn reasons_and_metadata() {
    let edge = edge();
    edge.lock("FLAG");
    edge.set_member("FLAG", "fp", &json!({"team": "cash"}));
    let (_client, provider) = ready(&edge).await;
    let kiwi = nobody().with_custom_field("country", "new_zealand");
    let other = nobody().with_custom_field("country", "fiji");
    for (context, value, reason, variant) in [
        (&kiwi, true, EvaluationReason::TargetingMatch, "kiwi"),
        (&other, false, EvaluationReason::Default, "default"),
    ] {
        let found = provider.resolve_bool_value("FLAG", context).await.unwrap();
        assert_eq!(
            (found.value, found.reason, found.variant.as_deref()),
            (value, Some(reason), Some(variant))
        );
        let metadata = found.flag_metadata.unwrap().values;
        assert_eq!(metadata.get("locked"), Some(&FlagMetadataValue::Bool(true)));
        assert_eq!(metadata.get("property.team"), Some(&"cash".into()));
        assert!(matches!(metadata.get("version"), Some(FlagMetadataValue::Int(_))));
        assert_eq!(metadata.get("environmentId"), Some(&"memory".into()));
    }
    let found = provider.resolve_string_value("TEXT", &nobody()).await.unwrap();
    assert_eq!(found.reason, Some(EvaluationReason::Static));
}

#[tokio::test]
async fn errors_of_evaluations() {
    let edge = edge();
    edge.set_member("TEXT", "value", &json!(null));
    edge.set_json("BROKEN", &json!({}));
    edge.set_member("BROKEN", "value", &json!("{"));
    let (_client, provider) = ready(&edge).await;
    let code = |outcome: Result<(), open_feature::EvaluationError>| outcome.unwrap_err().code;
    let none = nobody();
    let missing = provider.resolve_bool_value("NONE", &none).await.map(drop);
    assert_eq!(code(missing), EvaluationErrorCode::FlagNotFound);
    let unset = provider.resolve_string_value("TEXT", &none).await.map(drop);
    assert_eq!(code(unset), EvaluationErrorCode::FlagNotFound);
    for mismatch in [
        provider.resolve_bool_value("WHOLE", &none).await.map(drop),
        provider.resolve_int_value("FRACTION", &none).await.map(drop),
        provider.resolve_string_value("FLAG", &none).await.map(drop),
        provider.resolve_float_value("FLAG", &none).await.map(drop),
        provider.resolve_struct_value("LIST", &none).await.map(drop),
    ] {
        assert_eq!(code(mismatch), EvaluationErrorCode::TypeMismatch);
    }
    let broken = provider.resolve_struct_value("BROKEN", &none).await.map(drop);
    assert_eq!(code(broken), EvaluationErrorCode::ParseError);
}

/// Returns the text of a number for each key.
struct Numbers;

impl Interceptor for Numbers {
    fn name(&self) -> &str {
        "numbers"
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        match Number::parse(read.key) {
            Some(number) => Flow::Override(Some(fh_client::Value::Number(number))),
            None => Flow::Continue,
        }
    }
}

#[tokio::test]
async fn integers_are_exact() {
    let client = edge().client().interceptor(Numbers, LockPolicy::Override).start().unwrap();
    client.ready().await.unwrap();
    let provider = FeatureHubProvider::new(client);
    for (text, expected) in [
        ("10.0", Some(10)),
        ("1e1", Some(10)),
        ("-0.0", Some(0)),
        ("0e-7", Some(0)),
        ("9007199254740993.0", Some(9_007_199_254_740_993)),
        ("-9223372036854775808.00", Some(i64::MIN)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("1e400", None),
        ("10.00000000000000000001", None),
        ("7.5", None),
    ] {
        let found = provider.resolve_int_value(text, &nobody()).await;
        assert_eq!(found.ok().map(|found| found.value), expected, "{text}");
    }
}

#[tokio::test]
async fn structures() {
    let (_client, provider) = ready(&edge()).await;
    let found = provider.resolve_struct_value("THEME", &nobody()).await.unwrap().value;
    let deep = StructValue { fields: [("on".to_string(), Value::Bool(true))].into() };
    let expected = [
        ("colour".to_string(), Value::String("red".into())),
        ("size".to_string(), Value::Int(3)),
        ("deep".to_string(), Value::Struct(deep)),
        ("list".to_string(), Value::Array(vec![Value::Int(1), Value::Float(2.5)])),
    ];
    assert_eq!(found.fields, expected.into());
}

#[tokio::test]
async fn contexts() {
    let edge = MemoryEdge::new();
    edge.set("MATCH", false);
    let rule = |field: &str, kind: &str, value: serde_json::Value| {
        json!([{"id": "s", "value": true, "attributes": [
            {"fieldName": field, "type": kind, "conditional": "EQUALS", "values": [value]}]}])
    };
    let (client, provider) = ready(&edge).await;
    let day = time::OffsetDateTime::from_unix_timestamp(1_795_824_000).unwrap();
    let groups = EvaluationContextFieldValue::new_struct(vec!["a".to_string(), "b".to_string()]);
    let context = nobody()
        .with_targeting_key("fred")
        .with_custom_field("member", true)
        .with_custom_field("orders", 3)
        .with_custom_field("weight", 1.5)
        .with_custom_field("since", day)
        .with_custom_field("groups", groups);
    for (field, kind, value) in [
        ("userkey", "STRING", json!("fred")),
        ("member", "BOOLEAN", json!(true)),
        ("orders", "NUMBER", json!(3)),
        ("weight", "NUMBER", json!(1.5)),
        ("since", "DATETIME", json!("2026-11-28T00:00:00Z")),
        ("groups", "STRING", json!("b")),
    ] {
        edge.set_strategies("MATCH", &rule(field, kind, value));
        edge.delivered().await;
        let found = provider.resolve_bool_value("MATCH", &context).await.unwrap();
        assert!(
            found.value,
            "{field} {}",
            client.context().user_key("fred").build().explain("MATCH")
        );
    }
}

/// Converts a JSON value without null.
fn value(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Int(number.as_i64()?),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(items) => Value::Array(items.iter().filter_map(value).collect()),
        serde_json::Value::Object(members) => {
            let fields =
                members.iter().filter_map(|(name, part)| Some((name.clone(), value(part)?)));
            Value::Struct(StructValue { fields: fields.collect() })
        }
    })
}

/// Keeps the attributes of the last read.
#[derive(Clone, Default)]
struct Attributed(Arc<Mutex<serde_json::Value>>);

impl Interceptor for Attributed {
    fn name(&self) -> &str {
        "attributed"
    }

    fn intercept(&self, read: &InterceptedRead<'_>) -> Flow {
        let attributes = read.attributes.into_iter().flat_map(Attributes::iter);
        let texts = attributes.map(|(name, values)| (name, values.collect::<Vec<_>>()));
        *self.0.lock().expect("no panic") = json!(texts.collect::<BTreeMap<_, _>>());
        Flow::Continue
    }
}

/// The table is that of OFREP and of the providers of all languages.
#[tokio::test]
async fn contexts_of_the_table() {
    let file = include_str!("../../../../conformance/evaluation-contexts.json");
    let table: serde_json::Value = serde_json::from_str(file).unwrap();
    let log = Log::capture();
    let attributed = Attributed::default();
    let client = edge().client().interceptor(attributed.clone(), LockPolicy::Override).start();
    let provider = FeatureHubProvider::new(client.unwrap());
    for case in table["cases"].as_array().unwrap() {
        let mut context = nobody();
        for (name, part) in case["context"].as_object().unwrap() {
            match (name.as_str(), part.as_str(), value(part)) {
                ("targetingKey", Some(key), _) => context = context.with_targeting_key(key),
                (_, _, Some(value)) => {
                    context.add_custom_field(name, EvaluationContextFieldValue::new_struct(value));
                }
                _ => {}
            }
        }
        let _ = provider.resolve_bool_value("FLAG", &context).await;
        assert_eq!(*attributed.0.lock().unwrap(), case["attributes"], "{}", case["title"]);
    }
    // The types that a program may give in place of a `Value`, and a type that is left out.
    let structure = StructValue { fields: [("os".to_string(), Value::Int(1))].into() };
    let list = vec![Value::Bool(true), Value::Float(f64::NAN), Value::Float(1.5)];
    let context = nobody()
        .with_custom_field("device", EvaluationContextFieldValue::new_struct(structure))
        .with_custom_field("list", EvaluationContextFieldValue::new_struct(list))
        .with_custom_field("nan", f64::NAN)
        .with_custom_field("at", time::OffsetDateTime::from_unix_timestamp_nanos(-100_000).unwrap())
        .with_custom_field("odd", EvaluationContextFieldValue::new_struct(7_u8));
    for _ in 0..2 {
        let _ = provider.resolve_bool_value("FLAG", &context).await;
    }
    let at = "1969-12-31T23:59:59.999Z";
    let expected = json!({"device.os": ["1"], "list": ["true", "1.5"], "at": [at]});
    assert_eq!(*attributed.0.lock().unwrap(), expected);
    // The structures of the table are warned of, too.
    let deep = "a.a.a.a.a.a.a.a.a";
    for name in ["list", "nan", "odd", "b", deep] {
        assert_eq!(log.text().matches(&format!("\"{name}\" is left out")).count(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_server_evaluated_key_has_one_context() {
    let edge = edge();
    let client = edge.client_with(SERVER_KEY).start().unwrap();
    client.ready().await.unwrap();
    let provider = FeatureHubProvider::new(client.clone());
    let fred = nobody().with_targeting_key("fred");
    let refused = provider.resolve_bool_value("FLAG", &fred).await.unwrap_err();
    assert_eq!(refused.code, EvaluationErrorCode::InvalidContext);
    assert!(!provider.resolve_bool_value("FLAG", &nobody()).await.unwrap().value);
    client.set_context(Attributes::builder().user_key("fred").build()).await.unwrap();
    let found = provider.resolve_bool_value("FLAG", &fred).await.unwrap();
    assert!(found.value);
    assert_eq!(found.variant.as_deref(), Some("all"));
    assert!(provider.resolve_bool_value("FLAG", &nobody()).await.unwrap().value);
}

#[tokio::test]
async fn the_status_of_the_provider() {
    let edge = edge();
    edge.fail(Fault::Status(404));
    let client = edge.client().start().unwrap();
    let mut provider = FeatureHubProvider::new(client);
    let early = provider.resolve_bool_value("FLAG", &nobody()).await.unwrap_err();
    assert_eq!(early.code, EvaluationErrorCode::ProviderNotReady);
    // A refusal ends the wait.
    provider.initialize(&nobody()).await;
    assert_eq!(provider.status(), ProviderStatus::Error);
    edge.heal();
    provider.client().refresh().await.unwrap();
    assert_eq!(provider.status(), ProviderStatus::Ready);
    assert_eq!(provider.metadata().name, "featurehub");
    assert_eq!(
        FeatureHubProvider::new(provider.client().clone()).name("own").metadata().name,
        "own"
    );
    edge.send_event("config", r#"{"edge.stale":true}"#);
    edge.delivered().await;
    assert_eq!(provider.status(), ProviderStatus::STALE);
}

/// Returns a builder for a client that retries at once.
fn retrying(edge: &MemoryEdge, key: &str) -> ClientBuilder {
    let soon = Duration::from_millis(1);
    edge.client_with(key)
        .backoff(Backoff { initial: soon, cap: soon, jitter: 0.0 })
        .configure(move |config| config.pace = soon)
}

#[tokio::test]
async fn the_initialization_waits_for_an_edge_that_fails_twice() {
    for key in [CLIENT_KEY, SERVER_KEY] {
        let edge = edge();
        edge.fail_next(Fault::Status(503));
        edge.fail_next(Fault::Status(503));
        let client = retrying(&edge, key).start().unwrap();
        let mut provider = FeatureHubProvider::new(client).patience(fh_test::wait::PATIENCE);
        provider.initialize(&nobody()).await;
        assert_eq!((provider.status(), edge.requests().len()), (ProviderStatus::Ready, 3));
        assert!(provider.resolve_string_value("TEXT", &nobody()).await.is_ok());
    }
}

#[tokio::test]
async fn a_context_that_is_set_while_the_edge_is_away_has_its_values_once_the_edge_is_back() {
    let kept = (ProviderStatus::Ready, Ok(false));
    let hidden = (ProviderStatus::NotReady, Err(EvaluationErrorCode::ProviderNotReady));
    for (while_switching, meanwhile) in
        [(WhileSwitching::Hide, hidden), (WhileSwitching::Keep, kept)]
    {
        for fault in [Fault::Status(503), Fault::Connect] {
            let edge = edge();
            let builder = retrying(&edge, SERVER_KEY).while_switching(while_switching);
            let provider = FeatureHubProvider::new(builder.start().unwrap());
            let client = provider.client();
            client.ready().await.unwrap();
            edge.fail(fault);
            let fred = Attributes::builder().user_key("fred").build();
            client.set_context(fred).await.unwrap_err();
            let context = nobody().with_targeting_key("fred");
            let found = provider.resolve_bool_value("FLAG", &context).await;
            let found = found.map(|found| found.value).map_err(|error| error.code);
            assert_eq!((provider.status(), found), meanwhile);
            edge.heal();
            client.status_when(|status| status.attempts == 0).await.unwrap();
            let found = provider.resolve_bool_value("FLAG", &context).await.unwrap();
            assert_eq!((provider.status(), found.value), (ProviderStatus::Ready, true));
        }
    }
}

#[tokio::test]
async fn flags_of_featbit_have_reasons_variants_and_targeting_keys() {
    let flag = |key: &str, more: serde_json::Value| {
        let all = json!([{"id": "on", "rollout": [0, 1], "exptRollout": 1}]);
        let mut flag = json!({
            "id": key, "key": key, "variationType": "boolean", "isEnabled": true,
            "disabledVariationId": "off", "updatedAt": "2020-01-01T00:00:00.000Z",
            "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}],
            "targetUsers": [], "rules": [], "fallthrough": {"variations": all},
        });
        for (name, value) in more.as_object().unwrap() {
            flag[name] = value.clone();
        }
        flag
    };
    let back_reference = json!([{
        "id": "r", "name": "r", "variations": [{"id": "on", "rollout": [0, 1], "exptRollout": 1}],
        "conditions": [{"property": "keyId", "op": "MatchRegex", "value": r"(back)\1"}],
    }]);
    let flags = json!([
        flag("default", json!({})),
        flag("off", json!({"isEnabled": false})),
        flag("target", json!({"targetUsers": [{"keyIds": ["bob"], "variationId": "off"}]})),
        flag("broken", json!({"rules": back_reference})),
    ]);
    let data = json!({"eventType": "full", "featureFlags": flags, "segments": []});
    let sync = json!({"messageType": "data-sync", "data": data});
    let settings = fh_client::featbit::Settings::new("a-secret");
    let client = Client::featbit(settings).offline().bootstrap(sync.to_string()).start().unwrap();
    client.ready().await.unwrap();
    let provider = FeatureHubProvider::new(client.clone());
    let bob = EvaluationContext::default().with_targeting_key("bob");
    for (key, value, reason, variant) in [
        ("default", true, EvaluationReason::Default, "on"),
        ("off", false, EvaluationReason::Disabled, "off"),
        ("target", false, EvaluationReason::TargetingMatch, "off"),
    ] {
        let found = provider.resolve_bool_value(key, &bob).await.unwrap();
        assert_eq!(found.value, value, "{key}");
        assert_eq!(found.reason, Some(reason), "{key}");
        assert_eq!(found.variant.as_deref(), Some(variant), "{key}");
    }
    let broken = provider.resolve_bool_value("broken", &bob).await.unwrap_err();
    assert!(matches!(broken.code, EvaluationErrorCode::General(_)), "{broken:?}");
    let nobody = provider.resolve_bool_value("default", &nobody()).await.unwrap_err();
    assert_eq!(nobody.code, EvaluationErrorCode::TargetingKeyMissing);
    let own =
        EvaluationContext::default().with_targeting_key("eve").with_custom_field("keyId", "bob");
    assert!(!provider.resolve_bool_value("target", &own).await.unwrap().value);
    client.close();
}
