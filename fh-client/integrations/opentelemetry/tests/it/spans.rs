//! Usage of features on spans (sdk-behaviour 3.5).

use std::sync::Arc;
use std::time::SystemTime;

use fh_opentelemetry::{Mode, SpanUsage};
use fh_repository::{Params, Repository, UsageOptions};
use opentelemetry::trace::{Span, SpanContext, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use serde_json::json;

use crate::{mara, repository};

const FEATURES: &str = r#"[
    {"id": "id-flag", "key": "FLAG", "type": "BOOLEAN", "value": false, "version": 7, "strategies": [
        {"id": "gold", "value": true, "attributes": [
            {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]},
    {"id": "id-price", "key": "PRICE", "type": "NUMBER", "value": 0, "version": 2},
    {"id": "id-text", "key": "TEXT", "type": "STRING", "value": "", "version": 3},
    {"id": "id-layout", "key": "LAYOUT", "type": "JSON", "value": "{}", "version": 4},
    {"id": "id-null", "key": "NOTHING", "type": "STRING", "version": 5}
]"#;

/// Runs `work` in a span, and returns the finished span.
fn span(usage: SpanUsage, work: impl FnOnce(&Repository)) -> SpanData {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let repository = repository(FEATURES);
    let _observer = repository.observe(Arc::new(usage), UsageOptions::default());
    let span = provider.tracer("test").start("work");
    let guard = Context::new().with_span(span).attach();
    work(&repository);
    Context::current().span().end();
    drop(guard);
    let mut spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 1);
    assert_eq!(repository.counters().observer_panics, 0);
    spans.remove(0)
}

/// Returns names and values with their types, sorted.
fn shown<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Vec<String> {
    let shown =
        attributes.into_iter().map(|KeyValue { key, value, .. }| format!("{key}={value:?}"));
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

fn events(span: &SpanData) -> Vec<(String, Vec<String>)> {
    let events = span.events.iter();
    events.map(|event| (event.name.to_string(), shown(&event.attributes))).collect()
}

fn params(value: serde_json::Value) -> Params {
    value.as_object().unwrap().clone().into_iter().collect()
}

fn attributes() -> SpanUsage {
    SpanUsage::new().mode(Mode::Attributes)
}

#[test]
fn fields_become_attributes() {
    let span = span(attributes(), |repository| {
        assert!(repository.read().is_enabled("FLAG", Some(&mara())));
    });
    assert_eq!(
        shown(&span.attributes),
        [
            "featurehub.environmentId=String(Owned(\"env-1\"))",
            "featurehub.feature=String(Owned(\"FLAG\"))",
            "featurehub.id=String(Owned(\"id-flag\"))",
            "featurehub.plan=String(Owned(\"gold\"))",
            "featurehub.userkey=String(Owned(\"mara\"))",
            "featurehub.value=String(Owned(\"on\"))",
        ]
    );
    assert!(span.events.is_empty());
}

/// False, zero and the empty text are reported like other values.
#[test]
fn each_value_is_reported() {
    for (key, value) in [
        ("FLAG", Some("off")),
        ("PRICE", Some("0")),
        ("TEXT", Some("")),
        ("LAYOUT", None),
        ("NOTHING", None),
    ] {
        let span = span(attributes(), |repository| drop(repository.read().value(key, None)));
        let found = span.attributes.iter().find(|found| found.key.as_str() == "featurehub.value");
        assert_eq!(found.map(|found| found.value.to_string()).as_deref(), value, "{key}");
        assert!(
            shown(&span.attributes)
                .contains(&format!("featurehub.feature=String(Owned(\"{key}\"))"))
        );
    }
}

#[test]
fn fields_become_events() {
    let usage = SpanUsage::new().mode(Mode::Events);
    let span = span(usage, |repository| {
        assert_eq!(repository.read().number("PRICE", None), Some(0.0));
        assert!(!repository.read().is_enabled("FLAG", None));
        repository.record("checkout", Params::new(), Some(&mara()));
    });
    assert!(span.attributes.is_empty());
    let events = events(&span);
    let names: Vec<_> = events.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["featurehub.feature", "featurehub.feature", "featurehub.checkout"]);
    assert!(events[0].1.contains(&"featurehub.feature=String(Owned(\"PRICE\"))".into()));
    assert!(events[1].1.contains(&"featurehub.value=String(Owned(\"off\"))".into()));
    assert_eq!(
        events[2].1,
        [
            "featurehub.FLAG=String(Owned(\"on\"))",
            "featurehub.PRICE=String(Owned(\"0\"))",
            "featurehub.TEXT=String(Owned(\"\"))",
            "featurehub.plan=String(Owned(\"gold\"))",
            "featurehub.userkey=String(Owned(\"mara\"))",
        ]
    );
}

#[test]
fn named_events_keep_the_types_of_their_params() {
    let span = span(attributes().prefix("fh/"), |repository| {
        repository.record(
            "x",
            params(json!({
                "null": null, "bool": true, "int": -3, "big": u64::MAX, "float": 1.5, "text": "t",
                "texts": ["a", null, "b"], "bools": [true, false], "ints": [1, 2], "floats": [1, 2.5],
                "mixed": [1, "a", true, null, {"b": 1}], "none": [], "map": {"a": [1]},
            })),
            None,
        );
    });
    let shown: Vec<_> = shown(&span.attributes)
        .into_iter()
        .filter(|shown| shown.contains("fh/") && shown[3..].starts_with(char::is_lowercase))
        .collect();
    assert_eq!(
        shown,
        [
            "fh/big=F64(1.8446744073709552e19)",
            "fh/bool=Bool(true)",
            "fh/bools=Array(Bool([true, false]))",
            "fh/float=F64(1.5)",
            "fh/floats=Array(F64([1.0, 2.5]))",
            "fh/int=I64(-3)",
            "fh/ints=Array(I64([1, 2]))",
            "fh/map=String(Owned(\"{\\\"a\\\":[1]}\"))",
            "fh/mixed=String(Owned(\"1,a,true,{\\\"b\\\":1}\"))",
            "fh/none=Array(String([]))",
            "fh/text=String(Owned(\"t\"))",
            "fh/texts=Array(String([Owned(\"a\"), Owned(\"b\")]))",
        ]
    );
}

#[test]
fn defaults_fill_gaps_and_never_leak() {
    let usage = SpanUsage::new()
        .mode(Mode::Events)
        .default_attribute("service", "shop")
        .default_attribute("feature", "default")
        .default_attribute("extra", "default");
    let span = span(usage, |repository| {
        repository.record("first", params(json!({"extra": "mine", "only-first": 1})), None);
        assert!(!repository.read().is_enabled("FLAG", None));
        repository.record("third", Params::new(), None);
    });
    let of = |place: usize, name: &str| {
        let attributes = &span.events[place].attributes;
        let name = format!("featurehub.{name}");
        let found: Vec<_> = attributes.iter().filter(|found| found.key.as_str() == name).collect();
        assert!(found.len() < 2, "{name} stands twice");
        found.first().map(|found| found.value.to_string())
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        [of(0, "service"), of(0, "extra"), of(0, "only-first")],
        [text("shop"), text("mine"), text("1")]
    );
    assert_eq!(
        [of(1, "service"), of(1, "extra"), of(1, "only-first")],
        [text("shop"), text("default"), None]
    );
    assert_eq!([of(1, "feature"), of(2, "feature")], [text("FLAG"), text("default")]);
    assert_eq!([of(2, "extra"), of(2, "value")], [text("default"), None]);
}

#[test]
fn evaluations_follow_the_semantic_conventions() {
    let usage = SpanUsage::new()
        .mode(Mode::SemanticConventions)
        .default_attribute("service.tier", "web")
        .default_attribute("feature_flag.key", "never");
    let span = span(usage, |repository| {
        assert!(repository.read().is_enabled("FLAG", Some(&mara())));
        assert!(!repository.read().is_enabled("FLAG", None));
        assert_eq!(repository.read().number("PRICE", None), Some(0.0));
        assert!(repository.read().json("LAYOUT", None).is_some());
        assert!(repository.read().string("NOTHING", None).is_none());
        repository.record("checkout", Params::new(), None);
    });
    assert!(span.attributes.is_empty());
    let events = events(&span);
    let names: Vec<_> = events.iter().map(|(name, _)| &**name).collect();
    let evaluation = "feature_flag.evaluation";
    let expected = [evaluation; 5].into_iter().chain(["featurehub.checkout"]).collect::<Vec<_>>();
    assert_eq!(names, expected);
    assert_eq!(
        events[0].1,
        [
            "feature_flag.context.id=String(Owned(\"mara\"))",
            "feature_flag.key=String(Owned(\"FLAG\"))",
            "feature_flag.provider.name=String(Static(\"FeatureHub\"))",
            "feature_flag.result.reason=String(Static(\"targeting_match\"))",
            "feature_flag.result.value=Bool(true)",
            "feature_flag.result.variant=String(Owned(\"gold\"))",
            "feature_flag.set.id=String(Owned(\"env-1\"))",
            "feature_flag.version=String(Owned(\"7\"))",
            "service.tier=String(Owned(\"web\"))",
        ]
    );
    let has = |place: usize, part: &str| events[place].1.iter().any(|shown| shown.contains(part));
    assert!(has(1, "reason=String(Static(\"default\"))") && has(1, "value=Bool(false)"));
    assert!(has(1, "variant=String(Owned(\"default\"))") && !has(1, "context.id"));
    assert!(has(2, "reason=String(Static(\"static\"))") && has(2, "value=I64(0)"));
    assert!(has(3, "key=String(Owned(\"LAYOUT\"))") && !has(3, "result.value"));
    assert!(has(4, "key=String(Owned(\"NOTHING\"))") && !has(4, "result.value"));
}

#[test]
fn overrides_have_a_reason_of_their_own() {
    let usage = SpanUsage::new().mode(Mode::SemanticConventions);
    let span = span(usage, |repository| {
        let overrides = fh_repository::baggage::BaggageOverrides::new(
            "PRICE=1.50,UNKNOWN=1",
            fh_repository::baggage::AllowedKeys::All,
        );
        let _guard = repository.intercept(Arc::new(overrides), fh_repository::LockPolicy::Respect);
        assert_eq!(repository.read().number("PRICE", None), Some(1.5));
        assert_eq!(repository.read().number("UNKNOWN", None), Some(1.0));
    });
    let events = events(&span);
    assert_eq!(events.len(), 1, "a feature that does not exist is no use");
    assert!(
        events[0].1.contains(&"feature_flag.result.reason=String(Static(\"override\"))".into())
    );
    assert!(events[0].1.contains(&"feature_flag.result.value=F64(1.5)".into()));
    assert!(events[0].1.contains(&"feature_flag.result.variant=String(Owned(\"default\"))".into()));
}

#[test]
fn events_without_name_or_fields_are_ignored() {
    for mode in [Mode::Attributes, Mode::Events, Mode::SemanticConventions] {
        let usage = SpanUsage::new().mode(mode).default_attribute("service", "shop");
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let empty = repository("[]");
        let _observer = empty.observe(Arc::new(usage.clone()), UsageOptions::default());
        let guard = Context::new().with_span(provider.tracer("test").start("work")).attach();
        empty.record("nothing in it", Params::new(), None);
        empty.record("", params(json!({"a": 1})), None);
        empty.record("something", params(json!({"a": 1})), None);
        Context::current().span().end();
        drop(guard);
        let span = exporter.get_finished_spans().unwrap().remove(0);
        let names: Vec<_> = events(&span).into_iter().map(|(name, _)| name).collect();
        match mode {
            Mode::Attributes => assert_eq!(
                shown(&span.attributes),
                ["featurehub.a=I64(1)", "featurehub.service=String(Owned(\"shop\"))"]
            ),
            _ => assert_eq!(names, ["featurehub.something"]),
        }
    }
}

/// The SDK would keep every attribute, and drop the program's own after the 128th.
#[test]
fn a_span_gets_each_attribute_once() {
    let span = span(attributes(), |repository| {
        for _ in 0..1_000 {
            assert!(repository.read().is_enabled("FLAG", Some(&mara())));
        }
        assert!(!repository.read().is_enabled("FLAG", None));
        for number in 0..1_000 {
            repository.record("x", params(json!({ "number": number })), None);
        }
        Context::current().span().set_attribute(KeyValue::new("mine", "last"));
    });
    let count =
        |name: &str| span.attributes.iter().filter(|found| found.key.as_str() == name).count();
    assert_eq!((count("featurehub.feature"), count("featurehub.plan")), (1, 1));
    assert_eq!(count("featurehub.value"), 2, "on, then off");
    assert!(count("featurehub.number") > 50 && count("mine") == 1);
    assert_eq!(span.attributes.len(), 65);

    // Other spans are not affected, even if there are many.
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let repository = repository(FEATURES);
    let _observer = repository.observe(Arc::new(attributes()), UsageOptions::default());
    for _ in 0..600 {
        let guard = Context::new().with_span(provider.tracer("test").start("work")).attach();
        assert!(!repository.read().is_enabled("FLAG", None));
        assert!(!repository.read().is_enabled("FLAG", None));
        Context::current().span().end();
        drop(guard);
    }
    let spans = exporter.get_finished_spans().unwrap();
    assert!(spans.iter().all(|span| span.attributes.len() == 4));
}

/// A span that fails the test if anything is written to it.
#[derive(Debug)]
struct Deaf(SpanContext);

impl Span for Deaf {
    fn add_event_with_timestamp<T>(&mut self, _: T, _: SystemTime, _: Vec<KeyValue>) {
        panic!("an event");
    }
    fn span_context(&self) -> &SpanContext {
        &self.0
    }
    fn is_recording(&self) -> bool {
        false
    }
    fn set_attribute(&mut self, _: KeyValue) {
        panic!("an attribute");
    }
    fn set_attributes(&mut self, _: impl IntoIterator<Item = KeyValue>) {
        panic!("attributes");
    }
    fn set_status(&mut self, _: Status) {}
    fn update_name<T>(&mut self, _: T) {}
    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {}
    fn end_with_timestamp(&mut self, _: SystemTime) {}
}

#[test]
fn a_span_that_does_not_record_is_left_alone() {
    for mode in [Mode::Attributes, Mode::Events, Mode::SemanticConventions] {
        let repository = repository(FEATURES);
        let _observer =
            repository.observe(Arc::new(SpanUsage::new().mode(mode)), UsageOptions::default());
        let _current = Context::new().with_span(Deaf(SpanContext::NONE)).attach();
        assert!(!repository.read().is_enabled("FLAG", None));
        repository.record("x", params(json!({"a": 1})), None);
        assert_eq!(repository.counters().observer_panics, 0, "{mode:?}");
    }
}

#[test]
fn nothing_is_written_without_a_recording_span() {
    let repository = repository(FEATURES);
    let _observer = repository.observe(Arc::new(attributes()), UsageOptions::default());
    // There is no span.
    assert!(!repository.read().is_enabled("FLAG", None));
    // One span was not sampled, and another has ended.
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(Sampler::AlwaysOff)
        .build();
    let span = provider.tracer("test").start("unsampled");
    assert!(!span.is_recording());
    let guard = Context::new().with_span(span).attach();
    assert!(!repository.read().is_enabled("FLAG", None));
    drop(guard);
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let guard = Context::new().with_span(provider.tracer("test").start("ended")).attach();
    Context::current().span().end();
    assert!(!repository.read().is_enabled("FLAG", None));
    drop(guard);
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 1);
    assert!(spans[0].attributes.is_empty());
    assert_eq!(repository.counters().observer_panics, 0);
}
