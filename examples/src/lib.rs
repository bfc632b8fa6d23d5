//! The Edge that the examples use.
#![forbid(unsafe_code)]

use fh_client::testing::MemoryEdge;
use fh_client::{Client, ClientBuilder};
use serde_json::json;

/// Returns the builder of a client. The client uses the Edge that `FEATUREHUB_EDGE_URL` names, otherwise a small Edge in
/// memory.
///
/// The Edge in memory is returned as well, so that an example can change features.
pub fn client() -> (ClientBuilder, Option<MemoryEdge>) {
    let is_set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
    if is_set("FEATUREHUB_EDGE_URL") {
        return (Client::from_environment(), None);
    }
    let edge = sample();
    (edge.client(), Some(edge))
}

/// Returns an Edge with the features of a shop. `NEW_CHECKOUT` is on for New Zealand and for about half of all other user
/// keys.
#[must_use]
pub fn sample() -> MemoryEdge {
    let edge = MemoryEdge::new();
    edge.set("NEW_CHECKOUT", false);
    edge.set_strategies(
        "NEW_CHECKOUT",
        &json!([
            {"id": "kiwi", "value": true, "attributes": [
                {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]},
            {"id": "half", "percentage": 500_000, "value": true},
        ]),
    );
    edge.set("BANNER", "Free shipping in November");
    edge.set("PAGE_SIZE", 20);
    edge
}
