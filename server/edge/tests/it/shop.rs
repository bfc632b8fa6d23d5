//! A small state, and an Edge that serves it.

use std::net::SocketAddr;

use axum::Router;
use fh_edge::state::State;
use fh_edge::{Edge, EdgeHandle, Options};

pub(crate) const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
pub(crate) const CLIENT_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader*client";
pub(crate) const SERVER_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/reader-server";
pub(crate) const WRITER_KEY: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/writer*client";

pub(crate) fn state() -> State {
    let text = r#"{
        "features": [
            {"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "NEW_CHECKOUT", "type": "BOOLEAN"},
            {"id": "76b612ae-a782-4780-aeaa-597870a8c3ea", "key": "BANNER", "type": "STRING"},
            {"id": "95f6c09a-20e7-41e2-9014-1421682b71b1", "key": "NEVER_SET", "type": "NUMBER"}
        ],
        "environments": [{"id": "71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "name": "dev", "values": {
            "NEW_CHECKOUT": {"value": false, "strategies": [
                {"id": "kiwi", "value": true, "attributes": [
                    {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]},
            "BANNER": {"value": "Welcome", "locked": true}
        }}],
        "accounts": [
            {"name": "reader", "clientKey": ["reader*client"], "serverKey": ["reader-server"],
             "permissions": {"71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ"]}},
            {"name": "writer", "clientKey": ["writer*client"],
             "permissions": {"71ed3c04-122b-4312-9ea8-06b2b8d6ceac": ["READ", "LOCK", "UNLOCK", "CHANGE_VALUE"]}}
        ]
    }"#;
    serde_json::from_str(text).unwrap()
}

/// Serves a state on a free port of this machine.
pub(crate) async fn serve(state: State, options: Options) -> (SocketAddr, EdgeHandle) {
    let edge = Edge::builder().state(state).options(options).build().unwrap();
    (listen(edge.router()).await, edge.handle())
}

/// Serves a router on a free port of this machine.
pub(crate) async fn listen(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
