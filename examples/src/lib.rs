//! What the examples share: an Edge to talk to.
#![forbid(unsafe_code)]

use fh_client::testing::MemoryEdge;
use fh_client::{Client, ClientBuilder};
use serde_json::json;

/// Begins a client: of the Edge that the environment names, else of a small one in memory.
///
/// The Edge in memory comes along, so that an example can change features.
pub fn client() -> (ClientBuilder, Option<MemoryEdge>) {
    let is_set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
    if is_set("FEATUREHUB_EDGE_URL") {
        return (Client::from_environment(), None);
    }
    let edge = sample();
    (edge.client(), Some(edge))
}

/// Features of a shop: `NEW_CHECKOUT` for New Zealand and half of everybody else, and some plain ones.
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
