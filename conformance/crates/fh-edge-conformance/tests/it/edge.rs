//! Our Edge on a port of this machine.

use fh_edge::{Edge, Options};
use fh_edge_conformance::wire::Base;
use serde_json::Value;
use tokio::runtime::Runtime;

/// An Edge that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) base: Base,
    _runtime: Runtime,
}

impl Running {
    pub(crate) fn start(state: &Value, options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let state = serde_json::from_value(state.clone()).unwrap();
        let edge = Edge::builder().state(state).options(options).build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = listener.local_addr().unwrap().into();
        let router = edge.router();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { base, _runtime: runtime }
    }
}
