//! Reads and writes the bytes of a connection. Limits apply to peers that do not read, or that keep sending after the server has closed its
//! sending side.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tracing::error;

use super::connection_state::{Answering, ConnectionState};
use super::proxy_protocol;

/// The time that a peer has to finish sending a request head after the server has closed its sending side, for example because it refused
/// the head. If the socket were closed at once, the operating system would report lost bytes to the peer, and the peer might see that error
/// instead of the response.
const LINGER: Duration = Duration::from_secs(2);
/// The number of bytes that are discarded after the server has closed its sending side within a request head. Then the connection is
/// closed.
const LINGER_BYTES: usize = 256 * 1024;

/// The maximum time, on plain HTTP, from the moment when a peer closes its sending side until the response to its request begins. If the
/// response has not begun by then, the connection ends.
const HALF_CLOSED: Duration = Duration::from_secs(1);

/// A byte stream whose writes fail with `TimedOut` if no byte can be written for the write timeout of the options. The timer of writes
/// exists only while a write is blocked.
///
/// The fields are dropped in their order, so that the file descriptor is closed before the connection stops counting as open.
#[derive(Debug)]
pub(super) struct GuardedIo<S> {
    stream: S,
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<Box<Lingering>>,
    half_closed: Option<Pin<Box<Sleep>>>,
    state: Arc<ConnectionState>,
}

/// The state of a connection whose sending side the server has closed within a request head. The peer's bytes are read and discarded.
#[derive(Debug)]
struct Lingering {
    timer: Pin<Box<Sleep>>,
    /// The number of bytes that may still be read and discarded.
    left: usize,
}

impl Lingering {
    fn new() -> Self {
        Self { timer: Box::pin(sleep(LINGER)), left: LINGER_BYTES }
    }

    /// Resolves when the peer has closed the connection, when reading from the peer fails, when `LINGER` has passed, or when at least
    /// `LINGER_BYTES` bytes were discarded.
    fn poll<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut bytes = [MaybeUninit::uninit(); 1024];
        while self.left > 0 && self.timer.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::uninit(&mut bytes);
            match ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.left = self.left.saturating_sub(buffer.filled().len());
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S> GuardedIo<S> {
    pub(super) fn new(stream: S, state: &Arc<ConnectionState>) -> Self {
        Self { stream, stalled: None, lingering: None, half_closed: None, state: Arc::clone(state) }
    }

    /// Resolves when hyper may see that the peer has closed its sending side. Simple programs for health checks close their sending side
    /// right after the request. hyper would then end the connection, so hyper must not see the closing before the response is written.
    /// While a stream is being written, hyper may see the closing at once, because a stream ends when its reader closes the connection.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Over TLS, the end of the bytes is the end of the connection.
        if self.state.transport.is_some() {
            return Poll::Ready(());
        }
        match self.state.answering() {
            None | Some(Answering::Stream) => return Poll::Ready(()),
            Some(Answering::Pending | Answering::Whole) => {}
        }
        self.state.set_last_request();
        let timer = self.half_closed.get_or_insert_with(|| Box::pin(sleep(HALF_CLOSED)));
        let is_late = timer.as_mut().poll(context).is_ready();
        match self.state.answering() {
            // A peer that does not read its response is limited by `write_timeout`.
            Some(Answering::Whole) => Poll::Pending,
            _ if is_late => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    /// Returns the result of a write. If no byte can be written for the write timeout of the options, the result is the error `TimedOut`.
    fn progress(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let Some(limit) = self.state.server.options.write_timeout else { return Poll::Pending };
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer has read nothing within the write timeout",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for GuardedIo<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            let new = buffer.filled().get(before..).unwrap_or_default();
            if this.state.is_unread() && proxy_protocol::is_header(new) {
                this.state.server.warnings.unexpected_header.say(|| {
                    error!(peer = %this.state.peer, "a connection begins with a header of the PROXY protocol, which is read only with --proxy-protocol (not on the monitor port), and only from an address of --trusted-proxies");
                });
            }
            this.state.bytes_came();
        } else if matches!(read, Poll::Ready(Ok(()))) && buffer.remaining() > 0 {
            ready!(this.poll_end(context));
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedIo<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.progress(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, bytes);
        this.progress(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let lingering = match &mut this.lingering {
            Some(lingering) => lingering,
            none => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                if !this.state.is_amid_head() {
                    return Poll::Ready(Ok(()));
                }
                none.insert(Box::new(Lingering::new()))
            }
        };
        lingering.poll(&mut this.stream, context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, advance};

    use super::*;
    use crate::ListenOptions;
    use crate::connection_state::ServerState;

    const LIMIT: Duration = Duration::from_secs(30);

    fn guarded() -> (GuardedIo<DuplexStream>, DuplexStream) {
        let options = ListenOptions { write_timeout: Some(LIMIT), ..ListenOptions::default() };
        let server = Arc::new(ServerState::new(axum::Router::new().into(), options));
        let (stream, peer) = duplex(8);
        (
            GuardedIo::new(
                stream,
                &Arc::new(
                    ConnectionState::admit(server, ([127, 0, 0, 1], 1).into(), None).unwrap().0,
                ),
            ),
            peer,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_goes_nowhere_fails_in_time() {
        let (mut guard, _peer) = guarded();
        guard.write_all(b"01234567").await.unwrap();
        assert!(guard.stalled.is_none(), "what is written at once needs no timer");
        advance(LIMIT * 10).await;
        let begun = Instant::now();
        let error = guard.write_all(b"8").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!((LIMIT..LIMIT + Duration::from_millis(5)).contains(&begun.elapsed()));
    }

    /// A peer may go on sending for a while after the answer to a refused head.
    #[tokio::test(start_paused = true)]
    async fn the_rest_of_a_refused_head_is_awaited_for_a_while() {
        // No byte of a head has arrived, so there is no rest to wait for.
        let (mut guard, _peer) = guarded();
        guard.shutdown().await.unwrap();

        let begun = async || {
            let (mut guard, mut peer) = guarded();
            peer.write_all(b"GET /").await.unwrap();
            guard.read_exact(&mut [0; 5]).await.unwrap();
            (guard, peer, Instant::now())
        };
        // Here the peer sends nothing.
        let (mut guard, mut peer, start) = begun().await;
        guard.shutdown().await.unwrap();
        assert!((LINGER..LINGER + Duration::from_millis(5)).contains(&start.elapsed()));
        assert_eq!(peer.read(&mut [0]).await.unwrap(), 0, "the peer sees the end of the stream");
        // Here the peer sends the rest of its request and closes the connection.
        let (mut guard, mut peer, start) = begun().await;
        let sending = tokio::spawn(async move { peer.write_all(&[b'x'; 1000]).await });
        guard.shutdown().await.unwrap();
        sending.await.unwrap().unwrap();
        assert!(start.elapsed() < Duration::from_millis(5));
        // Here the peer does not stop sending.
        let (mut guard, mut peer, start) = begun().await;
        let sending = tokio::spawn(async move { peer.write_all(&vec![b'x'; 1 << 20]).await });
        guard.shutdown().await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(5));
        drop(guard);
        assert!(sending.await.unwrap().is_err());
    }

    /// The write timeout applies to each pause, not to the whole answer.
    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_slowly_keeps_its_connection() {
        let (mut guard, mut peer) = guarded();
        let reading = tokio::spawn(async move {
            let mut byte = [0];
            for _ in 0..40 {
                sleep(LIMIT - Duration::from_secs(1)).await;
                peer.read_exact(&mut byte).await.unwrap();
            }
            peer
        });
        guard.write_all(&[0; 48]).await.unwrap();
        assert!(guard.stalled.is_none());
        reading.await.unwrap();
    }
}
