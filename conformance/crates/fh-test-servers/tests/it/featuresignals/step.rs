//! A recorded request, sent again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::featuresignals::data::{Request, Step};
use crate::featuresignals::exchange::{Answer, Connection};

const PLAIN: &str = r#"{"flag_key":"dark-mode","context":{"key":"user-1"}}"#;

/// The real texts for names such as `<server-key>`.
pub(crate) type Names = Vec<(String, String)>;

/// Returns a text with the real texts for names.
pub(crate) fn named(names: &Names, text: &str) -> String {
    names.iter().fold(text.to_owned(), |text, (name, real)| text.replace(name, real))
}

/// Sends the request of a step, and returns the answer.
pub(crate) fn replay(connection: &mut Connection, names: &Names, request: &Request) -> Answer {
    let headers: Vec<(&str, String)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), named(names, value))).collect();
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = named(names, &request.path);
    connection.ask(&request.method, &path, &headers, &body(request))
}

fn body(request: &Request) -> Vec<u8> {
    match request {
        Request { body: Some(body), .. } => body.clone().into_bytes(),
        Request { body_base64: Some(body), .. } => STANDARD.decode(body).unwrap(),
        Request { body_shape: Some(shape), .. } => shaped(shape).into_bytes(),
        _ => Vec::new(),
    }
}

/// Returns a body that was too long to be recorded.
fn shaped(shape: &str) -> String {
    let spaces = || " ".repeat(2_000_000);
    if let Some(rest) = shape.strip_prefix("attribute a is ") {
        let count: usize = rest.split(' ').next().unwrap().parse().unwrap();
        let (open, close) = ("[".repeat(count), "]".repeat(count));
        return exp(&format!(r#""a":{open}{close}"#));
    }
    if let Some((length, _)) = shape.split_once(" bytes: attribute p padded with x") {
        let length: usize = length.parse().unwrap();
        return exp(&format!(r#""p":"{}""#, "x".repeat(length - exp(r#""p":"""#).len())));
    }
    match shape.ends_with("spaces after it") {
        true => format!("{PLAIN}{}", spaces()),
        false => format!("{}{PLAIN}", spaces()),
    }
}

fn exp(attribute: &str) -> String {
    format!(r#"{{"flag_key":"exp","context":{{"key":"user-1","attributes":{{{attribute}}}}}}}"#)
}

/// Returns the difference between an answer and the recorded one in status, content type and body.
pub(crate) fn difference(names: &Names, step: &Step, answer: &Answer) -> Option<String> {
    let expected = (
        step.response.status,
        step.response.headers.get("content-type").map(String::as_str),
        named(names, &step.response.body),
    );
    let given = (answer.status, answer.header("content-type"), answer.text().to_owned());
    (expected != given).then(|| format!("{}: {given:?} instead of {expected:?}", step.name))
}
