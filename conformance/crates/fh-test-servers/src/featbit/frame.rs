//! WebSocket frames (RFC 6455), written by hand so that a test controls every byte and the client's library is not compared with itself.

use std::io::{self, Read, Write};

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The number of bytes of a payload that are written together with the header of their frame.
const FIRST_WRITE: usize = 64 * 1024;
/// Largest payload of a control frame.
const CONTROL_LIMIT: u64 = 125;

/// The reason why no further frame can be read. The server sends no close frame then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// The client closed its end, or reading failed.
    Ended,
    /// The client broke the protocol: the connection is closed.
    Protocol,
    /// The client sent a header that FeatBit's server does not read on: the connection is reset.
    Header,
}

impl From<io::Error> for FrameError {
    fn from(_: io::Error) -> Self {
        Self::Ended
    }
}

/// The header of a frame from a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) is_final: bool,
    pub(crate) opcode: u8,
    pub(crate) length: u64,
    mask: [u8; 4],
}

impl Header {
    pub(crate) fn is_control(self) -> bool {
        self.opcode >= CLOSE
    }

    /// Reads and checks a header.
    pub(crate) fn read(from: &mut impl Read) -> Result<Self, FrameError> {
        let [first, second] = bytes(from)?;
        let length = match second & 0x7f {
            126 => u64::from(u16::from_be_bytes(bytes(from)?)),
            127 => u64::from_be_bytes(bytes(from)?),
            short => u64::from(short),
        };
        let header = Self {
            is_final: first & 0x80 != 0,
            opcode: first & 0x0f,
            length,
            mask: if second & 0x80 == 0 { [0; 4] } else { bytes(from)? },
        };
        if first & 0x70 != 0 || second & 0x80 == 0 || length > u64::MAX >> 1 {
            return Err(FrameError::Header);
        }
        match header.opcode {
            CONTINUATION | TEXT | BINARY => Ok(header),
            CLOSE | PING | PONG if header.is_final && length <= CONTROL_LIMIT => Ok(header),
            _ => Err(FrameError::Protocol),
        }
    }

    /// Reads and unmasks `count` bytes of the payload that begin at `offset`.
    pub(crate) fn read_payload(
        self,
        from: &mut impl Read,
        offset: u64,
        count: usize,
    ) -> Result<Vec<u8>, FrameError> {
        let mut payload = vec![0; count];
        from.read_exact(&mut payload)?;
        let skipped = usize::try_from(offset % 4).unwrap_or(0);
        let mask = self.mask.iter().cycle().skip(skipped);
        for (byte, mask) in payload.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        Ok(payload)
    }
}

fn bytes<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Returns the header of a frame of the server, which is not masked.
pub(crate) fn header(is_final: bool, opcode: u8, length: usize) -> Vec<u8> {
    let mut header = vec![opcode | if is_final { 0x80 } else { 0 }];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => header.push(short),
        (_, Ok(medium)) => {
            header.push(126);
            header.extend(medium.to_be_bytes());
        }
        _ => {
            header.push(127);
            header.extend((length as u64).to_be_bytes());
        }
    }
    header
}

/// Writes a frame.
pub(crate) fn write(
    to: &mut impl Write,
    is_final: bool,
    opcode: u8,
    payload: &[u8],
) -> io::Result<()> {
    let mut bytes = header(is_final, opcode, payload.len());
    // A large payload is not copied, so that its client waits for the network only.
    let (with_header, rest) = payload.split_at(payload.len().min(FIRST_WRITE));
    bytes.extend(with_header);
    to.write_all(&bytes)?;
    to.write_all(rest)
}
