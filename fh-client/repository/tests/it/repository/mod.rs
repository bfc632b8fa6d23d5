//! The read side: sdk-behaviour 2.3 to 2.8 and sdk-behaviour 3, and the scenarios C-READY, C-LISTEN, C-CR, C-INT and C-USE.

mod batches;
mod catching;
mod closing;
mod delivery;
mod each_value;
mod failures;
mod interceptors;
mod listeners;
mod mistakes;
mod model;
mod raw;
mod readiness;
mod reads;
mod server_evaluated;
mod summaries;
mod threads;
mod usage;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use fh_eval::{Attributes, Profile, Ruleset, Timestamp, Value};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::status::SessionStatus;
use fh_repository::{Repository, RepositoryOptions};
use serde_json::json;

/// 2024-02-29T00:00:00Z.
const NOW: i64 = 1_709_164_800_000;

pub(crate) fn options() -> RepositoryOptions {
    RepositoryOptions::new(|| Timestamp::from_millis(NOW))
}

pub(crate) fn repository() -> Repository {
    Repository::new(options())
}

pub(crate) fn ruleset(features: &serde_json::Value) -> Ruleset {
    Ruleset::from_json(features.to_string().as_bytes(), Profile::Client).unwrap()
}

/// Returns rules with the features of the environment `env-1`.
pub(crate) fn rules(features: &serde_json::Value) -> Arc<Rules> {
    let environments = Environments::One("env-1".into());
    Arc::new(Rules::client_evaluated(ruleset(features), environments))
}

/// Returns the same rules as an Edge has evaluated them for a context, with the strategies that matched.
pub(crate) fn evaluated_for(
    context: &Arc<Attributes>,
    features: &serde_json::Value,
    strategies: &[(&str, &str)],
) -> Arc<Rules> {
    let strategies: HashMap<Box<str>, Box<str>> =
        strategies.iter().map(|(key, id)| ((*key).into(), (*id).into())).collect();
    let evaluated = ServerEvaluated { context: Arc::clone(context), kept_for: None, strategies };
    let environments = Environments::One("env-1".into());
    Arc::new(Rules::server_evaluated(ruleset(features), environments, Arc::new(evaluated)))
}

pub(crate) fn publish(repository: &Repository, cause: Cause, features: &serde_json::Value) {
    repository.publish(Publication { rules: rules(features), cause });
}

/// Publishes a change and delivers its events.
pub(crate) fn change(repository: &Repository, features: &serde_json::Value) {
    publish(repository, Cause::Change, features);
    repository.deliver();
}

pub(crate) fn show(repository: &Repository, readiness: Readiness) {
    repository.set_status(SessionStatus { readiness, ..SessionStatus::default() });
}

/// Returns a repository that is ready with these features.
pub(crate) fn ready(features: &serde_json::Value) -> Repository {
    let repository = repository();
    publish(&repository, Cause::First, features);
    show(&repository, Readiness::Ready);
    repository.deliver();
    repository
}

/// Returns a BOOLEAN feature.
pub(crate) fn flag(key: &str, value: bool) -> serde_json::Value {
    json!({"id": format!("id-{key}"), "key": key, "type": "BOOLEAN", "value": value, "version": 1})
}

/// Returns a list of BOOLEAN features.
pub(crate) fn flags(flags: &[(&str, bool)]) -> serde_json::Value {
    flags.iter().map(|(key, value)| flag(key, *value)).collect()
}

/// Returns a STRING feature with a version.
pub(crate) fn text(key: &str, version: i64, value: &str) -> serde_json::Value {
    json!({"id": format!("id-{key}"), "key": key, "type": "STRING", "value": value, "version": version})
}

pub(crate) fn user(key: &str) -> Arc<Attributes> {
    Arc::new(Attributes::builder().user_key(key).build())
}

pub(crate) fn plan(plan: &str) -> Arc<Attributes> {
    Arc::new(Attributes::builder().user_key("mara").attribute("plan", plan).build())
}

pub(crate) fn text_value(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

/// Drops the result of a read if only the read itself matters.
pub(crate) fn ignore<T>(_: T) {}

/// The recorded calls, in order.
pub(crate) struct Calls<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Calls<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Calls<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn note(&self, what: T) {
        self.0.lock().unwrap().push(what);
    }

    /// Returns the calls since the last time.
    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Runs `work` without printing the messages of panics with [`PLANNED`], which the tests cause on purpose.
pub(crate) fn quietly<R>(work: impl FnOnce() -> R) -> R {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let planned = info.payload().downcast_ref::<&str>() == Some(&PLANNED);
            if !planned {
                usual(info);
            }
        }));
    });
    work()
}

/// The payload of the panics that the tests cause in user code.
pub(crate) const PLANNED: &str = "planned panic";
