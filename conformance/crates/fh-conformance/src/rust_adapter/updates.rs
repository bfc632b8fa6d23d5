//! The operation `update`.

use std::time::Duration;

use fh_client::{Client, Outcome as UpdateOutcome, Update as FeatureUpdate};

use super::failure::{Outcome, adapter, sdk};
use super::waiting::Waiting;
use crate::protocol::{Update, Updated};

/// Maximum time for the Edge's answer. The client's own limit is longer than the runner waits.
const LONGEST_UPDATE: Duration = Duration::from_secs(8);

/// Changes a feature at the Edge.
///
/// # Errors
/// If the command changes nothing, or if the Edge gave no answer.
pub(super) fn update(client: &Client, update: &Update, waiting: &Waiting) -> Outcome<Updated> {
    let value = update.value.clone().map(FeatureUpdate::value);
    let lock = update
        .lock
        .map(|is_locked| if is_locked { FeatureUpdate::lock() } else { FeatureUpdate::unlock() });
    let change = match (value, lock) {
        (Some(value), Some(lock)) => value.and(lock),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Err(adapter("an update has a value, a lock, or both")),
    };
    let updates = client.test_updates();
    match waiting.at_most(LONGEST_UPDATE, updates.set(&update.feature, change)) {
        // Statuses 200 and 201 are one outcome of the client.
        Some(Ok(UpdateOutcome::Accepted)) => Ok(Updated { accepted: true, status: None }),
        Some(Ok(UpdateOutcome::Unchanged)) => Ok(Updated { accepted: true, status: Some(202) }),
        Some(Err(refusal)) => match refusal.status() {
            Some(status) => Ok(Updated { accepted: false, status: Some(status) }),
            None => Err(sdk(refusal)),
        },
        None => Err(sdk("the update did not end within the time limit")),
    }
}
