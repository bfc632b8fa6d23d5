//! Handles: contexts, features, snapshots, changes.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{
    Attributes, Connection, Flow, InterceptedRead, Interceptor, Kind, LockPolicy, Observer,
    Readiness, Reason, Summaries, UsageEvent, UsageOptions, UsageSummary, Value,
};
use serde_json::json;

use crate::support::{PATIENCE, soon, started};

/// Returns an Edge with a feature of each type. COLOUR depends on the country.
pub(crate) fn edge() -> MemoryEdge {
    let edge = MemoryEdge::new();
    edge.set("FLAG", true);
    edge.set("COLOUR", "red");
    edge.set_strategies(
        "COLOUR",
        &json!([{"id": "kiwi", "name": "kiwi", "value": "green", "attributes": [
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]),
    );
    edge.set("LIMIT", 7.5);
    edge.set_json("CONFIG", &json!({"depth": 3}));
    edge
}

#[test]
fn every_getter() {
    let edge = edge();
    let client = started(edge.client());
    assert!(client.is_enabled("FLAG"));
    assert_eq!(client.boolean("FLAG"), Some(true));
    assert_eq!(client.boolean("COLOUR"), None);
    assert!(client.boolean_or("NONE", true));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(&*client.string_or("FLAG", "x"), "x");
    assert_eq!(client.number("LIMIT"), Some(7.5));
    assert_eq!(client.number_or("COLOUR", 1.0), 1.0);
    assert_eq!(client.decimal("LIMIT").unwrap().as_str(), "7.5");
    assert_eq!(client.raw_json("CONFIG").as_deref(), Some(r#"{"depth":3}"#));
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Config {
        depth: u32,
    }
    assert_eq!(client.json("CONFIG").unwrap(), Some(Config { depth: 3 }));
    assert!(client.json::<Vec<u32>>("CONFIG").is_err());
    assert_eq!(client.json::<Config>("NONE").unwrap(), None);
    assert_eq!(client.json_or("CONFIG", vec![1]), vec![1]);
    assert_eq!(client.value("FLAG"), Some(Value::Bool(true)));
    assert_eq!(client.detail("FLAG").reason, Reason::Static);
    assert_eq!(client.detail_as("FLAG", Kind::String).reason, Reason::TypeMismatch);
    assert_eq!(client.peek("NONE").reason, Reason::NotFound);
    assert!(client.is_set("FLAG") && !client.is_set("NONE"));
    assert!(client.exists("FLAG") && !client.exists("NONE"));
    let keys: Vec<_> = client.keys().iter().map(ToString::to_string).collect();
    assert_eq!(keys, ["FLAG", "COLOUR", "LIMIT", "CONFIG"]);
    assert_eq!(client.values().len(), 4);
    assert!(client.explain("COLOUR").to_string().contains("red"));
}

#[test]
fn contexts_have_their_own_values() {
    let edge = edge();
    let client = started(edge.client());
    let aroha = client.context().user_key("aroha").country("new_zealand").build();
    let fred = client.context().user_key("fred").country("norway").build();
    assert_eq!(aroha.string("COLOUR").as_deref(), Some("green"));
    assert_eq!(aroha.detail("COLOUR").strategy_id.as_deref(), Some("kiwi"));
    assert_eq!(fred.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(
        aroha.values().iter().find(|one| &*one.key == "COLOUR").unwrap().value,
        aroha.value("COLOUR")
    );
    assert!(!format!("{aroha:?}").contains("aroha"), "values are people's data");
}

#[test]
fn building_a_context() {
    let client = started(MemoryEdge::new().client());
    let fred = client
        .context()
        .user_key("fred")
        .session("s")
        .country("norway")
        .device("mobile")
        .platform("ios")
        .version("1.2.3")
        .attribute("plan", ["gold", "beta"])
        .attribute("age", 42)
        .attributes([("a", "1"), ("b", "2")])
        .build();
    let shown =
        |context: &fh_client::Context| serde_json::to_value(&**context.attributes()).unwrap();
    assert_eq!(
        shown(&fred),
        json!({"userkey": ["fred"], "session": ["s"], "country": ["norway"], "device": ["mobile"],
            "platform": ["ios"], "version": ["1.2.3"], "plan": ["gold", "beta"], "age": ["42"],
            "a": ["1"], "b": ["2"]})
    );
    // An attribute that is set again replaces the old one, and all others stay.
    let mary = fred.with().user_key("mary").attribute("plan", "silver").remove("session").build();
    assert_eq!(shown(&mary)["userkey"], json!(["mary"]));
    assert_eq!(shown(&mary)["plan"], json!(["silver"]));
    assert_eq!(shown(&mary).get("session"), None);
    assert_eq!(shown(&mary)["country"], json!(["norway"]));
    assert_eq!(shown(&fred)["userkey"], json!(["fred"]), "what it was made from is as it was");
    assert_eq!(shown(&mary.with().clear().build()), json!({}));
    let given = Attributes::builder().user_key("x").build();
    assert_eq!(shown(&client.context_of(given)), json!({"userkey": ["x"]}));
}

#[test]
fn handles_of_missing_features_see_their_creation() {
    let edge = MemoryEdge::new();
    let client = started(edge.client());
    let later = client.feature("LATER");
    let mut changes = later.changes();
    assert!(!later.exists() && !later.is_enabled());
    assert_eq!((later.version(), later.kind()), (-1, None));
    edge.set("LATER", true);
    let change = soon(changes.next()).unwrap();
    assert_eq!((change.old, change.new), (None, Some(Value::Bool(true))));
    assert!(later.exists() && later.is_enabled());
    assert_eq!((later.version(), later.kind()), (1, Some(Kind::Boolean)));
    edge.lock("LATER");
    let change = soon(changes.next()).unwrap();
    assert!(change.is_locked && !change.was_locked);
    assert!(later.is_locked());
    edge.set_member("LATER", "fp", &json!({"owner": "me"}));
    soon(edge.delivered());
    assert_eq!(later.properties(), [("owner".to_string(), "me".to_string())]);
    edge.delete("LATER");
    assert_eq!(soon(changes.next()).unwrap().new, None);
}

#[test]
fn a_slow_stream_of_changes_gets_the_latest_change() {
    let edge = edge();
    let client = started(edge.client());
    let mut changes = client.changes("LIMIT");
    for limit in 0..50 {
        edge.set("LIMIT", limit);
    }
    soon(edge.delivered());
    client.flush(PATIENCE).unwrap();
    let change = soon(changes.next()).unwrap();
    assert_eq!(change.old.unwrap().to_string(), "7.5");
    assert_eq!(change.new.unwrap().to_string(), "49");
    // A value that changes and changes back is no change.
    edge.set("LIMIT", 1);
    edge.set("LIMIT", 49);
    soon(edge.delivered());
    client.flush(PATIENCE).unwrap();
    edge.set("LIMIT", 50);
    assert_eq!(soon(changes.next()).unwrap().new.unwrap().to_string(), "50");
}

#[test]
fn listeners_see_what_their_context_sees() {
    let edge = edge();
    let client = started(edge.client());
    let aroha = client.context().country("new_zealand").build();
    let (told, news) = mpsc::channel();
    let guard = aroha.on_change("COLOUR", move |change| drop(told.send(change.new.clone())));
    // The default value changes from red to blue, but Aroha's context still reads green.
    edge.set("COLOUR", "blue");
    soon(edge.delivered());
    client.flush(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
    assert!(news.try_recv().is_err());
    edge.set_strategies("COLOUR", &json!([]));
    assert_eq!(news.recv_timeout(PATIENCE).unwrap().unwrap().to_string(), "blue");
    drop(guard);
    edge.set("COLOUR", "grey");
    soon(edge.delivered());
    client.flush(PATIENCE).unwrap();
    assert!(news.recv().is_err(), "the listener is gone");
}

#[test]
fn listeners_of_the_builder_miss_nothing() {
    let edge = edge();
    let (told, news) = mpsc::channel();
    let teller = || {
        let told = told.clone();
        move |what: String| drop(told.send(what))
    };
    let (readiness, change, raw, state) = (teller(), teller(), teller(), teller());
    let client = edge
        .client()
        .on_readiness(move |change| readiness(change.readiness.to_string()))
        .on_change("LIMIT", move |seen| change(format!("{:?}", seen.old.is_some())))
        .on_raw(move |update| raw(format!("raw from {}", update.source)))
        .on_new_state(move |_| state("new state".to_string()))
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    edge.set("FLAG", false);
    soon(edge.delivered());
    client.flush(PATIENCE).unwrap();
    let mut all: Vec<String> = news.try_iter().collect();
    all.sort();
    let expected =
        ["NOT_READY", "READY", "false", "new state", "raw from streaming", "raw from streaming"];
    assert_eq!(all, expected);
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let edge = edge();
    let client = started(edge.client());
    let before = client.snapshot();
    edge.set("FLAG", false);
    edge.set("LIMIT", 8);
    soon(edge.delivered());
    assert!(before.is_enabled("FLAG") && !client.is_enabled("FLAG"));
    assert_eq!(before.number("LIMIT"), Some(7.5));
    assert!(client.snapshot().generation() > before.generation());
    let aroha = client.context().country("new_zealand").build();
    assert_eq!(before.of(aroha.attributes()).string("COLOUR").as_deref(), Some("green"));
    assert_eq!(aroha.snapshot().string("COLOUR").as_deref(), Some("green"));
}

#[test]
fn catch_and_release() {
    let edge = edge();
    let client = edge.client().catch_updates().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    edge.set("LIMIT", 8);
    edge.set("FLAG", false);
    soon(edge.delivered());
    assert!(client.is_catching() && client.is_holding() && client.status().is_holding);
    assert_eq!(client.number("LIMIT"), Some(7.5));
    client.release_only(["LIMIT"]);
    assert_eq!((client.number("LIMIT"), client.is_enabled("FLAG")), (Some(8.0), true));
    client.release();
    assert!(!client.is_enabled("FLAG") && !client.is_holding());
    client.stop_catching();
    edge.set("FLAG", true);
    soon(edge.delivered());
    assert!(client.is_enabled("FLAG"));
}

struct Pink;

impl Interceptor for Pink {
    fn name(&self) -> &str {
        "pink"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        match ask.key {
            "COLOUR" => Flow::Override(Some(Value::Text("pink".into()))),
            "FLAG" => Flow::Override(Some(Value::Text("perhaps".into()))),
            _ => Flow::Continue,
        }
    }
}

#[test]
fn interceptors_override_reads_and_unfit_values_are_reported() {
    let edge = edge();
    let (told, notices) = mpsc::channel();
    let client = edge.client().interceptor(Pink, LockPolicy::Respect).start().unwrap();
    client.on_notice(move |notice| drop(told.send(notice.to_string()))).detach();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("pink"));
    assert_eq!(client.detail("COLOUR").reason, Reason::Intercepted);
    edge.lock("COLOUR");
    soon(edge.delivered());
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert!(client.is_enabled("FLAG"), "what does not fit is passed over");
    let notice = notices.recv_timeout(PATIENCE).unwrap();
    assert!(notice.contains("FLAG") && notice.contains("pink"), "{notice}");
    assert_eq!(client.status().counters.refused_overrides, 1);
}

#[derive(Clone)]
pub(crate) struct Tells(pub(crate) mpsc::Sender<String>);

impl Observer for Tells {
    fn observe(&self, event: &UsageEvent) {
        let what = match event {
            UsageEvent::Evaluated(read) => {
                format!("{}={:?}", read.feature.key, read.feature.text())
            }
            UsageEvent::Named(named) => format!("{} with {}", named.name, named.features.len()),
            _ => return,
        };
        drop(self.0.send(what));
    }
}

#[test]
fn observers_are_notified_of_reads_by_the_program_only() {
    let edge = edge();
    let (told, uses) = mpsc::channel();
    let client = edge.client().observer(Tells(told), UsageOptions::default()).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let _guard = client.on_change("LIMIT", |_| {});
    edge.set("LIMIT", 8);
    soon(edge.delivered());
    let _ = (client.peek("FLAG"), client.explain("FLAG"), client.values(), client.keys());
    let _ = client.is_enabled("FLAG");
    let _ = client.string("NONE");
    client.record("bought", [("price".to_string(), json!(7))].into());
    client.flush(PATIENCE).unwrap();
    client.close();
    soon(client.closed());
    let all: Vec<String> = uses.try_iter().collect();
    assert_eq!(all, [r#"FLAG=Some("on")"#, "bought with 4"]);
}

#[test]
fn handles_can_be_shared() {
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let client = started(edge().client());
    let fred = client.context().build();
    is_shared(&client);
    is_shared(&fred);
    is_shared(&fred.feature("FLAG"));
    is_shared(&client.snapshot());
    let fred = Arc::new(fred);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(fred.is_enabled("FLAG")));
        }
    });
}

#[test]
fn connection_states_are_reported() {
    use Connection::{Closed, Connecting, Idle, Streaming};
    let edge = edge();
    let (told, statuses) = mpsc::channel();
    let client = edge
        .client()
        .on_status(move |status| {
            let _ = told.send((status.connection, status.readiness));
        })
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client.close();
    soon(client.closed());
    let told: Vec<_> = statuses.try_iter().collect();
    let connections: Vec<_> = told.iter().map(|(connection, _)| *connection).collect();
    assert!(connections.starts_with(&[Idle, Connecting]), "{told:?}");
    assert!(connections.contains(&Streaming), "{told:?}");
    assert_eq!(told.last(), Some(&(Closed, Readiness::Closed)));
}

/// The end of a client waits for an observer that another thread is calling with a summary, and for the last summary.
#[test]
fn the_end_waits_for_summaries() {
    let edge = edge();
    let (told, summaries) = mpsc::channel();
    let (enter, entered) = mpsc::channel();
    let (leave, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let report = move |summary: &UsageSummary| {
        let _ = enter.send(());
        let _ = gate.lock().unwrap().recv();
        let _ = told.send(summary.clone());
    };
    let (close, closed) = mpsc::channel();
    let client = edge
        .client()
        .observer(Summaries::new(Duration::from_millis(1), report), UsageOptions::default())
        // A second listener, so that another thread delivers while the observer hangs.
        .on_readiness(move |change| {
            let _ = close.send(change.readiness);
        })
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let _ = client.is_enabled("FLAG");
    entered.recv_timeout(PATIENCE).unwrap();
    let _ = client.number("LIMIT");
    client.close();
    while closed.recv_timeout(PATIENCE).unwrap() != Readiness::Closed {}
    let (end, ended) = mpsc::channel();
    let waiting = client.clone();
    thread::spawn(move || {
        soon(waiting.closed());
        let _ = end.send(());
    });
    assert!(
        ended.recv_timeout(Duration::from_millis(100)).is_err(),
        "the observer is being called"
    );
    drop(leave);
    ended.recv_timeout(PATIENCE).unwrap();
    let keys: Vec<_> = summaries.try_iter().flat_map(|summary| summary.counts).collect();
    let keys: Vec<&str> = keys.iter().map(|count| &*count.feature.key).collect();
    assert_eq!(keys, ["FLAG", "LIMIT"]);
}

#[test]
fn evaluations_are_summarised() {
    let edge = edge();
    let (told, summaries) = mpsc::channel();
    let report = move |summary: &UsageSummary| drop(told.send(summary.clone()));
    let client = edge
        .client()
        .observer(Summaries::new(Duration::from_millis(5), report), UsageOptions::default())
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    for _ in 0..3 {
        let _ = client.is_enabled("FLAG");
    }
    let mut count = 0;
    while count < 3 {
        let summary = summaries.recv_timeout(PATIENCE).unwrap();
        assert!(summary.counts.iter().all(|count| &*count.feature.key == "FLAG"), "{summary:?}");
        count += summary.counts.iter().map(|count| count.count).sum::<u64>();
    }
    assert_eq!(count, 3);
    let _ = client.number("LIMIT");
    client.close();
    soon(client.closed());
    assert_eq!(summaries.try_iter().flat_map(|summary| summary.counts).count(), 1);
}
