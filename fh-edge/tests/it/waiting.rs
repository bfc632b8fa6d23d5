//! Waiting for clients, and not for ever.

use std::time::Duration;

use fh_client::Client;

/// What has not come after this will not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a client has features.
pub(crate) async fn ready(client: &Client) {
    tokio::time::timeout(PATIENCE, client.ready()).await.expect("features").unwrap();
}
