//! Runs a connection from its first byte to its last.

use std::future::{pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tracing::{debug, warn};

use super::connection_state::ConnectionState;
use super::guarded_io::GuardedIo;
use super::handler::Handler;
use super::phase::Phase;
use super::proxy_protocol;
use super::stall::StreamExecutor;
use super::timeouts::{Http1Timeout, Http2Timeout, PeerTimeout, limit_of};
use super::{ListenOptions, ProxyProtocol, Tls};

/// The time that an idle HTTP/2 peer has to react to the announcement that its connection will be closed. Then the connection is closed,
/// unless a request is in flight.
const FAREWELL: Duration = Duration::from_secs(1);
/// The minimum size of hyper's buffer in bytes, on HTTP/1. The buffer's size also limits the bytes that hyper queues for writing before it
/// takes the next part of a body.
const MIN_BUFFER: usize = 8 * 1024;

/// The number of bytes of request bodies that an HTTP/2 peer may send before the application reads them, for all requests of a connection
/// together. hyper keeps these bytes in memory, and no limit of the application counts them. This is the smallest window of HTTP/2.
const UNREAD: u32 = 65_535;

/// The HTTP/1 and HTTP/2 settings, which are built once for all connections of a server.
#[derive(Clone, Debug)]
pub(super) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<StreamExecutor>,
}

impl Protocols {
    pub(super) fn new(options: &ListenOptions) -> Self {
        let max_header_bytes = options.max_header_bytes.get();
        let mut http1 = http1::Builder::new();
        // `Http1Timeout` limits this time instead, because it distinguishes the time of a head from idle time.
        http1.header_read_timeout(None);
        http1.max_header_size(max_header_bytes).max_buf_size(max_header_bytes.max(MIN_BUFFER));
        let mut http2 = http2::Builder::new(StreamExecutor { limit: options.write_timeout });
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(options.max_http2_requests)
            .initial_connection_window_size(UNREAD)
            .initial_stream_window_size(UNREAD)
            // A stream buffers at most this many bytes that its peer's window does not admit.
            .max_send_buf_size(MIN_BUFFER)
            .max_header_list_size(u32::try_from(max_header_bytes).unwrap_or(u32::MAX))
            // This setting detects peers that vanished, on systems without `TCP_USER_TIMEOUT`.
            .keep_alive_interval(options.write_timeout);
        if let Some(timeout) = options.write_timeout {
            http2.keep_alive_timeout(timeout);
        }
        Self { http1, http2 }
    }

    /// Starts the task of a connection. With the PROXY protocol, the task of a trusted proxy's connection first reads the header.
    pub(super) fn start(&self, stream: TcpStream, tls: Option<&Tls>, state: ConnectionState) {
        let options = &state.server.options;
        if options.proxy_protocol == ProxyProtocol::Required
            && options.proxies.is_trusted(state.peer.ip())
        {
            drop(tokio::spawn(self.clone().introduced(stream, tls.cloned(), state)));
        } else {
            self.run(stream, tls, Arc::new(state));
        }
    }

    fn run(&self, stream: TcpStream, tls: Option<&Tls>, state: Arc<ConnectionState>) {
        match tls {
            None => drop(tokio::spawn(self.plain(stream, state))),
            Some(tls) => drop(tokio::spawn(self.clone().secure(stream, tls.clone(), state))),
        }
    }

    async fn introduced(self, mut stream: TcpStream, tls: Option<Tls>, mut state: ConnectionState) {
        let limit = limit_of(&state, state.server.options.header_timeout);
        let header = opening(&state, limit, pin!(proxy_protocol::read(&mut stream))).await;
        match header {
            Some(Ok(client)) if state.introduce(client) => {
                self.run(stream, tls.as_ref(), Arc::new(state));
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                state.server.warnings.invalid_header.say(|| {
                    warn!(proxy = %state.peer, %error, "a connection of a trusted proxy is closed, because it does not begin with a header of the PROXY protocol (--proxy-protocol)");
                });
            }
            header => {
                debug!(peer = %state.peer, ?header, "a connection of a trusted proxy is closed");
            }
        }
    }

    fn plain(
        &self,
        stream: TcpStream,
        state: Arc<ConnectionState>,
    ) -> impl Future<Output = ()> + use<> {
        drive(self.http1(GuardedIo::new(stream, &state), &state), Http1Timeout::default(), state)
    }

    async fn secure(self, stream: TcpStream, tls: Tls, state: Arc<ConnectionState>) {
        let limit = limit_of(&state, state.server.options.handshake_timeout);
        let handshake = tls.accept(GuardedIo::new(stream, &state));
        let stream = match opening(&state, limit, pin!(handshake)).await {
            Some(Ok(stream)) => stream,
            Some(Err(error)) => {
                return debug!(peer = %state.peer, %error, "a TLS handshake failed, so the connection is closed");
            }
            None => return,
        };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            let connection =
                self.http2.serve_connection(TokioIo::new(stream), Handler::new(&state));
            let rounds = Http2Timeout::new(&state);
            drive(Box::pin(connection), rounds, state).await;
        } else {
            drive(self.http1(stream, &state), Http1Timeout::default(), state).await;
        }
    }

    fn http1<S>(
        &self,
        stream: S,
        state: &Arc<ConnectionState>,
    ) -> http1::Connection<TokioIo<S>, Handler>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.http1.serve_connection(TokioIo::new(stream), Handler::new(state))
    }
}

/// Runs the first step of a connection, before its first request. Returns `None` if the time limit passes, or if the server stops serving
/// before the step ends. The connection can then be closed at once.
async fn opening<T>(
    state: &ConnectionState,
    limit: Option<Duration>,
    step: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    let phases = &state.server.phases;
    let changed = phases.changed();
    // The server may have left the phase between the accept and the start of this task.
    if phases.current() != Phase::Serving {
        return None;
    }
    let late = async {
        match limit {
            Some(limit) => sleep(limit).await,
            None => pending().await,
        }
    };
    tokio::select! {
        done = step => Some(done),
        () = late => {
            debug!(peer = %state.peer, "a TLS handshake or a header of the PROXY protocol did not end in time, so the connection is closed");
            None
        }
        () = changed => None,
    }
}

/// A connection that can stop accepting requests.
trait Connection: Future<Output = hyper::Result<()>> + Unpin {
    /// True if the protocol can announce the end of a connection, as HTTP/2 does with GOAWAY. Otherwise the peer may send a request while
    /// the connection is being closed.
    const HAS_FAREWELL: bool;

    fn finish(&mut self);
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection for http1::Connection<TokioIo<S>, Handler> {
    const HAS_FAREWELL: bool = false;

    fn finish(&mut self) {
        Pin::new(self).graceful_shutdown();
    }
}

impl<S> Connection for Pin<Box<http2::Connection<TokioIo<S>, Handler, StreamExecutor>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    const HAS_FAREWELL: bool = true;

    fn finish(&mut self) {
        self.as_mut().graceful_shutdown();
    }
}

enum Event {
    Ended(hyper::Result<()>),
    LastRequest,
    Phase,
    Late,
}

/// Runs a connection until it ends, its peer exceeds a timeout, or the server cuts it.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice: 700 bytes each")]
fn drive<C, P>(
    mut connection: C,
    mut timeout: P,
    state: Arc<ConnectionState>,
) -> impl Future<Output = ()>
where
    C: Connection,
    P: PeerTimeout,
{
    async move {
        let phases = &state.server.phases;
        let mut phase = Phase::Serving;
        let mut is_finishing = false;
        let mut farewell: Option<Pin<Box<Sleep>>> = None;
        loop {
            let mut changed = pin!(phases.changed());
            let mut woken: Option<Waker> = None;
            let event = poll_fn(|context| {
                if let Poll::Ready(result) = Pin::new(&mut connection).poll(context) {
                    return Poll::Ready(Event::Ended(result));
                }
                if state.is_last_request() && !is_finishing {
                    return Poll::Ready(Event::LastRequest);
                }
                // Polling `changed` takes a lock that all connections share, so it is polled only once for each waker.
                if woken.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
                    woken = Some(context.waker().clone());
                    let _ = changed.as_mut().poll(context);
                }
                if phases.current() != phase {
                    return Poll::Ready(Event::Phase);
                }
                match &mut farewell {
                    None => timeout.poll_over(&state, context),
                    Some(timer) => timer.as_mut().poll(context),
                }
                .map(|()| Event::Late)
            });
            match event.await {
                Event::Ended(Ok(())) => return,
                Event::Ended(Err(error)) => {
                    return debug!(peer = %state.peer, %error, "a connection ended with an error");
                }
                Event::Late if C::HAS_FAREWELL && farewell.is_none() => {
                    connection.finish();
                    farewell = Some(Box::pin(sleep(FAREWELL)));
                }
                Event::Late => match &mut farewell {
                    // A last request arrived during the announcement and is being answered.
                    Some(timer) if state.waiting().is_none() => {
                        timer.as_mut().reset(Instant::now() + FAREWELL);
                    }
                    _ => {
                        return debug!(peer = %state.peer, "no request arrived in time, so the connection is closed");
                    }
                },
                Event::LastRequest => {
                    is_finishing = true;
                    connection.finish();
                }
                Event::Phase => phase = phases.current(),
            }
            match phase {
                Phase::Serving => {}
                Phase::Draining => connection.finish(),
                Phase::Cut => {
                    return debug!(peer = %state.peer, "a connection was still open when the server stopped, so it is closed");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fh_test::certificates::Authority;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;
    use crate::Transport;
    use crate::connection_state::ServerState;

    /// Connections that are accepted at the last moment do not wait for a handshake.
    #[tokio::test]
    async fn a_handshake_that_begins_after_the_shutdown_ends_at_once() {
        let options = ListenOptions { handshake_timeout: None, ..ListenOptions::default() };
        let protocols = Protocols::new(&options);
        let server = Arc::new(ServerState::new(axum::Router::new().into(), options));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _silent = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let (state, _) =
            ConnectionState::admit(Arc::clone(&server), peer, Some(Transport::Tls)).unwrap();
        server.phases.advance(Phase::Draining);
        let certificate = Authority::new("ours").issue("localhost", -1..1);
        let tls = Tls::from_config(Arc::new(certificate.server()));
        let ended = protocols.secure(stream, tls, Arc::new(state));
        timeout(Duration::from_secs(10), ended).await.unwrap();
    }
}
