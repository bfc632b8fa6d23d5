//! Metrics as a recorder receives them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

use fh_client::Connection;
use fh_client::testing::{Fault, MemoryEdge};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tokio::runtime::Handle;

use crate::support::{PATIENCE, quick, soon};

/// A recorder that keeps counters and gauges by name and labels.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Kept {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    fn read(&self, name: &str) -> u64 {
        // The lock is released before a panic, because other tests use the same recorder.
        let cell = self.0.lock().unwrap().get(name).cloned();
        let names = || self.0.lock().unwrap().keys().cloned().collect::<Vec<_>>();
        cell.unwrap_or_else(|| panic!("{name}: {:?}", names())).load(Ordering::Relaxed)
    }
}

impl Recorder for &'static Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Returns the recorder of this process, and installs it at the first call.
fn kept() -> &'static Kept {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    static INSTALLED: Once = Once::new();
    let kept = KEPT.get_or_init(Kept::default);
    INSTALLED.call_once(|| metrics::set_global_recorder(kept).unwrap());
    kept
}

#[test]
fn counters_and_gauges_of_a_client() {
    let kept = kept();
    let edge = MemoryEdge::new();
    edge.set("A", true);
    edge.fail_next(Fault::Status(503));
    // No other test of this process uses this environment.
    let client = edge.client_with("measured/key*").configure(quick).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    edge.bye();
    soon(client.status_when(|status| status.requests == 3)).unwrap();
    soon(client.status_when(|status| status.connection == Connection::Streaming)).unwrap();
    let named = |name: &str, labels: &str| {
        kept.read(&format!("featurehub_client_{name}{{environment=measured{labels}}}"))
    };
    let gauge = |name: &str| f64::from_bits(named(name, ""));
    assert_eq!(named("requests_total", ""), 3);
    assert_eq!(named("reconnects_total", ""), 1);
    assert_eq!(named("problems_total", ",problem=server_error"), 1);
    assert_eq!((gauge("ready"), gauge("connected")), (1.0, 1.0));
    client.close();
    soon(client.closed());
    assert_eq!((gauge("ready"), gauge("connected")), (0.0, 0.0));
}

/// A client whose keys are replaced by those of another environment counts for the new environment only.
#[test]
fn new_keys_move_metrics_to_another_environment() {
    let kept = kept();
    let edge = MemoryEdge::new();
    edge.set("A", true);
    let client = edge.client_with("before/key*").configure(quick).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    soon(client.set_api_keys(["after/key*"])).unwrap();
    let gauge = |name: &str, environment: &str| {
        f64::from_bits(kept.read(&format!("featurehub_client_{name}{{environment={environment}}}")))
    };
    soon(client.status_when(|status| status.connection == Connection::Streaming)).unwrap();
    assert_eq!((gauge("ready", "before"), gauge("connected", "before")), (0.0, 0.0));
    assert_eq!((gauge("ready", "after"), gauge("connected", "after")), (1.0, 1.0));
    // An evaluation counts for the environment of its feature.
    assert!(client.is_enabled("A"));
    client.flush(PATIENCE).unwrap();
    let evaluations = |environment: &str| {
        let labels = format!("environment={environment},feature=A,variant=default");
        kept.read(&format!("featurehub_client_evaluations_total{{{labels}}}"))
    };
    assert_eq!(evaluations("after"), 1);
}

/// The requests of a pool's contexts count for the environment. The end of a context does not change the environment's gauges.
#[test]
fn contexts_of_a_pool() {
    let kept = kept();
    let edge = MemoryEdge::new();
    edge.set("A", true);
    let client = edge.client_with("pooled/key").configure(quick).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let pool = client.context_pool(5);
    let attributes = fh_client::Attributes::builder().user_key("fred").build();
    let context = soon(pool.get(attributes)).unwrap();
    drop(pool);
    soon(context.client().closed());
    let named = |name: &str| kept.read(&format!("featurehub_client_{name}{{environment=pooled}}"));
    assert_eq!(named("requests_total"), 2);
    assert_eq!(f64::from_bits(named("ready")), 1.0);
    assert_eq!(f64::from_bits(named("connected")), 1.0);
}

/// Gauges that grow with time are updated even if nothing happens.
#[tokio::test(start_paused = true)]
async fn growing_gauges_are_updated_without_events() {
    let kept = kept();
    let edge = MemoryEdge::new();
    edge.set("A", true);
    let client = edge.client_with("growing/key*").polling(PATIENCE * 100);
    let client = client.runtime(Handle::current()).start().unwrap();
    client.ready().await.unwrap();
    tokio::time::sleep(Duration::from_secs(25)).await;
    let gauge = |name: &str| {
        f64::from_bits(kept.read(&format!("featurehub_client_{name}{{environment=growing}}")))
    };
    assert!((20.0..21.0).contains(&gauge("seconds_since_contact")));
    assert_eq!(gauge("features"), 1.0);
}

#[test]
fn evaluations_by_feature_and_variant() {
    let kept = kept();
    let edge = MemoryEdge::new();
    edge.set("A", true);
    edge.set("COLOUR", "red");
    edge.set_strategies(
        "COLOUR",
        &serde_json::json!([{"id": "kiwi", "name": "kiwi", "value": "green", "attributes": [
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]),
    );
    let client = edge.client_with("evaluated/key*").start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let aroha = client.context().country("new_zealand").build();
    for _ in 0..3 {
        let _ = (client.is_enabled("A"), client.string("COLOUR"), aroha.string("COLOUR"));
    }
    let _ = aroha.string("COLOUR");
    // These calls do not count as uses.
    let _ = (client.peek("A"), client.values(), client.is_enabled("NONE"));
    client.flush(PATIENCE).unwrap();
    let read = |feature: &str, variant: &str| {
        let labels = format!("environment=evaluated,feature={feature},variant={variant}");
        kept.read(&format!("featurehub_client_evaluations_total{{{labels}}}"))
    };
    assert_eq!(read("A", "default"), 3);
    assert_eq!((read("COLOUR", "default"), read("COLOUR", "kiwi")), (3, 4));
}

/// At most 1,000 combinations of feature and variant have counters of their own. The others are counted together.
#[tokio::test(start_paused = true)]
async fn evaluations_beyond_the_limit() {
    let kept = kept();
    let edge = MemoryEdge::new();
    let keys: Vec<String> = (0..1_003).map(|number| format!("F{number}")).collect();
    for key in &keys {
        edge.set(key, true);
    }
    let client = edge.client_with("many/key*").runtime(Handle::current()).start().unwrap();
    client.ready().await.unwrap();
    for key in &keys {
        assert!(client.is_enabled(key) && client.is_enabled(key));
    }
    client.flushed(PATIENCE).await;
    let name = "featurehub_client_uncounted_evaluations_total{environment=many}";
    assert_eq!(kept.read(name), 6);
}

/// If listeners are never called, the event queue overflows, and the dropped events are counted.
#[tokio::test(start_paused = true)]
async fn dropped_events() {
    let kept = kept();
    let edge = MemoryEdge::new();
    edge.set("A", 0);
    let client = edge.client_with("dropping/key*").without_listeners().event_queue(2);
    let client = client.runtime(Handle::current()).start().unwrap();
    let _never_called = client.on_raw(|_| {});
    client.ready().await.unwrap();
    for round in 1..3 {
        for number in 0..5 {
            edge.set("A", round * 10 + number);
        }
        edge.delivered().await;
        tokio::time::sleep(Duration::from_secs(15)).await;
        let dropped = client.status().counters.dropped_events;
        assert!(dropped >= 3, "{dropped}");
        let name = "featurehub_client_dropped_events_total{environment=dropping}";
        assert_eq!(kept.read(name), dropped);
    }
}
