//! Edges of one cluster, without sockets of their own, and clients of them.

use std::future::poll_fn;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use fh_edge::cluster::ClusterOptions;
use fh_edge::state::State;
use fh_edge::{AdminKey, AdminTransport, Administration, Edge, Options};
use fh_test::wait::{PATIENCE, wait_until_async};
use fh_test_servers::postgres::Postgres;
use http_body::Body as _;
use serde_json::{Value, json};

use crate::router::{JSON, ask, request, send, text};

pub(crate) const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
pub(crate) const CLIENT_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader*client";
pub(crate) const SERVER_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader-server";
pub(crate) const WRITER_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/writer*client";
/// The key of an account that [`state_of`] may have.
pub(crate) const GUEST_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/guest*client";
const ADMIN: &str = "Bearer adminSecret4test-0000009";

const STATE: &str = r#"{
        "features": [
            {"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "NEW_CHECKOUT", "type": "BOOLEAN"},
            {"id": "76b612ae-a782-4780-aeaa-597870a8c3ea", "key": "BANNER", "type": "STRING"}
        ],
        "environments": [{"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "name": "dev", "values": {
            "NEW_CHECKOUT": {"value": false, "version": 3, "strategies": [
                {"value": true, "attributes": [
                    {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]},
            "BANNER": {"value": "Welcome"}
        }}],
        "accounts": [
            {"name": "reader", "clientKey": ["reader*client"], "serverKey": ["reader-server"],
             "permissions": {"71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ"]}},
            {"name": "writer", "clientKey": ["writer*client"],
             "permissions": {"71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ", "LOCK", "UNLOCK", "CHANGE_VALUE"]}}
        ]
    }"#;

pub(crate) fn state() -> State {
    serde_json::from_str(STATE).unwrap()
}

/// What the accounts of a state may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// True if the account `writer` may lock and unlock.
    pub(crate) lock: bool,
    /// True if the account `writer` may change values.
    pub(crate) change: bool,
    /// True if there is the account `guest`, which may do everything.
    pub(crate) guest: bool,
}

/// Returns the JSON of the state with other rights, and with these values of the features.
pub(crate) fn state_of(rights: Rights, banner: &str, checkout: bool) -> String {
    let mut state: Value = serde_json::from_str(STATE).unwrap();
    let values = &mut state["environments"][0]["values"];
    values["BANNER"]["value"] = banner.into();
    values["NEW_CHECKOUT"] = json!({ "value": checkout });
    let locking: &[&str] = if rights.lock { &["LOCK", "UNLOCK"] } else { &[] };
    let changing: &[&str] = if rights.change { &["CHANGE_VALUE"] } else { &[] };
    let accounts = state["accounts"].as_array_mut().unwrap();
    if rights.guest {
        let mut guest = accounts[1].clone();
        (guest["name"], guest["clientKey"]) = ("guest".into(), json!(["guest*client"]));
        accounts.push(guest);
    }
    accounts[1]["permissions"][ENVIRONMENT] = json!([&["READ"], locking, changing].concat());
    state.to_string()
}

/// Returns the options of a command, or of a server without a name.
pub(crate) fn options(database: &Postgres) -> ClusterOptions {
    ClusterOptions::new(&database.url()).unwrap().server_name("import")
}

/// One Edge of a cluster.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) edge: Edge,
    router: Router,
}

impl Server {
    /// Starts an Edge, and waits until it is ready.
    pub(crate) async fn start(database: &Postgres, name: &str) -> Self {
        let server = Self::begin(&ClusterOptions::new(&database.url()).unwrap(), name);
        server.ready().await;
        server
    }

    /// Starts an Edge without waiting.
    pub(crate) fn begin(at: &ClusterOptions, name: &str) -> Self {
        let mut options = Options::default();
        options.admin_key = Some(AdminKey::new(ADMIN.trim_start_matches("Bearer ")).unwrap());
        options.administration = Administration::WithApi;
        options.admin_transport = AdminTransport::Any;
        let edge = Edge::builder().options(options).cluster(at.clone().server_name(name));
        let edge = edge.build().unwrap();
        Self { name: name.to_owned(), router: edge.router(), edge }
    }

    pub(crate) async fn ready(&self) {
        wait_until_async("a state", async || {
            ask(&self.router, "GET", "/health/readiness", &[]).await.status() == 200
        })
        .await;
    }

    /// Returns the status and the body of readiness.
    pub(crate) async fn readiness(&self) -> (u16, String) {
        let answer = ask(&self.edge.monitor_router(), "GET", "/health/readiness", &[]).await;
        (answer.status().as_u16(), text(answer).await)
    }

    /// Returns the status, the etag and the body of a poll.
    pub(crate) async fn poll(&self, key: &str) -> (u16, Option<String>, String) {
        let path = format!("/features?apiKey={key}");
        let answer = ask(&self.router, "GET", &path, &[]).await;
        let etag = answer.headers().get("etag").map(|etag| etag.to_str().unwrap().to_owned());
        (answer.status().as_u16(), etag, text(answer).await)
    }

    /// Returns the status and the body of a poll that demands a revision.
    pub(crate) async fn poll_at(&self, key: &str, revision: &str) -> (u16, String) {
        let path = format!("/features?apiKey={key}");
        let answer = ask(&self.router, "GET", &path, &[("x-fh-min-revision", revision)]).await;
        (answer.status().as_u16(), text(answer).await)
    }

    /// Sends a PUT by the account `writer`, and returns the revision of its answer.
    pub(crate) async fn put_revision(&self, feature: &str, body: &str) -> String {
        let path = format!("/features/{WRITER_KEY}/{feature}");
        let put = request("PUT", &path, &[JSON], Body::from(body.to_owned()));
        let answer = send(&self.router, put).await;
        assert_eq!(answer.status(), 200);
        answer.headers()["x-fh-revision"].to_str().unwrap().to_owned()
    }

    /// Returns the revision of the state that the server serves.
    pub(crate) async fn revision(&self) -> u64 {
        self.edge.handle().state().await.unwrap().revision
    }

    pub(crate) async fn metrics(&self) -> String {
        text(ask(&self.router, "GET", "/metrics", &[]).await).await
    }

    /// Returns a feature of a poll.
    pub(crate) async fn feature(&self, key: &str, feature: &str) -> Value {
        let features = self.features(key).await;
        features.into_iter().find(|each| each["key"] == feature).unwrap()
    }

    /// Returns the features of a poll.
    pub(crate) async fn features(&self, key: &str) -> Vec<Value> {
        let (status, _, body) = self.poll(key).await;
        assert_eq!(status, 200, "{body}");
        let mut body: Value = serde_json::from_str(&body).unwrap();
        serde_json::from_value(body[0]["features"].take()).unwrap()
    }

    /// Opens a stream, and returns its body.
    pub(crate) async fn stream(&self, key: &str) -> Body {
        let answer = ask(&self.router, "GET", &format!("/features/{key}"), &[]).await;
        assert_eq!(answer.status(), 200);
        answer.into_body()
    }

    /// Returns the status and the body of a PUT by the account `writer`.
    pub(crate) async fn put(&self, feature: &str, body: &str) -> (u16, String) {
        self.change("PUT", &format!("/features/{WRITER_KEY}/{feature}"), "", body).await
    }

    /// Returns the status and the body of a PUT with another key.
    pub(crate) async fn put_as(&self, key: &str, feature: &str, body: &str) -> (u16, String) {
        self.change("PUT", &format!("/features/{key}/{feature}"), "", body).await
    }

    /// Returns the status and the body of a PATCH of the admin API.
    pub(crate) async fn patch(&self, feature: &str, body: &str) -> (u16, String) {
        self.patch_if("*", feature, body).await
    }

    /// Returns the status and the body of a PATCH with the header `If-Match`.
    pub(crate) async fn patch_if(
        &self,
        if_match: &str,
        feature: &str,
        body: &str,
    ) -> (u16, String) {
        let path = format!("/admin/v1/features/{ENVIRONMENT}/{feature}");
        self.change("PATCH", &path, if_match, body).await
    }

    /// Returns the status and the body of a replacement of the state with the header `If-Match`.
    pub(crate) async fn replace_if(&self, if_match: &str, state: &str) -> (u16, String) {
        self.change("PUT", "/admin/v1/state", if_match, state).await
    }

    async fn change(&self, method: &str, path: &str, if_match: &str, body: &str) -> (u16, String) {
        let headers = [JSON, ("authorization", ADMIN), ("if-match", if_match)];
        let request = request(method, path, &headers, Body::from(body.to_owned()));
        let answer = send(&self.router, request).await;
        (answer.status().as_u16(), text(answer).await)
    }

    /// Returns the open streams, as the admin API lists them.
    pub(crate) async fn connections(&self) -> Value {
        let path = "/admin/v1/connections";
        let answer = ask(&self.router, "GET", path, &[("authorization", ADMIN)]).await;
        serde_json::from_str(&text(answer).await).unwrap()
    }
}

/// A stream, and the values that it has sent.
pub(crate) struct Following {
    body: Body,
    text: String,
}

impl Following {
    /// Opens a stream, and waits for its list of features.
    pub(crate) async fn open(server: &Server, key: &str) -> Self {
        let mut this = Self::begin(server, key).await;
        this.until("BANNER", "").await;
        this
    }

    /// Opens a stream, which may have to wait for its features.
    pub(crate) async fn begin(server: &Server, key: &str) -> Self {
        Self { body: server.stream(key).await, text: String::new() }
    }

    /// Reads until an event with this feature and this text has arrived.
    pub(crate) async fn until(&mut self, feature: &str, value: &str) {
        let key = format!("\"key\":\"{feature}\"");
        let has = |text: &str| text.lines().any(|line| line.contains(&key) && line.contains(value));
        self.until_it(value, has).await;
    }

    /// Reads until a text has arrived.
    pub(crate) async fn until_text(&mut self, wanted: &str) {
        self.until_it(wanted, |text| text.contains(wanted)).await;
    }

    /// Asserts that the versions of a feature never fell.
    pub(crate) fn versions_rise(&self, feature: &str) {
        let key = format!("\"key\":\"{feature}\"");
        let parts = self.text.split('{').filter(|part| part.contains(&key));
        let versions = parts.filter_map(|part| {
            let (_, rest) = part.split_once("\"version\":")?;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<i64>().ok()
        });
        let versions: Vec<i64> = versions.collect();
        assert!(!versions.is_empty() && versions.is_sorted(), "{versions:?}");
    }

    async fn until_it(&mut self, value: &str, has: impl Fn(&str) -> bool) {
        let read = async {
            while !has(&self.text) {
                let frame = poll_fn(|task| Pin::new(&mut self.body).poll_frame(task)).await;
                let frame = frame.expect("an open stream").unwrap().into_data().unwrap();
                self.text.push_str(std::str::from_utf8(&frame).unwrap());
            }
        };
        // Heartbeats do not extend the wait.
        tokio::time::timeout(PATIENCE, read).await.expect(value);
    }
}
