//! Checks whether the key has permission for an update of a feature. The check runs only on request, with an update to the
//! feature's current value or lock.

use fh_client::{Outcome, Refusal, Update};
use fh_eval::Subject;
use fh_session::KeyKind;
use serde_json::json;
use tokio::time::timeout_at;

use crate::clock;
use crate::edge;
use crate::failure::Failure;
use crate::server::Server as _;

use super::check::{Finding, Report, Topic};
use super::visit::Visit;

/// The result of reading the feature on which a change is tried.
enum Current {
    /// An update to the feature's current value or lock, and the name of the part that it sets.
    Known(Update, &'static str),
    /// The environment has no such feature.
    Missing,
    /// No features arrived, for this reason.
    Unread(String),
}

impl Visit<'_> {
    pub(super) async fn update(&self, report: &mut Report<'_>) -> Result<(), Failure> {
        let Some(key) = self.examination.update else { return Ok(()) };
        if !self.http.has_time() {
            return Ok(());
        }
        let (update, what) = match self.as_it_is(key).await? {
            Current::Known(update, what) => (update, what),
            Current::Missing => {
                let message = format!("there is no feature {key} to try a change on");
                let finding = Finding::bad(Topic::Update, message);
                return report.add(finding.advice("check the spelling of the feature's key"));
            }
            Current::Unread(why) => {
                let message = format!("{key} could not be read, so no change was tried: {why}");
                return report.add(Finding::bad(Topic::Update, message));
            }
        };
        let client = self.examination.edge.for_updates().map_err(edge::unstarted)?;
        let updates = client.test_updates();
        let sent = timeout_at(self.examination.deadline, updates.set(key, update)).await;
        let Ok(sent) = sent else {
            let message = format!("changing {key}: the time of --timeout ended before the answer");
            let finding = Finding::warning(Topic::Update, message);
            return report.add(finding.advice("run `fh set` to try only the change"));
        };
        let finding = match sent {
            Ok(outcome) => {
                let how = match outcome {
                    Outcome::Unchanged => "without effect",
                    Outcome::Accepted => "and was accepted",
                };
                let message = format!(
                    "the key has permission for this update: {what} of {key} was sent unchanged, {how}"
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

    /// Reads the feature with this key with a client of its own.
    async fn as_it_is(&self, key: &str) -> Result<Current, Failure> {
        let client = self.examination.edge.client().once().start().map_err(edge::unstarted)?;
        match timeout_at(self.examination.deadline, client.ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => {
                return Ok(Current::Unread(self.examination.edge.not_ready(&why).to_string()));
            }
            Err(_) => {
                return Ok(Current::Unread(
                    self.examination.edge.no_features(&client, None).to_string(),
                ));
            }
        }
        let snapshot = client.snapshot();
        let Some(feature) = snapshot.ruleset().get(key) else { return Ok(Current::Missing) };
        let lock = if feature.is_locked() { Update::lock() } else { Update::unlock() };
        // Evaluated values may come from a strategy, so they must not be set. The value of a locked feature cannot be set.
        if self.keys().kind() == KeyKind::ServerEvaluated || feature.is_locked() {
            return Ok(Current::Known(lock, "the lock"));
        }
        let value = feature.evaluate(&Subject::without_context(clock::now())).value().cloned();
        let update = value.map_or_else(Update::null, Update::value);
        Ok(Current::Known(update, "the value"))
    }
}
