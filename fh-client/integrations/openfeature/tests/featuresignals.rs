//! Tests of the provider with clients of FeatureSignals: one that evaluates a ruleset, and one whose server evaluates.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use fh_client::{Attributes, Client, ContextPool, featuresignals};
use fh_openfeature::FeatureHubProvider;
use fh_test_servers::featuresignals::{Fault, Route, TestServer, Times};
use open_feature::provider::FeatureProvider;
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue, EvaluationErrorCode, EvaluationReason,
};
use serde_json::{Value, json};

/// Flags with their states. All but `off` are on.
fn ruleset() -> Value {
    let when = |attribute: &str, text: &str, percentage: u32| {
        json!({"rules": [{"id": "r", "percentage": percentage, "value": true,
            "conditions": [{"attribute": attribute, "operator": "eq", "values": [text]}]}]})
    };
    let arms = json!({"variants": [{"key": "low", "value": true, "weight": 10_000}, {"key": "high", "value": false, "weight": 0}]});
    let rows = [
        ("rule", json!({}), when("plan", "pro", 10_000)),
        ("key", json!({}), when("key", "bob", 10_000)),
        ("tags", json!({}), when("tags", "[a b]", 10_000)),
        ("default", json!({}), json!({})),
        ("off", json!({}), json!({"enabled": false})),
        ("arms", json!({"flag_type": "ab"}), arms),
        ("needs-off", json!({"prerequisites": ["off"]}), json!({})),
        ("first", json!({"mutual_exclusion_group": "g"}), json!({})),
        ("second", json!({"mutual_exclusion_group": "g"}), json!({})),
        ("share", json!({}), json!({"percentage_rollout": 9_999})),
    ];
    let mut ruleset = json!({"flags": {}, "states": {}, "segments": {}});
    for (key, flag, state) in rows {
        ruleset["flags"][key] = json!({"key": key, "flag_type": "boolean", "default_value": false});
        ruleset["states"][key] = json!({"enabled": true});
        for (part, members) in [("flags", flag), ("states", state)] {
            for (name, value) in members.as_object().unwrap() {
                ruleset[part][key][name] = value.clone();
            }
        }
    }
    ruleset
}

fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    server.environment().replace_all(&ruleset().to_string()).unwrap();
    server
}

/// Returns a client for which the server evaluates.
async fn remote(server: &TestServer) -> Client {
    let settings = featuresignals::Settings::new(server.environment().server_key())
        .url(server.url())
        .environment(server.environment().slug());
    let builder = Client::featuresignals(settings).pace(Duration::ZERO);
    let client = builder.start().unwrap();
    client.ready().await.unwrap();
    client
}

async fn local() -> Client {
    let settings = featuresignals::Settings::of_ruleset(ruleset().to_string());
    let client = Client::featuresignals(settings).start().unwrap();
    client.ready().await.unwrap();
    client
}

fn bob() -> EvaluationContext {
    EvaluationContext::default().with_targeting_key("bob").with_custom_field("plan", "pro")
}

async fn value(provider: &FeatureHubProvider, key: &str, context: &EvaluationContext) -> bool {
    provider.resolve_bool_value(key, context).await.unwrap().value
}

#[tokio::test]
async fn a_ruleset_and_a_server_have_the_same_reasons_variants_and_targeting_keys() {
    let server = server();
    for client in [local().await, remote(&server).await] {
        let provider = FeatureHubProvider::new(client.clone());
        assert_eq!(provider.metadata().name, "featuresignals");
        for (key, value, reason, variant) in [
            ("rule", true, EvaluationReason::TargetingMatch, "default"),
            ("key", true, EvaluationReason::TargetingMatch, "default"),
            ("default", false, EvaluationReason::Default, "default"),
            ("off", false, EvaluationReason::Disabled, "default"),
            ("arms", true, EvaluationReason::Split, "low"),
            ("needs-off", false, EvaluationReason::Disabled, "default"),
        ] {
            let found = provider.resolve_bool_value(key, &bob()).await.unwrap();
            assert_eq!(found.value, value, "{key}");
            assert_eq!(found.reason, Some(reason), "{key}");
            assert_eq!(found.variant.as_deref(), Some(variant), "{key}");
        }
        let mut reasons = Vec::new();
        for key in ["first", "second"] {
            reasons.push(provider.resolve_bool_value(key, &bob()).await.unwrap().reason.unwrap());
        }
        assert!(reasons.contains(&EvaluationReason::Disabled), "{reasons:?}");
        assert!(reasons.contains(&EvaluationReason::Default), "{reasons:?}");
        let share = provider.resolve_bool_value("share", &bob()).await.unwrap();
        assert_eq!(share.reason, Some(EvaluationReason::Split));
        let groups =
            EvaluationContextFieldValue::new_struct(vec!["a".to_string(), "b".to_string()]);
        let tagged = EvaluationContext::default().with_targeting_key("eve");
        assert!(!value(&provider, "tags", &tagged).await);
        assert!(value(&provider, "tags", &tagged.with_custom_field("tags", groups)).await);
        let own = bob().with_custom_field("key", "eve");
        assert!(!value(&provider, "key", &own).await);
        client.close();
    }
}

/// Each evaluation context is one of the pool, and the context of the client is that of evaluations without a context.
#[tokio::test]
async fn a_server_evaluates_each_context_in_a_pool() {
    let server = server();
    let client = remote(&server).await;
    let pool = client.context_pool(2);
    let provider = FeatureHubProvider::new(client.clone()).context_pool(pool.clone());
    let user = |name: &str| EvaluationContext::default().with_targeting_key(name);
    for (name, is_bob) in [("bob", true), ("eve", false), ("bob", true), ("mara", false)] {
        assert_eq!(value(&provider, "key", &user(name)).await, is_bob, "{name}");
    }
    assert_eq!(pool.live(), 2);
    let nobody = EvaluationContext::default();
    assert!(!value(&provider, "key", &nobody).await);
    client.set_context(Attributes::builder().attribute("key", "bob").build()).await.unwrap();
    assert!(value(&provider, "key", &nobody).await);
    let refused = provider.resolve_bool_value("key", &user("")).await.unwrap_err();
    assert_eq!(refused.code, EvaluationErrorCode::InvalidContext);
    server.arm(Fault::Unauthorized, Route::Any, Times::UntilCleared);
    let away = provider.resolve_bool_value("key", &user("zoe")).await.unwrap_err();
    assert_eq!(away.code, EvaluationErrorCode::ProviderNotReady);
    assert!(value(&provider, "key", &nobody).await, "the values of the client are kept");
    client.close();
}

#[tokio::test]
async fn a_local_client_needs_no_pool() {
    let client = local().await;
    let pool = client.context_pool(ContextPool::DEFAULT_LIMIT);
    let provider = FeatureHubProvider::new(client.clone()).context_pool(pool.clone());
    assert!(value(&provider, "key", &bob()).await);
    assert_eq!((pool.live(), client.status().requests), (0, 0));
    client.close();
}
