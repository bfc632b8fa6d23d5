//! Helpers of most tests. Tests may block, because each client runs on a thread of its own.

use std::future::Future;
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Backoff, Client, ClientBuilder, Config, Status};
use fh_test_servers::featurehub::{FakeEdge, Recording};

pub(crate) use fh_test::wait::PATIENCE;

/// Returns the default transport without the machine's proxies.
pub(crate) fn transport() -> ReqwestTransport {
    ReqwestTransport::builder().no_proxy().build().unwrap()
}

/// Returns the builder of a client of this Edge, with a client-evaluated key and short delays.
pub(crate) fn builder(edge: &FakeEdge) -> ClientBuilder {
    builder_with(edge, &edge.client_key())
}

/// Returns the builder of a client of this Edge, with this key and short delays.
pub(crate) fn builder_with(edge: &FakeEdge, key: &str) -> ClientBuilder {
    Client::builder(edge.url(), key).transport(transport()).configure(quick)
}

/// Replaces delays of seconds and minutes by milliseconds.
pub(crate) fn quick(config: &mut Config) {
    let backoff =
        Backoff { initial: Duration::from_millis(10), cap: Duration::from_millis(80), jitter: 0.5 };
    config.backoff = backoff;
    config.refused = backoff;
    config.pace = Duration::from_millis(10);
}

/// Waits for a future, at most until the deadline.
pub(crate) fn soon<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await }).expect("in time")
}

/// Waits until the client's status meets a condition.
pub(crate) fn until(client: &Client, condition: impl FnMut(&Status) -> bool) -> Status {
    soon(client.status_when(condition)).unwrap()
}

/// Starts a client, and waits until it is ready.
pub(crate) fn started(builder: ClientBuilder) -> Client {
    let client = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client
}

/// Waits until a feature has this text.
pub(crate) fn reads(client: &Client, key: &str, text: &str) {
    let mut changes = client.changes(key);
    soon(async {
        while client.string(key).as_deref() != Some(text) {
            changes.next().await.expect("an open client");
        }
    });
}

/// Waits until the requests at the Edge meet a condition.
pub(crate) fn seen(edge: &FakeEdge, condition: impl FnMut(&Recording) -> bool) {
    edge.wait_until(PATIENCE, condition).unwrap_or_else(|error| panic!("{error}"));
}
