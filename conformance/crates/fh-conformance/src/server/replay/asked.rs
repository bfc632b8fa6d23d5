//! Properties of recorded requests: keys, route, headers and context.

use super::when::Route;
use crate::server::transcript::{Answered, Asked};
use crate::server::wire::{Base, Request, component};

/// Returns the API keys of a request in order, each once. The server pairs them in this order with the parts of an etag.
pub(crate) fn keys(asked: &Asked) -> Vec<String> {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let mut keys: Vec<String> = Vec::new();
    if let Some(key) = of_stream(path) {
        keys.push(key);
    }
    for (name, value) in parameters(query) {
        if (name == "apiKey" || name == "sdkUrl") && !keys.contains(&value) {
            keys.push(value);
        }
    }
    keys.into_iter().map(|key| key.trim_start_matches("default/").to_owned()).collect()
}

/// Returns the route of a request; `None` for any other request.
pub(super) fn route(asked: &Asked, recorded: &Answered) -> Option<Route> {
    let path = asked.path.split('?').next().unwrap_or_default();
    if !path.starts_with("/features") {
        return None;
    }
    match asked.method.as_str() {
        "GET" if recorded.events.is_some() => Some(Route::Stream),
        "GET" => Some(Route::Poll),
        "PUT" => Some(Route::Put),
        _ => None,
    }
}

/// Returns a header of a request; the case of the name does not matter.
pub(super) fn header<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    let mut headers = asked.headers.iter();
    headers.find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Returns the context of a request as written. A context in the query takes precedence over the header.
pub(super) fn context(asked: &Asked) -> Option<String> {
    let query = asked.path.split_once('?').map_or("", |(_, query)| query);
    let in_query = parameters(query).find(|(name, _)| *name == "xfeaturehub");
    in_query.map(|(_, value)| value).or_else(|| header(asked, "x-featurehub").map(str::to_owned))
}

/// Returns the poll with the same key and context as a stream.
pub(super) fn poll_like(stream: &Request, base: &Base) -> Option<Request> {
    let target = stream.target.strip_prefix(&base.target("")).unwrap_or(&stream.target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let key = of_stream(path)?;
    let poll = Request::new("GET", base.target(&format!("/features?apiKey={}", component(&key))));
    let in_query = parameters(query).find(|(name, _)| *name == "xfeaturehub");
    let context = in_query.map(|(_, value)| value);
    let context = context.or_else(|| stream.value("x-featurehub").map(str::to_owned));
    Some(match context {
        Some(context) => poll.header("x-featurehub", context),
        None => poll,
    })
}

fn of_stream(path: &str) -> Option<String> {
    let key = path.strip_prefix("/features/").filter(|key| !key.is_empty())?;
    Some(decoded(key))
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, String)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name, decoded(value)))
}

/// Decodes percent sequences. Invalid sequences are left as they are.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%');
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
