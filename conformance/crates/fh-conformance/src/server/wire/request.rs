//! Requests that are written without any check.

use std::fmt::Write as _;

/// A request. Nothing is checked. A request that this type cannot express is sent as bytes with [`super::Connection::send`].
///
/// ```
/// use fh_conformance::server::wire::Request;
/// let request = Request::new("PUT", "/features/e/k/A").header("content-type", "application/json").body("{}");
/// let text = String::from_utf8(request.bytes("edge:80")).unwrap();
/// assert_eq!(text, "PUT /features/e/k/A HTTP/1.1\r\nhost: edge:80\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method: `GET` and so on.
    pub method: String,
    /// Path and query, as written in the request line.
    pub target: String,
    /// The headers in the order in which they are written. Names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body. A `content-length` is written if the body is not empty or the method is PUT or POST, unless the headers have one.
    pub body: Vec<u8>,
}

impl Request {
    /// Returns a request without headers and body.
    #[must_use]
    pub fn new(method: &str, target: impl Into<String>) -> Self {
        let method = method.to_owned();
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the first value of a header.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the bytes that are sent.
    #[must_use]
    pub fn bytes(&self, authority: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {authority}\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            // Writing to a `String` cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let has_length = self.value("content-length").is_some();
        let wants_length = !self.body.is_empty() || ["PUT", "POST"].contains(&&*self.method);
        if wants_length && !has_length {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Percent-encodes everything but ASCII letters, digits and `-._~*`, for use in a query or in a context.
#[must_use]
pub fn component(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~*".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
