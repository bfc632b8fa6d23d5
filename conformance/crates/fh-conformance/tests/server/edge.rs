//! Our Edge on a local port.

use fh_conformance::server::wire::Base;
use fh_edge::listen::{ListenOptions, Listener, serve};
use fh_edge::state::State;
use fh_edge::{Edge, Options};
use serde_json::Value;
use tokio::runtime::Runtime;

/// An Edge that runs until this value is dropped.
pub(crate) struct Running {
    pub(crate) base: Base,
    _runtime: Runtime,
}

impl Running {
    pub(crate) fn start(state: &Value, options: Options) -> Self {
        Self::with(Some(serde_json::from_value(state.clone()).unwrap()), options)
    }

    pub(crate) fn with(state: Option<State>, options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let inside = runtime.enter();
        let builder = Edge::builder().options(options);
        let builder = match state {
            Some(state) => builder.state(state),
            None => builder,
        };
        let edge = builder.build().unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let base = listener.local_addr().unwrap().into();
        let never = std::future::pending();
        runtime.spawn(serve([listener], edge.router(), ListenOptions::default(), never));
        drop(inside);
        Self { base, _runtime: runtime }
    }
}
