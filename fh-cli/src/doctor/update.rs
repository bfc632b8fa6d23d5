//! Checks that the key may change features. The check runs only on request, with an update to the feature's current value or
//! lock.

use fh_client::{Outcome, Refusal, Update};
use fh_eval::Subject;
use fh_session::KeyKind;
use serde_json::json;

use crate::clock;
use crate::edge;
use crate::failure::Failure;

use super::Visit;
use super::check::{Finding, Report, Topic};

impl Visit<'_> {
    pub(super) async fn update(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        let Some(key) = self.examination.update else { return Ok(()) };
        if !self.http.has_time() {
            return Ok(());
        }
        let Some((update, what)) = self.as_it_is(key).await? else {
            let message = format!("there is no feature {key} to try a change on");
            return report.add(
                Finding::bad(Topic::Update, message)
                    .advice("check the spelling of the feature's key"),
            );
        };
        let client = self.examination.edge.for_updates().map_err(edge::unstarted)?;
        let sent = client.test_updates().set(key, update).await;
        let finding = match sent {
            Ok(outcome) => {
                let how = match outcome {
                    Outcome::Unchanged => "without effect",
                    Outcome::Accepted => "and was published again",
                };
                let message = format!(
                    "the key may change features: {what} of {key} was sent unchanged, {how}"
                );
                Finding::good(Topic::Update, message).data(json!({ "status": 200 }))
            }
            Err(refusal) => {
                let finding = Finding::warning(Topic::Update, format!("changing {key}: {refusal}"));
                let advice = match refusal {
                    Refusal::NotPermitted { .. } => {
                        "this is a problem only for a key of tests: the service account of such a key needs the permission"
                    }
                    _ => "run `fh set` to try only the change",
                };
                finding.advice(advice).data(json!({ "status": refusal.status() }))
            }
        };
        report.add(finding)
    }

    /// Returns an update to the feature's current value or lock. Returns `None` if the client has no such feature, for
    /// example because it has received no features.
    async fn as_it_is(&self, key: &str) -> Result<Option<(Update, &'static str)>, Failure> {
        let client = self.examination.edge.client().one_off().start().map_err(edge::unstarted)?;
        // If the client does not become ready, the feature is not found below.
        let _ = tokio::time::timeout_at(self.examination.deadline, client.ready()).await;
        let snapshot = client.snapshot();
        let Some(feature) = snapshot.ruleset().get(key) else { return Ok(None) };
        let lock = if feature.is_locked() { Update::lock() } else { Update::unlock() };
        // Evaluated values may come from a strategy, so they must not be set. The value of a locked feature cannot be set.
        if self.keys().kind() == KeyKind::ServerEvaluated || feature.is_locked() {
            return Ok(Some((lock, "the lock")));
        }
        let value = feature.evaluate(&Subject::without_context(clock::now())).value().cloned();
        let update = value.map_or_else(Update::null, Update::value);
        Ok(Some((update, "the value")))
    }
}
