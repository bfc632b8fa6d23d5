//! Answers `POST /admin/v1/evaluate` with the evaluations of features for a context, and their explanations.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use fh_eval::{
    EvaluationReason, Explanation, Mark, Outcome, Profile, Report, StrategyReport, Subject,
    Timestamp, WorkBound,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::features::{feature, json};
use super::problem::Problem;
use super::shared::Admin;
use super::subject::{Asks, EvaluationRequest, Question, evaluated};
use crate::evaluations::Caller;
use crate::serving::{ServedFeature, explainable};

/// The body of an evaluation request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    environment: String,
    #[serde(default)]
    context: Option<Box<RawValue>>,
    #[serde(default)]
    profile: Option<String>,
    /// The time for rules on `now`; the current time by default.
    #[serde(default)]
    now: Option<String>,
    /// The keys of the features to evaluate; all features by default.
    #[serde(default)]
    features: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Answers<'a> {
    environment: Uuid,
    profile: Profile,
    now: Timestamp,
    features: Vec<Answer<'a>>,
}

/// The evaluation of one feature for the requested context.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    key: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Option<Box<RawValue>>,
    reason: EvaluationReason,
    /// The id of the strategy that matched, as it is served; `None` if no strategy matched.
    strategy: Option<String>,
    /// True if the feature is retired. Polls and the lists of streams leave retired features out.
    retired: bool,
    /// The explanation of the result, as lines of text.
    text: Vec<Line>,
    explanation: Report,
}

#[derive(Debug, Serialize)]
struct Line {
    indent: usize,
    mark: &'static str,
    text: String,
}

pub(super) async fn post(
    State(admin): State<Arc<Admin>>,
    request: Request,
) -> Result<Response, Problem> {
    let (body, question) = Question::of::<Body>(&admin, request).await?;
    for key in body.features.iter().flatten() {
        feature(&question.published, key).map_err(|unknown| unknown.at("features"))?;
    }
    let shared = Arc::clone(&admin.shared);
    let work = move |caller: &Caller| {
        let ruleset = question.ruleset();
        let wanted = body.features.as_deref();
        let explained = wanted_features(&question, wanted);
        let bound =
            WorkBound::of_explaining(explained.filter_map(|feature| ruleset.get(&feature.key)));
        question.check_work(&admin.shared, bound.steps(&question.attributes))?;
        Ok(json(&answers(&question, wanted, caller)))
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

/// Returns the features whose keys are in `wanted`, or all features if `wanted` is `None`.
fn wanted_features<'a>(
    question: &'a Question,
    wanted: Option<&[String]>,
) -> impl Iterator<Item = &'a Arc<ServedFeature>> {
    question.published.features.iter().filter(move |feature| {
        wanted.is_none_or(|wanted| wanted.iter().any(|key| **key == *feature.key))
    })
}

fn answers<'a>(question: &'a Question, wanted: Option<&[String]>, caller: &Caller) -> Answers<'a> {
    let subject = Subject::new(&question.attributes, question.now);
    let features = wanted_features(question, wanted).take_while(|_| !caller.has_left());
    let features = features.filter_map(|feature| {
        let compiled = explainable(feature, question.profile)?;
        let explanation = compiled.as_ref().explain(&subject);
        Some(Answer::of(feature, &explanation))
    });
    Answers {
        environment: question.published.id,
        profile: question.profile,
        now: question.now,
        features: features.collect(),
    }
}

impl<'a> Answer<'a> {
    fn of(feature: &'a ServedFeature, explanation: &Explanation) -> Self {
        let report = explanation.report();
        let is_match = |strategy: &StrategyReport| strategy.outcome == Outcome::Match;
        let strategy = report.strategies.iter().position(is_match).and_then(|position| {
            feature.strategy_id(position, report.strategy_id.as_deref()).map(String::from)
        });
        let lines = report.lines().into_iter().map(|line| Line {
            indent: line.indent,
            mark: match line.mark {
                Mark::Answer => "answer",
                Mark::Good => "good",
                Mark::Bad => "bad",
                Mark::Warning => "warning",
                _ => "quiet",
            },
            text: line.text,
        });
        Self {
            key: &feature.key,
            kind: feature.kind.as_str(),
            value: report.value.clone().and_then(|token| RawValue::from_string(token).ok()),
            reason: report.reason,
            strategy,
            retired: feature.retired,
            text: lines.collect(),
            explanation: report,
        }
    }
}
