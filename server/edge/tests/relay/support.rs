//! Helpers of the tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Backoff, Client, Config};
use fh_edge::listen::{App, ListenOptions, Listener};
use fh_edge::origin::relay::{RelayKeys, RelayOptions, UpstreamStatus};
use fh_edge::{Edge, EdgeHandle, Options};
use fh_eval::Timestamp;
use fh_test_servers::featurehub::{FakeEdge, Recording};
use serde_json::Value;

use crate::http::{Reply, request};
use crate::shop::listen;

pub(crate) use fh_test::wait::{PATIENCE, wait_until_async};

/// Sets delays of milliseconds instead of seconds and minutes.
pub(crate) fn quick(config: &mut Config) {
    let backoff =
        Backoff { initial: Duration::from_millis(10), cap: Duration::from_millis(80), jitter: 0.5 };
    config.backoff = backoff;
    config.refused = backoff;
    config.pace = Duration::from_millis(10);
    config.stream_again_after = Duration::from_millis(50);
    config.return_within = Duration::from_millis(1)..=Duration::from_millis(10);
}

/// Returns the default transport without proxies.
pub(crate) fn transport() -> ReqwestTransport {
    ReqwestTransport::builder().no_proxy().build().unwrap()
}

/// Returns options to relay the Edge at this URL, with short delays.
pub(crate) fn options(url: &str) -> RelayOptions {
    RelayOptions::new(url).transport(transport()).configure(quick)
}

/// Returns options to relay both keys of a fake Edge.
pub(crate) fn options_for(upstream: &FakeEdge) -> RelayOptions {
    options(&upstream.url()).keys(RelayKeys::pair(upstream.client_key(), upstream.server_key()))
}

/// A relay that serves on a free port of this machine.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) handle: EdgeHandle,
}

impl Relay {
    pub(crate) async fn start(relay: RelayOptions) -> Self {
        Self::start_with(relay, Options::default()).await
    }

    pub(crate) async fn start_with(relay: RelayOptions, options: Options) -> Self {
        let edge = Edge::builder().relay(relay).options(options).build().unwrap();
        Self { address: listen(edge.router()).await, handle: edge.handle() }
    }

    /// Starts a relay that knows the addresses of its clients.
    pub(crate) async fn start_with_addresses(relay: RelayOptions, options: Options) -> Self {
        let edge = Edge::builder().relay(relay).options(options).build().unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::from(edge.router()).shortcut(edge.poll_shortcut(""));
        let forever = std::future::pending();
        tokio::spawn(fh_edge::listen::serve([listener], app, ListenOptions::default(), forever));
        Self { address, handle: edge.handle() }
    }

    /// Starts a relay, and waits until it is ready.
    pub(crate) async fn ready(relay: RelayOptions) -> Self {
        let relay = Self::start(relay).await;
        relay.until_ready().await;
        relay
    }

    pub(crate) async fn until_ready(&self) {
        wait_until_async("ready", || async { self.get("/health/readiness").await.status == 200 })
            .await;
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        request(self.address, "GET", path, &[], "").await
    }

    pub(crate) async fn poll(&self, key: &str) -> Reply {
        self.poll_for(key, "").await
    }

    pub(crate) async fn poll_for(&self, key: &str, context: &str) -> Reply {
        let path = format!("/features?apiKey={key}");
        let header = [("x-featurehub", context)];
        let headers = if context.is_empty() { &[][..] } else { &header[..] };
        request(self.address, "GET", &path, headers, "").await
    }

    /// Returns a feature as a key sees it.
    pub(crate) async fn feature(&self, key: &str, context: &str, feature: &str) -> Option<Value> {
        let reply = self.poll_for(key, context).await;
        (reply.status == 200).then(|| find(&reply.json(), feature)).flatten()
    }

    /// Returns the status of the only upstream connection.
    pub(crate) fn upstream(&self) -> UpstreamStatus {
        let [one] = <[_; 1]>::try_from(self.handle.upstreams()).unwrap();
        one
    }

    /// Starts a client of the relay, and waits until it is ready.
    pub(crate) async fn client(&self, key: &str) -> Client {
        let url = format!("http://{}", self.address);
        let builder = Client::builder(url, key).transport(transport()).configure(quick);
        let client = builder.start().unwrap();
        tokio::time::timeout(PATIENCE, client.ready()).await.unwrap().unwrap();
        client
    }
}

/// Returns a feature of the first environment in a body.
pub(crate) fn find(body: &Value, key: &str) -> Option<Value> {
    body[0]["features"].as_array()?.iter().find(|feature| feature["key"] == key).cloned()
}

/// Waits until a condition on a client holds. It is checked after each change.
pub(crate) async fn sees(client: &Client, holds: impl Fn(&Client) -> bool) {
    let mut watch = client.watch();
    let looking = async {
        while !holds(client) {
            watch.changed().await.unwrap();
        }
    };
    assert!(tokio::time::timeout(PATIENCE, looking).await.is_ok(), "{}", client.status());
}

/// Waits until a condition on the recording of the upstream Edge holds.
pub(crate) fn seen(upstream: &FakeEdge, condition: impl FnMut(&Recording) -> bool) {
    let waited = tokio::task::block_in_place(|| upstream.wait_until(PATIENCE, condition));
    waited.unwrap_or_else(|error| panic!("{error}"));
}

/// A clock that the test advances.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn advance(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Returns a function that gives the time of this clock.
    pub(crate) fn read(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let millis = Arc::clone(&self.0);
        // Some day in 2026.
        move || Timestamp::from_millis(1_790_000_000_000 + millis.load(Ordering::SeqCst))
    }
}
