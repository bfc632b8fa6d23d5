//! Answers requests to `/admin/v1/features/{environment}` and `/admin/v1/features/{environment}/{feature}`, which read and change features.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;
use bytes::Bytes;
use fh_eval::Severity;
use fh_eval::featurehub::Compiler;
use http::StatusCode;
use http::header::ETAG;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::body;
use super::credential::Credential;
use super::feature::{FeatureView, StrategyFinding};
use super::overview::find;
use super::problem::{FurtherProblem, Problem};
use super::shared::Admin;
use super::tag::{self, Match};
use crate::api::audit::{self, Entry};
use crate::api::respond;
use crate::serving::{Published, ServedFeature};
use crate::shared_state::read_strategies;
use crate::state::{FeatureText, FeatureValue, Json};
use crate::state_store::{FeatureChange, ReplaceError};

/// The response with all features of one environment.
#[derive(Debug, Serialize)]
struct List<'a> {
    revision: u64,
    environment: Uuid,
    features: Vec<FeatureView<'a>>,
}

/// Answers `GET /features/{environment}` with all features of the environment.
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(environment) = path.map_err(unreadable_path)?;
    let revision = *admin.shared.environments.revision().borrow();
    let published = find(&admin.shared, &environment)?;
    // The linter checks the strategies of each feature.
    let write = move || {
        let features = published.features.iter().map(|each| FeatureView::of(&published, each));
        json(&List { revision, environment: published.id, features: features.collect() })
    };
    admin.background_work.run("writing the answer", write).await
}

/// Answers `GET /features/{environment}/{feature}` with the feature and its version as the etag.
pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((environment, key)) = path.map_err(unreadable_path)?;
    let published = find(&admin.shared, &environment)?;
    show(&published, &key)
}

/// Answers `PATCH /features/{environment}/{feature}` with the changed feature. Of value, lock, retirement and strategies, those that the
/// body names are changed, and the others stay. A null removes the feature's value; for another member, null counts as absent. If there is
/// an `If-Match` header that does not match the current version, the response has status 412.
pub(super) async fn patch(
    State(admin): State<Arc<Admin>>,
    Extension(credential): Extension<Credential>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((environment, key)) = path.map_err(unreadable_path)?;
    let (parts, body) = request.into_parts();
    // Another server of a cluster may have added the environment or the feature.
    let mut published = match find(&admin.shared, &environment) {
        Ok(published) if feature(&published, &key).is_ok() => published,
        _ => newest(&admin, &environment).await?,
    };
    feature(&published, &key)?;
    let limit = admin.shared.options.body_limit;
    let read = body::json::<Patch>(&admin.shared.memory, &parts, body, limit);
    let mut change = credential.during(read).await?.into_change();
    change.if_version = match Match::read(&parts.headers) {
        Match::Absent | Match::Any => None,
        Match::OneOf(versions) if versions.is_empty() => {
            let why = "If-Match does not contain a version of the feature";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, why).at("If-Match"));
        }
        // The writer compares them with the newest version, which this server of a cluster may not hold yet.
        Match::OneOf(versions) => Some(versions),
    };
    let mut definition = None;
    if let Some(strategies) = &mut change.strategies {
        let mut checked = check_strategies(&published, &key, strategies);
        if checked.is_err() {
            // Another server of a cluster may have given the feature another type.
            published = newest(&admin, &environment).await?;
            checked = check_strategies(&published, &key, strategies);
        }
        *strategies = checked?;
        let feature = feature(&published, &key)?;
        definition = Some((feature.id, feature.definition().kind));
    }
    let changed = [
        change.value.as_ref().map(|_| "value"),
        change.locked.map(|locked| if locked { "lock" } else { "unlock" }),
        change.retired.map(|retired| if retired { "retire" } else { "unretire" }),
        change.strategies.as_ref().map(|_| "strategies"),
    ];
    let changed = changed.into_iter().flatten().collect::<Vec<&str>>().join(",");
    let address = audit::address(&parts.extensions);
    let place: (Uuid, Arc<str>) = (published.id, key.as_str().into());
    let (environment, feature) = place.clone();
    let line = move |outcome: &Result<u64, ReplaceError>| {
        let entry = Entry {
            action: "admin.patch",
            address,
            environment: Some(environment),
            feature: Some(&feature),
            changed: Some(&changed),
            account: None,
        };
        entry.write(outcome.as_ref().map(|_| "changed"));
    };
    let writer = admin.shared.origin.writer_of_changes()?;
    writer.patch(place, definition, change, Box::new(line)).await?;
    let after = admin.shared.environments.get(published.id).unwrap_or(published);
    show(&after, &key)
}

/// The body of a PATCH request. A member that is `None` keeps its value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(default, deserialize_with = "stated")]
    value: Option<Json>,
    #[serde(default)]
    locked: Option<bool>,
    #[serde(default)]
    retired: Option<bool>,
    #[serde(default)]
    strategies: Option<Vec<Json>>,
}

/// Reads the member `value` if the body contains it. A null is `Some(null)`, which removes the feature's value. An absent member is `None`,
/// which keeps the feature's value.
fn stated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

impl Patch {
    fn into_change(self) -> FeatureChange {
        FeatureChange {
            value: self.value.map(|value| Some(value).filter(|value| !value.is_null())),
            locked: self.locked,
            retired: self.retired,
            strategies: self.strategies,
            if_version: None,
        }
    }
}

/// Reads strategies of a feature like those of a state file. Rejects strategies in which the compiler finds a problem of severity
/// [`Severity::Error`], so that the mistake is found before the strategies are published. The error then has status 422.
fn check_strategies(
    published: &Published,
    key: &str,
    strategies: &[Json],
) -> Result<Vec<Json>, Problem> {
    let feature = feature(published, key)?;
    let read = read_strategies(published, feature, strategies);
    let strategies = read.map_err(ReplaceError::Strategies)?;
    let record = FeatureValue { strategies: strategies.clone(), ..FeatureValue::default() };
    let text = FeatureText::of(&feature.definition(), Some(&record), 0);
    let compiler = Compiler::new(published.settings.profile);
    let compiled = compiler.feature_of(&text.parts(), text.json());
    let Ok(compiled) = compiled else { return Ok(strategies) };
    let remarks = compiled.as_ref().diagnostics().iter().map(StrategyFinding::of);
    let mut errors = remarks.filter(|remark| remark.severity == Severity::Error);
    match errors.next() {
        None => Ok(strategies),
        Some(first) => Err(Problem::unprocessable(first.error).at(first.place).and(
            errors.map(|StrategyFinding { error, place, .. }| FurtherProblem { error, place }),
        )),
    }
}

/// Returns an environment of the newest state. The error has status 503 if the newest state cannot be found out, and 404 if it has no such
/// environment.
async fn newest(admin: &Admin, environment: &str) -> Result<Arc<Published>, Problem> {
    admin.shared.find_newest().await?;
    find(&admin.shared, environment)
}

/// Returns the feature with this key. The error has status 404 if no feature has the key.
pub(super) fn feature<'a>(
    published: &'a Published,
    key: &str,
) -> Result<&'a Arc<ServedFeature>, Problem> {
    let found = published.features.iter().find(|feature| &*feature.key == key);
    found.ok_or_else(|| Problem::no_such_feature(key))
}

fn show(published: &Published, key: &str) -> Result<Response, Problem> {
    let feature = feature(published, key)?;
    let mut response = json(&FeatureView::of(published, feature));
    if let Some(tag) = tag::of(feature.version) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// Returns a response with status 200 and this content as JSON. Serialising cannot fail for the types of the admin API.
pub(super) fn json(content: &impl Serialize) -> Response {
    let body = serde_json::to_vec(content).unwrap_or_default();
    respond::bytes(StatusCode::OK, "application/json", Bytes::from(body))
}

fn unreadable_path(rejection: PathRejection) -> Problem {
    Problem::bad(rejection.body_text()).at("path")
}
