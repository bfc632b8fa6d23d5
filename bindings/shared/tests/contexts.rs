//! The attributes of contexts from other languages, compared with those that a program in Rust gives to a client of the same system.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_binding::http::{Exchange, PlatformHttp, PlatformTransport};
use fh_binding::operations::perform;
use fh_binding::packed;
use fh_binding::settings::builder_from_json;
use fh_client::transport::TransportRequest;
use fh_client::{
    Attributes, Client, ClientBuilder, ContextBuilder, Flow, InterceptedRead, Interceptor,
    LockPolicy, System,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// A value of an attribute: as JSON in a settings document, as Kotlin and Swift write its texts in requests, and as a program in Rust gives it.
type Given = (Value, Value, fn(ContextBuilder) -> ContextBuilder);

/// Each kind of value.
fn kinds() -> [Given; 9] {
    [
        (json!("gold"), json!("gold"), |built| built.attribute("x", "gold")),
        (json!(5.5), json!("5.5"), |built| built.attribute("x", 5.5)),
        (json!(1_000_000), json!("1000000"), |built| built.attribute("x", 1_000_000)),
        (json!(true), json!("true"), |built| built.attribute("x", true)),
        (json!(["gold"]), json!(["gold"]), |built| built.attribute("x", ["gold"])),
        (json!(["a", "b\""]), json!(["a", "b\""]), |built| built.attribute("x", ["a", "b\""])),
        (json!([1, 2]), json!(["1", "2"]), |built| built.attribute("x", [1, 2])),
        (json!([]), json!([]), |built| built.attribute("x", [""; 0])),
        (json!(null), json!(null), |built| built.attribute("x", None::<&str>)),
    ]
}

/// Returns a client of this system that needs no server.
fn client(system: System) -> Client {
    let rest = match system {
        System::FeatBit => {
            r#""mode": "offline", "bootstrap": {"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [], "segments": []}}"#
        }
        System::FeatureSignals => r#""ruleset": {"flags": {}, "states": {}}"#,
        _ => r#""mode": "offline""#,
    };
    let document = format!(r#"{{"system": "{}", {rest}}}"#, system.as_str());
    builder_from_json(&document).unwrap().start().unwrap()
}

/// Returns the attributes that Rust gives to a client of this system.
fn expected(system: System, build: fn(ContextBuilder) -> ContextBuilder) -> Arc<Attributes> {
    let client = client(system);
    Arc::clone(build(client.context().user_key("mara")).build().attributes())
}

/// Keeps the attributes of the last read.
#[derive(Default)]
struct Reads(Mutex<Option<Attributes>>);

impl Interceptor for Reads {
    fn name(&self) -> &str {
        "reads"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        *self.0.lock().unwrap() = ask.attributes.cloned();
        Flow::Continue
    }
}

/// Returns the attributes of a context in a request.
fn requested(system: System, texts: &Value) -> Attributes {
    let (client, reads) = (client(system), Arc::new(Reads::default()));
    let _registration = client.intercept(Arc::<Reads>::clone(&reads), LockPolicy::default());
    let mut context = json!({ system.user_key(): "mara", "x": texts });
    context.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    perform(&client, &json!({ "do": "peek", "key": "F", "context": context }).to_string()).unwrap();
    reads.0.lock().unwrap().take().unwrap()
}

/// Returns the attributes of a packed context.
fn unpacked(system: System, texts: &Value) -> Arc<Attributes> {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, number: usize| {
        bytes.extend_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
    };
    let text = |bytes: &mut Vec<u8>, text: &str| {
        number(bytes, text.len());
        bytes.extend_from_slice(text.as_bytes());
    };
    for (name, value) in [(system.user_key(), &json!("mara")), ("x", texts)] {
        if value.is_null() {
            continue;
        }
        text(&mut bytes, name);
        match value.as_array() {
            None => bytes.extend_from_slice(&u32::MAX.to_le_bytes()),
            Some(list) => number(&mut bytes, list.len()),
        }
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        values.iter().for_each(|value| text(&mut bytes, value.as_str().unwrap()));
    }
    packed::attributes(&bytes, system)
}

#[test]
fn attributes_are_those_that_rust_gives() {
    for system in [System::FeatureHub, System::FeatBit, System::FeatureSignals] {
        for (value, texts, build) in kinds() {
            let expected = expected(system, build);
            assert_eq!(requested(system, &texts), *expected, "{system:?} {value} in a request");
            assert_eq!(unpacked(system, &texts), expected, "{system:?} {value} packed");
        }
    }
}

/// A platform that passes requests on to the test, and answers none.
struct Platform(Mutex<Sender<(TransportRequest, Exchange)>>);

impl PlatformHttp for Platform {
    fn send(&self, request: TransportRequest, exchange: Exchange) {
        drop(self.0.lock().unwrap().send((request, exchange)));
    }
}

/// Returns the parts of a client's first request that depend on the context.
fn first_request(builder: ClientBuilder) -> (String, Option<String>, Option<String>) {
    let (sender, requests) = channel();
    let client = builder.transport(PlatformTransport::new(Platform(Mutex::new(sender))));
    let client = client.start().unwrap();
    let (request, _exchange) = requests.recv_timeout(PATIENCE).unwrap();
    client.close();
    let header = request.headers.iter().find(|(name, _)| name == "x-featurehub");
    let header = header.map(|(_, value)| value.clone());
    (
        request.url.expose().to_string(),
        header,
        request.body.map(|body| String::from_utf8(body.to_vec()).unwrap()),
    )
}

/// FeatBit's servers evaluate no contexts.
#[test]
fn the_first_context_of_a_document_reaches_the_server_as_that_of_rust() {
    for (system, rest) in [
        (
            System::FeatureHub,
            json!({ "url": "http://192.0.2.1", "apiKeys": ["environment/key"], "mode": "polling" }),
        ),
        (
            System::FeatureSignals,
            json!({ "url": "http://192.0.2.1", "apiKey": "key", "environment": "shop", "flags": ["F"] }),
        ),
    ] {
        for (value, _, build) in kinds() {
            let mut document = rest.clone();
            document["system"] = json!(system.as_str());
            let own = builder_from_json(&document.to_string()).unwrap();
            let expected = own.initial_context(expected(system, build));
            document["context"] = json!({ system.user_key(): "mara", "x": value });
            let found = builder_from_json(&document.to_string()).unwrap();
            let found = first_request(found);
            assert_eq!(found, first_request(expected), "{system:?} {value}");
            assert!(format!("{found:?}").contains("mara"), "{system:?} {value}: {found:?}");
        }
    }
}
