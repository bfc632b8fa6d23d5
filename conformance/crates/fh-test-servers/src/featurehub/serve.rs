//! The threads of one connection.
use std::net::TcpStream;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::server::{Parsed, Wants, parse};

use crate::featurehub::connection::{self, Closing, Interrupted, Mailbox};
use crate::featurehub::edge::EdgeHandle;
use crate::featurehub::player::{Next, Player};
use crate::featurehub::recorder::{Ended, Place};
use crate::featurehub::request::Request;
use crate::featurehub::step::{Framing, Head};

/// Stack size of a thread: 512 KiB, because there are many connections and their threads do little.
const STACK: usize = 512 * 1024;

/// Maximum length of a body: 1 MiB.
const LONGEST_BODY: usize = 1024 * 1024;

/// The status of a body that is too long. The client may send all of it before it reads the answer.
const TOO_LARGE: u16 = 413;

/// The time for which a refused body is discarded.
const DISCARD: Duration = Duration::from_secs(5);

/// Serves an accepted connection on new threads.
pub(crate) fn start(edge: EdgeHandle, socket: TcpStream, client_port: u16) {
    let place = edge.server.recorder.accepted(client_port);
    let mailbox = Arc::new(Mailbox::new());
    edge.server.enter(&mailbox);
    let failed = (edge.clone(), Arc::clone(&mailbox));
    let started = thread::Builder::new()
        .name("fake-edge".to_owned())
        .stack_size(STACK)
        .spawn(move || serve(&edge, &mailbox, socket, place));
    if started.is_err() {
        // No thread is available. The socket was dropped with the closure.
        let (edge, mailbox) = failed;
        edge.server.leave(&mailbox);
        edge.server.recorder.ended(place, Ended::ByEdge);
    }
}

fn serve(edge: &EdgeHandle, mailbox: &Arc<Mailbox>, socket: TcpStream, place: Place) {
    enum By {
        Edge(Ended),
        Client,
    }
    let by = thread::scope(|scope| {
        let reader = thread::Builder::new()
            .name("fake-edge-read".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                mailbox.fill_from(&socket, &edge.server.recorder, place);
            });
        let outcome = match (connection::prepare(&socket), reader) {
            (Ok(()), Ok(_)) => answer_all(edge, mailbox, &socket, place),
            _ => Ok(Closing::Rst),
        };
        edge.server.leave(mailbox);
        let how = match outcome {
            Ok(how) | Err(Interrupted::Ordered(how)) => how,
            Err(Interrupted::Gone | Interrupted::Deadline) => Closing::Fin,
        };
        let by_edge = match how {
            Closing::Fin => Ended::ByEdge,
            Closing::Rst => Ended::ResetByEdge,
        };
        let by_client = mailbox.client_ended();
        mailbox.close(how);
        connection::stop_reading(&socket, how);
        by_client.map_or(By::Edge(by_edge), |_| By::Client)
    });
    drop(socket);
    // The reading thread has ended only now, and may have recorded a reset.
    let ended = match by {
        By::Edge(ended) => ended,
        By::Client => mailbox.client_ended().unwrap_or(Ended::ByClient),
    };
    edge.server.recorder.ended(place, ended);
}

/// Answers requests one after the other until the connection must end.
fn answer_all(
    edge: &EdgeHandle,
    mailbox: &Arc<Mailbox>,
    socket: &TcpStream,
    place: Place,
) -> Result<Closing, Interrupted> {
    if let Some(behaviour) = edge.server.on_accept() {
        let mut player = Player::new(edge, mailbox, socket, place, None);
        if let Some(how) = outliving(|| player.play(behaviour))? {
            return Ok(how);
        }
    }
    loop {
        let request = match next_request(mailbox, socket)? {
            Ok(request) => Arc::new(request),
            Err(status) => {
                let mut player = Player::new(edge, mailbox, socket, place, None);
                player.respond(Head::new(status, Framing::Length), b"")?;
                if status == TOO_LARGE {
                    mailbox.discard(socket, Instant::now() + DISCARD)?;
                }
                return Ok(Closing::Fin);
            }
        };
        // A test that sees the request may send the next one, which takes the next behaviour.
        let behaviour = edge.server.next_behaviour(request.route);
        let seen = edge.server.recorder.request(place, Arc::clone(&request));
        let mut player = Player::new(edge, mailbox, socket, place, Some((&request, seen)));
        let played = outliving(|| {
            player.play(behaviour).and_then(|end| match end {
                Some(how) => Ok(Next::Close(how)),
                None => player.finish(),
            })
        });
        edge.server.recorder.finished(seen, request.route);
        match played? {
            Next::Request => {}
            Next::Close(how) => return Ok(how),
        }
    }
}

/// Resets the connection if a closure of the test panics. The panic prints its own message.
fn outliving<T>(act: impl FnOnce() -> Result<T, Interrupted>) -> Result<T, Interrupted> {
    panic::catch_unwind(AssertUnwindSafe(act)).unwrap_or(Err(Interrupted::Ordered(Closing::Rst)))
}

/// Returns the next request, or the status with which the received bytes are refused.
fn next_request(
    mailbox: &Arc<Mailbox>,
    socket: &TcpStream,
) -> Result<Result<Request, u16>, Interrupted> {
    enum Came {
        Request(crate::server::Request),
        Refused(u16),
        Expectation,
    }
    let mut continued = false;
    loop {
        let came = mailbox.read(|bytes| match parse(bytes, LONGEST_BODY) {
            Parsed::Complete(request, used) => Some((Came::Request(request), used)),
            Parsed::Refused(status) => Some((Came::Refused(status), bytes.len())),
            Parsed::Incomplete(Wants::Continue) if !continued => Some((Came::Expectation, 0)),
            Parsed::Incomplete(_) => None,
        })?;
        match came {
            Came::Request(request) => return Ok(Ok(Request::new(request))),
            Came::Refused(status) => return Ok(Err(status)),
            Came::Expectation => {
                continued = true;
                mailbox.write(socket, b"HTTP/1.1 100 Continue\r\n\r\n", |_| {})?;
            }
        }
    }
}
