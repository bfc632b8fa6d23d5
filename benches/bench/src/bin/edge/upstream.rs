//! A server in place of Unleash for `unleash-edge`. It accepts the bench's tokens, serves the features, and passes changes
//! on as they arrive.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use bytes::Bytes;
use clap::Args;
use futures_util::StreamExt;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use crate::floor::{end_with_parent, say};
use crate::unleash::{CLIENT_TOKEN, hydration};

#[derive(Args)]
pub struct Options {
    /// Features of the environment
    #[arg(long)]
    features: usize,
}

struct Upstream {
    hydration: String,
    /// Formatted events.
    updates: broadcast::Sender<Bytes>,
}

pub fn run(options: &Options) -> Result<(), String> {
    let upstream =
        Upstream { hydration: hydration(options.features), updates: broadcast::channel(16).0 };
    end_with_parent();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    runtime.block_on(serve(Arc::new(upstream))).map_err(|why| why.to_string())
}

async fn serve(upstream: Arc<Upstream>) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    say(listener.local_addr()?)?;
    let router = Router::new()
        .route("/edge/validate", post(validate))
        .route("/api/client/delta", get(delta))
        .route("/api/client/streaming", get(streaming))
        .route("/update", put(update))
        .route("/listeners", get(listeners))
        // Registrations and metrics are accepted and ignored.
        .fallback(async || StatusCode::ACCEPTED)
        .with_state(upstream);
    axum::serve(listener, router).await
}

fn json(text: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

async fn validate() -> Response {
    json(format!(
        r#"{{"tokens":[{{"token":"{CLIENT_TOKEN}","type":"client","environment":"bench","projects":["*"]}}]}}"#
    ))
}

async fn delta(State(upstream): State<Arc<Upstream>>) -> Response {
    json(upstream.hydration.clone())
}

async fn streaming(State(upstream): State<Arc<Upstream>>) -> Response {
    let updates = BroadcastStream::new(upstream.updates.subscribe());
    let updates = updates.filter_map(async |update| update.ok());
    let first = event("unleash-connected", upstream.hydration.as_bytes());
    let events = futures_util::stream::iter([first]).chain(updates).map(Ok::<_, Infallible>);
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

async fn update(State(upstream): State<Arc<Upstream>>, body: Bytes) {
    let _ = upstream.updates.send(event("unleash-updated", &body));
}

/// Returns the number of open streams. A change without an open stream would be lost.
async fn listeners(State(upstream): State<Arc<Upstream>>) -> String {
    upstream.updates.receiver_count().to_string()
}

fn event(name: &str, data: &[u8]) -> Bytes {
    [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"].concat().into()
}
