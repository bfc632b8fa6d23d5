//! Values of features in the baggage of real contexts, through the real W3C propagator (sdk-behaviour 5.4).

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::{Number, Value};
use fh_opentelemetry::baggage::{
    self, AllowedKeys, BaggageInterceptor, BaggageWriter, EscapingPropagator,
};
use fh_repository::{LockPolicy, Observer, Repository, UsageEvent, UsageOptions};
use opentelemetry::baggage::{Baggage, BaggageExt, BaggageMetadata};
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::{Context, Key, KeyValue, StringValue};
use opentelemetry_sdk::propagation::BaggagePropagator;

use crate::repository;

const FEATURES: &str = r#"[
    {"key": "FLAG", "type": "BOOLEAN", "value": true},
    {"key": "PRICE", "type": "NUMBER", "value": 7.50},
    {"key": "TEXT", "type": "STRING", "value": "a, b + c = 100% é"},
    {"key": "LAYOUT", "type": "JSON", "value": "{\"a\": [1, 2]}"},
    {"key": "NOTHING", "type": "STRING"},
    {"key": "LOCKED", "type": "STRING", "value": "server", "l": true}
]"#;

const WRITTEN: &str = "FLAG=true,LAYOUT=%7B%22a%22%3A%20%5B1%2C%202%5D%7D,LOCKED=server,NOTHING,PRICE=7.50,\
                       TEXT=a%2C%20b%20%2B%20c%20%3D%20100%25%20%C3%A9";

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn flags(context: &Context) -> Option<String> {
    context.baggage().get("fhub").map(|text| text.as_str().to_owned())
}

fn incoming(items: &[(&'static str, &str)]) -> Context {
    let baggage: Baggage =
        items.iter().map(|(name, value)| KeyValue::new(*name, (*value).to_owned())).collect();
    Context::new().with_baggage(baggage)
}

/// Injects the context's baggage into headers with this propagator, and extracts it again.
fn carried(context: &Context, by: &dyn TextMapPropagator) -> Context {
    let mut headers = HashMap::new();
    by.inject_context(context, &mut headers);
    by.extract_with_context(&Context::new(), &headers)
}

#[test]
fn values_arrive_as_they_were() {
    let there = repository(FEATURES);
    let sent = baggage::with_flags(&Context::new(), &there.read().values(None));
    assert_eq!(flags(&sent).as_deref(), Some(WRITTEN));
    let propagator = EscapingPropagator::new(BaggagePropagator::new());
    let mut received = sent;
    // Three services forward the baggage unchanged.
    for _ in 0..3 {
        received = carried(&received, &propagator);
        assert_eq!(flags(&received).as_deref(), Some(WRITTEN));
    }

    // A service with other values uses the first service's values.
    let here = repository(
        r#"[
        {"key": "FLAG", "type": "BOOLEAN", "value": false},
        {"key": "PRICE", "type": "NUMBER", "value": 1},
        {"key": "TEXT", "type": "STRING", "value": "here"},
        {"key": "LAYOUT", "type": "JSON", "value": "{}"},
        {"key": "NOTHING", "type": "STRING", "value": "here"},
        {"key": "LOCKED", "type": "STRING", "value": "here", "l": true}
    ]"#,
    );
    let _guard =
        here.intercept(Arc::new(BaggageInterceptor::new(AllowedKeys::All)), LockPolicy::Respect);
    assert!(!here.read().is_enabled("FLAG", None), "nothing is current yet");
    let _current = received.attach();
    assert!(here.read().is_enabled("FLAG", None));
    assert_eq!(here.read().decimal("PRICE", None).unwrap().as_str(), "7.50");
    assert_eq!(here.read().string("TEXT", None).as_deref(), Some("a, b + c = 100% é"));
    assert_eq!(here.read().json("LAYOUT", None).as_deref(), Some(r#"{"a": [1, 2]}"#));
    let nothing = here.read().detail("NOTHING", None);
    assert_eq!(
        (nothing.value, nothing.interceptor.as_deref()),
        (None, Some("opentelemetry-baggage"))
    );
    assert_eq!(here.read().string("LOCKED", None).as_deref(), Some("here"));
    let _locked_too =
        here.intercept(Arc::new(BaggageInterceptor::new(AllowedKeys::All)), LockPolicy::Override);
    assert_eq!(here.read().string("LOCKED", None).as_deref(), Some("server"));
}

/// If this test fails, the SDK encodes `%`, and [`EscapingPropagator`] is no longer needed.
#[test]
fn the_propagator_of_the_sdk_decodes_once_too_often() {
    let sent = baggage::with_flags(&Context::new(), &[("TEXT", text("a,b"))]);
    let received = carried(&sent, &BaggagePropagator::new());
    assert_eq!(flags(&received).as_deref(), Some("TEXT=a,b"), "which reads as TEXT=a and b=null");
}

/// A propagator that encodes as W3C specifies.
#[derive(Debug)]
struct Right(BaggagePropagator);

impl TextMapPropagator for Right {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        injector.set("baggage", context.baggage().to_string());
    }
    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.0.extract_with_context(context, extractor)
    }
    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

#[test]
fn a_propagator_that_encodes_rightly_is_left_alone() {
    let sent = baggage::with_flags(&Context::new(), &repository(FEATURES).read().values(None));
    let right = Right(BaggagePropagator::new());
    assert_eq!(flags(&carried(&sent, &right)).as_deref(), Some(WRITTEN));
    let wrapped = EscapingPropagator::new(right);
    assert_eq!(flags(&carried(&sent, &wrapped)).as_deref(), Some(WRITTEN));
    // Both inject the same header, and each extracts what the other injects.
    let around_sdk = EscapingPropagator::new(BaggagePropagator::new());
    let mut headers = HashMap::new();
    around_sdk.inject_context(&sent, &mut headers);
    assert_eq!(flags(&wrapped.extract(&headers)).as_deref(), Some(WRITTEN));
    assert_eq!(wrapped.fields().collect::<Vec<_>>(), ["baggage"]);
}

#[test]
fn other_entries_are_escaped_and_kept() {
    let propagator = EscapingPropagator::new(BaggagePropagator::new());
    let metadata = BaggageMetadata::from("p=1");
    let entries = [
        (Key::new("user"), (StringValue::from("50%, or so"), BaggageMetadata::default())),
        (Key::new("plain"), (StringValue::from("x"), metadata.clone())),
    ];
    let context = Context::new().with_baggage(entries.into_iter().collect::<Baggage>());
    let context = baggage::with_flags(&context, &[("A", Some(Value::Bool(false)))]);
    let received = carried(&context, &propagator);
    let baggage = received.baggage();
    assert_eq!(baggage.len(), 3);
    assert_eq!(baggage.get("user").unwrap().as_str(), "50%, or so");
    assert_eq!(baggage.get_with_metadata("plain").unwrap(), &(StringValue::from("x"), metadata));
    assert_eq!(flags(&received).as_deref(), Some("A=false"));
    // Empty baggage sends no header.
    let mut headers: HashMap<String, String> = HashMap::new();
    propagator.inject_context(&Context::new(), &mut headers);
    assert!(headers.is_empty());
}

#[test]
fn the_first_value_stays() {
    let one = baggage::with_flags(&Context::new(), &[("B", text("1"))]);
    let two = baggage::with_flags(&one, &[("A", text("2")), ("B", text("3")), ("C", None)]);
    assert_eq!(flags(&two).as_deref(), Some("A=2,B=1,C"));
    let again = baggage::with_flags(&two, &[("A", text("9")), ("C", text("9"))]);
    assert_eq!(flags(&again).as_deref(), Some("A=2,B=1,C"));
    assert_eq!(flags(&one).as_deref(), Some("B=1"), "contexts do not change");
}

#[test]
fn incoming_baggage_goes_first() {
    let context = incoming(&[("fhub", "Z=1,B=x+y"), ("user", "mara")]);
    let context = baggage::with_flags(&context, &[("B", text("other")), ("A", text("1"))]);
    assert_eq!(flags(&context).as_deref(), Some("A=1,B=x%20y,Z=1"));
    assert_eq!(context.baggage().get("user").unwrap().as_str(), "mara");
    // Without new values the entry is unchanged, including its order.
    let context = incoming(&[("fhub", "Z=1,B=x+y")]);
    let same = baggage::with_flags(&context, &[("B", text("other"))]);
    assert_eq!(flags(&same).as_deref(), Some("Z=1,B=x+y"));
    let none = baggage::with_flags::<(&str, Option<Value>)>(&Context::new(), &[]);
    assert_eq!(flags(&none), None);
}

#[test]
fn features_that_do_not_exist_do_not_travel() {
    let repository = repository(FEATURES);
    let details =
        [repository.read().detail("FLAG", None), repository.read().detail("NOBODY", None)];
    let context = baggage::with_flags(&Context::new(), &details);
    assert_eq!(flags(&context).as_deref(), Some("FLAG=true"));
    let empty = Repository::new(fh_repository::RepositoryOptions::new(|| {
        fh_eval::Timestamp::from_millis(0)
    }));
    let context = baggage::with_flags(&Context::new(), &[empty.read().detail("FLAG", None)]);
    assert_eq!(flags(&context), None, "not ready is no value");
    // An override of a key without a feature is a value that other services must see.
    let overrides = fh_repository::baggage::BaggageOverrides::new("NOBODY=x", AllowedKeys::All);
    let _guard = repository.intercept(Arc::new(overrides), LockPolicy::Respect);
    let context = baggage::with_flags(&Context::new(), &[repository.read().detail("NOBODY", None)]);
    assert_eq!(flags(&context).as_deref(), Some("NOBODY=x"));
}

#[test]
fn only_allowed_features_are_written() {
    let writer = BaggageWriter::new().allow(AllowedKeys::only(["FLAG", "PRICE"]));
    let written =
        writer.write(&incoming(&[("fhub", "OLD=1")]), &repository(FEATURES).read().values(None));
    assert_eq!(flags(&written.context).as_deref(), Some("FLAG=true,OLD=1,PRICE=7.50"));
    assert!(written.left_out.is_empty());
}

#[test]
fn a_header_never_becomes_too_large() {
    let many: Vec<_> =
        (0..2_000).map(|number| (format!("KEY_{number:04}"), text("a, b"))).collect();
    let other = "100%, ".repeat(100);
    let context = incoming(&[("other", &other), ("fhub", "FIRST=1")]);
    let written = BaggageWriter::new().write(&context, &many);
    let kept = flags(&written.context).unwrap().split(',').count();
    assert_eq!(kept + written.left_out.count, 2_001);
    assert!(kept > 100 && flags(&written.context).unwrap().starts_with("FIRST=1,KEY_0000="));
    for propagator in [
        &EscapingPropagator::new(BaggagePropagator::new()) as &dyn TextMapPropagator,
        &EscapingPropagator::new(Right(BaggagePropagator::new())),
    ] {
        let mut headers: HashMap<String, String> = HashMap::new();
        propagator.inject_context(&written.context, &mut headers);
        assert!(headers["baggage"].len() <= 8192, "{}", headers["baggage"].len());
        let received = propagator.extract_with_context(&Context::new(), &headers);
        assert_eq!(flags(&received), flags(&written.context));
        assert_eq!(received.baggage().get("other").unwrap().as_str(), other.trim());
    }
    // Received values are kept even if the entry is full.
    let full = format!("A={}", "%20".repeat(2_700));
    let written = BaggageWriter::new().write(&incoming(&[("fhub", &full)]), &[("B", text("1"))]);
    assert_eq!(flags(&written.context), Some(full));
    assert_eq!(written.left_out.to_string(), "the baggage is full, so 1 features were left out: B");
    // The entry of features is kept even if the baggage has its maximum of 64 entries.
    let names: Vec<String> = (0..64).map(|number| format!("n{number}")).collect();
    let entries: Baggage = names.iter().map(|name| KeyValue::new(name.clone(), "x")).collect();
    let context = baggage::with_flags(&Context::new().with_baggage(entries), &[("B", text("1"))]);
    assert_eq!(context.baggage().len(), 64);
}

/// An observer that keeps events, to write them into baggage.
#[derive(Default)]
struct Kept(std::sync::Mutex<Vec<UsageEvent>>);

impl Observer for Kept {
    fn observe(&self, event: &UsageEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

#[test]
fn usage_events_are_written() {
    let repository = repository(FEATURES);
    let kept = Arc::new(Kept::default());
    let _guard = repository.observe(kept.clone(), UsageOptions::default());
    assert!(repository.read().is_enabled("FLAG", None));
    assert_eq!(repository.read().decimal("PRICE", None), Number::parse("7.5"));
    repository.record("checkout", fh_repository::Params::new(), None);
    repository.deliver();
    let events = std::mem::take(&mut *kept.0.lock().unwrap());
    let [flag, price, named] = &events[..] else { panic!("{events:?}") };
    let context = baggage::with_event(&Context::new(), flag);
    assert_eq!(flags(&context).as_deref(), Some("FLAG=true"));
    let context = baggage::with_event(&context, price);
    assert_eq!(flags(&context).as_deref(), Some("FLAG=true,PRICE=7.50"));
    assert_eq!(flags(&baggage::with_event(&context, price)), flags(&context));
    let all = baggage::with_event(&incoming(&[("fhub", "FLAG=false")]), named);
    assert_eq!(flags(&all), Some(WRITTEN.replace("FLAG=true", "FLAG=false")));
}

#[test]
fn allowed_keys_and_current_contexts_only() {
    let repository = repository(FEATURES);
    let only = BaggageInterceptor::new(AllowedKeys::only(["TEXT"]));
    let _guard = repository.intercept(Arc::new(only), LockPolicy::Respect);
    for (entry, expected) in [
        (Some("TEXT=x"), Some("x")),
        (Some("A=1,TEXT=x,Z=1"), Some("x")),
        (Some("TEXT"), None),
        (Some(""), Some("a, b + c = 100% é")),
        (Some("OTHER=1"), Some("a, b + c = 100% é")),
        (None, Some("a, b + c = 100% é")),
    ] {
        let context = entry.map_or_else(Context::new, |entry| {
            incoming(&[("fhub", &format!("FLAG=false,{entry}"))])
        });
        let _current = context.attach();
        assert_eq!(repository.read().string("TEXT", None).as_deref(), expected, "{entry:?}");
        assert!(repository.read().is_enabled("FLAG", None), "{entry:?}");
    }
    assert_eq!(repository.read().string("TEXT", None).as_deref(), Some("a, b + c = 100% é"));
}

/// A request that moves between threads keeps its values, and a concurrent request has its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_follow_a_request_through_tasks() {
    let repository = repository(FEATURES);
    let everything = BaggageInterceptor::new(AllowedKeys::All);
    let guard = repository.intercept(Arc::new(everything), LockPolicy::Respect);
    let request = |name: &'static str| {
        let repository = repository.clone();
        let begun = baggage::with_flags(&Context::new(), &[("TEXT", text(name))]);
        let work = async move {
            for _ in 0..20 {
                assert_eq!(repository.read().string("TEXT", None).as_deref(), Some(name));
                tokio::task::yield_now().await;
            }
            // Further values are added to the present ones.
            let more = baggage::with_flags(&Context::current(), &[("PRICE", text("3"))]);
            let inner =
                async { (flags(&Context::current()), repository.read().number("PRICE", None)) };
            inner.with_context(more).await
        };
        tokio::spawn(work.with_context(begun))
    };
    let (one, two) = (request("one"), request("two"));
    assert_eq!(one.await.unwrap(), (Some("PRICE=3,TEXT=one".into()), Some(3.0)));
    assert_eq!(two.await.unwrap(), (Some("PRICE=3,TEXT=two".into()), Some(3.0)));
    assert_eq!(repository.read().number("PRICE", None), Some(7.5));
    drop(guard);
}
