//! Reads the subject of an evaluation or rollout, which is a context in an environment, under a profile, at a time.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use fh_eval::{Attributes, Profile, Ruleset, Timestamp};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::body;
use super::overview::find;
use super::problem::Problem;
use super::shared::Admin;
use crate::clock::now;
use crate::evaluations::{Caller, Effort, Evaluations, Refused};
use crate::serving::Published;
use crate::shared_state::SharedState;

/// A request body that contains an [`EvaluationRequest`].
pub(super) trait Asks: DeserializeOwned {
    fn asked(&self) -> EvaluationRequest<'_>;
}

/// The environment, profile, context and time of an evaluation, as the request body contains them.
pub(super) struct EvaluationRequest<'a> {
    pub(super) environment: &'a str,
    pub(super) profile: Option<&'a str>,
    pub(super) context: Option<&'a RawValue>,
    pub(super) now: Option<&'a str>,
}

/// An [`EvaluationRequest`] after its environment was found and its other parts were parsed.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) published: Arc<Published>,
    pub(super) profile: Profile,
    pub(super) attributes: Attributes,
    pub(super) now: Timestamp,
}

/// Adds a refused request to the metrics, and returns its error with status 413. `why` names the limit that the request exceeds.
fn refused(shared: &SharedState, why: Refused) -> Problem {
    shared.metrics.refused(why);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, why.sentence())
}

/// Runs the evaluation of a request on another thread, as [`Evaluations::run`] does. If the evaluation gives no result, for example because
/// it panics, the error has status 500.
pub(super) async fn evaluated(
    evaluations: &Evaluations,
    work: impl FnOnce(&Caller) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    evaluations.run(work).await.ok_or_else(|| Problem::failed("the evaluation"))?
}

impl Question {
    /// Reads the body of a request, and finds and parses the evaluation request in it.
    pub(super) async fn of<B: Asks>(admin: &Admin, request: Request) -> Result<(B, Self), Problem> {
        let (parts, body) = request.into_parts();
        let body: B =
            body::json(&admin.shared.memory, &parts, body, admin.shared.options.body_limit).await?;
        let question = Self::read(&admin.shared, &body.asked())?;
        Ok((body, question))
    }

    fn read(shared: &SharedState, asked: &EvaluationRequest<'_>) -> Result<Self, Problem> {
        let published = find(shared, asked.environment)?;
        let profile = match asked.profile {
            Some(name) => name.parse().map_err(|error: fh_eval::UnknownProfile| {
                Problem::bad(error.to_string()).at("profile")
            })?,
            None => published.settings.profile,
        };
        let bytes = asked.context.map_or(0, |context| context.get().len());
        shared
            .evaluations
            .check_context(bytes)
            .map_err(|why| refused(shared, why).at("context"))?;
        let attributes = match asked.context {
            Some(context) => Attributes::from_json(context.get())
                .map_err(|error| Problem::bad(error.to_string()).at("context"))?,
            None => Attributes::default(),
        };
        let now = match asked.now {
            Some(text) => text.parse().map_err(|error: fh_eval::InvalidTimestamp| {
                Problem::bad(error.to_string()).at("now")
            })?,
            None => now(),
        };
        Ok(Self { published, profile, attributes, now })
    }

    /// Returns an error with status 413 if an evaluation of this many steps exceeds the Edge's limit of work per request. The refusal is
    /// counted in the metrics.
    pub(super) fn check_work(&self, shared: &SharedState, steps: u64) -> Result<(), Problem> {
        match shared.evaluations.effort(steps) {
            Effort::TooLarge => Err(refused(shared, Refused::TooMuchWork)),
            Effort::Small | Effort::Large => Ok(()),
        }
    }

    /// Returns the ruleset of the environment under the requested profile.
    pub(super) fn ruleset(&self) -> Ruleset {
        self.published.ruleset_as(self.profile)
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[tokio::test]
    async fn an_evaluation_that_panics_is_answered_with_500() {
        let evaluations = Evaluations::new(0, 0);
        let panicked = evaluated(&evaluations, |_| panic!("as it should")).await;
        let response = panicked.unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        let error = r#"{"error":"the evaluation failed, because of an error in the Edge"}"#;
        assert_eq!(body, error);
        assert!(evaluated(&evaluations, |_| Ok(Response::default())).await.is_ok());
    }
}
