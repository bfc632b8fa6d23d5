//! The thread of one TCP connection.

use std::io::{self, BufReader, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use fh_test_http::{Ending, ReadRequest, Request, drain, end, locked, read};

use crate::record::SeenRequest;
use crate::response::Response;
use crate::routes::{self, Answer};
use crate::state::Shared;
use crate::streaming;

/// Stack size of a thread: 32 MiB, because the server accepts attributes of 10,000 levels. Only the pages that are used need memory.
pub(crate) const STACK: usize = 32 * 1024 * 1024;

/// The state of a connection after a request.
enum Then {
    /// The next request can be read.
    Continue,
    /// The connection has ended, or must be closed.
    Close,
}

/// Serves an accepted connection on a new thread.
pub(crate) fn start(shared: &Arc<Shared>, socket: TcpStream) {
    let number = shared.recorder.add(|record| {
        record.connections.push(Instant::now());
        record.connections.len()
    });
    // Events must not wait for the acknowledgement of earlier ones.
    let _ = socket.set_nodelay(true);
    let socket = Arc::new(socket);
    locked(&shared.state).connected(&socket);
    let (own, own_socket) = (Arc::clone(shared), Arc::clone(&socket));
    let started = thread::Builder::new()
        .name("featuresignals-connection".to_owned())
        .stack_size(STACK)
        .spawn(move || serve(&own, &own_socket, number));
    if started.is_err() {
        // No thread is available. The socket is closed when the last handle is dropped.
        locked(&shared.state).disconnected(&socket);
    }
}

fn serve(shared: &Arc<Shared>, socket: &Arc<TcpStream>, number: usize) {
    let mut reader = BufReader::new(&**socket);
    // An error means that the client ended the connection.
    while let Ok(Then::Continue) = next(shared, socket, &mut reader, number) {}
    end(socket, Ending::Close);
    drain(socket);
    locked(&shared.state).disconnected(socket);
}

fn next(
    shared: &Arc<Shared>,
    socket: &Arc<TcpStream>,
    reader: &mut BufReader<&TcpStream>,
    connection: usize,
) -> io::Result<Then> {
    let mut writer: &TcpStream = socket;
    let request = match read(reader, &mut writer)? {
        ReadRequest::Request(request) => request,
        ReadRequest::Ended => return Ok(Then::Close),
        ReadRequest::Invalid(status) => {
            Response::not_http(status).write(&mut writer, true)?;
            return Ok(Then::Close);
        }
    };
    let at = Instant::now();
    // The answer is made before the request is recorded: a change after that is not in it, and its faults are taken.
    let (answer, pause) = routes::answer(shared, &request, at);
    let index = record(shared, &request, connection, at);
    pause.wait(shared);
    match answer {
        Answer::Response(response) => {
            answered(shared, index, response.status);
            response.write(&mut writer, request.method != "HEAD")?;
            let is_last = response.keep.is_some() || request.has_token("connection", "close");
            Ok(if is_last { Then::Close } else { Then::Continue })
        }
        Answer::Stream(stream) => {
            answered(shared, index, 200);
            streaming::serve(shared, socket, index, &stream)?;
            Ok(Then::Close)
        }
        Answer::Silence => silence(reader),
        Answer::Reset => {
            end(socket, Ending::Reset);
            Ok(Then::Close)
        }
    }
}

/// Waits until the client gives up.
fn silence(reader: &mut impl Read) -> io::Result<Then> {
    io::copy(reader, &mut io::sink())?;
    Ok(Then::Close)
}

/// Adds a request to the record, and returns its index.
fn record(shared: &Shared, request: &Request, connection: usize, at: Instant) -> usize {
    let seen = SeenRequest {
        connection,
        at,
        method: request.method.clone(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        status: None,
        answered_at: None,
    };
    shared.recorder.add(|record| {
        record.requests.push(seen);
        record.requests.len() - 1
    })
}

fn answered(shared: &Shared, index: usize, status: u16) {
    shared.recorder.add(|record| {
        if let Some(request) = record.requests.get_mut(index) {
            (request.status, request.answered_at) = (Some(status), Some(Instant::now()));
        }
    });
}
