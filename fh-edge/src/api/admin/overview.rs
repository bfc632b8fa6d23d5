//! `GET /admin/v1/environments`: what there is.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fh_eval::Profile;
use serde::Serialize;
use uuid::Uuid;

use super::Admin;
use super::problem::Problem;
use crate::core::Core;
use crate::serving::{Environments, Phase, Published};
use crate::wire::api_key::environment_id;

/// Everything at a glance.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    revision: u64,
    /// Are the features those of another Edge? Then they are changed there.
    relayed: bool,
    /// By name.
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
    /// Is there nothing to serve yet?
    waiting: bool,
    /// How many features it has; retired ones count.
    features: usize,
    /// How many streams are open.
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
    /// As it is now.
    pub(super) fn of(core: &Core) -> Self {
        let revision = *core.environments.revision().borrow();
        let mut streams: HashMap<Uuid, usize> = core.connections.by_environment();
        let all = sorted(&core.environments);
        let environments = all.iter().map(|published| {
            Environment::of(published, streams.remove(&published.id).unwrap_or_default())
        });
        let relayed = core.writer().is_err();
        Self { revision, relayed, environments: environments.collect() }
    }
}

/// All environments by name.
pub(super) fn sorted(environments: &Environments) -> Vec<Arc<Published>> {
    let mut all = environments.all();
    all.sort_by(|one, other| (&one.settings.name, one.id).cmp(&(&other.settings.name, other.id)));
    all
}

/// The environment with this id or name.
pub(super) fn find(core: &Core, given: &str) -> Result<Arc<Published>, Problem> {
    if let Some(found) = environment_id(given).and_then(|id| core.environments.get(id)) {
        return Ok(found);
    }
    let mut named = core.environments.all();
    named.retain(|published| &*published.settings.name == given);
    match (named.pop(), named.is_empty()) {
        (None, _) => Err(Problem::no_such_environment(given)),
        (Some(found), true) => Ok(found),
        (Some(_), false) => Err(Problem::new(
            http::StatusCode::CONFLICT,
            "several environments have this name: use the id",
        )
        .at("environment")),
    }
}

pub(super) async fn get(State(admin): State<Arc<Admin>>) -> Json<Overview> {
    Json(Overview::of(&admin.core))
}
