//! The chunks of bodies without a length.

/// A chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// A chunk with bytes.
    Data(Vec<u8>),
    /// The end of the body.
    Last,
}

/// The error of bytes that are no chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAChunk;

impl Chunk {
    /// Returns the first chunk and its size with its framing; `None` if it is not complete.
    pub(super) fn first(bytes: &[u8]) -> Option<Result<(Self, usize), NotAChunk>> {
        let line = bytes.windows(2).position(|two| two == b"\r\n")?;
        let text = String::from_utf8_lossy(bytes.get(..line)?).into_owned();
        let Ok(size) = usize::from_str_radix(text.split(';').next().unwrap_or_default().trim(), 16)
        else {
            return Some(Err(NotAChunk));
        };
        // Servers of this suite send no trailers.
        let data = bytes.get(line + 2..line + 2 + size)?;
        let end = line + 2 + size + 2;
        if bytes.len() < end {
            return None;
        }
        let chunk = if size == 0 { Self::Last } else { Self::Data(data.to_vec()) };
        Some(Ok((chunk, end)))
    }

    /// Returns the number of bytes of a body with its framing, and the body; `None` if it is not complete.
    pub(super) fn body(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
        let (mut at, mut body) = (0, Vec::new());
        loop {
            let (chunk, size) = Self::first(bytes.get(at..)?)?.ok()?;
            at += size;
            match chunk {
                Self::Data(data) => body.extend(data),
                Self::Last => return Some((at, body)),
            }
        }
    }
}

/// Returns bytes as a chunk. No bytes give the end of a body.
pub(super) fn to_chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_read_when_they_are_complete() {
        let bytes = [to_chunk(b"event: ack\n\n"), to_chunk(b"")].concat();
        for end in 0..bytes.len() {
            assert_eq!(Chunk::body(&bytes[..end]), None, "{end}");
        }
        assert_eq!(Chunk::body(&bytes), Some((bytes.len(), b"event: ack\n\n".to_vec())));
        assert_eq!(Chunk::first(b"zz\r\n"), Some(Err(NotAChunk)));
    }
}
