//! A client without an Edge, to which the tests give updates, and its store.

use std::sync::{Arc, Mutex};

use fh_client::{Client, RawKind, RawUpdate, Source, internal};
use fh_redis::{RedisStore, RedisStoreBuilder, StoreStatus};
use fh_test::wait::PATIENCE;

use crate::server::Server;

pub(crate) const KEY: &str = "one/key*";
pub(crate) const LIST: &str = "featurehub_one";
pub(crate) const DIGEST: &str = "featurehub_one_sha";

pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) store: RedisStore,
    pub(crate) notices: Arc<Mutex<Vec<String>>>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::on(Server::start())
    }

    pub(crate) fn on(server: Server) -> Self {
        Self::with(server, |builder| builder)
    }

    pub(crate) fn with(
        server: Server,
        change: impl FnOnce(RedisStoreBuilder) -> RedisStoreBuilder,
    ) -> Self {
        let url = server.url();
        Self::to(server, url, change)
    }

    /// Attaches a store that reaches the server by this URL instead of the server's own.
    pub(crate) fn to(
        server: Server,
        url: String,
        change: impl FnOnce(RedisStoreBuilder) -> RedisStoreBuilder,
    ) -> Self {
        let client = Client::offline().api_key(KEY).start().unwrap();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notices);
        client.on_notice(move |notice| heard.lock().unwrap().push(format!("{notice:?}"))).detach();
        let store = change(RedisStore::builder(url)).attach(&client).unwrap();
        Self { server, client, store, notices }
    }

    /// Waits until the store has processed all updates.
    pub(crate) fn settle(&self) {
        let settled = self.store.flush(PATIENCE);
        assert_eq!(settled, Ok(()), "the store does not settle: {:?}", self.store);
    }

    pub(crate) fn status(&self) -> StoreStatus {
        self.store.status()
    }

    pub(crate) fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap().clone()
    }

    pub(crate) fn tell(&self, source: Source, kind: RawKind, json: &str) {
        let environment = Some("one".into());
        internal::notify_raw(
            &self.client,
            RawUpdate { source, environment, kind, json: json.into() },
        );
    }

    /// Sends a list as an Edge would, and waits until it is processed.
    pub(crate) fn list(&self, features: &[String]) {
        self.tell(Source::Streaming, RawKind::List, &list(features));
        self.settle();
    }

    pub(crate) fn feature(&self, feature: &str) {
        self.tell(Source::Streaming, RawKind::Feature, feature);
        self.settle();
    }

    pub(crate) fn delete(&self, feature: &str) {
        self.tell(Source::Streaming, RawKind::Delete, feature);
        self.settle();
    }

    /// Checks that Redis holds exactly these features and their digest.
    pub(crate) fn assert_stored(&self, features: &[String]) {
        assert_eq!(self.server.get(LIST), Some(list(features)));
        assert_eq!(self.server.get(DIGEST), Some(digest(features)));
    }
}

/// Writes features and their digest as another program would.
pub(crate) fn write(server: &Server, features: &[String]) {
    server.set(LIST, &list(features));
    server.set(DIGEST, &digest(features));
}

/// Returns a feature of this id and version. Its key is the id, and its value consists of both.
pub(crate) fn feature(id: &str, version: i64) -> String {
    format!(
        r#"{{"id":"{id}","key":"{id}","l":false,"version":{version},"type":"STRING","value":"{id}{version}"}}"#
    )
}

pub(crate) fn list(features: &[String]) -> String {
    format!("[{}]", features.join(","))
}

/// Returns the digest of features made by [`feature`], computed independently from the specification.
pub(crate) fn digest(features: &[String]) -> String {
    let member = |feature: &str, name: &str| {
        let after = feature.split_once(&format!("\"{name}\":")).unwrap().1;
        after.split(',').next().unwrap().trim_matches('"').to_string()
    };
    let mut items: Vec<String> = features
        .iter()
        .map(|feature| format!("{}:{}", member(feature, "id"), member(feature, "version")))
        .collect();
    items.sort();
    let hash = hmac_sha256::Hash::hash(items.join("|").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
