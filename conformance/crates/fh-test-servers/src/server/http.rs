//! Requests of HTTP/1.1, which may arrive in pieces of any size. The parser is lenient but has limits.

use std::io::{self, BufRead, Write};

/// Maximum length of a head: 64 KiB. A longer head is answered with 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// The interim answer that lets a client send its body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// Maximum length of a body that [`read`] accepts: 32 MiB. A longer body is answered with 413.
const LONGEST_BODY: usize = 32 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, as it was sent.
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The HTTP version: `1.1` or `1.0`.
    pub version: String,
    /// The headers in their order, without the spaces around their values.
    pub headers: Vec<(String, String)>,
    /// The body, without the framing of chunks.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns the first value of a header, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a header, in order.
    pub fn header_lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, value)| value.as_str())
    }

    /// Returns the values of a header, joined with commas.
    #[must_use]
    pub fn joined_header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.header_lines(name).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Returns true if a header is a list with this word.
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let list = self.joined_header(name).unwrap_or_default();
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

/// The result of parsing the bytes received so far.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// The request is not complete yet.
    Incomplete(Wants),
    /// A request, and the number of bytes it used.
    Complete(Request, usize),
    /// The bytes are refused with this status.
    Refused(u16),
}

/// The reason why a request is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// More bytes of the head or the body are needed.
    Bytes,
    /// The client waits for `100 Continue` before it sends the body.
    Continue,
}

/// Parses the first request of these bytes. Its body may have this many bytes.
pub(crate) fn parse(bytes: &[u8], longest_body: usize) -> Parsed {
    let Some(end) = end_of_head(bytes) else {
        return if bytes.len() > LONGEST_HEAD {
            Parsed::Refused(431)
        } else {
            Parsed::Incomplete(Wants::Bytes)
        };
    };
    if end > LONGEST_HEAD {
        return Parsed::Refused(431);
    }
    let (head, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().skip_while(|line| line.is_empty());
    let mut words = lines.next().unwrap_or_default().split_ascii_whitespace();
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return Parsed::Refused(400);
    };
    let Some(version) = version.strip_prefix("HTTP/") else { return Parsed::Refused(400) };
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        version: version.to_owned(),
        headers,
        body: Vec::new(),
    };
    match body(&request, rest, longest_body) {
        Body::Complete(body, taken) => {
            request.body = body;
            Parsed::Complete(request, end + taken)
        }
        Body::Incomplete if rest.is_empty() && request.has_token("expect", "100-continue") => {
            Parsed::Incomplete(Wants::Continue)
        }
        Body::Incomplete => Parsed::Incomplete(Wants::Bytes),
        Body::Refused(status) => Parsed::Refused(status),
    }
}

/// Returns the end of the head: the index after the first empty line, with either kind of line end.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    // Empty lines before a request are allowed.
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let head = bytes.get(start..)?;
    // The body may be long, and this is called for each piece of it.
    let head = head.get(..LONGEST_HEAD + 4).unwrap_or(head);
    let crlf = find(head, b"\r\n\r\n").map(|at| at + 4);
    let lf = find(head, b"\n\n").map(|at| at + 2);
    [crlf, lf].into_iter().flatten().min().map(|at| start + at)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The outcome of reading a request.
#[derive(Debug)]
pub(crate) enum ReadRequest {
    Request(Request),
    /// The client closed the connection between two requests.
    Ended,
    /// The bytes are no request. The connection is answered with this status and closed.
    Invalid(u16),
}

/// Reads one request. `reply_to` gets `100 Continue` if the client asks for it, also if it has not waited.
pub(crate) fn read(from: &mut impl BufRead, reply_to: &mut impl Write) -> io::Result<ReadRequest> {
    let mut bytes = Vec::new();
    let mut is_continued = false;
    loop {
        let piece = from.fill_buf()?;
        if piece.is_empty() {
            let is_between = bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            return match end_of_head(&bytes) {
                _ if is_between => Ok(ReadRequest::Ended),
                Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
                None => Ok(ReadRequest::Invalid(400)),
            };
        }
        let (before, count) = (bytes.len(), piece.len());
        bytes.extend_from_slice(piece);
        match parse(&bytes, LONGEST_BODY) {
            Parsed::Complete(request, used) => {
                from.consume(used - before);
                if request.has_token("expect", "100-continue") && !is_continued {
                    reply_to.write_all(CONTINUE)?;
                }
                return Ok(ReadRequest::Request(request));
            }
            Parsed::Refused(status) => return Ok(ReadRequest::Invalid(status)),
            Parsed::Incomplete(wants) => {
                from.consume(count);
                if wants == Wants::Continue && !is_continued {
                    is_continued = true;
                    reply_to.write_all(CONTINUE)?;
                }
            }
        }
    }
}

enum Body {
    Complete(Vec<u8>, usize),
    Incomplete,
    Refused(u16),
}

fn body(request: &Request, bytes: &[u8], longest: usize) -> Body {
    if request.has_token("transfer-encoding", "chunked") {
        return chunks(bytes, longest);
    }
    let Some(length) = request.header("content-length") else {
        return Body::Complete(Vec::new(), 0);
    };
    match length.parse::<usize>() {
        Err(_) => Body::Refused(400),
        Ok(length) if length > longest => Body::Refused(413),
        Ok(length) => match bytes.get(..length) {
            Some(body) => Body::Complete(body.to_vec(), length),
            None => Body::Incomplete,
        },
    }
}

fn chunks(bytes: &[u8], longest: usize) -> Body {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(rest) = bytes.get(at..) else { return Body::Incomplete };
        let Some(line_end) = find(rest, b"\n") else {
            return if rest.len() > 64 { Body::Refused(400) } else { Body::Incomplete };
        };
        let line = String::from_utf8_lossy(rest.get(..line_end).unwrap_or_default());
        let digits = line.split(';').next().unwrap_or_default().trim();
        let Ok(length) = usize::from_str_radix(digits, 16) else { return Body::Refused(400) };
        if body.len().saturating_add(length) > longest {
            return Body::Refused(413);
        }
        let start = line_end + 1;
        // The chunk and the line end after it.
        let Some(chunk) = rest.get(start..start + length) else { return Body::Incomplete };
        let Some(end) = rest.get(start + length..).and_then(|tail| find(tail, b"\n")) else {
            return Body::Incomplete;
        };
        body.extend_from_slice(chunk);
        at += start + length + end + 1;
        if length == 0 {
            return Body::Complete(body, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(text: &str) -> (Request, usize) {
        match parse(text.as_bytes(), LONGEST_BODY) {
            Parsed::Complete(request, taken) => (request, taken),
            Parsed::Incomplete(wants) => panic!("incomplete: {wants:?}"),
            Parsed::Refused(status) => panic!("refused: {status}"),
        }
    }

    #[test]
    fn every_prefix_is_incomplete_and_the_rest_is_the_next_request() {
        let one = "PUT /features/e/k/F HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc";
        for end in 0..one.len() {
            assert!(
                matches!(parse(&one.as_bytes()[..end], LONGEST_BODY), Parsed::Incomplete(_)),
                "{end}"
            );
        }
        let (request, taken) = complete(&format!("{one}GET / HTTP/1.1\r\n\r\n"));
        assert_eq!((request.body.as_slice(), taken), (b"abc".as_slice(), one.len()));
    }

    #[test]
    fn chunked_bodies() {
        let one =
            "PUT /x HTTP/1.1\ntransfer-encoding: chunked\n\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        for end in 0..one.len() {
            assert!(
                matches!(parse(&one.as_bytes()[..end], LONGEST_BODY), Parsed::Incomplete(_)),
                "{end}"
            );
        }
        let (request, taken) = complete(one);
        assert_eq!((request.body.as_slice(), taken), (b"abcde".as_slice(), one.len()));
    }

    #[test]
    fn limits_and_nonsense() {
        let refused = |bytes: &[u8]| match parse(bytes, LONGEST_BODY) {
            Parsed::Refused(status) => status,
            _ => 0,
        };
        assert_eq!(refused(&[b'x'; LONGEST_HEAD + 1]), 431);
        assert_eq!(refused(b"PUT / HTTP/1.1\r\ncontent-length: 33554433\r\n\r\n"), 413);
        assert_eq!(refused(b"PUT / HTTP/1.1\r\ncontent-length: x\r\n\r\n"), 400);
        assert_eq!(refused(b"hello\r\n\r\n"), 400);
        assert_eq!(refused(b"GET / SPDY/3\r\n\r\n"), 400);
        let huge = "PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n";
        assert_eq!(refused(huge.as_bytes()), 413);
    }
}
