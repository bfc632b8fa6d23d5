//! The classification of a response by its head, one table for polls and streams, and of the
//! end of a request.

use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::problem::{Problem, Stage};

use crate::action::{End, RequestKind, ResponseHead};

/// The meaning of a response, which follows from its status, its headers and its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResponseClass {
    /// The request succeeded, and the body should hold features.
    Features,
    /// The request succeeded, the body should hold features, and the Edge wants no further requests (status 236).
    LastFeatures,
    /// The features that the client holds are still current (status 304).
    Unchanged,
    /// The response has a status of redirects, such as 302.
    Redirect,
    /// The Edge refuses this client. An early retry is unlikely to succeed.
    Refused(Problem),
    /// The Edge cannot stream: it responded to a stream request with status 501.
    NoStreaming,
    /// The response cannot be used, for a reason that is probably temporary: the Edge or a server in front of it failed, for example.
    Trouble(Problem),
}

/// The condition that the session added to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestCondition {
    /// The session added no condition.
    Plainly,
    /// The session added the header `If-None-Match`, so that the Edge sends features only if they differ from those that the etag
    /// describes.
    IfNoneMatch,
}

/// Returns the class of a response with this head. `kind` and `asked` are the kind and the condition of its request.
pub(crate) fn response_class(
    kind: RequestKind,
    asked: RequestCondition,
    head: &ResponseHead,
) -> ResponseClass {
    match head.status {
        200 | 236 => {
            let found = essence(head);
            let fits = match kind {
                RequestKind::Stream => found == "text/event-stream",
                RequestKind::Poll => {
                    found.is_empty() || found.ends_with("json") || PLAIN.contains(&found.as_str())
                }
            };
            match head.status {
                _ if !fits => ResponseClass::Trouble(Problem::ContentType(cut(&found, 100))),
                236 => ResponseClass::LastFeatures,
                _ => ResponseClass::Features,
            }
        }
        304 if kind == RequestKind::Poll && asked == RequestCondition::IfNoneMatch => {
            ResponseClass::Unchanged
        }
        301 | 302 | 303 | 307 | 308 => ResponseClass::Redirect,
        400 | 401 | 403 | 404 => ResponseClass::Refused(status_problem(head.status)),
        501 if kind == RequestKind::Stream => ResponseClass::NoStreaming,
        status => ResponseClass::Trouble(status_problem(status)),
    }
}

/// Returns the problem of a response with this status, which has no features.
pub(crate) const fn status_problem(status: u16) -> Problem {
    match status {
        301 | 302 | 303 | 307 | 308 => Problem::Redirect,
        400 => Problem::BadRequest,
        401 | 403 => Problem::Unauthorised(status),
        404 => Problem::NotFound,
        429 => Problem::TooManyRequests,
        500..=599 => Problem::ServerError(status),
        _ => Problem::UnexpectedStatus(status),
    }
}

/// Returns the problem of a response that does not open a socket, which may be a page of HTML with status 200.
#[cfg(feature = "featbit")]
pub(crate) fn upgrade_problem(head: &ResponseHead) -> Problem {
    match essence(head) {
        page if head.status == 200 && page == "text/html" => Problem::ContentType(page),
        _ => status_problem(head.status),
    }
}

/// Returns the problem of a request with this end; `None` if the server ended the request in order, or if the transport cannot open sockets.
/// `limit` is the maximum size of a response or a message in bytes.
pub(crate) fn end_problem(end: End<'_>, limit: usize) -> Option<Problem> {
    match end {
        End::Complete | End::Closed(_) | End::Unsupported => None,
        End::Broken(why) | End::Unreached(why) | End::NoTunnel(why) => {
            Some(Problem::Unreachable(cut(why, 300)))
        }
        End::Invalid(why) => Some(Problem::Malformed(cut(why, 300))),
        End::Tls(why) => Some(Problem::Tls(cut(why, 300))),
        End::Unusable(why) => Some(Problem::Transport(cut(why, 2000))),
        End::ConnectTimeout => Some(Problem::TimedOut(Stage::Connect)),
        End::TooLarge => Some(Problem::TooLarge(limit)),
    }
}

/// Content types that a poll accepts besides JSON, because a file server may send files with them if it does not know their types.
const PLAIN: [&str; 2] = ["text/plain", "application/octet-stream"];

/// Returns the content type of a response in lower case, without parameters; empty if the response has none.
fn essence(head: &ResponseHead) -> String {
    let value = head.get("content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the text, cut off after `most` characters. A text that was cut ends with `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}

/// The maximum interval or pause that a server can request. A longer interval or pause is reduced to this maximum.
pub(crate) const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// The maximum delay before a retry that a server can request with `Retry-After`. A longer delay is reduced to this maximum.
const LONGEST_RETRY: Duration = Duration::from_secs(3600);

/// Returns the polling interval that the Edge requests by `max-age` in the first `Cache-Control` header, at most [`LONGEST_INTERVAL`];
/// `None` if `max-age` is 0, missing or not a whole number.
pub(crate) fn max_age(head: &ResponseHead) -> Option<Duration> {
    let directives = head.get("cache-control")?.split(',');
    let seconds = directives
        .filter_map(|directive| directive.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .and_then(|(_, value)| seconds(value.trim().trim_matches('"')))?;
    (!seconds.is_zero()).then(|| seconds.min(LONGEST_INTERVAL))
}

/// Returns the minimum delay before the next request from `Retry-After`, at most an hour; `None` if the header is missing or
/// invalid. A date is compared with the `Date` header of the response; `None` if that header is missing or invalid.
#[must_use]
pub fn retry_after(head: &ResponseHead) -> Option<Duration> {
    let value = head.get("retry-after")?.trim();
    let wanted = seconds(value).or_else(|| {
        let until = http_date(value)?.as_millis();
        let from = http_date(head.get("date")?.trim())?.as_millis();
        Some(Duration::from_millis(u64::try_from(until - from).unwrap_or(0)))
    });
    wanted.map(|wanted| wanted.min(LONGEST_RETRY))
}

/// Parses digits as seconds; `None` if the text is empty or contains anything else. A number that is too large for 64 bits counts as
/// `u32::MAX` seconds.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

/// Parses an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`; `None` if the text has another form or is no valid date. The day of the
/// week is not checked.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? + 1;
    format!("{year}-{month:02}-{day}T{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, kind: &str) -> ResponseHead {
        ResponseHead::new(status).header("Content-Type", kind)
    }

    #[test]
    fn statuses_and_content_types_are_classified() {
        use RequestKind::{Poll, Stream};
        let (json, sse) = ("application/json; charset=utf-8", "Text/Event-Stream;charset=utf-8");
        let html = Problem::ContentType("text/html".to_string());
        for (kind, asked, head, expected) in [
            (Poll, RequestCondition::Plainly, head(200, json), ResponseClass::Features),
            (Poll, RequestCondition::Plainly, ResponseHead::new(200), ResponseClass::Features),
            (
                Poll,
                RequestCondition::Plainly,
                head(200, "text/html"),
                ResponseClass::Trouble(html.clone()),
            ),
            (Poll, RequestCondition::IfNoneMatch, head(236, json), ResponseClass::LastFeatures),
            (Poll, RequestCondition::IfNoneMatch, ResponseHead::new(304), ResponseClass::Unchanged),
            (
                Poll,
                RequestCondition::Plainly,
                ResponseHead::new(304),
                ResponseClass::Trouble(Problem::UnexpectedStatus(304)),
            ),
            (
                Poll,
                RequestCondition::Plainly,
                ResponseHead::new(501),
                ResponseClass::Trouble(Problem::ServerError(501)),
            ),
            (Stream, RequestCondition::Plainly, head(200, sse), ResponseClass::Features),
            (Stream, RequestCondition::Plainly, head(236, sse), ResponseClass::LastFeatures),
            (
                Stream,
                RequestCondition::Plainly,
                head(200, "text/html"),
                ResponseClass::Trouble(html),
            ),
            (Stream, RequestCondition::Plainly, ResponseHead::new(501), ResponseClass::NoStreaming),
            (
                Stream,
                RequestCondition::Plainly,
                ResponseHead::new(204),
                ResponseClass::Trouble(Problem::UnexpectedStatus(204)),
            ),
        ] {
            assert_eq!(response_class(kind, asked, &head), expected, "{kind:?} {head:?}");
        }
        for kind in [Poll, Stream] {
            for (status, expected) in [
                (301, ResponseClass::Redirect),
                (308, ResponseClass::Redirect),
                (400, ResponseClass::Refused(Problem::BadRequest)),
                (401, ResponseClass::Refused(Problem::Unauthorised(401))),
                (403, ResponseClass::Refused(Problem::Unauthorised(403))),
                (404, ResponseClass::Refused(Problem::NotFound)),
                (405, ResponseClass::Trouble(Problem::UnexpectedStatus(405))),
                (429, ResponseClass::Trouble(Problem::TooManyRequests)),
                (500, ResponseClass::Trouble(Problem::ServerError(500))),
                (503, ResponseClass::Trouble(Problem::ServerError(503))),
            ] {
                assert_eq!(
                    response_class(kind, RequestCondition::Plainly, &ResponseHead::new(status)),
                    expected
                );
            }
        }
    }

    #[test]
    fn intervals_that_servers_ask_for() {
        for (value, expected) in [
            ("bork, bork, max-age=20, sister", Some(20)),
            ("public, max-age=2", Some(2)),
            ("s-maxage=9, max-age=1", Some(1)),
            ("MAX-AGE=\"7\"", Some(7)),
            ("max-age=0", None),
            ("no-store", None),
            ("max-age=-1", None),
            ("max-age=1.5", None),
            ("max-age=99999999999999", Some(86_400)),
            ("max-age=99999999999999999999999999", Some(86_400)),
        ] {
            let head = ResponseHead::new(200).header("Cache-Control", value);
            assert_eq!(max_age(&head), expected.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn waits_that_servers_ask_for() {
        let date = "Fri, 20 Nov 2026 12:00:00 GMT";
        for (value, expected) in [
            ("3", Some(3)),
            ("0", Some(0)),
            ("99999999", Some(3600)),
            ("Fri, 20 Nov 2026 12:00:30 GMT", Some(30)),
            ("Fri, 20 Nov 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("Fri, 20 Foo 2026 12:00:30 GMT", None),
        ] {
            let head = ResponseHead::new(503).header("Date", date).header("Retry-After", value);
            assert_eq!(retry_after(&head), expected.map(Duration::from_secs), "{value}");
        }
        let dateless = ResponseHead::new(503).header("Retry-After", date);
        assert_eq!(retry_after(&dateless), None);
    }

    #[test]
    fn texts_of_servers_are_shortened() {
        assert_eq!(cut("añb", 2), "añ…");
        assert_eq!(cut("añ", 2), "añ");
    }
}
