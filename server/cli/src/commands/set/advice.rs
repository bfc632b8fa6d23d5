//! Advice for a change that an Edge refused. If the advice depends on the features of the Edge, they are fetched by the same API key.

use std::time::Duration;

use fh_client::{Refusal, Snapshot};
use fh_edge::internal::READ_ONLY;
use fh_eval::Kind;
use fh_files::closest;

use crate::edge::Edge;
use crate::failure::Failure;
use crate::server::{Server as _, ready};

/// The time limit for fetching the features. Without them, the advice is more general.
const LIMIT: Duration = Duration::from_secs(3);

/// The number of keys that an error lists.
const LISTED: usize = 10;

/// Converts a refusal to an error, with advice if there is any. `needs` are the permissions that the change needs.
pub(super) async fn failure(
    edge: &Edge,
    feature: &str,
    needs: &[&str],
    refusal: &Refusal,
) -> Failure {
    let advice = match refusal {
        Refusal::Nonsense { .. } => of_type(features(edge).await.as_ref(), feature),
        // No permission would help, and the reason says where to change the feature.
        Refusal::NotPermitted { reason, .. } if reason.starts_with(READ_ONLY) => {
            return Failure::Refused(format!("{feature}: {reason}"));
        }
        Refusal::NotPermitted { .. } => {
            let mut roles = vec!["READ"];
            roles.extend(needs);
            format!(
                "give the service account of this key {} in the environment; in a state file: `permissions: {{ ENVIRONMENT: [{}] }}`",
                needs.join(" and "),
                roles.join(", ")
            )
        }
        Refusal::NoSuchFeature => of_key(features(edge).await.as_ref(), feature),
        Refusal::Locked { .. } => "add --unlock to unlock the feature in the same command".into(),
        Refusal::NotPossible { .. } => "set a BOOLEAN feature to true or false".into(),
        Refusal::NotApplied => {
            "another change may have replaced this change, or the Edge's data is delayed: `fh get` shows the current value".into()
        }
        Refusal::Unexpected { .. } => {
            "check that the URL is that of an Edge: `fh doctor` shows more".into()
        }
        Refusal::Unreachable(problem) => return Failure::Edge(edge.trouble(problem)),
        _ => return Failure::Edge(refusal.to_string()),
    };
    let text = format!("{feature}: {refusal}; {advice}");
    if is_answer(refusal) { Failure::Refused(text) } else { Failure::Edge(text) }
}

/// Fetches the features that the API key reads. Returns `None` if they do not arrive.
async fn features(edge: &Edge) -> Option<Snapshot> {
    let client = edge.client_for_once().start().ok()?;
    ready(edge, &client, LIMIT, None).await.ok()?;
    Some(client.snapshot())
}

fn of_type(features: Option<&Snapshot>, feature: &str) -> String {
    let kind = features.and_then(|all| all.ruleset().get(feature)?.kind());
    let Some(kind) = kind else {
        return "write a value of the feature's type: true or false, a number, text, or a JSON document".into();
    };
    let example = match kind {
        Kind::Boolean => "true or false",
        Kind::Number => "a number such as 10 or 9.95",
        Kind::Json => "a JSON document, such as '{\"columns\": 3}'",
        _ => "a text",
    };
    format!("{feature} is a {} feature: write {example}", kind.as_str())
}

fn of_key(features: Option<&Snapshot>, feature: &str) -> String {
    let Some(features) = features else {
        return "check the API key, and that its service account may read the feature: `fh doctor` shows more".into();
    };
    let keys: Vec<&str> = features.ruleset().iter().map(|feature| feature.key()).collect();
    match closest(feature, keys.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None if keys.is_empty() => "this API key reads no feature".into(),
        None => {
            let listed = keys.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
            let more = if keys.len() > LISTED { ", \u{2026}" } else { "" };
            format!("this API key reads {listed}{more}")
        }
    }
}

/// Returns true if the Edge refused the request, or if it accepted a change that did not become visible.
pub(super) const fn is_answer(refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::Unexpected { .. } | Refusal::Unreachable(_) | Refusal::Closed)
}
