//! A parser of HTTP/1 requests, which may arrive in pieces of any size. It is lenient but has limits.
use std::time::Instant;

use crate::form;
use crate::request::{self, Request};

/// Maximum length of a head: 64 KiB. A longer head is answered with 431.
const LONGEST_HEAD: usize = 64 * 1024;
/// Maximum length of a body: 1 MiB. A longer body is answered with 413.
const LONGEST_BODY: usize = 1024 * 1024;
/// Maximum number of bytes that are held for one connection.
pub(crate) const MOST_HELD: usize = LONGEST_HEAD + 2 * LONGEST_BODY;

/// The result of parsing the bytes received so far.
pub(crate) enum Parsed {
    /// The request is not complete yet.
    Incomplete(Wants),
    /// A request, and the number of bytes it used.
    Complete(Box<Request>, usize),
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

pub(crate) fn parse(bytes: &[u8]) -> Parsed {
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
    let origin_form = origin_form(target);
    let (path, query) = origin_form.split_once('?').unwrap_or((origin_form, ""));
    let mut request = Request {
        at: Instant::now(),
        route: request::route(method, path),
        method: method.to_owned(),
        target: target.to_owned(),
        path: path.to_owned(),
        query: form::query(query),
        version: version.to_owned(),
        headers,
        body: Vec::new(),
    };
    match body(&request, rest) {
        Body::Complete(body, taken) => {
            request.body = body;
            Parsed::Complete(Box::new(request), end + taken)
        }
        Body::Incomplete if rest.is_empty() && expects_continue(&request) => {
            Parsed::Incomplete(Wants::Continue)
        }
        Body::Incomplete => Parsed::Incomplete(Wants::Bytes),
        Body::Refused(status) => Parsed::Refused(status),
    }
}

fn expects_continue(request: &Request) -> bool {
    request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
}

/// Returns the path and query of a target. A client that uses a proxy sends `http://host/path`.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://") else { return target };
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
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

enum Body {
    Complete(Vec<u8>, usize),
    Incomplete,
    Refused(u16),
}

fn body(request: &Request, bytes: &[u8]) -> Body {
    let chunked = request
        .header("transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
    if chunked {
        return chunks(bytes);
    }
    let Some(length) = request.header("content-length") else {
        return Body::Complete(Vec::new(), 0);
    };
    match length.parse::<usize>() {
        Err(_) => Body::Refused(400),
        Ok(length) if length > LONGEST_BODY => Body::Refused(413),
        Ok(length) => match bytes.get(..length) {
            Some(body) => Body::Complete(body.to_vec(), length),
            None => Body::Incomplete,
        },
    }
}

fn chunks(bytes: &[u8]) -> Body {
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
        if body.len().saturating_add(length) > LONGEST_BODY {
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
        match parse(text.as_bytes()) {
            Parsed::Complete(request, taken) => (*request, taken),
            Parsed::Incomplete(wants) => panic!("incomplete: {wants:?}"),
            Parsed::Refused(status) => panic!("refused: {status}"),
        }
    }

    #[test]
    fn every_prefix_is_incomplete_and_the_rest_is_the_next_request() {
        let one = "PUT /features/e/k/F HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc";
        for end in 0..one.len() {
            assert!(matches!(parse(&one.as_bytes()[..end]), Parsed::Incomplete(_)), "{end}");
        }
        let (request, taken) = complete(&format!("{one}GET / HTTP/1.1\r\n\r\n"));
        assert_eq!((request.body.as_slice(), taken), (b"abc".as_slice(), one.len()));
    }

    #[test]
    fn chunked_bodies() {
        let one =
            "PUT /x HTTP/1.1\ntransfer-encoding: chunked\n\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        for end in 0..one.len() {
            assert!(matches!(parse(&one.as_bytes()[..end]), Parsed::Incomplete(_)), "{end}");
        }
        let (request, taken) = complete(one);
        assert_eq!((request.body.as_slice(), taken), (b"abcde".as_slice(), one.len()));
    }

    #[test]
    fn an_absolute_target_is_kept_and_read() {
        let (request, _) = complete("GET http://edge:80/features?apiKey=a HTTP/1.1\r\n\r\n");
        assert_eq!(request.target, "http://edge:80/features?apiKey=a");
        assert_eq!(request.path, "/features");
        assert_eq!(request.query_value("apiKey"), Some("a"));
    }

    #[test]
    fn limits_and_nonsense() {
        let refused = |bytes: &[u8]| match parse(bytes) {
            Parsed::Refused(status) => status,
            _ => 0,
        };
        assert_eq!(refused(&[b'x'; LONGEST_HEAD + 1]), 431);
        assert_eq!(refused(b"PUT / HTTP/1.1\r\ncontent-length: 1048577\r\n\r\n"), 413);
        assert_eq!(refused(b"PUT / HTTP/1.1\r\ncontent-length: x\r\n\r\n"), 400);
        assert_eq!(refused(b"hello\r\n\r\n"), 400);
        assert_eq!(refused(b"GET / SPDY/3\r\n\r\n"), 400);
        let huge = "PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n";
        assert_eq!(refused(huge.as_bytes()), 413);
    }
}
