//! The PROXY protocol, versions 1 and 2: a header with which a proxy names the client of a connection, before the connection's first byte.

use std::io;
use std::net::SocketAddr;

use proxy_header::{Error, ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The use of the PROXY protocol (versions 1 and 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProtocol {
    /// No connection begins with a header. A connection that does is refused like any other that is no HTTP or TLS, and an error in the log
    /// names the setting.
    Off,
    /// Each connection from a trusted proxy begins with a header; other connections of trusted proxies are closed. The header precedes the
    /// TLS handshake. Its source address becomes the peer's address, for all limits, logs and handlers. A header without an address, as
    /// proxies send for their own health checks, leaves the proxy's address. Connections from other addresses have no header.
    Required,
}

/// A request extension that marks requests on connections with a header of the PROXY protocol. Such a request came through a proxy, even if
/// its address is one of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxiedConnection;

/// The maximum length of a header in bytes, which the protocol recommends to receivers.
const LONGEST: usize = 536;
/// The length of the shortest header, `PROXY UNKNOWN\r\n`. A header is at least this long, so that many bytes of it can be read at once.
const SHORTEST: usize = 15;
/// The length of the fixed part of a version 2 header. Its last two bytes are the length of the rest.
const FIXED: usize = 16;

const CONFIG: ParseConfig = ParseConfig { include_tlvs: false, allow_v1: true, allow_v2: true };

/// Reads a header and no byte beyond it. Returns the address of the client; `None` if the header names none.
///
/// # Errors
/// The kind is `InvalidData` if the bytes are no header of at most [`LONGEST`] bytes. Other kinds are those of the stream.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut bytes = [0; LONGEST];
    let mut length = 0;
    loop {
        let more = missing(bytes.get(..length).unwrap_or_default());
        let next = bytes.get_mut(length..length + more).filter(|next| !next.is_empty());
        let next =
            next.ok_or_else(|| invalid(format!("its length is wrong, or above {LONGEST}")))?;
        length += stream.read_exact(next).await?;
        match ProxyHeader::parse(bytes.get(..length).unwrap_or_default(), CONFIG) {
            Ok((header, _)) => return Ok(header.proxied_address().map(|address| address.source)),
            Err(Error::BufferTooShort) => {}
            Err(error) => return Err(invalid(error.to_string())),
        }
    }
}

/// Returns a number of bytes that are missing in a header that begins with `bytes`. A header of version 2 names its length. A header of
/// version 1 ends with a line, so its bytes are read one by one.
fn missing(bytes: &[u8]) -> usize {
    match bytes {
        _ if bytes.len() < SHORTEST => SHORTEST - bytes.len(),
        [b'\r', ..] => match bytes.get(FIXED - 2..FIXED) {
            Some([high, low]) => {
                (FIXED + usize::from(u16::from_be_bytes([*high, *low]))).saturating_sub(bytes.len())
            }
            _ => FIXED - SHORTEST,
        },
        _ => 1,
    }
}

/// Returns true if the first bytes of a connection are those of a header of either version.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PROXY ") || bytes.starts_with(b"\r\n\r\n\0\r\nQUIT\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V4: &[u8] = &[203, 0, 113, 9, 10, 0, 0, 1, 4, 210, 1, 187];

    /// Returns the result of reading a header, with the kind of the error, and the number of bytes that were read.
    fn read_of(bytes: &[u8]) -> (Result<Option<String>, io::ErrorKind>, usize) {
        let mut stream = bytes;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let client = runtime.block_on(read(&mut stream));
        let client = client.map(|client| client.map(|client| client.to_string()));
        (client.map_err(|error| error.kind()), bytes.len() - stream.len())
    }

    fn version_2(command_and_family: [u8; 2], length: usize, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(length).unwrap().to_be_bytes();
        [b"\r\n\r\n\0\r\nQUIT\n", &command_and_family[..], &length, rest].concat()
    }

    #[test]
    fn a_header_names_the_client_and_nothing_beyond_it_is_read() {
        let client = |text: &str| Ok(Some(text.to_string()));
        let v4 = |rest: &[u8]| version_2([0x21, 0x11], V4.len() + rest.len(), &[V4, rest].concat());
        let v6 = [&[0x20, 1, 0xd, 0xb8], &[0; 28][..], &V4[8..]].concat();
        let (invalid, too_early) =
            (Err(io::ErrorKind::InvalidData), Err(io::ErrorKind::UnexpectedEof));
        for (header, expected) in [
            (b"PROXY TCP4 203.0.113.9 10.0.0.1 1234 443\r\n".to_vec(), client("203.0.113.9:1234")),
            (b"PROXY TCP6 2001:db8:: ::1 1234 443\r\n".to_vec(), client("[2001:db8::]:1234")),
            (b"PROXY UNKNOWN\r\n".to_vec(), Ok(None)),
            (b"PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n".to_vec(), Ok(None)),
            (v4(&[]), client("203.0.113.9:1234")),
            (v4(&[4; LONGEST - 28]), client("203.0.113.9:1234")),
            (version_2([0x21, 0x21], v6.len(), &v6), client("[2001:db8::]:1234")),
            (version_2([0x20, 0], 0, &[]), Ok(None)),
            (version_2([0x20, 0x11], V4.len(), V4), Ok(None)),
            (version_2([0x21, 0x31], 216, &[0; 216]), Ok(None)),
        ] {
            let length = header.len();
            let bytes = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
            assert_eq!(read_of(&bytes), (expected, length), "{header:?}");
            assert_eq!(read_of(&bytes[..length - 1]).0, too_early, "{header:?}");
        }
        for bytes in [
            b"GET / HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(),
            b"PUT /features/a HTTP/1.1\r\n\r\n".to_vec(),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS".to_vec(),
            b"PROXY TCP4 203.0.113.256 10.0.0.1 1234 443\r\n".to_vec(),
            b"PROXY TCP4 203.0.113.9 10.0.0.1 1234 65536\r\n".to_vec(),
            [b"PROXY UNKNOWN ", &[b'x'; 200][..]].concat(),
            // The header is longer than the limit, or its addresses are longer than the header.
            v4(&[4; LONGEST - 27]),
            version_2([0x21, 0x11], 4, &[1; 100]),
            version_2([0x21, 0x21], V4.len(), &[1; 100]),
            version_2([0x11, 0x11], V4.len(), V4),
        ] {
            assert_eq!(read_of(&bytes).0, invalid, "{bytes:?}");
        }
    }

    proptest! {
        /// Reading ends at any bytes, and never reads more than the longest header.
        #[test]
        fn any_bytes_end_the_reading(
            begin in prop::sample::select(vec![
                &b"PROXY "[..],
                b"PROXY TCP4 1.2.3.4 ",
                b"\r\n\r\n\0\r\nQUIT\n",
                b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0",
                b"",
            ]),
            rest in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..700),
                "[0-9a-f:. \\r\\n]{0,120}".prop_map(String::into_bytes),
            ],
        ) {
            let (_, length) = read_of(&[begin, &rest].concat());
            prop_assert!(length <= LONGEST);
        }
    }
}
