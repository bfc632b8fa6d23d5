//! The thread of one TCP connection.

use std::io::{self, BufReader, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use fh_test_http::{Ending, ReadRequest, Request, locked};

use crate::handshake;
use crate::record::{SeenInsight, SeenRequest};
use crate::response::Response;
use crate::routes::{self, Answer};
use crate::state::Shared;
use crate::streaming;

/// Stack size of a thread: 512 KiB, because there may be many connections.
pub(crate) const STACK: usize = 512 * 1024;

/// The state of a connection after a request.
pub(crate) enum Then {
    /// The next request can be read.
    Continue,
    /// The connection has ended, or must be closed.
    Close,
}

/// Serves an accepted connection on a new thread.
pub(crate) fn start(shared: &Arc<Shared>, socket: TcpStream) {
    shared.recorder.add(|record| record.connections.push(Instant::now()));
    // Pushes must not wait for the acknowledgement of earlier ones.
    let _ = socket.set_nodelay(true);
    let socket = Arc::new(socket);
    locked(&shared.state).connected(&socket);
    let (own, own_socket) = (Arc::clone(shared), Arc::clone(&socket));
    let started = thread::Builder::new()
        .name("featbit-connection".to_owned())
        .stack_size(STACK)
        .spawn(move || serve(&own, &own_socket));
    if started.is_err() {
        // No thread is available. The socket is closed when the last handle is dropped.
        locked(&shared.state).disconnected(&socket);
    }
}

fn serve(shared: &Arc<Shared>, socket: &Arc<TcpStream>) {
    let mut reader = BufReader::new(&**socket);
    // An error means that the client ended the connection.
    while let Ok(Then::Continue) = next(shared, socket, &mut reader) {}
    fh_test_http::end(socket, Ending::Close);
    fh_test_http::drain(socket);
    locked(&shared.state).disconnected(socket);
}

fn next(
    shared: &Arc<Shared>,
    socket: &Arc<TcpStream>,
    reader: &mut BufReader<&TcpStream>,
) -> io::Result<Then> {
    let mut writer: &TcpStream = socket;
    let request = match fh_test_http::read(reader, &mut writer)? {
        ReadRequest::Request(request) => request,
        ReadRequest::Ended => return Ok(Then::Close),
        ReadRequest::Invalid(status) => {
            let date = locked(&shared.state).clock().date();
            Response::empty(status).write(&mut writer, &date, true)?;
            return Ok(Then::Close);
        }
    };
    if handshake::is_streaming(request.path())
        && let Some(key) = handshake::key(&request)
    {
        return streaming::serve(shared, socket, reader, &request, &key);
    }
    let answer = routes::answer(shared, &request);
    record(shared, &request, &answer);
    match answer {
        Answer::Response(response) => respond(shared, socket, &request, &response),
        Answer::Hang => hang(reader),
        Answer::Reset => {
            fh_test_http::end(socket, Ending::Reset);
            Ok(Then::Close)
        }
    }
}

/// Writes an answer with the server's time.
pub(crate) fn respond(
    shared: &Shared,
    mut socket: &TcpStream,
    request: &Request,
    response: &Response,
) -> io::Result<Then> {
    let date = locked(&shared.state).clock().date();
    response.write(&mut socket, &date, request.method != "HEAD")?;
    let is_last = request.has_token("connection", "close");
    Ok(if is_last { Then::Close } else { Then::Continue })
}

/// Waits until the client gives up.
pub(crate) fn hang(reader: &mut impl Read) -> io::Result<Then> {
    io::copy(reader, &mut io::sink())?;
    Ok(Then::Close)
}

fn record(shared: &Shared, request: &Request, answer: &Answer) {
    let status = match answer {
        Answer::Response(response) => Some(response.status),
        Answer::Hang | Answer::Reset => None,
    };
    let (at, headers) = (Instant::now(), request.headers.clone());
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let seen = SeenRequest {
        at,
        method: request.method.clone(),
        target: request.target.clone(),
        headers: headers.clone(),
        body: body.clone(),
        status,
    };
    shared.recorder.add(|record| {
        record.requests.push(seen);
        if routes::is_track(request) {
            record.insights.push(SeenInsight { at, headers, body, status });
        }
    });
}
