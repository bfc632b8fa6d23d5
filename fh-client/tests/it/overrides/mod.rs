//! Overrides registered in a real repository (sdk-behaviour 2.8, 5.5).

use std::sync::Arc;

use fh_eval::{Profile, Ruleset, Timestamp};
use fh_repository::publication::{Cause, Publication};
use fh_repository::rules::{Environments, Rules};
use fh_repository::{Reason, Repository, RepositoryOptions};

mod environment;
mod files;
mod memory;

/// Returns a repository with a feature of each type, and locked ones.
fn repository() -> Repository {
    hub_of(
        r#"[
        {"key": "FLAG", "type": "BOOLEAN", "value": false},
        {"key": "PRICE", "type": "NUMBER", "value": 1},
        {"key": "TEXT", "type": "STRING", "value": "server"},
        {"key": "LAYOUT", "type": "JSON", "value": "{}"},
        {"key": "TWO WORDS", "type": "STRING", "value": "server"},
        {"key": "EDGE_URL", "type": "STRING", "value": "server"},
        {"key": "LOCKED", "type": "BOOLEAN", "value": false, "l": true}
    ]"#,
    )
}

fn hub_of(features: &str) -> Repository {
    let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
    let ruleset = Ruleset::from_json(features.as_bytes(), Profile::Client).unwrap();
    let rules = Arc::new(Rules::client_evaluated(ruleset, Environments::Unknown));
    repository.publish(Publication { rules, cause: Cause::First });
    repository
}

/// Returns the present value of a key and the name of the interceptor that overrode it, if any.
fn shown(repository: &Repository, key: &str) -> String {
    let detail = repository.read().detail(key, None);
    let value = detail.value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    match detail.interceptor {
        Some(by) => {
            assert_eq!(detail.reason, Reason::Intercepted);
            format!("{value} by {by}")
        }
        None => value,
    }
}
