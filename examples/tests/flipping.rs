//! Tests of a program that flip features, with an Edge in memory, without sockets and without sleeping.

use fh_client::testing::{Fault, MemoryEdge};
use fh_client::{Client, NotReady};

/// The code under test: a part of a program that reads features.
struct Checkout {
    client: Client,
}

impl Checkout {
    fn steps(&self, user: &str) -> Vec<&'static str> {
        let features = self.client.context().user_key(user).build();
        let mut steps = vec!["basket"];
        if features.is_enabled("EXPRESS") {
            steps.push("express");
        } else {
            steps.extend(["address", "payment"]);
        }
        steps
    }
}

#[tokio::test]
async fn off_and_on() {
    let edge = MemoryEdge::new();
    edge.set("EXPRESS", false);
    let client = edge.client().start().unwrap();
    client.ready().await.unwrap();
    let checkout = Checkout { client };
    assert_eq!(checkout.steps("mara"), ["basket", "address", "payment"]);

    edge.set("EXPRESS", true);
    edge.delivered().await;
    assert_eq!(checkout.steps("mara"), ["basket", "express"]);
}

#[tokio::test]
async fn for_one_user_only() {
    let edge = MemoryEdge::new();
    edge.set("EXPRESS", false);
    edge.set_strategies(
        "EXPRESS",
        &serde_json::json!([{"id": "mara", "value": true, "attributes": [
            {"fieldName": "userkey", "type": "STRING", "conditional": "EQUALS", "values": ["mara"]}]}]),
    );
    let client = edge.client().start().unwrap();
    client.ready().await.unwrap();
    let checkout = Checkout { client };
    assert_eq!(checkout.steps("mara"), ["basket", "express"]);
    assert_eq!(checkout.steps("ben"), ["basket", "address", "payment"]);
}

#[tokio::test]
async fn when_there_are_no_features() {
    let edge = MemoryEdge::new();
    edge.fail(Fault::Status(404));
    let client = edge.client().start().unwrap();
    assert!(matches!(client.ready().await, Err(NotReady::Failed(_))));
    let checkout = Checkout { client };
    assert_eq!(checkout.steps("mara"), ["basket", "address", "payment"]);
}
