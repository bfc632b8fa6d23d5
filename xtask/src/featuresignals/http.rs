//! Requests of HTTP/1.0. Their answers end with the connection, and are neither chunked nor compressed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest time until the next bytes of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer that has ended.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// An answer whose body is still to be read.
pub(super) struct OpenAnswer {
    pub(super) status: u16,
    pub(super) body: BufReader<TcpStream>,
}

/// Sends a request with headers, each with its end of line, and reads the whole answer.
pub(super) fn get(address: SocketAddr, path: &str, headers: &str) -> Result<Answer, String> {
    open(address, "GET", path, headers, "")?.read()
}

/// Sends a request with a body of JSON, and reads the whole answer.
pub(super) fn post(
    address: SocketAddr,
    path: &str,
    headers: &str,
    body: &str,
) -> Result<Answer, String> {
    let headers =
        format!("{headers}Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    open(address, "POST", path, &headers, body)?.read()
}

/// Sends a request, and reads the answer up to its body.
pub(super) fn open(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Result<OpenAnswer, String> {
    let failed = |why: std::io::Error| format!("{method} {path}: {why}");
    let mut socket = TcpStream::connect(address).map_err(failed)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n{body}");
    socket.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = BufReader::new(socket);
    let mut line = String::new();
    answer.read_line(&mut line).map_err(failed)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| format!("{method} {path}: no status in {line:?}"))?;
    // The headers end with an empty line.
    while !matches!(line.as_str(), "\r\n" | "") {
        line.clear();
        answer.read_line(&mut line).map_err(failed)?;
    }
    Ok(OpenAnswer { status, body: answer })
}

impl OpenAnswer {
    /// Reads the body up to its end.
    fn read(mut self) -> Result<Answer, String> {
        let mut body = Vec::new();
        self.body.read_to_end(&mut body).map_err(|why| format!("a body: {why}"))?;
        Ok(Answer { status: self.status, body })
    }
}
