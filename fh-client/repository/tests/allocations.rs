//! Reads allocate no memory if there are no observers. The tests count allocations of every getter, with and without an interceptor that
//! returns no override.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::{Attributes, Profile, Ruleset, Timestamp};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::status::SessionStatus;
use fh_repository::{
    Flow, InterceptedRead, Interceptor, LockPolicy, Observer, Repository, RepositoryOptions,
    UsageEvent, UsageOptions,
};
use fh_test::memory::{Counting, during};

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

fn repository(rules: Rules) -> Repository {
    let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
    repository.publish(Publication { rules: Arc::new(rules), cause: Cause::First });
    repository
        .set_status(SessionStatus { readiness: Readiness::Ready, ..SessionStatus::default() });
    repository
}

fn read_everything(repository: &Repository, attributes: Option<&Arc<Attributes>>) {
    for key in KEYS {
        let _ = repository.read().is_enabled(key, attributes);
        let _ = repository.read().boolean(key, attributes);
        let _ = repository.read().string(key, attributes);
        let _ = repository.read().number(key, attributes);
        let _ = repository.read().decimal(key, attributes);
        let _ = repository.read().json(key, attributes);
        let _ = repository.read().value(key, attributes);
        let _ = repository.read().is_set(key, attributes);
        let _ = repository.read().exists(key);
    }
    let snapshot = repository.snapshot();
    let _ = snapshot.is_enabled("flag", attributes);
    let _ = (
        repository.readiness(),
        repository.status(),
        repository.generation(),
        repository.last_contact(),
    );
}

fn count(repository: &Repository) -> u64 {
    let attributes = context();
    // The first load of a pointer on a thread allocates a slot.
    read_everything(repository, Some(&attributes));
    allocations(|| {
        read_everything(repository, Some(&attributes));
        read_everything(repository, None);
    })
}

#[test]
fn reads_take_no_memory() {
    let repository = repository(Rules::client_evaluated(ruleset(), Environments::Unknown));
    assert_eq!(count(&repository), 0);
    repository.report_reads();
    assert_eq!(count(&repository), 0, "armed");
}

#[test]
fn reads_of_what_the_edge_evaluated_take_no_memory() {
    // An equal context in another object.
    let strategies = HashMap::from([("flag".into(), "s".into())]);
    let evaluated = Arc::new(ServerEvaluated { context: context(), kept_for: None, strategies });
    let repository =
        repository(Rules::server_evaluated(ruleset(), Environments::Unknown, evaluated));
    assert_eq!(count(&repository), 0);
}

#[test]
fn reads_that_nobody_overrides_take_no_memory() {
    struct Silent;
    impl Interceptor for Silent {
        fn name(&self) -> &str {
            "silent"
        }
        fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
            Flow::Continue
        }
    }
    let repository = repository(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let _guard = repository.intercept(Arc::new(Silent), LockPolicy::Respect);
    assert_eq!(count(&repository), 0);
}

/// Checks that the counter works: uses with an observer allocate memory.
#[test]
fn uses_take_memory() {
    struct Ignores;
    impl Observer for Ignores {
        fn observe(&self, _: &UsageEvent) {}
    }
    let repository = repository(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let _guard = repository.observe(Arc::new(Ignores), UsageOptions::default());
    assert!(count(&repository) > 0);
}

/// Counting for a summary allocates memory only for the first evaluation of each kind.
#[test]
fn uses_that_are_counted_take_no_memory() {
    let repository = repository(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let summaries = fh_repository::Summaries::new(std::time::Duration::from_secs(60), |_| {});
    let _guard = repository.observe(Arc::new(summaries), UsageOptions::default());
    read_everything(&repository, None);
    assert_eq!(count(&repository), 0);
}

/// Removing the features of an environment copies the other features once, not once for each removed feature.
#[test]
fn the_features_of_an_environment_are_removed_at_once() {
    let keys: Vec<String> = (0..400).map(|number| format!("f{number}")).collect();
    let features = keys.iter().map(|key| format!(r#"{{"key": "{key}", "type": "BOOLEAN"}}"#));
    let features = format!("[{}]", features.collect::<Vec<_>>().join(","));
    let ruleset = Ruleset::from_json(features.as_bytes(), Profile::Client).unwrap();
    let environments = ["even", "odd"].map(Arc::<str>::from);
    let of_keys = keys.iter().zip(environments.iter().cycle().cloned());
    let of_keys = of_keys.map(|(key, environment)| (key.as_str().into(), environment)).collect();
    let rules = Rules::client_evaluated(ruleset, Environments::Several(of_keys));
    let repository = repository(rules);
    let count = allocations(|| repository.revoke(&environments[..1]));
    assert_eq!(repository.read().rules().ruleset().len(), 200);
    assert!(count < 1_000, "{count}");
}

/// The values of all features need no detail for each feature.
#[test]
fn each_value_of_a_context_takes_no_memory() {
    let context = context();
    let repository = repository(Rules::client_evaluated(ruleset(), Environments::Unknown));
    let mut set = 0;
    let count = allocations(|| {
        let snapshot = repository.snapshot();
        snapshot.for_each_value(Some(&context), |_, value| set += usize::from(value.is_some()));
    });
    assert_eq!((count, set), (0, 4));
    let details = allocations(|| drop(repository.snapshot().values(Some(&context))));
    assert!(details > 0, "the counter works");
}
