//! Writes the entries of the access log without API keys and contexts.

use std::borrow::Cow;

use fh_listen::{LoggedRequest, RequestLog};
use http::Uri;
use tracing::info;

use crate::api::written_keys;
use crate::wire::api_key::{RequestKey, environment_id};

/// A writer of access log entries. Each entry becomes an event of `tracing` at level info with target `fh_edge::access`. The event contains
/// the method, the path and query as described below, the status if there was a response, the number of bytes of the response's body that
/// were passed on for sending, and the client's address. It also contains the milliseconds from the head of the request to the end of the
/// response. In paths of the Edge protocol, `***` replaces the secret of an API key. Of the query, only the environment ids of API keys are
/// shown. Path and query are cut to 500 bytes.
///
/// ```
/// use fh_edge::RedactedLog;
/// use fh_edge::listen::{AccessLog, ListenOptions, TrustedProxies};
///
/// let mut options = ListenOptions::default();
/// options.access_log = Some(AccessLog::new(TrustedProxies::default(), RedactedLog));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RedactedLog;

impl RequestLog for RedactedLog {
    fn target(&self, uri: &Uri) -> String {
        shown(uri)
    }

    fn write(&self, request: &LoggedRequest) {
        let milliseconds = u64::try_from(request.duration.as_millis()).unwrap_or(u64::MAX);
        info!(
            target: "fh_edge::access",
            method = %cut(request.method.as_str()),
            path = request.target,
            status = request.status.map(|status| status.as_u16()),
            bytes = request.bytes,
            milliseconds,
            client = %request.client,
        );
    }
}

const HIDDEN: &str = "***";
/// The maximum length in bytes of a logged text of a request, such as a path with its query. Request heads may be large, and log lines are
/// stored.
const LONGEST: usize = 500;

/// Returns the path and query for the log, with keys and contexts replaced by `***`. Each segment after an environment id is treated as a
/// key, unless it is `features`. After a segment `features` and before a key, only environment ids are shown. Of the query, only the
/// environment ids of its API keys are shown.
fn shown(uri: &Uri) -> String {
    /// The last segment that was recognized in the path.
    enum Seen {
        Nothing,
        Features,
        Environment,
        Key,
    }
    let mut out = String::new();
    let mut seen = Seen::Nothing;
    for (position, part) in uri.path().split('/').enumerate() {
        if position > 0 {
            out.push('/');
        }
        let in_one = part.split_once('+').filter(|(id, _)| environment_id(id).is_some());
        let (text, next) = match (seen, in_one) {
            // An id before a segment `features` belongs to the path at which the API is mounted.
            (Seen::Nothing | Seen::Environment | Seen::Key, None) if part == "features" => {
                (part, Seen::Features)
            }
            (Seen::Environment, _) => (HIDDEN, Seen::Key),
            (_, Some((environment, _))) => {
                out.push_str(environment);
                ("+***", Seen::Key)
            }
            (_, None) if environment_id(part).is_some() => (part, Seen::Environment),
            (Seen::Features, None) if !part.is_empty() => (HIDDEN, Seen::Features),
            (seen, None) => (part, seen),
        };
        out.push_str(text);
        seen = next;
    }
    let Some(query) = uri.query() else { return cut(&out).into_owned() };
    let mut begin = '?';
    for text in written_keys(query) {
        out.push(begin);
        out.push_str("apiKey=");
        if let Some(key) = RequestKey::parse(&text) {
            out.push_str(&format!("{}/", key.environment));
        }
        out.push_str(HIDDEN);
        begin = '&';
    }
    if begin == '?' {
        out.push_str("?***");
    }
    cut(&out).into_owned()
}

/// Returns the text of a request as log lines show it. A text of more than [`LONGEST`] bytes is cut and ends with `…`.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    match text.get(..end) {
        Some(begin) if text.len() > LONGEST => format!("{begin}…").into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_contexts_are_not_shown() {
        const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
        for (given, wanted) in [
            ("/".to_string(), "/".to_string()),
            ("/health/liveness".into(), "/health/liveness".into()),
            (format!("/features/{ID}/s*ecret"), format!("/features/{ID}/***")),
            (format!("/flags/features/{ID}/secret/FLAG"), format!("/flags/features/{ID}/***/FLAG")),
            (format!("/features/default/{ID}/secret/FLAG"), format!("/features/***/{ID}/***/FLAG")),
            (format!("/features/{ID}+secret/FLAG"), format!("/features/{ID}+***/FLAG")),
            (format!("/features/{ID}%2Fsecret"), "/features/***".into()),
            (format!("/features/{ID}%2Bsecret/x"), "/features/***/***".into()),
            ("/features/secret".into(), "/features/***".into()),
            ("/features/".into(), "/features/".into()),
            (format!("/wrong/{ID}/secret"), format!("/wrong/{ID}/***")),
            (format!("/{ID}/features/{ID}/secret/FLAG"), format!("/{ID}/features/{ID}/***/FLAG")),
            (format!("/{ID}/x/features/{ID}/secret"), format!("/{ID}/***/features/{ID}/***")),
            (format!("/{ID}/x/{ID}/secret"), format!("/{ID}/***/{ID}/***")),
            (format!("/{ID}/x/{ID}+secret"), format!("/{ID}/***/{ID}+***")),
            (
                format!("/features/{ID}/secret?xfeaturehub=userkey%3Dfred"),
                format!("/features/{ID}/***?***"),
            ),
            (
                format!("/features?apiKey={ID}/secret&contextSha=0&apiKey=default%2F{ID}%2Fsecret"),
                format!("/features?apiKey={ID}/***&apiKey={ID}/***"),
            ),
            (format!("/features?sdkUrl={ID}/secret"), format!("/features?apiKey={ID}/***")),
            ("/features?apiKey=secret".into(), "/features?apiKey=***".into()),
            (format!("/features?{ID}/secret"), "/features?***".into()),
        ] {
            assert_eq!(shown(&given.parse().unwrap()), wanted, "{given}");
        }
        let long = format!("/features/{}", "x/".repeat(5000));
        assert_eq!(shown(&long.parse().unwrap()).chars().count(), LONGEST + 1);
        // A character of two bytes is not split.
        assert_eq!(cut(&"é".repeat(251)), format!("{}…", "é".repeat(250)));
        assert_eq!(cut(&format!("x{}", "é".repeat(250))), format!("x{}…", "é".repeat(249)));
    }
}
