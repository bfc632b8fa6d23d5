//! The user `anna`, for whom some features have a strategy.

use serde_json::{Value, json};

use crate::protocol::Context;

/// The id of the strategy.
pub(super) const STRATEGY: &str = "for-anna";

/// Returns the context of the user, who lives in New Zealand.
pub(super) fn context() -> Context {
    Context::from([
        ("country".to_owned(), vec!["new_zealand".to_owned()]),
        ("userkey".to_owned(), vec!["anna".to_owned()]),
    ])
}

/// Returns a list of one strategy, which gives this value to the user.
pub(super) fn strategies(value: &str) -> Value {
    json!([{"id": STRATEGY, "value": value, "attributes": [
        {"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["anna"]}]}])
}
