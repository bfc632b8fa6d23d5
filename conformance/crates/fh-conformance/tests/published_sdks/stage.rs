//! An Edge, its features, and the values that the engine computes.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::middleware::map_response;
use axum::response::Response;
use fh_edge::state::{Json, State};
use fh_edge::{Edge, EdgeBuilder, EdgeHandle, FeatureChange, Options};
use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp};
use fh_test::wait::wait_until;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
pub(crate) const CLIENT_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/sdk*client";
pub(crate) const SERVER_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/sdk-server";

/// An Edge that runs, and the statuses of all its answers.
pub(crate) struct Stage {
    runtime: Runtime,
    handle: EdgeHandle,
    address: SocketAddr,
    statuses: Arc<Mutex<Vec<u16>>>,
    features: Value,
}

/// Returns features of all types, with a strategy by country and a rollout of two steps.
pub(crate) fn features() -> Value {
    json!([
        {"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "NEW_CHECKOUT", "type": "BOOLEAN", "value": false, "version": 1,
         "strategies": [{"id": "kiwi", "value": true, "attributes": [
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]},
        {"id": "76b612ae-a782-4780-aeaa-597870a8c3ea", "key": "BANNER", "type": "STRING", "value": "Welcome", "version": 1},
        {"id": "95f6c09a-20e7-41e2-9014-1421682b71b1", "key": "LIMIT", "type": "NUMBER", "value": 20, "version": 1,
         "strategies": [{"id": "first", "percentage": 200_000, "value": 30}, {"id": "second", "percentage": 300_000, "value": 40}]},
        {"id": "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0", "key": "THEME", "type": "JSON", "value": "{\"colour\":\"red\"}", "version": 1},
        {"id": "0d6e9f1a-3f0a-4c44-8f31-5f1d0ad0a3c2", "key": "NEVER_SET", "type": "STRING", "version": 0}
    ])
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::of(features(), Options::default())
    }

    pub(crate) fn of(features: Value, options: Options) -> Self {
        let all = features.as_array().unwrap();
        let definitions: Vec<Value> = all
            .iter()
            .map(|each| json!({"id": each["id"], "key": each["key"], "type": each["type"]}))
            .collect();
        let set = all.iter().filter(|each| each.get("value").is_some());
        let values: Value = set
            .map(|each| {
                let mut value = each.clone();
                for name in ["id", "key", "type"] {
                    value.as_object_mut().unwrap().remove(name);
                }
                (each["key"].as_str().unwrap().to_string(), value)
            })
            .collect();
        let state: State = serde_json::from_value(json!({
            "features": definitions,
            "environments": [{"id": ENVIRONMENT, "name": "test", "values": values}],
            "accounts": [{"name": "sdk", "clientKey": ["sdk*client"], "serverKey": ["sdk-server"],
                "permissions": {ENVIRONMENT: ["READ", "CHANGE_VALUE", "LOCK", "UNLOCK"]}}]
        }))
        .unwrap();
        Self::serve(Edge::builder().state(state).options(options), features)
    }

    /// Starts an Edge that has no state yet.
    pub(crate) fn without_state() -> Self {
        Self::serve(Edge::builder(), features())
    }

    fn serve(edge: EdgeBuilder, features: Value) -> Self {
        let runtime = Runtime::new().unwrap();
        let edge = edge.build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let statuses = Arc::<Mutex<Vec<u16>>>::default();
        let recorded = Arc::clone(&statuses);
        let router = edge.router().layer(map_response(move |response: Response| {
            recorded.lock().unwrap().push(response.status().as_u16());
            ready(response)
        }));
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { runtime, handle: edge.handle(), address, statuses, features }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the keys of all features, with their types.
    pub(crate) fn kinds(&self) -> Map<String, Value> {
        let pairs = self.features.as_array().unwrap().iter();
        pairs.map(|each| (each["key"].as_str().unwrap().into(), each["type"].clone())).collect()
    }

    /// Changes a value on the server.
    pub(crate) fn set(&self, feature: &str, value: &Value) {
        let value = Json::parse(&value.to_string()).unwrap();
        let change = FeatureChange { value: Some(Some(value)), ..FeatureChange::default() };
        self.runtime
            .block_on(self.handle.change(ENVIRONMENT.parse().unwrap(), feature, change))
            .unwrap();
    }

    /// Returns the statuses of all answers so far.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        self.statuses.lock().unwrap().clone()
    }

    /// Waits until the statuses of all answers satisfy the condition.
    pub(crate) fn until_statuses(&self, condition: impl Fn(&[u16]) -> bool) {
        wait_until("the answers' statuses", || condition(&self.statuses()));
    }
}

/// Returns the contexts of fifty users, some of them from New Zealand.
pub(crate) fn contexts() -> Vec<Value> {
    let country = |n: usize| if n.is_multiple_of(3) { "new_zealand" } else { "turkey" };
    (0..50).map(|n| json!({"userkey": format!("user-{n}"), "country": country(n)})).collect()
}

/// Returns the values that the engine computes for a context, by the keys of the features.
pub(crate) fn expected(context: &Value) -> Value {
    evaluated(&features(), context)
}

/// Returns the values of an SDK that counts the second step of a rollout from zero instead of from the end of the first. Of the 30 % of
/// the second step, only the last 10 % lie beyond the 20 % of the first.
pub(crate) fn expected_without_accumulation(context: &Value) -> Value {
    let mut features = features();
    features[2]["strategies"][1]["percentage"] = json!(100_000);
    evaluated(&features, context)
}

/// Returns the values that the engine computes for these features and a context, by the keys of the features.
pub(crate) fn evaluated(features: &Value, context: &Value) -> Value {
    let ruleset = Ruleset::from_json(features.to_string().as_bytes(), Profile::Client).unwrap();
    let attributes = Attributes::from_json(&context.to_string()).unwrap();
    let subject = Subject::new(&attributes, Timestamp::from_millis(0));
    let value = |feature: fh_eval::FeatureRef<'_>| {
        let evaluation = feature.evaluate(&subject);
        let token = feature.value_token(&evaluation).unwrap_or("null");
        let value: Value = serde_json::from_str(token).unwrap();
        // Published SDKs have one type of numbers, floating-point numbers.
        value.as_f64().map_or(value, Value::from)
    };
    ruleset.iter().map(|feature| (feature.key().to_string(), value(feature))).collect()
}
