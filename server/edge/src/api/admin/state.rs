//! Answers requests to `/admin/v1/state`, which read and replace the whole state.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;
use http::StatusCode;
use http::header::ETAG;
use serde::Serialize;

use super::body;
use super::credential::Credential;
use super::features::json;
use super::problem::{FurtherProblem, Problem};
use super::shared::Admin;
use super::tag::{self, Match};
use crate::api::audit::{self, Entry};
use crate::state::State as EdgeState;
use crate::state::file::{self, Options, StateFileError};
use crate::state_store::ReplaceError;

/// The maximum size in bytes of a state in a request. A larger state is answered with status 413.
const LONGEST: usize = 64 << 20;
/// The content types that a request with a state may have. The content type does not decide whether the state is read as YAML or JSON.
const TYPES: [&str; 4] =
    ["application/json", "application/yaml", "text/yaml", "application/x-yaml"];

/// Answers `GET /state` with the whole state, including its API keys. The etag is the revision of the state.
pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    request: Request,
) -> Result<Response, Problem> {
    let state = admin.shared.origin.writer()?.state().await.map_err(|_| ReplaceError::Closed)?;
    audit::keys_were_shown("admin.state", request.extensions());
    let write = move || tagged(json(&state), state.revision);
    admin.background_work.run("writing the answer", write).await
}

/// Answers `PUT /state`, which replaces the whole state. `If-Match` names the revision to replace, so that no later change is lost by
/// accident. `*` replaces any revision. If the header does not match the current revision, the response has status 412. Without the header,
/// the response has status 428.
pub(super) async fn put(
    State(admin): State<Arc<Admin>>,
    Extension(credential): Extension<Credential>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let expected = match Match::read(&parts.headers) {
        Match::OneOf(listed) => {
            let listed: Vec<u64> =
                listed.into_iter().filter_map(|revision| u64::try_from(revision).ok()).collect();
            if listed.is_empty() {
                let why = "If-Match does not contain a revision of the state";
                return Err(Problem::new(StatusCode::PRECONDITION_FAILED, why).at("If-Match"));
            }
            Some(listed)
        }
        Match::Any => None,
        Match::Absent => {
            let why = "the header If-Match must contain the revision of the state to replace, or `*` for any revision";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, why).at("If-Match"));
        }
    };
    if !TYPES.contains(&body::content_type(&parts.headers)) {
        let why = format!("the content type of the body must be one of {}", TYPES.join(", "));
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why).at("Content-Type"));
    }
    let profile = admin.shared.options.profile;
    let read = async {
        let text = body::read(&admin.shared.memory, &parts, body, LONGEST).await?;
        let read =
            move || EdgeState::from_bytes(&text, &Options::new().verbatim().profile(profile));
        let parsed = admin.background_work.run("reading the state", read).await?;
        parsed.map_err(|error| refused(&error))
    };
    let parsed = credential.during(read).await?;
    let address = audit::address(&parts.extensions);
    let line = move |outcome: &Result<u64, ReplaceError>| {
        let entry = Entry { action: "admin.replace", address, ..Entry::default() };
        entry.write(outcome.as_ref().map(|revision| format!("revision {revision}")));
    };
    let revision = admin
        .shared
        .origin
        .writer_of_changes()?
        .replace(parsed.state, expected, Box::new(line))
        .await?;
    let warnings = parsed.warnings.iter().map(found).collect();
    Ok(tagged(json(&Replaced { revision, warnings }), revision))
}

/// The response to a replacement of the state.
#[derive(Serialize)]
struct Replaced {
    revision: u64,
    /// The parts of the new state that are probably mistakes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FurtherProblem>,
}

/// Returns the error with status 400 for a state with problems. The error contains the first problem and all
/// further problems of `error`.
fn refused(error: &StateFileError) -> Problem {
    let mut problems = error.problems().iter().map(found);
    let first = problems.next();
    let (place, what) = first.map(|first| (first.place, first.error)).unwrap_or_default();
    Problem::bad(what).at(place).and(problems)
}

fn found(problem: &file::Problem) -> FurtherProblem {
    let file::Problem { position, path, what, code } = problem;
    let place = match path.is_empty() {
        true => position.to_string(),
        false => format!("{path} ({position})"),
    };
    let error = match code {
        None => what.clone(),
        Some(code) => format!("{what} [{code}]"),
    };
    FurtherProblem { error, place }
}

fn tagged(mut response: Response, revision: u64) -> Response {
    if let Some(tag) = i64::try_from(revision).ok().and_then(tag::of) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
