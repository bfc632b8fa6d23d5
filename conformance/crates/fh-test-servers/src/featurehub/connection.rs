//! One TCP connection: one thread that always reads, and one that answers.
//!
//! Only the answering thread makes decisions. It waits on one condition variable for all events: received bytes, the end of the client, an
//! update to push, a signal, or a request to close. So nothing polls, and every wait can be cut short.
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::server::locked;
use socket2::SockRef;

use crate::featurehub::recorder::{Ended, Place, Recorder};

/// The way in which this Edge ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// An orderly end (FIN).
    Fin,
    /// A reset (RST).
    Rst,
}

/// A message from another thread to a stream.
#[derive(Clone)]
pub(crate) enum Push {
    /// Text for the body.
    Text(std::sync::Arc<str>),
    /// The end of the body, as its framing requires.
    End,
}

/// Maximum number of received bytes that are held for one connection: 4 MiB.
const MOST_HELD: usize = 4 * 1024 * 1024;

/// Maximum number of bytes that wait for a client: 64 MiB. A client that reads nothing is reset when more bytes wait.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// Timeout of a write, after which the thread checks whether it should continue.
const WRITE_PATIENCE: Duration = Duration::from_millis(20);

/// The state that the threads of a connection share with the threads that push to it.
pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
    arrived: Condvar,
}

#[derive(Default)]
struct Mail {
    inbox: Vec<u8>,
    client: Option<Ended>,
    order: Option<Closing>,
    pushes: VecDeque<Push>,
    waiting: usize,
}

/// The reason why a wait ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// The deadline passed.
    Deadline,
    /// The client ended the connection.
    Gone,
    /// The connection must be closed in this way.
    Ordered(Closing),
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self { mail: Mutex::new(Mail::default()), arrived: Condvar::new() }
    }

    /// Requests the end of the connection. The first request counts.
    pub(crate) fn close(&self, how: Closing) {
        locked(&self.mail).order.get_or_insert(how);
        self.arrived.notify_all();
    }

    /// Wakes the waiting thread, so that it checks its condition again.
    pub(crate) fn nudge(&self) {
        drop(locked(&self.mail));
        self.arrived.notify_all();
    }

    pub(crate) fn push(&self, push: Push) {
        let mut mail = locked(&self.mail);
        if let Push::Text(text) = &push {
            mail.waiting += text.len();
            if mail.waiting > MOST_WAITING {
                mail.order.get_or_insert(Closing::Rst);
            }
        }
        if mail.order.is_none() {
            mail.pushes.push_back(push);
        }
        drop(mail);
        self.arrived.notify_all();
    }

    /// Waits for the next push and returns it.
    pub(crate) fn next_push(&self, until: Option<Instant>) -> Result<Push, Interrupted> {
        self.wait(until, Bytes::Ignored, |mail| {
            let push = mail.pushes.pop_front()?;
            if let Push::Text(text) = &push {
                mail.waiting = mail.waiting.saturating_sub(text.len());
            }
            Some(push)
        })
    }

    /// Waits until the condition holds. It is checked again after each wake-up.
    pub(crate) fn wait_until(
        &self,
        until: Option<Instant>,
        mut holds: impl FnMut() -> bool,
    ) -> Result<(), Interrupted> {
        self.wait(until, Bytes::Ignored, |_| holds().then_some(()))
    }

    /// Passes all received bytes to `parse`, which returns a value and the number of bytes it used. It is called again when more bytes
    /// arrive, until it returns a value.
    pub(crate) fn read<T>(
        &self,
        mut parse: impl FnMut(&[u8]) -> Option<(T, usize)>,
    ) -> Result<T, Interrupted> {
        let read = self.wait(None, Bytes::Wanted, |mail| {
            let (parsed, used) = parse(&mail.inbox)?;
            mail.inbox.drain(..used.min(mail.inbox.len()));
            Some(parsed)
        });
        // The reading thread may be waiting for space.
        self.arrived.notify_all();
        read
    }

    /// Sends the end of this side, and discards what the client still sends, until it ends the connection or the time is over.
    ///
    /// A socket that is closed with unread bytes announces no room for more. The client would wait for room for minutes, and might lose the
    /// answer.
    pub(crate) fn discard(&self, socket: &TcpStream, until: Instant) -> Result<(), Interrupted> {
        // An error means that the connection has ended already.
        let _ = socket.shutdown(Shutdown::Write);
        let discarded: Result<Infallible, _> = self.wait(Some(until), Bytes::Wanted, |mail| {
            mail.inbox.clear();
            // The reading thread may be waiting for space.
            self.arrived.notify_all();
            None
        });
        match discarded {
            Err(Interrupted::Ordered(how)) => Err(Interrupted::Ordered(how)),
            Err(Interrupted::Gone | Interrupted::Deadline) => Ok(()),
            Ok(never) => match never {},
        }
    }

    fn wait<T>(
        &self,
        until: Option<Instant>,
        bytes: Bytes,
        mut ready: impl FnMut(&mut Mail) -> Option<T>,
    ) -> Result<T, Interrupted> {
        let mut mail = locked(&self.mail);
        loop {
            if let Some(how) = mail.order {
                return Err(Interrupted::Ordered(how));
            }
            // A request received before the client ended the connection is still answered. A push has no receiver any more.
            if mail.client.is_some() && bytes == Bytes::Ignored {
                return Err(Interrupted::Gone);
            }
            if let Some(value) = ready(&mut mail) {
                return Ok(value);
            }
            if mail.client.is_some() {
                return Err(Interrupted::Gone);
            }
            mail = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return Err(Interrupted::Deadline),
                Some(left) => {
                    self.arrived.wait_timeout(mail, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.arrived.wait(mail).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn interrupted(&self) -> Option<Interrupted> {
        let mail = locked(&self.mail);
        match (mail.order, mail.client) {
            (Some(how), _) => Some(Interrupted::Ordered(how)),
            // A client that closed only its writing half may still read.
            (None, Some(Ended::ResetByClient)) => Some(Interrupted::Gone),
            _ => None,
        }
    }

    /// Returns the way in which the client ended the connection, if it did.
    pub(crate) fn client_ended(&self) -> Option<Ended> {
        locked(&self.mail).client
    }

    /// Reads everything from the socket until its end. This is the function of the reading thread.
    pub(crate) fn fill_from(&self, mut socket: &TcpStream, recorder: &Recorder, place: Place) {
        let mut buffer = [0; 16 * 1024];
        let ended = loop {
            match socket.read(&mut buffer) {
                Ok(0) => break Ended::ByClient,
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    recorder.connection(place, |seen| seen.read += count as u64);
                    self.deliver(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break Ended::ResetByClient,
            }
        };
        self.note_end(ended);
    }

    /// Records the end of a client. The operating system reports a reset only once, to the reading or the writing thread; the other thread
    /// sees an ordinary end. A reset therefore replaces an ordinary end.
    fn note_end(&self, ended: Ended) {
        let mut mail = locked(&self.mail);
        if mail.client.is_none() || ended == Ended::ResetByClient {
            mail.client = Some(ended);
        }
        drop(mail);
        self.arrived.notify_all();
    }

    /// Stores received bytes. Waits for space, so that a fast client cannot fill the memory.
    fn deliver(&self, bytes: &[u8]) {
        let mut mail = locked(&self.mail);
        while mail.inbox.len() > MOST_HELD && mail.order.is_none() {
            mail = self.arrived.wait(mail).unwrap_or_else(PoisonError::into_inner);
        }
        mail.inbox.extend_from_slice(bytes);
        drop(mail);
        self.arrived.notify_all();
    }

    /// Writes all bytes, unless the connection must be closed or the client is gone.
    pub(crate) fn write(
        &self,
        mut socket: &TcpStream,
        mut bytes: &[u8],
        mut wrote: impl FnMut(u64),
    ) -> Result<(), Interrupted> {
        while !bytes.is_empty() {
            if let Some(interrupted) = self.interrupted() {
                return Err(interrupted);
            }
            match socket.write(bytes) {
                Ok(count) => {
                    wrote(count as u64);
                    bytes = bytes.get(count..).unwrap_or_default();
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock
                            | io::ErrorKind::TimedOut
                            | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => {
                    self.note_end(match error.kind() {
                        io::ErrorKind::ConnectionReset => Ended::ResetByClient,
                        _ => Ended::ByClient,
                    });
                    return Err(Interrupted::Gone);
                }
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    Wanted,
    Ignored,
}

/// Sets the options of an accepted socket.
pub(crate) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(WRITE_PATIENCE))
}

/// Makes the reading thread return. With `Rst` nothing is sent yet: the reset is sent when the socket is dropped.
pub(crate) fn stop_reading(socket: &TcpStream, how: Closing) {
    // An error means that the connection has ended already.
    let _ = match how {
        Closing::Fin => socket.shutdown(Shutdown::Both),
        Closing::Rst => SockRef::from(socket)
            .set_linger(Some(Duration::ZERO))
            .and_then(|()| socket.shutdown(Shutdown::Read)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_recorded_whichever_thread_detects_it_first() {
        for ends in
            [[Ended::ByClient, Ended::ResetByClient], [Ended::ResetByClient, Ended::ByClient]]
        {
            let mailbox = Mailbox::new();
            ends.into_iter().for_each(|end| mailbox.note_end(end));
            assert_eq!(mailbox.client_ended(), Some(Ended::ResetByClient));
        }
    }

    #[test]
    fn a_client_that_does_not_read_is_reset() {
        let mailbox = Mailbox::new();
        let half = Push::Text("x".repeat(MOST_WAITING / 2).into());
        mailbox.push(half.clone());
        mailbox.push(half.clone());
        assert!(mailbox.next_push(None).is_ok());
        mailbox.push(half.clone());
        assert!(mailbox.next_push(None).is_ok(), "what was taken makes room");
        mailbox.push(half.clone());
        mailbox.push(half);
        assert!(matches!(mailbox.next_push(None), Err(Interrupted::Ordered(Closing::Rst))));
    }
}
