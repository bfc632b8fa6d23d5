//! Answers in the words of FeatureSignals' server. They have only the headers that a client reads.

use crate::server::{Response, reason};
use fh_test::json::Json;

use crate::featuresignals::json_writer;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

/// Returns status 200 with a value, whose members are in their final order.
pub(crate) fn json(value: &Json) -> Response {
    Response::with(200, JSON, &json_writer::document(value))
}

/// Returns an error in the server's form.
pub(crate) fn error(status: u16, message: &str) -> Response {
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
    Response { status, ..json(&value) }
}

/// Returns an error with `Retry-After` in seconds.
pub(crate) fn failure(status: u16, retry_after: Option<u32>) -> Response {
    error(status, message(status)).retry_after(retry_after)
}

pub(crate) fn unauthorized() -> Response {
    error(401, message(401))
}

pub(crate) fn forbidden(slug: &str) -> Response {
    error(403, &format!("API key does not belong to environment {slug}"))
}

pub(crate) fn unknown_version(version: &str) -> Response {
    let message = format!("API version \"{version}\" is not supported. Use v1.");
    let suggestion = "Set Accept-Version: v1 or remove the header to use the latest version.";
    let value = Json::object([
        ("error", Json::from("unsupported api version")),
        ("message", message.into()),
        ("suggestion", suggestion.into()),
        ("docs_url", "https://docs.featuresignals.com/api/versioning".into()),
    ]);
    Response { status: 406, ..json(&value) }
}

/// Returns the answer of the server as shipped to each valid request for a stream.
pub(crate) fn streaming_unsupported() -> Response {
    Response::with(500, PLAIN, "streaming unsupported\n")
}

/// Returns the answer to bytes that are no request.
pub(crate) fn not_http(status: u16) -> Response {
    let response = Response::with(status, PLAIN, &format!("{status} {}", reason(status)));
    response.header("Connection", "close")
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
