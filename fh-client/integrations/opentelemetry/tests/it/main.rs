//! Tests of usage on real spans, and of baggage through the real W3C propagator.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod baggage;
mod environment;
mod spans;

use std::sync::Arc;

use fh_eval::{Attributes, Profile, Ruleset, Timestamp};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules};
use fh_repository::status::SessionStatus;
use fh_repository::{Repository, RepositoryOptions};

/// Returns a repository that is ready with these features of the environment `env-1`.
fn repository(features: &str) -> Repository {
    let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
    let ruleset = Ruleset::from_json(features.as_bytes(), Profile::Client).unwrap();
    let rules = Rules::client_evaluated(ruleset, Environments::One("env-1".into()));
    repository.publish(Publication { rules: Arc::new(rules), cause: Cause::First });
    repository
        .set_status(SessionStatus { readiness: Readiness::Ready, ..SessionStatus::default() });
    repository.deliver();
    repository
}

fn mara() -> Arc<Attributes> {
    Arc::new(Attributes::builder().user_key("mara").attribute("plan", "gold").build())
}
