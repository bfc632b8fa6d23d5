//! Waiting for clients, with a time limit.

use std::time::Duration;

use fh_client::Client;

/// The time limit of a wait. Only a failing test reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a client has features.
pub(crate) async fn ready(client: &Client) {
    tokio::time::timeout(PATIENCE, client.ready()).await.expect("features").unwrap();
}
