//! Requests of HTTP/1.1, read from a blocking connection.

use std::io::{self, BufRead, Read, Write};

/// Largest head and largest body that the server reads.
const LONGEST_HEAD: u64 = 64 * 1024;
const LONGEST_BODY: u64 = 32 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, as it was sent.
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The headers in their order, without the spaces around their values.
    pub headers: Vec<(String, String)>,
    /// The body, without the framing of chunks.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the value of a header. The values of a repeated header are joined with commas.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let same = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        let values: Vec<&str> =
            self.headers.iter().filter(same).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Returns the first value of a header.
    #[must_use]
    pub fn first_header(&self, name: &str) -> Option<&str> {
        let same = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// Returns true if a header is a list with this word.
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let list = self.header(name).unwrap_or_default();
        list.split(',').any(|word| word.trim().eq_ignore_ascii_case(token))
    }

    /// Returns the target up to the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// Returns the query as it was sent. It is empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The outcome of reading a request.
#[derive(Debug)]
pub enum ReadRequest {
    /// The request.
    Request(Request),
    /// The client closed the connection between two requests.
    Ended,
    /// The bytes are no request. The connection is answered with this status and closed.
    Invalid(u16),
}

/// Reads one request. `reply_to` gets `100 Continue` if the client waits for it.
///
/// # Errors
/// If the connection ends within a request, or a read fails.
pub fn read(from: &mut impl BufRead, reply_to: &mut impl Write) -> io::Result<ReadRequest> {
    let mut head = from.take(LONGEST_HEAD);
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        if head.read_until(b'\n', &mut line)? == 0 {
            let is_between = lines.is_empty() && head.limit() > 0;
            return Ok(if is_between { ReadRequest::Ended } else { ReadRequest::Invalid(400) });
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        match (line.is_empty(), lines.is_empty()) {
            (true, true) => {}
            (true, false) => break,
            _ => lines.push(line),
        }
    }
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_default();
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) else {
        return Ok(ReadRequest::Invalid(400));
    };
    let header = |line: String| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: lines.filter_map(header).collect(),
        body: Vec::new(),
    };
    if request.has_token("expect", "100-continue") {
        reply_to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = request.header("content-length").map(|length| length.trim().parse::<u64>());
    request.body = match length {
        _ if request.has_token("transfer-encoding", "chunked") => match chunks(from)? {
            Some(body) => body,
            None => return Ok(ReadRequest::Invalid(400)),
        },
        None => Vec::new(),
        Some(Ok(length)) if length <= LONGEST_BODY => exact(from, length)?,
        Some(Ok(_)) => return Ok(ReadRequest::Invalid(413)),
        Some(Err(_)) => return Ok(ReadRequest::Invalid(400)),
    };
    Ok(ReadRequest::Request(request))
}

fn exact(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    from.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

fn chunks(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.take(LONGEST_HEAD).read_line(&mut line)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let Ok(length) = u64::from_str_radix(digits, 16) else { return Ok(None) };
        if length > LONGEST_BODY - (body.len() as u64).min(LONGEST_BODY) {
            return Ok(None);
        }
        body.extend(exact(from, length)?);
        let mut end = String::new();
        from.take(LONGEST_HEAD).read_line(&mut end)?;
        if length == 0 {
            return Ok(Some(body));
        }
    }
}
