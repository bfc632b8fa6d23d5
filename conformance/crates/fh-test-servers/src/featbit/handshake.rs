//! The opening handshake of WebSocket.

use crate::server::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The text that RFC 6455 appends to a key.
const SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Returns true if the path begins with the segment `/streaming`, in any case.
pub(crate) fn is_streaming(path: &str) -> bool {
    let mut segments = path.split('/');
    let first = segments.next();
    let second = segments.next().unwrap_or_default();
    first == Some("") && second.eq_ignore_ascii_case("streaming")
}

/// Returns the key of an upgrade. Returns nothing for a faulty upgrade, which is answered as a plain request.
pub(crate) fn key(request: &Request) -> Option<String> {
    let is_upgrade = request.method == "GET"
        && request.has_token("connection", "upgrade")
        && request.has_token("upgrade", "websocket")
        && request.header("sec-websocket-version") == Some("13");
    let key = request.joined_header("sec-websocket-key").filter(|_| is_upgrade)?;
    let is_key = STANDARD.decode(&key).is_ok_and(|bytes| bytes.len() == 16);
    is_key.then_some(key)
}

/// Returns the answer to an upgrade, with the server's time unless it is left out.
pub(crate) fn accept(key: &str, date: Option<&str>) -> String {
    let accept = STANDARD.encode(Sha1::digest(format!("{key}{SUFFIX}")));
    let date = date.map_or(String::new(), |date| format!("Date: {date}\r\n"));
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n{date}Upgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        let answer = accept("dGhlIHNhbXBsZSBub25jZQ==", Some("now"));
        assert!(
            answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            "{answer}"
        );
    }

    #[test]
    fn paths() {
        for good in ["/streaming", "/STREAMING", "/streaming/", "/streaming/x"] {
            assert!(is_streaming(good), "{good}");
        }
        for bad in ["/", "/streamingx", "/x/streaming", "streaming"] {
            assert!(!is_streaming(bad), "{bad}");
        }
    }
}
