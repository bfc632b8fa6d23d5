//! Answers `POST /admin/v1/rollout`, which simulates users and counts the users who match each strategy of a feature.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use fh_eval::internal::rollout::{ConfiguredShare, Forecast, Part};
use fh_eval::{Profile, WorkBound};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::features::{feature, json};
use super::problem::Problem;
use super::shared::Admin;
use super::subject::{Asks, EvaluationRequest, Question, evaluated};
use crate::digest::{digest, digits};
use crate::evaluations::Caller;
use crate::serving::{ServedFeature, explainable};

/// The default number of simulated users.
const USUAL: u32 = 10_000;
/// The largest number of simulated users. A request for more users is answered with status 400.
const MOST: u32 = 200_000;

/// The body of a request that simulates the rollout of a feature to many users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    environment: String,
    feature: String,
    /// The name of the attribute that differs from user to user; `userkey` by default.
    #[serde(default = "user_key")]
    attribute: String,
    #[serde(default = "usual")]
    people: u32,
    /// The attributes that are the same for all simulated users; none by default.
    #[serde(default)]
    context: Option<Box<RawValue>>,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    now: Option<String>,
}

fn user_key() -> String {
    "userkey".to_string()
}

const fn usual() -> u32 {
    USUAL
}

#[derive(Debug, Serialize)]
struct Rollout<'a> {
    environment: Uuid,
    feature: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    profile: Profile,
    attribute: &'a str,
    people: u64,
    /// The results of the strategies in their order, followed by the result of the default value, which users get if no strategy matches.
    /// The list is empty if the ruleset does not contain the feature.
    strategies: Vec<PartReport>,
    /// A warning that no strategy depends on `attribute`, so that all users get the same value. The field is `None` if a strategy depends
    /// on `attribute`, or if the feature has no strategies. The warning is also given if the ruleset does not contain the feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// The result of one strategy, or of the default value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartReport {
    /// The position of the strategy, counted from 0; `None` for the default value.
    strategy: Option<usize>,
    strategy_id: Option<String>,
    value: Option<Box<RawValue>>,
    people: u64,
    share: f64,
    /// The configured percentage of the strategy as a share, from 0 to 1 unless the percentage is out of range. The field is `None` for the
    /// default value, and if the strategy has no readable percentage or the percentage is 0.
    configured: Option<f64>,
    /// True if `configured` is a share of the users for whom the strategy's rules match, and not of all users.
    of_admitted: bool,
}

pub(super) async fn post(
    State(admin): State<Arc<Admin>>,
    request: Request,
) -> Result<Response, Problem> {
    let (body, question) = Question::of::<Body>(&admin, request).await?;
    if !(1..=MOST).contains(&body.people) {
        return Err(
            Problem::bad(format!("`people` must be a number from 1 to {MOST}")).at("people")
        );
    }
    if question.attributes.get(&body.attribute).is_some() {
        let why = format!(
            "remove {} from the context: this attribute differs from user to user",
            body.attribute
        );
        return Err(Problem::bad(why).at("context"));
    }
    let served = feature(&question.published, &body.feature);
    let served = Arc::clone(served.map_err(|unknown| unknown.at("feature"))?);
    let shared = Arc::clone(&admin.shared);
    let work = move |caller: &Caller| {
        // The ruleset has no JSON, which names the strategies.
        let compiled = explainable(&served, question.profile);
        let forecast = compiled.as_ref().map(|feature| {
            let Question { profile, attributes, now, .. } = &question;
            Forecast::new(feature.as_ref(), *profile, &body.attribute, attributes, *now)
        });
        if let Some(forecast) = &forecast {
            let steps = WorkBound::of([forecast.feature()]).steps(&forecast.context(&name(0)));
            question
                .check_work(&admin.shared, steps.saturating_mul(u64::from(body.people)))
                .map_err(|why| why.at("people"))?;
        }
        Ok(json(&rollout(&question, &body, &served, forecast, caller)))
    };
    evaluated(&shared.evaluations, work).await
}

impl Asks for Body {
    fn asked(&self) -> EvaluationRequest<'_> {
        EvaluationRequest {
            environment: &self.environment,
            profile: self.profile.as_deref(),
            context: self.context.as_deref(),
            now: self.now.as_deref(),
        }
    }
}

/// The number of users after which a simulation checks that its caller is still connected.
const BATCH: u32 = 1024;

fn rollout<'a>(
    question: &Question,
    body: &'a Body,
    served: &ServedFeature,
    mut forecast: Option<Forecast<'_>>,
    caller: &Caller,
) -> Rollout<'a> {
    if let Some(forecast) = &mut forecast {
        for number in 0..body.people {
            if number % BATCH == 0 && caller.has_left() {
                break;
            }
            forecast.count(&forecast.context(&name(number)));
        }
    }
    let forecast = forecast.as_ref();
    let is_constant = forecast.is_none_or(Forecast::is_constant);
    let note = is_constant.then(|| {
        format!("no strategy depends on {}, so all users get the same value", body.attribute)
    });
    Rollout {
        environment: question.published.id,
        feature: &body.feature,
        kind: forecast.and_then(|forecast| forecast.feature().kind()).map(fh_eval::Kind::as_str),
        profile: question.profile,
        attribute: &body.attribute,
        people: u64::from(body.people),
        strategies: forecast.map(|forecast| reports(forecast, served)).unwrap_or_default(),
        note,
    }
}

fn reports(forecast: &Forecast<'_>, served: &ServedFeature) -> Vec<PartReport> {
    let id = |part: &Part| served.strategy_id(part.position?, part.id.as_deref()).map(String::from);
    let report = |part: &Part| PartReport {
        strategy: part.position,
        strategy_id: id(part),
        value: part.token.clone().and_then(|token| RawValue::from_string(token).ok()),
        people: part.people,
        share: forecast.share(part.people),
        configured: configured(part),
        of_admitted: matches!(part.configured, ConfiguredShare::OfAdmitted(_)),
    };
    forecast.parts().iter().map(report).collect()
}

/// Returns the configured percentage of a strategy as a share, from 0 to 1 unless the percentage is out of range. Returns `None` for a
/// strategy without a readable percentage or with the percentage 0, and for the default value, whose share follows from the strategies.
fn configured(part: &Part) -> Option<f64> {
    part.position?;
    match part.configured {
        ConfiguredShare::OfAll(share) | ConfiguredShare::OfAdmitted(share) => {
            Some(share as f64 / 1e6)
        }
        ConfiguredShare::OfNobody | ConfiguredShare::Open => None,
    }
}

/// Returns the name of the simulated user with this number. The names are the same in every request. They come from a hash, so that users
/// are spread evenly over the buckets of percentages.
fn name(person: u32) -> String {
    format!("user-{}", digits(&digest(&person.to_le_bytes()), 8))
}
