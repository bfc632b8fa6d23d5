//! Answers in the words of FeatBit's server.

use crate::server::Response;

const JSON: &str = "application/json; charset=utf-8";

pub(crate) fn json(body: &str) -> Response {
    Response::with(200, JSON, body)
}

/// Returns the answer of a health check.
pub(crate) fn healthy() -> Response {
    let response = Response::with(200, "text/plain", "Healthy");
    response.header("Cache-Control", "no-store, no-cache")
}

/// Returns a status with the header `Retry-After`. Status 429 has the body of FeatBit's server.
pub(crate) fn failure(status: u16, retry_after: Option<u32>) -> Response {
    let limited = r#"{"error":"Rate limit exceeded. Please try again later."}"#;
    let response = match status {
        429 => Response::with(429, JSON, limited),
        _ => Response::empty(status),
    };
    response.retry_after(retry_after)
}

/// Returns the answer to a request whose content is invalid.
pub(crate) fn bad_request() -> Response {
    problem(400, "15.5.1", "One or more validation errors occurred.")
}

/// Returns the answer to a request whose content is declared as something other than JSON.
pub(crate) fn unsupported_media_type() -> Response {
    problem(415, "15.5.16", "Unsupported Media Type")
}

fn problem(status: u16, section: &str, title: &str) -> Response {
    let errors = if status == 400 { r#""errors":{},"# } else { "" };
    let body = format!(
        r#"{{"type":"https://tools.ietf.org/html/rfc9110#section-{section}","title":"{title}","status":{status},{errors}"traceId":"00"}}"#
    );
    Response::with(status, "application/problem+json; charset=utf-8", &body)
}
