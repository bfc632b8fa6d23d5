//! Answers of HTTP.

use std::io::{self, Write};

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        Self { status: 405, headers: vec![("Allow", allowed.to_owned())], ..Self::default() }
    }

    pub(crate) fn json(body: String) -> Self {
        Self::with(200, "application/json; charset=utf-8", body)
    }

    fn with(status: u16, content_type: &str, body: String) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())], body }
    }

    /// Returns the answer of a health check.
    pub(crate) fn healthy() -> Self {
        let mut response = Self::with(200, "text/plain", "Healthy".to_owned());
        response.headers.push(("Cache-Control", "no-store, no-cache".to_owned()));
        response
    }

    /// Returns a status with the header `Retry-After`. Status 429 has the body of FeatBit's server.
    pub(crate) fn failure(status: u16, retry_after: Option<u32>) -> Self {
        let limited = r#"{"error":"Rate limit exceeded. Please try again later."}"#;
        let mut response = match status {
            429 => Self::with(429, "application/json; charset=utf-8", limited.to_owned()),
            _ => Self::empty(status),
        };
        response.headers.extend(retry_after.map(|seconds| ("Retry-After", seconds.to_string())));
        response
    }

    /// Returns the answer to a request whose content is invalid.
    pub(crate) fn bad_request() -> Self {
        Self::problem(400, "15.5.1", "One or more validation errors occurred.")
    }

    /// Returns the answer to a request whose content is declared as something other than JSON.
    pub(crate) fn unsupported_media_type() -> Self {
        Self::problem(415, "15.5.16", "Unsupported Media Type")
    }

    fn problem(status: u16, section: &str, title: &str) -> Self {
        let errors = if status == 400 { r#""errors":{},"# } else { "" };
        let body = format!(
            r#"{{"type":"https://tools.ietf.org/html/rfc9110#section-{section}","title":"{title}","status":{status},{errors}"traceId":"00"}}"#
        );
        Self::with(status, "application/problem+json; charset=utf-8", body)
    }

    /// Writes the answer. An answer to HEAD has no body.
    pub(crate) fn write(&self, to: &mut impl Write, date: &str, has_body: bool) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\nDate: {date}\r\n", self.status, self.reason());
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        if has_body {
            text.push_str(&self.body);
        }
        to.write_all(text.as_bytes())
    }

    fn reason(&self) -> &'static str {
        match self.status {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => "Not Found",
            405 => "Method Not Allowed",
            429 => "Too Many Requests",
            500 => "Internal Server Error",
            503 => "Service Unavailable",
            _ => "Status",
        }
    }
}
