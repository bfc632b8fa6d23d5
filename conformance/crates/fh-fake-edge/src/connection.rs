//! One TCP connection: a thread that reads all the time and one that answers.
//!
//! Only the answering thread decides anything. It waits on one condition for whatever may happen:
//! bytes, the client's end, an update to push, a signal, an order to close. So nothing is polled and
//! every wait can be cut short.
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::http;
use crate::lock::locked;
use crate::recorder::{Ended, Place, Recorder};

/// How this Edge ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// An orderly end (FIN).
    Fin,
    /// A reset (RST).
    Rst,
}

/// What a stream is told by others.
#[derive(Clone)]
pub(crate) enum Push {
    /// Text for the body.
    Text(std::sync::Arc<str>),
    /// The end of the body, as framed.
    End,
}

/// A client that reads nothing is cut off when this many bytes wait for it.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// How long a write may block before the thread looks whether it should still write.
const WRITE_PATIENCE: Duration = Duration::from_millis(20);

/// What the threads of a connection, and those who push to it, share.
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

/// Why a wait ended without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// The deadline came.
    Deadline,
    /// The client has gone.
    Gone,
    /// The connection is to be closed.
    Ordered(Closing),
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self { mail: Mutex::new(Mail::default()), arrived: Condvar::new() }
    }

    /// Ends the connection soon; the first order counts.
    pub(crate) fn close(&self, how: Closing) {
        locked(&self.mail).order.get_or_insert(how);
        self.arrived.notify_all();
    }

    /// Makes the waiting thread look again.
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

    /// The next push; waits until there is one.
    pub(crate) fn next_push(&self, until: Option<Instant>) -> Result<Push, Interrupted> {
        self.wait(until, Bytes::Ignored, |mail| {
            let push = mail.pushes.pop_front()?;
            if let Push::Text(text) = &push {
                mail.waiting = mail.waiting.saturating_sub(text.len());
            }
            Some(push)
        })
    }

    /// Waits until the condition holds; it is asked again at each nudge.
    pub(crate) fn wait_until(
        &self,
        until: Option<Instant>,
        mut holds: impl FnMut() -> bool,
    ) -> Result<(), Interrupted> {
        self.wait(until, Bytes::Ignored, |_| holds().then_some(()))
    }

    /// Gives all bytes so far to `parse`, which says how many it used up and what they were. Asked
    /// again when more have come.
    pub(crate) fn read<T>(
        &self,
        mut parse: impl FnMut(&[u8]) -> Option<(T, usize)>,
    ) -> Result<T, Interrupted> {
        let read = self.wait(None, Bytes::Wanted, |mail| {
            let (parsed, used) = parse(&mail.inbox)?;
            mail.inbox.drain(..used.min(mail.inbox.len()));
            Some(parsed)
        });
        // The reading thread may wait for room.
        self.arrived.notify_all();
        read
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
            // Bytes that came before the end are still a request; a push for nobody is nothing.
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
            // A client that only closed its half may still read.
            (None, Some(Ended::ResetByClient)) => Some(Interrupted::Gone),
            _ => None,
        }
    }

    /// How the client ended the connection, if it did.
    pub(crate) fn client_ended(&self) -> Option<Ended> {
        locked(&self.mail).client
    }

    /// The reading thread: takes everything that comes until the end.
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

    /// The system tells of a reset once, to the thread that reads or to the one that writes; the
    /// other one only sees an end. So a reset counts whenever it is heard of.
    fn note_end(&self, ended: Ended) {
        let mut mail = locked(&self.mail);
        if mail.client.is_none() || ended == Ended::ResetByClient {
            mail.client = Some(ended);
        }
        drop(mail);
        self.arrived.notify_all();
    }

    /// Waits for room, so that a flood cannot fill the memory.
    fn deliver(&self, bytes: &[u8]) {
        let mut mail = locked(&self.mail);
        while mail.inbox.len() > http::MOST_HELD && mail.order.is_none() {
            mail = self.arrived.wait(mail).unwrap_or_else(PoisonError::into_inner);
        }
        mail.inbox.extend_from_slice(bytes);
        drop(mail);
        self.arrived.notify_all();
    }

    /// Writes everything, unless the connection is to end or the client is gone.
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

/// Sets up a freshly accepted socket.
pub(crate) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(WRITE_PATIENCE))
}

/// Makes the reading thread return. With `Rst` nothing is sent yet: the reset goes out when the
/// socket is dropped.
pub(crate) fn stop_reading(socket: &TcpStream, how: Closing) {
    // Errors mean that the connection is over anyway.
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
    fn a_reset_counts_whichever_thread_hears_of_it_first() {
        for ends in
            [[Ended::ByClient, Ended::ResetByClient], [Ended::ResetByClient, Ended::ByClient]]
        {
            let mailbox = Mailbox::new();
            ends.into_iter().for_each(|end| mailbox.note_end(end));
            assert_eq!(mailbox.client_ended(), Some(Ended::ResetByClient));
        }
    }

    #[test]
    fn who_does_not_read_is_cut_off() {
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
