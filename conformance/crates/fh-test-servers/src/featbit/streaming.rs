//! Sockets: the upgrade, the check of the token, and the conversation.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::server::{Connection, Ending, Faults, Protocol, Request, Response, Then, locked};

use crate::featbit::answers;
use crate::featbit::close_frame::{self, CloseFrame};
use crate::featbit::data_sync;
use crate::featbit::fault::Fault;
use crate::featbit::frame::{self, FrameError};
use crate::featbit::handshake;
use crate::featbit::message_reader::{Incoming, MessageReader};
use crate::featbit::outbox::{Item, Outbox};
use crate::featbit::payload;
use crate::featbit::query::Query;
use crate::featbit::record::{SeenClose, SeenMessage, SeenUpgrade, UpgradeOutcome};
use crate::featbit::request_message::{self, RequestMessage};
use crate::featbit::routes;
use crate::featbit::secret::SecretKind;
use crate::featbit::state::{Shared, State};
use crate::featbit::token;

/// An open socket, as its reading thread sees it.
pub(crate) struct Socket {
    pub(crate) environment: String,
    pub(crate) kind: SecretKind,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) faults: Faults<Fault>,
}

/// Answers an upgrade, and holds the conversation if it is accepted.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    connection: &mut Connection<'_>,
    request: &Request,
    key: &str,
) -> io::Result<Then> {
    let faults = locked(&shared.state).faults.next(|fault| Some(fault.clone()));
    if let Some(delay) = faults.find(|fault| match fault {
        Fault::DelayUpgrade(time) => Some(*time),
        _ => None,
    }) {
        thread::sleep(delay);
    }
    if let Some(response) = plain_response(shared, request, &faults) {
        record(shared, request, UpgradeOutcome::Status(response.status));
        return connection.respond(request, &routes::dated(shared, response));
    }
    if faults.has(&Fault::ResetUpgrade) {
        record(shared, request, UpgradeOutcome::Reset);
        return Ok(connection.reset());
    }
    if faults.has(&Fault::NeverAnswerUpgrade) {
        record(shared, request, UpgradeOutcome::Unanswered);
        return connection.hang();
    }
    let clock = locked(&shared.state).clock_with(&faults);
    let date = Some(clock.date()).filter(|_| !faults.has(&Fault::DropDate));
    let accept = handshake::accept(key, date.as_deref());
    match admit(shared, &Query::parse(request.query()), clock.now_ms(), &faults) {
        Err(close) => {
            record(shared, request, UpgradeOutcome::Refused(close.code));
            end_with(connection.socket, &accept, Some(&close))?;
        }
        Ok((environment, kind)) => {
            let socket = Socket { environment, kind, outbox: Arc::new(outbox(&faults)), faults };
            open(shared, connection, request, &accept, &socket)?;
        }
    }
    Ok(Then::Close)
}

/// Returns the answer of a proxy or of an overloaded server, if a fault scripts one.
fn plain_response(shared: &Shared, request: &Request, faults: &Faults<Fault>) -> Option<Response> {
    let status = faults.find(|fault| match fault {
        Fault::UpgradeStatus { status, retry_after } => Some((*status, *retry_after)),
        _ => None,
    });
    match status {
        Some((status, retry_after)) => Some(answers::failure(status, retry_after)),
        None if faults.has(&Fault::DropUpgrade) => Some(routes::plain(shared, request)),
        None => None,
    }
}

/// Checks the query in the order of FeatBit's server. Returns the environment and the type of the socket, or how it is closed.
fn admit(
    shared: &Shared,
    query: &Query,
    now_ms: i64,
    faults: &Faults<Fault>,
) -> Result<(String, SecretKind), CloseFrame> {
    let kind = SecretKind::parse(&query.joined("type")).ok_or_else(close_frame::refused)?;
    let is_known_version = matches!(query.joined("version").as_str(), "" | "1" | "2");
    if !is_known_version || faults.has(&Fault::RefuseToken) {
        return Err(close_frame::refused());
    }
    let token = query.joined("token");
    token::decode(&token, now_ms).map_err(|_| close_frame::refused())?;
    if faults.has(&Fault::StoreOutage) {
        return Err(close_frame::unavailable());
    }
    let state = locked(&shared.state);
    let kind_of = |secret: &str| state.owner_of(secret).map(|(_, kind)| kind);
    let secret = token::check(&token, kind, now_ms, kind_of).map_err(|_| close_frame::refused())?;
    state.owner_of(&secret).ok_or_else(close_frame::refused)
}

fn outbox(faults: &Faults<Fault>) -> Outbox {
    let messages_left = faults.find(|fault| match fault {
        Fault::SilentAfter(messages) => Some(*messages),
        _ => None,
    });
    let fragment = faults.find(|fault| match fault {
        Fault::Fragment(size) => Some(*size),
        _ => None,
    });
    Outbox::new(messages_left, fragment)
}

/// Accepts an upgrade and ends the connection at once, without waiting for the client's close frame.
fn end_with(
    mut connection: &TcpStream,
    accept: &str,
    close: Option<&CloseFrame>,
) -> io::Result<()> {
    let mut bytes = accept.as_bytes().to_vec();
    if let Some(close) = close {
        frame::write(&mut bytes, true, frame::CLOSE, &close.payload())?;
    }
    connection.write_all(&bytes)?;
    crate::server::end(connection, Ending::Close);
    Ok(())
}

fn record(shared: &Shared, request: &Request, outcome: UpgradeOutcome) {
    let seen = SeenUpgrade {
        at: Instant::now(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        outcome,
    };
    shared.recorder.add(|record| {
        if outcome == UpgradeOutcome::Opened {
            record.sockets_opened += 1;
            record.open_sockets += 1;
        }
        record.upgrades.push(seen);
    });
}

/// Opens a socket and converses until the connection ends.
fn open(
    shared: &Arc<Shared>,
    connection: &mut Connection<'_>,
    request: &Request,
    accept: &str,
    socket: &Socket,
) -> io::Result<()> {
    let outbox = Arc::clone(&socket.outbox);
    // From here on the socket gets pushes. They are written after the answer to the upgrade.
    let number = locked(&shared.state).open(socket.environment.clone(), socket.kind, outbox);
    record(shared, request, UpgradeOutcome::Opened);
    let result = converse(shared, connection, accept, socket, number);
    locked(&shared.state).close(number);
    shared.recorder.add(|record| record.open_sockets -= 1);
    result
}

fn converse(
    shared: &Arc<Shared>,
    connection: &mut Connection<'_>,
    accept: &str,
    socket: &Socket,
    number: u64,
) -> io::Result<()> {
    let code = socket.faults.find(|fault| match fault {
        Fault::CloseAtOnce { code } => Some(*code),
        _ => None,
    });
    if let Some(code) = code {
        let close = code.map(|code| CloseFrame { code, reason: String::new() });
        return end_with(connection.socket, accept, close.as_ref());
    }
    (&**connection.socket).write_all(accept.as_bytes())?;
    let (outbox, to) = (Arc::clone(&socket.outbox), Arc::clone(connection.socket));
    let writer = thread::Builder::new()
        .name("featbit-writer".to_owned())
        .stack_size(Shared::STACK)
        .spawn(move || outbox.write_to(&to))?;
    read(shared, connection, socket, number);
    // The writer sends all queued items before this one, such as the answer to a close frame.
    socket.outbox.send(Item::End(Ending::Close));
    // A panic of the writer needs no handling.
    let _ = writer.join();
    Ok(())
}

/// Reads and answers messages until the connection ends.
fn read(shared: &Arc<Shared>, connection: &mut Connection<'_>, socket: &Socket, number: u64) {
    let mut messages = MessageReader::new(&mut connection.reader);
    loop {
        match messages.next() {
            Ok(Incoming::Message(text)) => {
                // The lock makes both one step: a test that sees the message can rely on its answer, and a client that has the answer on
                // the record of its message.
                let mut state = locked(&shared.state);
                let seen = SeenMessage { at: Instant::now(), socket: number, text: text.clone() };
                shared.recorder.add(|record| record.messages.push(seen));
                answer(&mut state, socket, &text);
            }
            Ok(Incoming::Ping(payload)) => socket.outbox.send(Item::Pong(payload)),
            Ok(Incoming::Pong) => shared.recorder.add(|record| record.pongs += 1),
            Ok(Incoming::Close(payload)) => {
                let seen = SeenClose {
                    at: Instant::now(),
                    socket: number,
                    code: payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
                    reason: String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into(),
                };
                shared.recorder.add(|record| record.closes.push(seen));
                return socket.outbox.send(Item::Close(CloseFrame::answer_to(&payload)));
            }
            Err(FrameError::Ended | FrameError::Protocol) => return,
            Err(FrameError::Header) => return crate::server::end(connection.socket, Ending::Reset),
        }
    }
}

fn answer(state: &mut State, socket: &Socket, text: &str) {
    match request_message::parse(text) {
        None => {}
        Some(RequestMessage::Ping) => socket.outbox.send(Item::Message(payload::PONG.to_owned())),
        Some(RequestMessage::Echo(data)) => {
            socket.outbox.send(Item::Message(payload::echo(&data)));
        }
        // The server evaluates nothing, so sockets of type `client` get no answer.
        Some(RequestMessage::DataSync(_)) if socket.kind == SecretKind::Client => {}
        Some(RequestMessage::DataSync(data)) => {
            if let Some(timestamp) = request_message::timestamp(&data) {
                data_sync::answer(state, socket, timestamp);
            }
        }
    }
}
