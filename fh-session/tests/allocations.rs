//! Reads allocate no memory if there are no observers. The tests count allocations of every getter, with and without an interceptor that
//! returns no override.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::{Attributes, Profile, Ruleset, Timestamp};
use fh_session::{
    Ask, Cause, Environments, Flow, Hub, HubOptions, Interceptor, LockPolicy, Observer,
    Publication, Readiness, Rules, ServerEvaluated, SessionStatus, UsageEvent, UsageOptions,
};
use fh_test_memory::{Counting, during};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    during(work).1.allocations
}

const FEATURES: &str = r#"[
    {"id": "1", "key": "flag", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "percentage": 200000,
        "value": true, "attributes": [{"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]},
    {"id": "2", "key": "word", "type": "STRING", "value": "x"},
    {"id": "3", "key": "price", "type": "NUMBER", "value": "7.50"},
    {"id": "4", "key": "page", "type": "JSON", "value": "{}"}]"#;

const KEYS: [&str; 5] = ["flag", "word", "price", "page", "missing"];

fn context() -> Arc<Attributes> {
    Arc::new(Attributes::builder().user_key("mara").attribute("plan", "gold").build())
}

fn ruleset() -> Ruleset {
    Ruleset::from_json(FEATURES.as_bytes(), Profile::Client).unwrap()
}

fn hub(rules: Rules) -> Hub {
    let hub = Hub::new(HubOptions::new(|| Timestamp::from_millis(0)));
    hub.publish(Publication { rules: Arc::new(rules), cause: Cause::First });
    hub.set_status(SessionStatus { readiness: Readiness::Ready, ..SessionStatus::default() });
    hub
}

fn read_everything(hub: &Hub, who: Option<&Arc<Attributes>>) {
    for key in KEYS {
        let _ = hub.is_enabled(key, who);
        let _ = hub.boolean(key, who);
        let _ = hub.string(key, who);
        let _ = hub.number(key, who);
        let _ = hub.decimal(key, who);
        let _ = hub.json(key, who);
        let _ = hub.value(key, who);
        let _ = hub.is_set(key, who);
        let _ = hub.exists(key);
    }
    let snapshot = hub.snapshot();
    let _ = snapshot.is_enabled("flag", who);
    let _ = (hub.readiness(), hub.status(), hub.generation(), hub.last_contact());
}

fn count(hub: &Hub) -> u64 {
    let who = context();
    // The first load of a pointer on a thread allocates a slot.
    read_everything(hub, Some(&who));
    allocations(|| {
        read_everything(hub, Some(&who));
        read_everything(hub, None);
    })
}

#[test]
fn reads_take_no_memory() {
    let hub = hub(Rules::client_evaluated(ruleset(), Environments::Unknown));
    assert_eq!(count(&hub), 0);
    hub.arm();
    assert_eq!(count(&hub), 0, "armed");
}

#[test]
fn reads_of_what_the_edge_evaluated_take_no_memory() {
    // An equal context in another object.
    let strategies = HashMap::from([("flag".into(), "s".into())]);
    let evaluated = Arc::new(ServerEvaluated { context: context(), kept_for: None, strategies });
    let hub = hub(Rules::server_evaluated(ruleset(), Environments::Unknown, evaluated));
    assert_eq!(count(&hub), 0);
}

#[test]
fn reads_that_nobody_overrides_take_no_memory() {
    struct Silent;
    impl Interceptor for Silent {
        fn name(&self) -> &str {
            "silent"
        }
        fn intercept(&self, _: &Ask<'_>) -> Flow {
            Flow::Continue
        }
    }
    let hub = hub(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let _guard = hub.intercept(Arc::new(Silent), LockPolicy::Respect);
    assert_eq!(count(&hub), 0);
}

/// Checks that the counter works: uses with an observer allocate memory.
#[test]
fn uses_take_memory() {
    struct Ignores;
    impl Observer for Ignores {
        fn observe(&self, _: &UsageEvent) {}
    }
    let hub = hub(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let _guard = hub.observe(Arc::new(Ignores), UsageOptions::default());
    assert!(count(&hub) > 0);
}

/// Counting for a summary allocates memory only for the first evaluation of each kind.
#[test]
fn uses_that_are_counted_take_no_memory() {
    let hub = hub(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let summaries = fh_session::Summaries::new(std::time::Duration::from_secs(60), |_| {});
    let _guard = hub.observe(Arc::new(summaries), UsageOptions::default());
    read_everything(&hub, None);
    assert_eq!(count(&hub), 0);
}
