//! The messages that the recording describes in words, because their frames are special.

use crate::featbit::client::Socket;

const PING: &str = r#"{"messageType":"ping","data":{}}"#;

/// Sends a message as the recorder did.
pub(super) fn send(socket: &mut Socket, step: &str, sent: &str) {
    if step == "messages, server type" {
        return socket.send(sent);
    }
    let error = step.strip_prefix("frame error: ");
    if let Some(error) = error {
        return send_error(socket, error);
    }
    if let Some(sizes) = sent.strip_prefix("echo of ") {
        return send_echo(socket, sizes);
    }
    if let Some((count, _)) = sent
        .split_once(" bytes ")
        .filter(|_| sent.ends_with("a ping") || sent.ends_with("one frame"))
    {
        let message = "x".repeat(count.parse().unwrap()) + PING;
        return socket.send(&message);
    }
    match sent {
        "ping" => socket.send(PING),
        "empty first fragment" => fragments(socket, 1, &[b"", PING.as_bytes()]),
        "empty last fragment" => fragments(socket, 1, &[PING.as_bytes(), b""]),
        "empty message" => socket.send(""),
        "empty binary message" => socket.send_frame(0x82, b""),
        "binary message" => socket.send_frame(0x82, PING.as_bytes()),
        "binary in two frames" => fragments(socket, 2, &halves(PING.as_bytes(), 10)),
        "a WebSocket ping between fragments" => {
            let [first, second] = halves(PING.as_bytes(), 10);
            socket.send_frame(0x01, first);
            socket.send_frame(0x89, b"hi");
            socket.send_frame(0x80, second);
        }
        "split inside a character" => {
            let echo = r#"{"messageType":"echo","data":"ü"}"#;
            let at = echo.find('ü').unwrap() + 1;
            fragments(socket, 1, &halves(echo.as_bytes(), at));
        }
        "ping frame" => socket.send_frame(0x89, b""),
        "ping frame with data" => socket.send_frame(0x89, b"hello"),
        "ping frame of 125 bytes" => socket.send_frame(0x89, &[b'p'; 125]),
        "pong frame" => socket.send_frame(0x8a, b""),
        text => socket.send(text),
    }
}

fn halves(bytes: &[u8], at: usize) -> [&[u8]; 2] {
    let (first, second) = bytes.split_at(at);
    [first, second]
}

fn fragments(socket: &mut Socket, opcode: u8, parts: &[&[u8]]) {
    for (index, part) in parts.iter().enumerate() {
        let last = if index + 1 == parts.len() { 0x80 } else { 0 };
        let opcode = if index == 0 { opcode } else { 0 };
        socket.send_frame(last | opcode, part);
    }
}

/// Sends an echo of a size: `60 bytes, one frame`, or `80 bytes in frames of [40, 40]`.
fn send_echo(socket: &mut Socket, sizes: &str) {
    let (size, rest) = sizes.split_once(" bytes").unwrap();
    let frame = r#"{"messageType":"echo","data":""}"#;
    let filling = "x".repeat(size.parse::<usize>().unwrap() - frame.len());
    let message = frame.replace(r#""""#, &format!("\"{filling}\""));
    let Some((_, list)) = rest.split_once('[') else {
        return socket.send(&message);
    };
    let mut parts = Vec::new();
    let mut left = message.as_bytes();
    for size in list.trim_end_matches(']').split(", ") {
        let (part, rest) = left.split_at(size.parse().unwrap());
        parts.push(part);
        left = rest;
    }
    assert!(left.is_empty());
    fragments(socket, 1, &parts);
}

fn send_error(socket: &mut Socket, error: &str) {
    let echo =
        |text: &[u8]| [br#"{"messageType":"echo","data":""#.as_slice(), text, b"\"}"].concat();
    match error {
        "continuation without a start" => socket.send_frame(0x80, PING.as_bytes()),
        "a new message inside a fragmented one" => {
            socket.send_frame(0x01, b"{");
            socket.send_frame(0x81, PING.as_bytes());
        }
        "ping frame of 126 bytes" => socket.send_frame(0x89, &[b'p'; 126]),
        "fragmented ping frame" => socket.send_frame(0x09, b"p"),
        "reserved opcode 3" => socket.send_frame(0x83, b"x"),
        "reserved opcode 11" => socket.send_frame(0x8b, b"x"),
        "rsv1 without extension" => socket.send_frame(0xc1, PING.as_bytes()),
        "unmasked frame" => {
            let mut bytes = vec![0x81, 32];
            bytes.extend(PING.as_bytes());
            socket.send_bytes(&bytes);
        }
        "invalid UTF-8 in a text frame" => socket.send_frame(0x81, &echo(&[0xff])),
        "invalid UTF-8 in a binary frame" => socket.send_frame(0x82, &echo(&[0xff])),
        "cut UTF-8 at the end" => socket.send_frame(0x81, &[b'"', 0xc3]),
        "length over 2^63" => {
            let mut bytes = vec![0x81, 0xff];
            bytes.extend([0xff; 8]);
            bytes.extend([0; 4]);
            socket.send_bytes(&bytes);
        }
        "close frame of one byte" => socket.send_frame(0x88, &[3]),
        "close code 999" => socket.send_frame(0x88, &999_u16.to_be_bytes()),
        "close code 1005" => socket.send_frame(0x88, &1005_u16.to_be_bytes()),
        "close code 5000" => socket.send_frame(0x88, &5000_u16.to_be_bytes()),
        "close with invalid UTF-8" => socket.send_frame(0x88, &[3, 232, 0xff]),
        other => panic!("unknown frame error {other}"),
    }
}
