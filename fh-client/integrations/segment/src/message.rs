//! The conversion of events to messages of Segment's API.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use fh_client::{Params, UsageEvent};
use serde_json::json;

/// The maximum size of a message in bytes. A larger message is dropped.
pub(crate) const MAX_MESSAGE: usize = 32 * 1024;
/// The maximum total size of the messages in one request, in bytes. Further messages go into the next request. This size is
/// below Segment's limit of 500 KiB, so that there is room for the text around the messages.
pub(crate) const MAX_BATCH: usize = 480 * 1024;

/// The user id of an event whose context has neither a user key nor a session.
const ANONYMOUS: &str = "anonymous";

/// Returns the `track` message of a named event. Returns `None` for an event of another kind, or with an empty name.
pub(crate) fn track(event: &UsageEvent, defaults: &Params) -> Option<String> {
    let UsageEvent::Named(named) = event else { return None };
    // Segment rejects a `track` message without an event name.
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

/// Returns a new message id, by which Segment recognises a message that is sent twice.
fn message_id() -> String {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // The random part of the id comes from hash keys, because they are the only random numbers in the standard library.
    let process = PROCESS.get_or_init(|| RandomState::new().hash_one(std::process::id()));
    format!("fh-{process:016x}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
