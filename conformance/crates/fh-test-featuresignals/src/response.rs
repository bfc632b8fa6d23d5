//! Answers of HTTP. They have only the headers that a client reads.

use std::io::{self, Write};

use fh_test::json::Json;

use crate::json_writer;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Only this many bytes of the body are sent, and the connection is closed.
    pub(crate) keep: Option<usize>,
}

impl Response {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn with(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { status, headers, body: body.to_owned(), keep: None }
    }

    /// Returns status 200 with a value, whose members are in their final order.
    pub(crate) fn json(value: &Json) -> Self {
        Self::with(200, JSON, &json_writer::document(value))
    }

    /// Returns an error in the server's form.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let link = Json::object(
            [
                ("rel", "docs"),
                ("href", "https://featuresignals.com/docs/api-reference/overview"),
                ("method", "GET"),
                ("title", "API documentation"),
            ]
            .map(|(name, value)| (name, Json::from(value))),
        );
        let value = Json::object([
            ("error", message.into()),
            ("message", message.into()),
            ("_links", Json::List(vec![link])),
        ]);
        Self { status, ..Self::json(&value) }
    }

    /// Returns an error with `Retry-After` in seconds.
    pub(crate) fn failure(status: u16, retry_after: Option<u32>) -> Self {
        let mut response = Self::error(status, message(status));
        response.headers.extend(retry_after.map(|seconds| ("Retry-After", seconds.to_string())));
        response
    }

    pub(crate) fn unauthorized() -> Self {
        Self::error(401, message(401))
    }

    pub(crate) fn forbidden(slug: &str) -> Self {
        Self::error(403, &format!("API key does not belong to environment {slug}"))
    }

    pub(crate) fn unknown_version(version: &str) -> Self {
        let message = format!("API version \"{version}\" is not supported. Use v1.");
        let suggestion = "Set Accept-Version: v1 or remove the header to use the latest version.";
        let value = Json::object([
            ("error", Json::from("unsupported api version")),
            ("message", message.into()),
            ("suggestion", suggestion.into()),
            ("docs_url", "https://docs.featuresignals.com/api/versioning".into()),
        ]);
        Self { status: 406, ..Self::json(&value) }
    }

    /// Returns the answer of the server as shipped to each valid request for a stream.
    pub(crate) fn streaming_unsupported() -> Self {
        Self::with(500, PLAIN, "streaming unsupported\n")
    }

    /// Returns the answer to bytes that are no request.
    pub(crate) fn not_http(status: u16) -> Self {
        let mut response = Self::with(status, PLAIN, &format!("{status} {}", reason(status)));
        response.headers.push(("Connection", "close".to_owned()));
        response
    }

    /// Writes the answer. An answer to HEAD has no body.
    pub(crate) fn write(&self, to: &mut impl Write, has_body: bool) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 {
            bytes.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        bytes.push_str("\r\n");
        let mut bytes = bytes.into_bytes();
        if has_body {
            let keep = self.keep.unwrap_or(self.body.len());
            bytes.extend(self.body.bytes().take(keep));
        }
        to.write_all(&bytes)
    }
}

/// Returns the sentence of a failure.
fn message(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        429 => "rate limit exceeded",
        503 => "service unavailable",
        _ => "internal server error",
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
