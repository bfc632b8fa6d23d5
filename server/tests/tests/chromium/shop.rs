//! The features of a shop, and an Edge that serves them with a console.

use std::net::SocketAddr;
use std::time::Duration;

use fh_client::Client;
use fh_edge::listen::{ListenOptions, Listener, serve};
use fh_edge::origin::relay::{RelayKeys, RelayOptions};
use fh_edge::state::{Json, State, file};
use fh_edge::{AdminKey, Console, Edge, EdgeBuilder, EdgeHandle, FeatureChange, Options};
use tokio::task::JoinHandle;

pub(crate) const ADMIN_KEY: &str = "an-admin-key-for-tests";
const DEV: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

pub(crate) struct Shop {
    pub(crate) url: String,
    /// The time after which streams end, for servers that start from now on.
    pub(crate) drop_after: Duration,
    address: SocketAddr,
    edge: Option<EdgeHandle>,
    server: Option<JoinHandle<()>>,
}

impl Shop {
    /// Serves the shop at a free port until the test ends.
    pub(crate) async fn open() -> Self {
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let (url, drop_after) = (format!("http://{address}"), Options::default().drop_after);
        let mut shop = Self { url, drop_after, address, edge: None, server: None };
        shop.start(|_| ()).await;
        shop
    }

    /// Serves the shop, with a changed state, at the same address as before.
    pub(crate) async fn start(&mut self, change: impl FnOnce(&mut State)) {
        let parsed = State::from_text(include_str!("shop.yaml"), &file::Options::new()).unwrap();
        let mut state = parsed.state;
        change(&mut state);
        self.serve(Edge::builder().state(state));
    }

    fn serve(&mut self, edge: EdgeBuilder) {
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new(ADMIN_KEY).unwrap());
        options.console = Console::On;
        options.drop_after = self.drop_after;
        let edge = edge.options(options).build().unwrap();
        let listener = Listener::bind(self.address).unwrap();
        let router = edge.router();
        self.edge = Some(edge.handle());
        self.server = Some(tokio::spawn(async move {
            let _keep = edge;
            let never = std::future::pending();
            serve([listener], router, ListenOptions::default(), never).await.unwrap();
        }));
    }

    /// Relays another shop's Edge.
    pub(crate) async fn relay(upstream: &Self) -> Self {
        let keys = RelayKeys::pair(format!("{DEV}/shop*client"), format!("{DEV}/shop-server"));
        Self::relay_of(&upstream.url, keys).await
    }

    /// Relays any Edge.
    pub(crate) async fn relay_of(url: &str, keys: RelayKeys) -> Self {
        let mut shop = Self::open().await;
        shop.stop().await;
        shop.serve(Edge::builder().relay(RelayOptions::new(url).keys(keys)));
        shop
    }

    /// Stops the server and ends all its connections.
    pub(crate) async fn stop(&mut self) {
        let server = self.server.take().unwrap();
        server.abort();
        let _ = server.await;
        self.edge = None;
    }

    pub(crate) async fn state(&self) -> State {
        self.edge.as_ref().unwrap().state().await.unwrap()
    }

    /// Replaces the whole state, as another user of the Edge would.
    pub(crate) async fn replace(&self, state: State) {
        self.edge.as_ref().unwrap().replace(state, None).await.unwrap();
    }

    /// Returns a client that is ready.
    pub(crate) async fn client(&self) -> Client {
        let client = Client::builder(&self.url, format!("{DEV}/shop*client")).start().unwrap();
        client.ready().await.unwrap();
        client
    }

    /// Changes a feature of `dev`, as another user of the Edge would.
    pub(crate) async fn change(&self, feature: &str, change: FeatureChange) {
        self.edge.as_ref().unwrap().change(DEV.parse().unwrap(), feature, change).await.unwrap();
    }

    /// Changes the value of a feature of `dev`, as another user of the Edge would.
    pub(crate) async fn set(&self, feature: &str, value: &str) {
        let value = Some(Some(Json::parse(value).unwrap()));
        self.change(feature, FeatureChange { value, ..FeatureChange::default() }).await;
    }

    /// Returns the value of a feature in `dev` from the Edge's state.
    pub(crate) async fn value(&self, feature: &str) -> Option<String> {
        let state = self.state().await;
        let environment = state.environment(DEV.parse().unwrap()).unwrap();
        environment.values[feature].value.as_ref().map(|value| value.as_str().to_string())
    }

    /// Returns the strategies of a feature in `dev` from the Edge's state.
    pub(crate) async fn strategies(&self, feature: &str) -> serde_json::Value {
        let state = self.state().await;
        let environment = state.environment(DEV.parse().unwrap()).unwrap();
        serde_json::to_value(&environment.values[feature].strategies).unwrap()
    }
}

/// Waits until a condition on a client holds. It is checked after each change of the feature.
pub(crate) async fn until(client: &Client, key: &str, holds: impl Fn(&Client) -> bool) {
    let mut changes = client.changes(key);
    let wait = async {
        while !holds(client) {
            changes.next().await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(60), wait).await;
    assert!(seen.is_ok(), "the client did not see {key} change");
}
