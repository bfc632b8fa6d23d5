//! A listener with handlers that tests move, and peers that write bytes.

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
use axum::extract::ConnectInfo;
use axum::routing::{get, put};
use bytes::Bytes;
use fh_edge::listen::{App, Connections, ListenOptions, Listener, PerAddress, Stopped, Tls, serve};
use http_body::Frame;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What has not come after this will not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A short limit to run into.
pub(crate) const SHORT: Duration = Duration::from_millis(60);

pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// Waits until `holds`, looking every few milliseconds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(2));
    // Looks that take long leave time for the tasks that they wait for.
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    soon(what, async {
        while !holds() {
            look.tick().await;
        }
    })
    .await;
}

/// What handlers show, and are moved by.
#[derive(Default)]
pub(crate) struct Stage {
    /// Where what is sent on `/stream` comes from: the latest such request.
    stream: Mutex<Option<mpsc::Sender<Bytes>>>,
    /// Lets `/hold` answer.
    pub(crate) release: Notify,
    /// How many requests are in `/hold`.
    pub(crate) held: AtomicUsize,
    /// Bytes that `/flood` gave.
    pub(crate) flooded: AtomicUsize,
    /// How many bodies of `/flood` there are.
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

/// A body without end.
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
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
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

    /// Takes `/` for a health check.
    pub(crate) fn with_probes(tls: Option<Tls>, change: impl FnOnce(&mut ListenOptions)) -> Self {
        Self::start(tls, vec!["/".to_string()], change)
    }

    /// No limit of time unless the test sets it.
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
        let app = App::from(router(&stage, &connections)).probes(probes);
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

    pub(crate) async fn stopped(self) -> Stopped {
        soon("the end of serving", self.task).await.unwrap().unwrap()
    }
}

/// Somebody at the other end who writes bytes.
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

    /// Reads on until `end` has come, and gives everything up to there.
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

    /// Asks, and gives the body of an answer that is known to end with `end`.
    pub(crate) async fn ask(&mut self, path: &str, end: &str) -> String {
        self.get(path).await;
        let head = self.read_to("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        self.read_to(end).await
    }

    /// Whatever comes until the connection is closed, in whichever way.
    pub(crate) async fn read_to_close(&mut self) -> Vec<u8> {
        soon("the end of the connection", async {
            while self.socket.read_buf(&mut self.read).await.is_ok_and(|read| read > 0) {}
        })
        .await;
        std::mem::take(&mut self.read)
    }
}
