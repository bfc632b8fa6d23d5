//! Tests of kept connections, against servers that write the bytes of HTTP themselves.

use std::time::Duration;

use fh_client::transport::{
    Method, ReqwestTransport, SecretUrl, Transport as _, TransportError, TransportRequest,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// The end of the first connection, on its last request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Close,
    Reset,
    Garbage,
}

/// Starts a server whose first connection answers `answered` requests, and then ends in this way on the next one. Further connections
/// answer each request. Returns the URL, and a list that gets the number of the connection of each request.
async fn server(answered: usize, ending: Ending) -> (String, UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, requests) = unbounded_channel();
    tokio::spawn(async move {
        for number in 1.. {
            let (socket, _) = listener.accept().await.unwrap();
            let answered = if number == 1 { answered } else { usize::MAX };
            tokio::spawn(serve(socket, number, answered, ending, sender.clone()));
        }
    });
    (url, requests)
}

async fn serve(
    mut socket: TcpStream,
    number: usize,
    answered: usize,
    ending: Ending,
    requests: UnboundedSender<usize>,
) -> Option<()> {
    for served in 0.. {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.ok()?);
        }
        requests.send(number).ok()?;
        match ending {
            _ if served < answered => socket.write_all(OK).await.ok()?,
            Ending::Close => return None,
            Ending::Reset => return socket.set_zero_linger().ok(),
            Ending::Garbage => return socket.write_all(b"no HTTP\r\n\r\n").await.ok(),
        }
    }
    None
}

fn request(method: Method, url: &str) -> TransportRequest {
    TransportRequest::new(method, SecretUrl::new(url))
}

/// Sends a request, and reads the body to its end. Returns the status.
async fn status(
    transport: &ReqwestTransport,
    method: Method,
    url: &str,
) -> Result<(u16, bool), TransportError> {
    let mut response = transport.send(request(method, url)).await?;
    while std::future::poll_fn(|cx| response.body.as_mut().poll_next(cx)).await.is_some() {}
    Ok((response.head.status, response.repeated_after.is_some()))
}

#[tokio::test]
async fn only_gets_and_puts_on_kept_connections_without_an_answer_are_sent_once_more() {
    use Ending::{Close, Garbage, Reset};
    use Method::{Get, Post, Put};
    for (method, answered, ending, seen, is_sent) in [
        (Get, 1, Close, &[1, 1, 2][..], true),
        (Put, 1, Close, &[1, 1, 2], true),
        (Put, 1, Reset, &[1, 1, 2], true),
        (Post, 1, Close, &[1, 1], false),
        (Get, 1, Garbage, &[1, 1], false),
        (Get, 0, Close, &[1], false),
    ] {
        let (url, mut requests) = server(answered, ending).await;
        let transport = ReqwestTransport::builder().no_proxy().build().unwrap();
        for _ in 0..answered {
            assert_eq!(status(&transport, Get, &url).await, Ok((200, false)));
        }
        let outcome = status(&transport, method, &url).await;
        let row = format!("{method:?} after {answered}, {ending:?}: {outcome:?}");
        assert_eq!(outcome.is_ok_and(|outcome| outcome == (200, true)), is_sent, "{row}");
        for number in seen {
            assert_eq!(requests.recv().await, Some(*number), "{row}");
        }
        assert!(requests.try_recv().is_err(), "{row}");
    }
}

/// The settings of a server of HTTP/2, and the acknowledgement of those of the client.
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";
/// The head `:status: 200`, which ends stream 1.
const HTTP2_OK: &[u8] = b"\0\0\x01\x01\x05\0\0\0\x01\x88";
const HEADERS: u8 = 1;

const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;

/// Returns a frame without flags.
fn frame(kind: u8, stream: u32, numbers: &[u32]) -> Vec<u8> {
    let length = u8::try_from(4 * numbers.len()).unwrap();
    let mut frame = vec![0, 0, length, kind, 0];
    for number in [&[stream], numbers].concat() {
        frame.extend(number.to_be_bytes());
    }
    frame
}

/// Accepts a connection of HTTP/2.
async fn accepted(listener: &TcpListener) -> TcpStream {
    let (mut socket, _) = listener.accept().await.unwrap();
    socket.write_all(SETTINGS).await.unwrap();
    socket.read_exact(&mut [0; 24]).await.unwrap();
    socket
}

/// Reads a connection of HTTP/2 until the head of its next request.
async fn next_request(socket: &mut TcpStream) -> std::io::Result<()> {
    loop {
        let mut frame = [0; 9];
        socket.read_exact(&mut frame).await?;
        let length = usize::from(frame[1]) << 8 | usize::from(frame[2]);
        socket.read_exact(&mut vec![0; length]).await?;
        if frame[3] == HEADERS {
            return Ok(());
        }
    }
}

/// Accepts a connection of HTTP/2, and reads it until the head of its first request.
async fn requested(listener: &TcpListener) -> TcpStream {
    let mut socket = accepted(listener).await;
    next_request(&mut socket).await.unwrap();
    socket
}

/// Returns a transport that speaks HTTP/2 without TLS.
fn http2_transport() -> ReqwestTransport {
    let builder = ReqwestTransport::builder().no_proxy();
    builder.configure(reqwest::ClientBuilder::http2_prior_knowledge).build().unwrap()
}

#[tokio::test]
async fn ends_of_connections_of_http_2_are_recognised() {
    use Method::{Get, Post, Put};
    // The second request of a connection has number 3.
    let closed = Vec::new;
    let refused = || frame(RST_STREAM, 3, &[7]);
    let retired = || frame(GOAWAY, 0, &[1, 0]);
    let failed = || frame(RST_STREAM, 3, &[2]);
    for (name, method, last, is_reset, is_sent) in [
        ("closed", Get, closed(), false, true),
        ("closed", Put, closed(), false, true),
        ("closed", Post, closed(), false, false),
        ("reset", Get, closed(), true, true),
        ("refused", Get, refused(), false, true),
        ("refused", Post, refused(), false, false),
        ("GOAWAY", Put, retired(), false, true),
        ("failed", Get, failed(), false, false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let transport = http2_transport();
        let client = async {
            assert_eq!(status(&transport, Get, &url).await, Ok((200, false)));
            status(&transport, method, &url).await
        };
        let server = async {
            let mut socket = requested(&listener).await;
            socket.write_all(HTTP2_OK).await.unwrap();
            next_request(&mut socket).await.unwrap();
            socket.write_all(&last).await.unwrap();
            if is_reset {
                socket.set_zero_linger().unwrap();
            }
            // A server that refuses one request keeps the connection.
            let kept = (last.get(3) == Some(&RST_STREAM)).then_some(socket);
            if is_sent && let Some(mut socket) = kept {
                next_request(&mut socket).await.unwrap();
                socket.write_all(b"\0\0\x01\x01\x05\0\0\0\x05\x88").await.unwrap();
                socket
            } else {
                let mut socket = requested(&listener).await;
                socket.write_all(HTTP2_OK).await.unwrap();
                socket
            }
        };
        let mut server = Box::pin(server);
        let mut client = Box::pin(client);
        let outcome = tokio::select! {
            outcome = &mut client => outcome,
            _socket = &mut server => client.await,
        };
        let row = format!("{name} {method:?}: {outcome:?}");
        assert_eq!(outcome.is_ok_and(|outcome| outcome == (200, true)), is_sent, "{row}");
    }
}

#[tokio::test]
async fn after_a_request_that_timed_out_another_connection_is_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let transport = http2_transport();
    let mut first = transport.send(request(Method::Get, &url));
    // This connection stays open, and carries nothing any more.
    let _dead = tokio::select! {
        socket = requested(&listener) => socket,
        _ = &mut first => panic!("no answer was sent"),
    };
    drop(first);
    let second = transport.send(request(Method::Get, &url));
    let answers = async {
        let mut socket = requested(&listener).await;
        socket.write_all(HTTP2_OK).await.unwrap();
        socket
    };
    let both = async { tokio::join!(second, answers).0 };
    let answered = tokio::time::timeout(Duration::from_secs(30), both).await;
    assert_eq!(answered.expect("another connection").unwrap().head.status, 200);
}
