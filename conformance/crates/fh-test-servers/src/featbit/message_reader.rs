//! Messages from frames, with the limit of FeatBit's server: it reads a message in at most four pieces of 2,048 bytes.

use std::io::Read;

use crate::featbit::frame::{self, FrameError, Header};

/// Size of the buffer that the server fills from one frame.
const PIECE: u64 = 2_048;
/// Number of pieces after which a message that has not ended is lost.
const MOST_PIECES: usize = 4;

/// An event of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A complete message. The server does not distinguish text from binary.
    Message(String),
    Ping(Vec<u8>),
    Pong,
    /// The payload of a close frame.
    Close(Vec<u8>),
}

/// Reads the messages of a connection.
pub(crate) struct MessageReader<R> {
    from: R,
    /// The data frame that is being read, and the number of its bytes that were read.
    frame: Option<(Header, u64)>,
    /// The opcode of the fragmented message that is open.
    open: Option<u8>,
    /// The last bytes of a text that are an incomplete character so far.
    tail: Vec<u8>,
    content: Vec<u8>,
    pieces: usize,
}

impl<R: Read> MessageReader<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, frame: None, open: None, tail: vec![], content: vec![], pieces: 0 }
    }

    /// Waits for the next event.
    pub(crate) fn next(&mut self) -> Result<Incoming, FrameError> {
        loop {
            let (header, done) = match self.frame.take() {
                Some(frame) => frame,
                None => {
                    let header = Header::read(&mut self.from)?;
                    if header.is_control() {
                        return self.control(header);
                    }
                    self.begin(header)?;
                    (header, 0)
                }
            };
            if let Some(message) = self.piece(header, done)? {
                return Ok(Incoming::Message(message));
            }
        }
    }

    fn control(&mut self, header: Header) -> Result<Incoming, FrameError> {
        let length = usize::try_from(header.length).map_err(|_| FrameError::Protocol)?;
        let payload = header.read_payload(&mut self.from, 0, length)?;
        Ok(match header.opcode {
            frame::PING => Incoming::Ping(payload),
            frame::CLOSE => Incoming::Close(payload),
            _ => Incoming::Pong,
        })
    }

    fn begin(&mut self, header: Header) -> Result<(), FrameError> {
        match (header.opcode, self.open) {
            (frame::CONTINUATION, None) | (frame::TEXT | frame::BINARY, Some(_)) => {
                Err(FrameError::Protocol)
            }
            (frame::CONTINUATION, Some(_)) => Ok(()),
            (opcode, None) => {
                self.open = Some(opcode);
                Ok(())
            }
            _ => Err(FrameError::Protocol),
        }
    }

    /// Reads one piece. Returns the message if the piece is its last one.
    fn piece(&mut self, header: Header, done: u64) -> Result<Option<String>, FrameError> {
        let count = (header.length - done).min(PIECE);
        let size = usize::try_from(count).map_err(|_| FrameError::Protocol)?;
        let bytes = header.read_payload(&mut self.from, done, size)?;
        let done = done + count;
        let ends_frame = done == header.length;
        let ends_message = ends_frame && header.is_final;
        if self.open == Some(frame::TEXT) {
            self.check_text(&bytes, ends_message)?;
        }
        self.content.extend(bytes);
        self.pieces += 1;
        if !ends_frame {
            self.frame = Some((header, done));
        }
        if ends_message {
            self.open = None;
            self.pieces = 0;
            let content = std::mem::take(&mut self.content);
            return Ok(Some(String::from_utf8_lossy(&content).into_owned()));
        }
        if self.pieces == MOST_PIECES {
            // The message is lost. The rest is read as a message of its own.
            self.pieces = 0;
            self.content.clear();
        }
        Ok(None)
    }

    fn check_text(&mut self, bytes: &[u8], is_last: bool) -> Result<(), FrameError> {
        self.tail.extend(bytes);
        let checked = match std::str::from_utf8(&self.tail) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && !is_last => error.valid_up_to(),
            Err(_) => return Err(FrameError::Protocol),
        };
        self.tail.drain(..checked);
        Ok(())
    }
}
