//! Waiting for clients, with a time limit.

use fh_client::Client;
use fh_test::wait::PATIENCE;

/// Waits until a client has features.
pub(crate) async fn ready(client: &Client) {
    tokio::time::timeout(PATIENCE, client.ready()).await.expect("features").unwrap();
}
