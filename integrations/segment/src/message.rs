//! Events as Segment's API takes them.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use fh_client::{Params, UsageEvent};
use serde_json::json;

/// Most bytes of one message.
pub(crate) const MAX_MESSAGE: usize = 32 * 1024;
/// Most bytes of one batch, with some room for what is around the messages.
pub(crate) const MAX_BATCH: usize = 480 * 1024;

/// Whom an event without user is booked on.
const ANONYMOUS: &str = "anonymous";

/// The `track` call of a named event; `None` for any other.
pub(crate) fn track(event: &UsageEvent, defaults: &Params) -> Option<String> {
    let UsageEvent::Named(named) = event else { return None };
    // Segment refuses a call without a name.
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

/// An id that Segment knows a message again by when it is sent twice.
fn message_id() -> String {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // The standard library's only source of chance.
    let process = PROCESS.get_or_init(|| RandomState::new().hash_one(std::process::id()));
    format!("fh-{process:016x}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
