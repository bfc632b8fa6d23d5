//! A summary of all environments.

use std::collections::HashMap;
use std::sync::Arc;

use fh_eval::Profile;
use serde::Serialize;
use uuid::Uuid;

use super::problem::Problem;
use crate::serving::{Phase, Published};
use crate::shared_state::SharedState;
use crate::wire::api_key::environment_id;

/// A summary of all environments.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    revision: u64,
    /// True if the Edge relays the features of another Edge, so that the admin API cannot change them.
    relayed: bool,
    /// The reason why features cannot be changed here; `None` if they can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<String>,
    /// The environments, sorted by name and then by id.
    environments: Vec<Environment>,
}

/// One environment, without its features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Environment {
    id: Uuid,
    name: Arc<str>,
    profile: Profile,
    stale: bool,
    /// True if the Edge has no features of the environment: they are not loaded yet, or a relay has dropped them because they expired or
    /// the key was refused.
    waiting: bool,
    /// The number of features, including retired ones.
    features: usize,
    /// The number of open streams with a known key of the environment.
    streams: usize,
}

impl Environment {
    fn of(published: &Published, streams: usize) -> Self {
        Self {
            id: published.id,
            name: Arc::clone(&published.settings.name),
            profile: published.settings.profile,
            stale: published.settings.stale,
            waiting: published.phase == Phase::Waiting,
            features: published.features.len(),
            streams,
        }
    }
}

impl Overview {
    /// Returns a summary of the current environments and their open streams.
    pub(super) fn of(shared: &SharedState) -> Self {
        let revision = *shared.environments.revision().borrow();
        let mut streams: HashMap<Uuid, usize> = shared.connections.by_environment();
        let mut all = shared.environments.all();
        all.sort_by(|one, other| {
            (&one.settings.name, one.id).cmp(&(&other.settings.name, other.id))
        });
        let environments = all.iter().map(|published| {
            Environment::of(published, streams.remove(&published.id).unwrap_or_default())
        });
        let relayed = shared.origin.writer().is_err();
        let read_only = shared.origin.writer_of_changes().err().map(|why| why.to_string());
        Self { revision, relayed, read_only, environments: environments.collect() }
    }
}

/// Returns the environment with this id or name. The error has status 404 if no environment matches, and 409 if several environments have
/// this name.
pub(super) fn find(shared: &SharedState, given: &str) -> Result<Arc<Published>, Problem> {
    if let Some(found) = environment_id(given).and_then(|id| shared.environments.get(id)) {
        return Ok(found);
    }
    let mut named = shared.environments.all();
    named.retain(|published| &*published.settings.name == given);
    match (named.pop(), named.is_empty()) {
        (None, _) => Err(Problem::no_such_environment(given)),
        (Some(found), true) => Ok(found),
        (Some(_), false) => Err(Problem::new(
            http::StatusCode::CONFLICT,
            "several environments have this name: use the id of the environment",
        )
        .at("environment")),
    }
}
