//! A shop's features, and an Edge that serves them with a console.

use std::time::Duration;

use fh_client::Client;
use fh_edge::listen::{ListenOptions, Listener, serve};
use fh_edge::state::{Json, State, file};
use fh_edge::{AdminKey, Console, Edge, EdgeHandle, FeatureChange, Options};

pub(crate) const ADMIN_KEY: &str = "an-admin-key-for-tests";
const DEV: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

pub(crate) struct Shop {
    pub(crate) url: String,
    pub(crate) edge: EdgeHandle,
}

impl Shop {
    /// Serves the shop at a port that is free, until the test ends.
    pub(crate) async fn open() -> Self {
        let parsed = State::from_text(include_str!("shop.yaml"), &file::Options::new()).unwrap();
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new(ADMIN_KEY).unwrap());
        options.console = Console::On;
        let edge = Edge::builder().state(parsed.state).options(options).build().unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (router, handle) = (edge.router(), edge.handle());
        tokio::spawn(async move {
            let _keep = edge;
            let never = std::future::pending();
            serve([listener], router, ListenOptions::default(), never).await.unwrap();
        });
        Self { url, edge: handle }
    }

    /// A client with a stream.
    pub(crate) async fn client(&self) -> Client {
        let client = Client::builder(&self.url, format!("{DEV}/shop*client")).start().unwrap();
        client.ready().await.unwrap();
        client
    }

    /// Somebody else changes a feature of `dev`.
    pub(crate) async fn change(&self, feature: &str, change: FeatureChange) {
        self.edge.change(DEV.parse().unwrap(), feature, change).await.unwrap();
    }

    /// Somebody else gives a feature of `dev` another value.
    pub(crate) async fn set(&self, feature: &str, value: &str) {
        let value = Some(Some(Json::parse(value).unwrap()));
        self.change(feature, FeatureChange { value, ..FeatureChange::default() }).await;
    }

    /// A value in `dev`, as the state has it.
    pub(crate) async fn value(&self, feature: &str) -> Option<String> {
        let state = self.edge.state().await.unwrap();
        let environment = state.environment(DEV.parse().unwrap()).unwrap();
        environment.values[feature].value.as_ref().map(|value| value.as_str().to_string())
    }

    /// The strategies in `dev`, as the state has them.
    pub(crate) async fn strategies(&self, feature: &str) -> serde_json::Value {
        let state = self.edge.state().await.unwrap();
        let environment = state.environment(DEV.parse().unwrap()).unwrap();
        serde_json::to_value(&environment.values[feature].strategies).unwrap()
    }
}

/// Waits until a client sees something.
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
