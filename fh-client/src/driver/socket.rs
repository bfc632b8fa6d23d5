//! A WebSocket of the driver, from the request that opens it to the last message.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fh_eval::SharedText;
use fh_session::ResponseHead;
use futures_core::Stream as _;
use futures_sink::Sink as _;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::arrival::{Arrival, guarded};
use crate::transport::{
    BoxFuture, Connection, Transport, TransportError, TransportErrorKind, TransportRequest, Upgrade,
};

/// The text that a server appends to the key of a handshake before it hashes it (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The size in bytes of the messages whose memory is kept. It is that of the buffer into which a socket reads.
const SHARED_FROM: usize = 128 * 1024;

/// A request that opens a socket, and the socket. Dropping this value closes the socket with code 1000, as far as that is possible without
/// waiting.
pub(super) struct Socket {
    phase: Phase,
    /// The messages that wait to be written.
    waiting: VecDeque<String>,
    /// The answer of a server that speaks the protocol to this handshake.
    accept: String,
    config: WebSocketConfig,
}

enum Phase {
    Sent(BoxFuture<Result<Upgrade, TransportError>>),
    Preparing(BoxFuture<WebSocketStream<Counted>>, Arc<AtomicUsize>),
    Open(Box<WebSocketStream<Counted>>, Arc<AtomicUsize>),
    Over,
}

impl Socket {
    /// Sends the request. `nonce` is a random number, and `limit` the maximum size of a message in bytes.
    pub(super) fn open(
        transport: &dyn Transport,
        mut request: TransportRequest,
        nonce: [u8; 16],
        limit: usize,
    ) -> Self {
        let key = STANDARD.encode(nonce);
        for (name, value) in [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", &key),
        ] {
            request.headers.push((name.to_string(), value.to_string()));
        }
        let accept = STANDARD.encode(Sha1::digest(format!("{key}{GUID}")));
        let sent = guarded(|| Ok(transport.connect(request)));
        let sent = sent.unwrap_or_else(|error| Box::pin(async move { Err(error) }));
        let config =
            WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
        Self { phase: Phase::Sent(sent), waiting: VecDeque::new(), accept, config }
    }

    /// Queues a message.
    pub(super) fn write(&mut self, text: String) {
        self.waiting.push_back(text);
    }

    /// Polls for the next event of the socket. No event follows the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Arrival> {
        loop {
            match &mut self.phase {
                Phase::Over => return Poll::Pending,
                Phase::Sent(future) => {
                    let polled = guarded(|| match future.as_mut().poll(cx) {
                        Poll::Pending => Ok(None),
                        Poll::Ready(answer) => answer.map(Some),
                    });
                    return match polled {
                        Ok(None) => Poll::Pending,
                        Ok(Some(upgrade)) => Poll::Ready(self.opened(upgrade)),
                        Err(error) => self.over(Arrival::Failed(error)),
                    };
                }
                Phase::Preparing(future, count) => {
                    let socket = ready!(future.as_mut().poll(cx));
                    self.phase = Phase::Open(Box::new(socket), Arc::clone(count));
                }
                Phase::Open(socket, count) => {
                    let written = write_waiting(socket, &mut self.waiting, cx);
                    let read = Pin::new(&mut **socket).poll_next(cx);
                    return match (read, written) {
                        (Poll::Ready(Some(Ok(message))), _) => match message {
                            Message::Text(text) => Poll::Ready(Arrival::Text(shared(text))),
                            Message::Binary(bytes) => Poll::Ready(Arrival::Piece(bytes)),
                            Message::Close(frame) => {
                                let code = frame.map(|frame| frame.code.into());
                                self.over(Arrival::Closed(code))
                            }
                            // The crate answers pings by itself, with the next write or flush.
                            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                                Poll::Ready(Arrival::Progress(count.swap(0, Ordering::Relaxed)))
                            }
                        },
                        (Poll::Ready(Some(Err(error))), _) | (Poll::Pending, Err(error)) => {
                            self.over(ended(&error))
                        }
                        (Poll::Ready(None), _) => self.over(ended(&Error::ConnectionClosed)),
                        (Poll::Pending, Ok(())) => match count.swap(0, Ordering::Relaxed) {
                            0 => Poll::Pending,
                            bytes => Poll::Ready(Arrival::Progress(bytes)),
                        },
                    };
                }
            }
        }
    }

    /// Returns the head of the answer, and prepares the socket if the server has agreed.
    fn opened(&mut self, upgrade: Upgrade) -> Arrival {
        let Upgrade { head, connection } = upgrade;
        let Some(connection) = connection else {
            self.phase = Phase::Over;
            return Arrival::Head(head);
        };
        if !is_handshake(&head, &self.accept) {
            self.phase = Phase::Over;
            let why = "the answer with status 101 is not that of a WebSocket";
            return Arrival::Invalid(why.to_string());
        }
        let count = Arc::new(AtomicUsize::new(0));
        let connection = Counted { connection, count: Arc::clone(&count) };
        let config = self.config;
        let preparing = Box::pin(async move {
            WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await
        });
        self.phase = Phase::Preparing(preparing, count);
        Arrival::Head(head)
    }

    fn over(&mut self, arrival: Arrival) -> Poll<Arrival> {
        self.phase = Phase::Over;
        Poll::Ready(arrival)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Phase::Open(socket, _) = &mut self.phase else { return };
        let mut cx = Context::from_waker(Waker::noop());
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let mut socket = Pin::new(&mut **socket);
        if socket.as_mut().poll_ready(&mut cx).is_ready()
            && socket.as_mut().start_send(Message::Close(Some(frame))).is_ok()
        {
            let _ = socket.poll_flush(&mut cx);
        }
    }
}

/// Writes the messages that wait, as far as the connection takes them.
fn write_waiting(
    socket: &mut WebSocketStream<Counted>,
    waiting: &mut VecDeque<String>,
    cx: &mut Context<'_>,
) -> Result<(), Error> {
    let mut socket = Pin::new(socket);
    while !waiting.is_empty() {
        match socket.as_mut().poll_ready(cx) {
            Poll::Pending => return Ok(()),
            Poll::Ready(outcome) => outcome?,
        }
        if let Some(text) = waiting.pop_front() {
            socket.as_mut().start_send(Message::Text(text.into()))?;
        }
    }
    match socket.poll_flush(cx) {
        Poll::Ready(Err(error)) => Err(error),
        _ => Ok(()),
    }
}

/// Returns the text of a message. A short one is copied, because it is a part of a larger buffer, which would stay in memory with it.
fn shared(text: Utf8Bytes) -> SharedText {
    if text.len() < SHARED_FROM { text.as_str().into() } else { SharedText::of(text) }
}

/// Returns true if the answer is that of a server that has accepted this handshake.
fn is_handshake(head: &ResponseHead, accept: &str) -> bool {
    let upgrade = head.get("upgrade").unwrap_or_default();
    upgrade.trim().eq_ignore_ascii_case("websocket")
        && head.get("sec-websocket-accept").map(str::trim) == Some(accept)
}

fn ended(error: &Error) -> Arrival {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Arrival::TooLarge,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed => {
            let why = "the connection ended without a close frame";
            Arrival::Failed(TransportError::new(TransportErrorKind::Broken, why))
        }
        Error::Protocol(_) | Error::Utf8(_) => {
            Arrival::Invalid(format!("a broken frame on the WebSocket: {error}"))
        }
        error => {
            Arrival::Failed(TransportError::new(TransportErrorKind::Broken, error.to_string()))
        }
    }
}

/// A connection that counts the bytes that arrive, so that a long message shows progress before it is complete.
struct Counted {
    connection: Box<dyn Connection>,
    count: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut *self.connection).poll_read(cx, buffer);
        self.count.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.connection).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.connection).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart() {
        let cut = Error::Protocol(ProtocolError::ResetWithoutClosingHandshake);
        let broken = Error::Protocol(ProtocolError::NonZeroReservedBits);
        for (error, is_invalid) in [
            (cut, false),
            (Error::ConnectionClosed, false),
            (broken, true),
            (Error::Utf8(String::new()), true),
        ] {
            let arrival = ended(&error);
            assert!(
                match &arrival {
                    Arrival::Invalid(why) =>
                        is_invalid && why.starts_with("a broken frame on the WebSocket: "),
                    Arrival::Failed(_) => !is_invalid,
                    _ => false,
                },
                "{error}"
            );
        }
    }

    #[test]
    fn only_long_messages_keep_their_memory() {
        for (len, is_kept) in [(SHARED_FROM - 1, false), (SHARED_FROM, true)] {
            let message = Utf8Bytes::from("x".repeat(len));
            let memory = message.as_str().as_ptr();
            let text = shared(message);
            assert_eq!((text.len(), text.as_ptr() == memory), (len, is_kept));
        }
    }
}
