//! Minimal servers for comparison. They serve the same list of features to all clients, and pass updates on unchanged.

use std::convert::Infallible;
use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use fh_edge::listen::{ListenOptions, Listener, serve};
use futures_util::{Stream, StreamExt};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

#[derive(Args)]
pub struct Options {
    kind: Kind,
    /// The list of features
    #[arg(long)]
    list: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A loop of hyper's HTTP/1, without a router
    Hyper,
    /// axum as its documentation shows it
    Axum,
    /// axum's router, the loop of `fh_edge::listen`
    Listen,
}

/// The etag of all responses.
pub const TAG: &str = "\"42\"";

struct Floor {
    list: Bytes,
    /// The list as an event, the same for all streams.
    first: Bytes,
    updates: broadcast::Sender<Bytes>,
}

pub fn run(options: &Options) -> Result<(), String> {
    let list =
        fs::read(&options.list).map_err(|why| format!("{}: {why}", options.list.display()))?;
    let list = Bytes::from(list);
    let first = [b"event: features\ndata: ", &list[..], b"\n\n"].concat().into();
    let floor = Arc::new(Floor { list, first, updates: broadcast::channel(16).0 });
    end_with_parent();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    runtime.block_on(go(options.kind, floor)).map_err(|why| why.to_string())
}

/// Ends this process when its parent closes the pipe to stdin.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
}

async fn go(kind: Kind, floor: Arc<Floor>) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    // The same backlog as that of `fh_edge::listen`. With a shorter one, clients would wait a second for a retry.
    let listener = socket.listen(4096)?;
    say(listener.local_addr()?)?;
    match kind {
        Kind::Hyper => bare(listener, floor).await,
        Kind::Axum => axum::serve(listener, router(floor, sse)).await,
        Kind::Listen => {
            let mut options = ListenOptions::default();
            // The default limit reserves 256 descriptors for other purposes. This server needs fewer.
            options.max_connections = options.max_connections.saturating_add(200);
            let never = std::future::pending();
            serve([Listener::from(listener)], router(floor, framed), options, never).await.map(drop)
        }
    }
}

/// Prints the address, so that the parent process can read it.
pub fn say(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

fn updates(floor: &Floor) -> impl Stream<Item = Bytes> + use<> {
    BroadcastStream::new(floor.updates.subscribe()).filter_map(async |update| update.ok())
}

fn event(update: &Bytes) -> Bytes {
    [b"event: feature\ndata: ", &update[..], b"\n\n"].concat().into()
}

/// Returns the events of a stream. Each event is formatted once for all streams.
fn frames(floor: &Floor) -> impl Stream<Item = Bytes> + use<> {
    futures_util::stream::iter([floor.first.clone()]).chain(updates(floor))
}

async fn bare(listener: TcpListener, floor: Arc<Floor>) -> std::io::Result<()> {
    let http = hyper::server::conn::http1::Builder::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let floor = Arc::clone(&floor);
        let service =
            hyper::service::service_fn(move |request| answer(Arc::clone(&floor), request));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            let _ = connection.await;
        });
    }
}

async fn answer(
    floor: Arc<Floor>,
    request: Request<Incoming>,
) -> Result<hyper::Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let response = hyper::Response::builder();
    let response = match request.uri().path() {
        "/stream" => {
            let frames = frames(&floor).map(|bytes| Ok(Frame::data(bytes)));
            let response = response.header(CONTENT_TYPE, "text/event-stream");
            response.body(BodyExt::boxed(StreamBody::new(SyncStream(Box::pin(frames)))))
        }
        "/update" => {
            let body = request.into_body().collect().await;
            let update = body.map(|body| body.to_bytes()).unwrap_or_default();
            let _ = floor.updates.send(event(&update));
            response.body(Full::default().boxed())
        }
        _ => {
            let response = response.header(CONTENT_TYPE, "application/json").header(ETAG, TAG);
            response.body(Full::new(floor.list.clone()).boxed())
        }
    };
    Ok(response.unwrap_or_default())
}

/// A boxed stream for a body.
struct SyncStream<S>(std::pin::Pin<Box<S>>);

impl<S: Stream> Stream for SyncStream<S> {
    type Item = S::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<S::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

fn router<H, T>(floor: Arc<Floor>, stream: H) -> Router
where
    H: axum::handler::Handler<T, Arc<Floor>>,
    T: 'static,
{
    Router::new()
        .route("/stream", get(stream))
        .route("/update", put(update))
        .route("/features", get(features))
        .with_state(floor)
}

async fn features(State(floor): State<Arc<Floor>>, headers: HeaderMap) -> Response {
    if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag == TAG) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, TAG)]).into_response();
    }
    ([(CONTENT_TYPE, "application/json"), (ETAG, TAG)], floor.list.clone()).into_response()
}

async fn update(State(floor): State<Arc<Floor>>, body: Bytes) {
    // The update is sent as a formatted event. [`sse`] takes the JSON out of it again.
    let _ = floor.updates.send(event(&body));
}

async fn framed(State(floor): State<Arc<Floor>>) -> Response {
    let frames = frames(&floor).map(Ok::<_, Infallible>);
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response()
}

/// Responds with axum's own events and keep-alives.
async fn sse(State(floor): State<Arc<Floor>>) -> impl IntoResponse {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let first = Event::default().event("features").data(text(&floor.list));
    let updates = updates(&floor).map(move |update| {
        let data = update.strip_prefix(b"event: feature\ndata: ").unwrap_or(&update);
        Event::default().event("feature").data(text(data).trim_end())
    });
    let events = futures_util::stream::iter([first]).chain(updates).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}
