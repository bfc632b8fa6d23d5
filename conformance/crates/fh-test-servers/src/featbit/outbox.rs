//! The outgoing side of a socket: a queue, and the thread that writes it. A client that does not read cannot delay a test.

use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::server::{Ending, locked};

use crate::featbit::close_frame::CloseFrame;
use crate::featbit::frame;

/// FeatBit's server sends an unasked WebSocket pong after this time of silence.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) enum Item {
    Message(String),
    /// A message whose header announces all of it, and only `keep` bytes of it. Then the connection ends.
    Cut {
        message: String,
        keep: usize,
        ending: Ending,
    },
    Ping,
    Pong(Vec<u8>),
    /// A close frame, after which the connection ends.
    Close(CloseFrame),
    /// The end of the connection without a close frame.
    End(Ending),
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    has_ended: bool,
    /// Number of messages that may still be sent. None if there is no limit.
    messages_left: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    ready: Condvar,
    /// Size of frames. None if each message is one frame.
    fragment: Option<usize>,
}

impl Outbox {
    pub(crate) fn new(messages_left: Option<u32>, fragment: Option<usize>) -> Self {
        let queue = Queue { messages_left, ..Queue::default() };
        Self { queue: Mutex::new(queue), ready: Condvar::new(), fragment }
    }

    /// Appends an item. A silent socket sends nothing more, but it can be ended.
    pub(crate) fn send(&self, item: Item) {
        let mut queue = locked(&self.queue);
        if queue.has_ended {
            return;
        }
        let is_message = matches!(item, Item::Message(_) | Item::Cut { .. });
        match (&mut queue.messages_left, &item) {
            (_, Item::End(_)) => {}
            (Some(0), _) => return,
            (Some(left), _) if is_message => *left -= 1,
            _ => {}
        }
        queue.items.push_back(item);
        drop(queue);
        self.ready.notify_all();
    }

    /// Sends nothing more. The connection stays open.
    pub(crate) fn silence(&self) {
        locked(&self.queue).messages_left = Some(0);
    }

    fn next(&self) -> Option<Item> {
        let queue = locked(&self.queue);
        let is_empty = |queue: &mut Queue| queue.items.is_empty();
        let waited = self.ready.wait_timeout_while(queue, KEEP_ALIVE, is_empty);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let item = queue.items.pop_front();
        if matches!(item, Some(Item::End(_) | Item::Close(_) | Item::Cut { .. })) {
            queue.has_ended = true;
        }
        if item.is_none() && queue.messages_left != Some(0) {
            return Some(Item::Pong(Vec::new()));
        }
        item
    }

    /// Writes items until the connection ends.
    pub(crate) fn write_to(&self, socket: &Arc<TcpStream>) {
        loop {
            let Some(item) = self.next() else { continue };
            match self.write(socket, item) {
                Ok(None) => {}
                Ok(Some(ending)) => return crate::server::end(socket, ending),
                Err(_) => {
                    locked(&self.queue).has_ended = true;
                    return crate::server::end(socket, Ending::Close);
                }
            }
        }
    }

    fn write(&self, socket: &TcpStream, item: Item) -> io::Result<Option<Ending>> {
        let mut socket = socket;
        match item {
            Item::Message(message) => self.write_message(socket, message.as_bytes())?,
            Item::Cut { message, keep, ending } => {
                let mut bytes = frame::header(true, frame::TEXT, message.len());
                bytes.extend(message.bytes().take(keep.min(message.len().saturating_sub(1))));
                io::Write::write_all(&mut socket, &bytes)?;
                return Ok(Some(ending));
            }
            Item::Ping => frame::write(&mut socket, true, frame::PING, b"test")?,
            Item::Pong(payload) => frame::write(&mut socket, true, frame::PONG, &payload)?,
            Item::Close(close) => {
                frame::write(&mut socket, true, frame::CLOSE, &close.payload())?;
                return Ok(Some(Ending::Close));
            }
            Item::End(ending) => return Ok(Some(ending)),
        }
        Ok(None)
    }

    fn write_message(&self, mut socket: &TcpStream, message: &[u8]) -> io::Result<()> {
        let Some(size) = self.fragment.filter(|size| *size > 0 && *size < message.len()) else {
            return frame::write(&mut socket, true, frame::TEXT, message);
        };
        let last = message.len().div_ceil(size) - 1;
        for (index, part) in message.chunks(size).enumerate() {
            let opcode = if index == 0 { frame::TEXT } else { frame::CONTINUATION };
            frame::write(&mut socket, index == last, opcode, part)?;
            if index == 0 {
                frame::write(&mut socket, true, frame::PING, b"between")?;
            }
        }
        Ok(())
    }
}
