//! Reads bodies with each of the three kinds of framing: a length, chunks, or everything until the connection closes.

use std::time::Instant;

use super::{Connection, Head, WireError};

/// The part of a body that is still to be read.
#[derive(Debug)]
pub(super) enum Body {
    /// Nothing follows.
    Done,
    /// This many bytes follow.
    Length(usize),
    /// A chunk's size line follows.
    ChunkSize,
    /// This many bytes of a chunk follow.
    Chunk(usize),
    /// All bytes until the peer closes the connection.
    UntilClosed,
}

impl Body {
    pub(super) fn of(method: &str, head: &Head) -> Result<Self, WireError> {
        let has_none = method == "HEAD" || head.status == 204 || head.status == 304;
        if has_none {
            return Ok(Self::Done);
        }
        if head.headers.all("transfer-encoding").any(|value| value.eq_ignore_ascii_case("chunked"))
        {
            return Ok(Self::ChunkSize);
        }
        match head.headers.get("content-length").map(str::parse) {
            None => Ok(Self::UntilClosed),
            Some(Ok(0)) => Ok(Self::Done),
            Some(Ok(length)) => Ok(Self::Length(length)),
            Some(Err(_)) => Err(WireError::Malformed("content-length is not a number".to_owned())),
        }
    }

    /// Returns the next bytes; `None` at the proper end.
    pub(super) fn next(
        &mut self,
        connection: &mut Connection,
        until: Instant,
    ) -> Result<Option<Vec<u8>>, WireError> {
        loop {
            match *self {
                Self::Done => return Ok(None),
                Self::UntilClosed => {
                    let piece = connection.some(usize::MAX, until)?;
                    if piece.is_empty() {
                        *self = Self::Done;
                        return Ok(None);
                    }
                    return Ok(Some(piece));
                }
                Self::Length(left) => {
                    let piece = filled(connection.some(left, until)?)?;
                    let left = left.saturating_sub(piece.len());
                    *self = if left == 0 { Self::Done } else { Self::Length(left) };
                    return Ok(Some(piece));
                }
                Self::ChunkSize => *self = Self::chunk(&connection.line(until)?)?,
                Self::Chunk(0) => {
                    // The last chunk is followed by trailers and an empty line.
                    while !connection.line(until)?.is_empty() {}
                    *self = Self::Done;
                }
                Self::Chunk(left) => {
                    let piece = filled(connection.some(left, until)?)?;
                    *self = Self::Chunk(left.saturating_sub(piece.len()));
                    if piece.len() == left {
                        if !connection.line(until)?.is_empty() {
                            return Err(WireError::Malformed(
                                "a chunk is longer than its size line says".into(),
                            ));
                        }
                        *self = Self::ChunkSize;
                    }
                    return Ok(Some(piece));
                }
            }
        }
    }

    fn chunk(line: &[u8]) -> Result<Self, WireError> {
        let text = String::from_utf8_lossy(line);
        let size = text.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16);
        size.map(Self::Chunk).map_err(|_| WireError::Malformed(format!("chunk size {text:?}")))
    }
}

fn filled(piece: Vec<u8>) -> Result<Vec<u8>, WireError> {
    if piece.is_empty() { Err(WireError::Closed) } else { Ok(piece) }
}
