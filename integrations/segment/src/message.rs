//! Events in the form of Segment's API.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use fh_client::{Params, UsageEvent};
use serde_json::json;

/// The largest message, in bytes.
pub(crate) const MAX_MESSAGE: usize = 32 * 1024;
/// The largest batch, in bytes. It is below Segment's limit, so that there is room for the text around the messages.
pub(crate) const MAX_BATCH: usize = 480 * 1024;

/// The user id of an event without a user.
const ANONYMOUS: &str = "anonymous";

/// Returns the `track` call of a named event, or `None` for any other event.
pub(crate) fn track(event: &UsageEvent, defaults: &Params) -> Option<String> {
    let UsageEvent::Named(named) = event else { return None };
    // Segment rejects a call without a name.
    if named.name.is_empty() {
        return None;
    }
    let mut properties = defaults.clone();
    properties.extend(event.record());
    let message = json!({
        "type": "track",
        "event": &*named.name,
        "userId": event.user_key().unwrap_or(ANONYMOUS),
        "properties": properties,
        "timestamp": named.at.to_string(),
        "messageId": message_id(),
        "context": {"library": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")}},
    });
    Some(message.to_string())
}

/// Returns an id by which Segment recognises a message that is sent twice.
fn message_id() -> String {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Hash keys are the only source of random numbers in the standard library.
    let process = PROCESS.get_or_init(|| RandomState::new().hash_one(std::process::id()));
    format!("fh-{process:016x}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
