//! `POST /admin/v1/rollout`: simulates users and counts which strategy of a feature each of them matches.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use fh_eval::featurehub::wire;
use fh_eval::{Attributes, FeatureRef, Profile, Subject, Token, WorkBound};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Admin;
use super::features::{feature, json};
use super::problem::Problem;
use super::subject::{Asks, EvaluationRequest, Question};
use crate::evaluations::Caller;

/// The default number of simulated users.
const USUAL: u32 = 10_000;
/// The largest number of simulated users. A request for more is answered with status 400.
const MOST: u32 = 200_000;

/// The body of a rollout request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    environment: String,
    feature: String,
    /// The name of the attribute that differs from user to user.
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
    people: u32,
    /// The results of the strategies, in their order. The last element is the default value, for the users for whom no strategy matched.
    strategies: Vec<Arm>,
    /// A warning that no strategy depends on `attribute`, so that all users get the same value; `None` if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// The result of one strategy, or of the default value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Arm {
    /// The position of the strategy, counted from 0; `None` for the default value.
    strategy: Option<usize>,
    strategy_id: Option<String>,
    value: Option<Box<RawValue>>,
    people: u32,
    share: f64,
    /// The configured percentage of the strategy as a share from 0 to 1; `None` if the strategy has no percentage.
    configured: Option<f64>,
    /// True if `configured` is a share of only those users for whom the strategy's rules match.
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
            "remove {} from the context: it is the attribute that differs from user to user",
            body.attribute
        );
        return Err(Problem::bad(why).at("context"));
    }
    feature(&question.published, &body.feature).map_err(|unknown| unknown.at("feature"))?;
    let shared = Arc::clone(&admin.shared);
    let answered = shared.evaluations.run(move |caller| {
        let ruleset = question.ruleset();
        let feature = ruleset.get(&body.feature);
        let steps = WorkBound::of(feature).steps(&person(&question, &body, 0));
        question
            .check_work(&admin.shared, steps.saturating_mul(u64::from(body.people)))
            .map_err(|why| why.at("people"))?;
        Ok(json(&rollout(&question, &body, feature, caller)))
    });
    answered.await.ok_or_else(Problem::closed)?
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

fn person(question: &Question, body: &Body, number: u32) -> Attributes {
    with(&question.attributes, &body.attribute, &name(number))
}

fn rollout<'a>(
    question: &Question,
    body: &'a Body,
    feature: Option<FeatureRef<'_>>,
    caller: &Caller,
) -> Rollout<'a> {
    let plan = feature.map(Plan::of).unwrap_or_default();
    let mut arms = plan.arms;
    if let Some(feature) = feature {
        for number in 0..body.people {
            if number % BATCH == 0 && caller.has_left() {
                break;
            }
            let attributes = person(question, body, number);
            let evaluation = feature.evaluate(&Subject::new(&attributes, question.now));
            let last = arms.len().saturating_sub(1);
            if let Some(arm) = arms.get_mut(evaluation.strategy_position().unwrap_or(last)) {
                arm.people += 1;
            }
        }
    }
    for arm in &mut arms {
        arm.share = f64::from(arm.people) / f64::from(body.people);
    }
    let reads = |name: &str| plan.reads.contains(name);
    let drawn = plan.default_key
        && (body.attribute == "userkey" || body.attribute == question.profile.session_attribute());
    let depends = reads(&body.attribute) || drawn || arms.len() == 1;
    let note = (!depends).then(|| {
        format!("no strategy depends on {}, so all users get the same value", body.attribute)
    });
    Rollout {
        environment: question.published.id,
        feature: &body.feature,
        kind: feature.and_then(|feature| feature.kind()).map(fh_eval::Kind::as_str),
        profile: question.profile,
        attribute: &body.attribute,
        people: body.people,
        strategies: arms,
        note,
    }
}

/// The strategies of a feature and the attributes that they read, from the feature's JSON.
#[derive(Default)]
struct Plan {
    arms: Vec<Arm>,
    /// The attributes that the strategies read, for rules or percentages.
    reads: BTreeSet<String>,
    /// True if a percentage names no attributes, so that it is computed from the default key: the user key or the session key.
    default_key: bool,
}

impl Plan {
    fn of(feature: FeatureRef<'_>) -> Self {
        let wire = wire::Feature::parse(feature.json()).unwrap_or_default();
        let mut plan = Self::default();
        let strategies = wire.strategies.as_ref().map_or(&[][..], Vec::as_slice);
        for (position, shape) in strategies.iter().enumerate() {
            let unread = wire::Strategy::default();
            let strategy = shape.as_ref().unwrap_or(&unread);
            let rules = strategy.rules.as_ref().map_or(&[][..], Vec::as_slice);
            let fields = rules.iter().filter_map(|rule| wire::text(rule.as_ref()?.field));
            plan.reads.extend(fields.map(String::from));
            let percentage = strategy.percentage.and_then(|raw| Token::of(raw).integer());
            let percentage = percentage.filter(|percentage| *percentage != 0);
            let keys = strategy.percentage_attributes.as_ref().map_or(&[][..], Vec::as_slice);
            plan.default_key |= percentage.is_some() && keys.is_empty();
            plan.reads
                .extend(keys.iter().filter_map(|key| wire::text(Some(*key))).map(String::from));
            plan.arms.push(Arm {
                strategy: Some(position),
                strategy_id: wire::text(strategy.id).map(String::from),
                configured: percentage.map(|millionths| millionths as f64 / 1e6),
                of_admitted: percentage.is_some() && !rules.is_empty(),
                ..Arm::of(strategy.value)
            });
        }
        plan.arms.push(Arm::of(wire.value));
        plan
    }
}

impl Arm {
    fn of(value: wire::Raw<'_>) -> Self {
        let value = value.filter(|raw| Token::of(raw) != Token::Null);
        Self {
            strategy: None,
            strategy_id: None,
            value: value.map(ToOwned::to_owned),
            people: 0,
            share: 0.0,
            configured: None,
            of_admitted: false,
        }
    }
}

/// Returns the attributes of one simulated user: the fixed ones, and `attribute` with `name` as its value.
fn with(fixed: &Attributes, attribute: &str, name: &str) -> Attributes {
    let start = Attributes::builder().attribute(attribute, name);
    let more = fixed.iter().flat_map(|(name, values)| values.map(move |value| (name, value)));
    more.fold(start, |builder, (name, value)| builder.attribute(name, value)).build()
}

/// Returns the name of the simulated user with this number. The names are the same in every request. They come from a hash, so that users
/// spread evenly over percentages.
fn name(person: u32) -> String {
    let digest = hmac_sha256::Hash::hash(&person.to_le_bytes());
    digest.iter().take(8).fold("user-".to_string(), |name, byte| format!("{name}{byte:02x}"))
}
