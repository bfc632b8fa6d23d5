//! The client of this project reads and changes features of an Edge.

use fh_client::{Client, Outcome, Update};
use fh_edge::{FeatureChange, Options};
use fh_test::wait::PATIENCE;

use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, WRITER_KEY, serve, state};
use crate::waiting::ready;

/// Waits until a condition on a client holds. It is checked after each change of the feature.
async fn until(client: &Client, key: &str, holds: impl Fn(&Client) -> bool) {
    let mut changes = client.changes(key);
    let wait = async {
        while !holds(client) {
            changes.next().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "{key} did not change");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_streams_and_evaluates() {
    let (address, handle) = serve(state(), Options::default()).await;
    let client = Client::builder(format!("http://{address}"), CLIENT_KEY).start().unwrap();
    ready(&client).await;
    let kiwi = client.context().country("new_zealand").build();
    assert!(
        kiwi.is_enabled("NEW_CHECKOUT") && !client.context().build().is_enabled("NEW_CHECKOUT")
    );
    assert_eq!(kiwi.string("BANNER").as_deref(), Some("Welcome"));
    assert!(kiwi.feature("NEVER_SET").exists() && !kiwi.feature("NEVER_SET").is_set());

    let change = FeatureChange {
        value: Some(Some(fh_edge::state::Json::text("Sale!"))),
        ..FeatureChange::default()
    };
    handle.change(ENVIRONMENT.parse().unwrap(), "BANNER", change).await.unwrap();
    until(&client, "BANNER", |client| {
        client.context().build().string("BANNER").as_deref() == Some("Sale!")
    })
    .await;
    assert_eq!(handle.streams(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_evaluated_key_gets_the_values_of_its_context() {
    let (address, _) = serve(state(), Options::default()).await;
    let client = Client::builder(format!("http://{address}"), SERVER_KEY).start().unwrap();
    ready(&client).await;
    assert!(!client.context().build().is_enabled("NEW_CHECKOUT"));
    let kiwi = fh_client::Attributes::builder().country("new_zealand").build();
    client.set_context(kiwi).await.unwrap();
    assert!(client.context().country("new_zealand").build().is_enabled("NEW_CHECKOUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_changes_features() {
    let (address, _) = serve(state(), Options::default()).await;
    let url = format!("http://{address}");
    let reader = Client::builder(&url, CLIENT_KEY).start().unwrap();
    ready(&reader).await;
    let writer = Client::builder(&url, WRITER_KEY).start().unwrap();
    let updates = writer.test_updates();
    assert_eq!(updates.set("NEW_CHECKOUT", Update::value(true)).await.unwrap(), Outcome::Accepted);
    until(&reader, "NEW_CHECKOUT", |reader| reader.context().build().is_enabled("NEW_CHECKOUT"))
        .await;
    assert_eq!(updates.set("NEW_CHECKOUT", Update::value(true)).await.unwrap(), Outcome::Unchanged);
    assert!(updates.set("BANNER", Update::value("x")).await.is_err());
    assert!(reader.test_updates().set("NEW_CHECKOUT", Update::value(false)).await.is_err());
}
