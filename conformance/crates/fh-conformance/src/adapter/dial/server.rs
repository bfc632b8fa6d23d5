//! The HTTP server that an adapter dials.

use std::convert::Infallible;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName,
    HeaderValue,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::mailbox::{Mailbox, Next};
use crate::adapter::child::spawn;
use crate::adapter::connection::LONGEST_LINE;

/// The time for which a request waits for a command. Browsers and proxies end requests that wait much longer.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// The time for which the address answers 410 after the runner has ended the adapter.
const LINGER: Duration = Duration::from_secs(10);

/// Maximum number of connections at once. An adapter needs two.
const MOST_CONNECTIONS: usize = 64;

type Answer = Response<Full<Bytes>>;

/// A server on a local port. Its port is closed some time after it is dropped.
#[derive(Debug)]
pub(super) struct DialServer {
    url: String,
    /// Tells the server's thread, when it is dropped, that the adapter was ended.
    _is_needed: oneshot::Sender<()>,
}

/// The path that one adapter knows, and its lines.
#[derive(Debug)]
struct Served {
    token: String,
    mailbox: Arc<Mailbox>,
}

impl DialServer {
    pub(super) fn start(mailbox: Arc<Mailbox>) -> Result<Self, String> {
        let failed = |error: io::Error| format!("no address to dial: {error}");
        let token = token().map_err(failed)?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(failed)?;
        let url = format!("http://{local}/{token}");
        let served = Arc::new(Served { token, mailbox });
        let (is_needed, end) = oneshot::channel::<()>();
        spawn("dial", move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::spawn(accept(listener, served));
                let _ = end.await;
                tokio::time::sleep(LINGER).await;
            });
            // Dropping the runtime closes the port and all connections.
        })?;
        Ok(Self { url, _is_needed: is_needed })
    }

    /// Returns the address, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// Returns 32 random hexadecimal digits of the system's generator.
fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn accept(listener: TcpListener, served: Arc<Served>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((socket, _)) if connections.len() < MOST_CONNECTIONS => {
                connections.spawn(serve(socket, Arc::clone(&served)));
            }
            Ok(_) => {}
            // For example, too many files are open.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(socket: TcpStream, served: Arc<Served>) {
    let _ = socket.set_nodelay(true);
    let told_the_end = AtomicBool::new(false);
    let service = service_fn(|request| {
        let (served, told_the_end) = (Arc::clone(&served), &told_the_end);
        async move {
            let is_next = request.method() == Method::GET;
            let answer = answer(request, &served).await;
            if is_next && answer.status() == StatusCode::GONE {
                told_the_end.store(true, Ordering::Relaxed);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
    // The connection has ended, so the answer was sent.
    if told_the_end.load(Ordering::Relaxed) {
        served.mailbox.note_end();
    }
}

async fn answer(request: Request<Incoming>, served: &Served) -> Answer {
    if request.method() == Method::OPTIONS {
        return preflight();
    }
    let path = request.uri().path().strip_prefix('/');
    let path = path.and_then(|path| path.strip_prefix(served.token.as_str()));
    match (request.method(), path) {
        (&Method::GET, Some("/next")) => next(&served.mailbox).await,
        (&Method::POST, Some("/lines")) => lines(request, &served.mailbox).await,
        (_, Some("/next" | "/lines")) => empty(StatusCode::METHOD_NOT_ALLOWED),
        _ => empty(StatusCode::NOT_FOUND),
    }
}

/// Answers `GET /next`.
async fn next(mailbox: &Mailbox) -> Answer {
    let Some(turn) = mailbox.turn() else { return empty(StatusCode::CONFLICT) };
    match turn.next(LONGEST_WAIT).await {
        Next::Command(command) => {
            let mut answer = with_headers(Full::from(command));
            set(&mut answer, CONTENT_TYPE, "application/json; charset=utf-8");
            answer
        }
        Next::Nothing => empty(StatusCode::NO_CONTENT),
        Next::Ended => gone(),
    }
}

/// Answers `POST /lines`.
async fn lines(request: Request<Incoming>, mailbox: &Mailbox) -> Answer {
    let limit = usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX);
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > limit)
    {
        return too_large(mailbox);
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => {
            let is_open = mailbox.accept(&String::from_utf8_lossy(&body.to_bytes()));
            if is_open { empty(StatusCode::NO_CONTENT) } else { gone() }
        }
        Err(error) if error.is::<LengthLimitError>() => too_large(mailbox),
        // The adapter has broken off its request.
        Err(_) => empty(StatusCode::BAD_REQUEST),
    }
}

fn too_large(mailbox: &Mailbox) -> Answer {
    mailbox.refuse();
    closing(StatusCode::PAYLOAD_TOO_LARGE)
}

fn gone() -> Answer {
    closing(StatusCode::GONE)
}

/// Answers the question of a browser whether a page of another origin may send a request.
fn preflight() -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    set(&mut answer, ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
    set(&mut answer, ACCESS_CONTROL_ALLOW_HEADERS, "content-type");
    set(&mut answer, ACCESS_CONTROL_MAX_AGE, "600");
    answer
}

fn closing(status: StatusCode) -> Answer {
    let mut answer = empty(status);
    set(&mut answer, CONNECTION, "close");
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = with_headers(Full::default());
    *answer.status_mut() = status;
    answer
}

fn with_headers(body: Full<Bytes>) -> Answer {
    let mut answer = Response::new(body);
    set(&mut answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(&mut answer, CACHE_CONTROL, "no-store");
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}
