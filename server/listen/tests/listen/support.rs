//! A listener with handlers that tests control, and peers that write bytes.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::routing::{get, put};
use bytes::Bytes;
use fh_listen::{
    App, Connections, ListenOptions, Listener, PerAddress, ProxiedConnection, Stopped, Tls,
    Transport, serve,
};
use http_body::Frame;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) use fh_test::wait::PATIENCE;

/// A short limit for tests that reach it.
pub(crate) const SHORT: Duration = Duration::from_millis(60);

pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("timed out: {what}"))
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    fh_test::wait::wait_until_async(what, async || holds()).await;
}

/// The state of the handlers, through which tests observe and control them.
#[derive(Default)]
pub(crate) struct Stage {
    /// The sender of the latest request of `/stream`.
    stream: Mutex<Option<mpsc::Sender<Bytes>>>,
    /// Makes `/hold` answer.
    pub(crate) release: Notify,
    /// The number of requests that `/hold` has received.
    pub(crate) held: AtomicUsize,
    /// The number of bytes that `/flood` has produced.
    pub(crate) flooded: AtomicUsize,
    /// The number of bodies of `/flood` that exist.
    pub(crate) floods: AtomicUsize,
}

impl Stage {
    pub(crate) async fn send(&self, bytes: &'static str) {
        let sender = self.stream.lock().unwrap().clone().expect("a stream");
        sender.send(Bytes::from_static(bytes.as_bytes())).await.expect("it is open");
    }

    pub(crate) fn end_stream(&self) {
        self.stream.lock().unwrap().take();
    }
}

struct Streamed(mpsc::Receiver<Bytes>);

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// An endless body.
struct Flood(Arc<Stage>);

impl http_body::Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        static CHUNK: [u8; 16 * 1024] = [b'.'; 16 * 1024];
        self.0.flooded.fetch_add(CHUNK.len(), Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&CHUNK)))))
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.floods.fetch_sub(1, Ordering::SeqCst);
    }
}

fn router(stage: &Arc<Stage>, connections: &Connections) -> Router {
    let held = Arc::clone(stage);
    let streaming = Arc::clone(stage);
    let flooding = Arc::clone(stage);
    let connections = connections.clone();
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/open", get(move || async move { connections.open().to_string() }))
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request| async move {
                let proxied = request.extensions().get::<ProxiedConnection>();
                format!("{peer}{}", if proxied.is_some() { " through a proxy" } else { "" })
            }),
        )
        .route(
            "/transport",
            get(|request: Request| async move {
                match request.extensions().get() {
                    Some(Transport::Tls) => "over TLS.",
                    None => "plain HTTP.",
                }
            }),
        )
        .route("/echo", put(|body: Bytes| async move { body }))
        .route(
            "/hold",
            get(move || async move {
                held.held.fetch_add(1, Ordering::SeqCst);
                held.release.notified().await;
                "held"
            }),
        )
        .route(
            "/stream",
            get(move || async move {
                let (sender, receiver) = mpsc::channel(1);
                *streaming.stream.lock().unwrap() = Some(sender);
                Body::new(Streamed(receiver))
            }),
        )
        .route(
            "/flood",
            get(move || async move {
                flooding.floods.fetch_add(1, Ordering::SeqCst);
                Body::new(Flood(flooding))
            }),
        )
}

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Connections,
    pub(crate) stage: Arc<Stage>,
    shutdown: Option<oneshot::Sender<()>>,
    pub(crate) task: JoinHandle<io::Result<Stopped>>,
}

impl Served {
    pub(crate) fn new(change: impl FnOnce(&mut ListenOptions)) -> Self {
        Self::start(None, Vec::new(), change)
    }

    pub(crate) fn secure(tls: Tls, change: impl FnOnce(&mut ListenOptions)) -> Self {
        Self::start(Some(tls), Vec::new(), change)
    }

    /// Starts a server for which `/` is a health check.
    pub(crate) fn with_probes(tls: Option<Tls>, change: impl FnOnce(&mut ListenOptions)) -> Self {
        Self::start(tls, vec!["/".to_string()], change)
    }

    /// Starts a server without time limits, except those that the test sets.
    fn start(
        tls: Option<Tls>,
        probes: Vec<String>,
        change: impl FnOnce(&mut ListenOptions),
    ) -> Self {
        let mut listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        if let Some(tls) = tls {
            listener = listener.with_tls(tls);
        }
        let address = listener.local_addr().unwrap();
        let mut options = ListenOptions::default();
        options.handshake_timeout = None;
        options.header_timeout = None;
        options.idle_timeout = None;
        options.write_timeout = None;
        options.grace = PATIENCE;
        options.max_connections_per_address = PerAddress::Unlimited;
        change(&mut options);
        let connections = options.connections.clone();
        let stage = Arc::new(Stage::default());
        let router = options.proxies.before(router(&stage, &connections));
        let app = App::from(router).probes(probes);
        let (shutdown, signal) = oneshot::channel();
        let signal = async { drop(signal.await) };
        let task = tokio::spawn(serve([listener], app, options, signal));
        Self { address, connections, stage, shutdown: Some(shutdown), task }
    }

    pub(crate) fn shut_down(&mut self) {
        let _ = self.shutdown.take().expect("once").send(());
    }

    pub(crate) async fn peer(&self) -> Peer<TcpStream> {
        Peer::new(soon("a connection", TcpStream::connect(self.address)).await.unwrap())
    }

    /// Connects from a loopback address.
    #[cfg(target_os = "linux")]
    pub(crate) async fn peer_from(&self, source: [u8; 4]) -> Peer<TcpStream> {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        Peer::new(soon("a connection", socket.connect(self.address)).await.unwrap())
    }

    pub(crate) async fn stopped(self) -> Stopped {
        soon("the end of serving", self.task).await.unwrap().unwrap()
    }
}

/// A peer that writes bytes.
pub(crate) struct Peer<S> {
    pub(crate) socket: S,
    read: Vec<u8>,
}

impl<S: AsyncRead + tokio::io::AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self { socket, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon("writing", self.socket.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Reads until `end` has arrived, and returns everything up to there.
    pub(crate) async fn read_to(&mut self, end: &str) -> String {
        let end = end.as_bytes();
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end) {
                let rest = self.read.split_off(at + end.len());
                let text = std::mem::replace(&mut self.read, rest);
                return String::from_utf8(text).unwrap();
            }
            let read = soon("an answer", self.socket.read_buf(&mut self.read)).await.unwrap();
            assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    pub(crate) async fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: edge\r\n\r\n")).await;
    }

    /// Sends a GET, and returns the body of the answer, which ends with `end`.
    pub(crate) async fn ask(&mut self, path: &str, end: &str) -> String {
        self.get(path).await;
        let head = self.read_to("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        self.read_to(end).await
    }

    /// Returns everything that arrives until the connection is closed in any way.
    pub(crate) async fn read_to_close(&mut self) -> Vec<u8> {
        soon("the end of the connection", async {
            while self.socket.read_buf(&mut self.read).await.is_ok_and(|read| read > 0) {}
        })
        .await;
        std::mem::take(&mut self.read)
    }
}
