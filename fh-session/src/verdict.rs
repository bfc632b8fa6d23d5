//! The meaning of a response's head: one table for polls and streams (sdk-behaviour 2.9.2, sdk-behaviour 2.11, D-65).

use std::time::Duration;

use fh_eval::Timestamp;

use crate::action::{Head, RequestKind};
use crate::planted::planted;
use crate::status::Problem;

/// The meaning of a response's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Features follow.
    Features,
    /// Features follow, after which the Edge wants no more requests (status 236, D-23).
    LastFeatures,
    /// The features that the client holds are still current.
    Unchanged,
    /// The response is at another URL.
    Redirect,
    /// The Edge refuses this client. A retry in the near future would hardly succeed (D-21).
    Refused(Problem),
    /// This Edge cannot stream.
    NoStreaming,
    /// The Edge, or a server in its place, failed in a way that may pass.
    Trouble(Problem),
}

/// The condition of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// None: the response holds features.
    Plainly,
    /// `If-None-Match`: the response holds features only if they differ from those of the etag.
    IfNoneMatch,
}

/// Returns the meaning of a response's head.
pub(crate) fn verdict(kind: RequestKind, asked: Asked, head: &Head) -> Verdict {
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
                _ if !fits => Verdict::Trouble(Problem::ContentType(cut(&found, 100))),
                236 if !planted!(StaleStatusIgnored) => Verdict::LastFeatures,
                _ => Verdict::Features,
            }
        }
        304 if planted!(UnaskedIsUnchanged) => Verdict::Unchanged,
        304 if kind == RequestKind::Poll && asked == Asked::IfNoneMatch => Verdict::Unchanged,
        301 | 302 | 303 | 307 | 308 => Verdict::Redirect,
        400 => Verdict::Refused(Problem::BadRequest),
        status @ (401 | 403) => Verdict::Refused(Problem::Unauthorised(status)),
        404 => Verdict::Refused(Problem::NotFound),
        429 => Verdict::Trouble(Problem::TooManyRequests),
        501 if kind == RequestKind::Stream => Verdict::NoStreaming,
        status @ 500..=599 => Verdict::Trouble(Problem::ServerError(status)),
        status => Verdict::Trouble(Problem::UnexpectedStatus(status)),
    }
}

/// Content types that file servers give JSON if they do not know its type.
const PLAIN: [&str; 2] = ["text/plain", "application/octet-stream"];

/// Returns the content type in lower case, without parameters.
fn essence(head: &Head) -> String {
    let value = head.get("content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns at most the first `most` characters of a text from outside, with `…` for the rest.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}

/// The maximum interval or pause that a server can request (D-75).
pub(crate) const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// The maximum delay before a retry that a server can request (D-75).
const LONGEST_RETRY: Duration = Duration::from_secs(3600);

/// Returns the polling interval that the Edge requests by `max-age`, at most [`LONGEST_INTERVAL`]; `None` if it is 0 or missing
/// (sdk-behaviour 2.9.3).
pub(crate) fn max_age(head: &Head) -> Option<Duration> {
    let directives = head.get("cache-control")?.split(',');
    let seconds = directives
        .filter_map(|directive| directive.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .and_then(|(_, value)| seconds(value.trim().trim_matches('"')))?;
    if planted!(ZeroMaxAgeCounts) {
        return Some(seconds.min(LONGEST_INTERVAL));
    }
    if planted!(MaxAgeUnbounded) {
        return (!seconds.is_zero()).then_some(seconds);
    }
    (!seconds.is_zero()).then(|| seconds.min(LONGEST_INTERVAL))
}

/// Returns the minimum delay before the next request from `Retry-After`, at most [`LONGEST_RETRY`]. A date is measured against the `Date`
/// header of the response.
pub(crate) fn retry_after(head: &Head) -> Option<Duration> {
    let value = head.get("retry-after")?.trim();
    let wanted = seconds(value).or_else(|| {
        let until = http_date(value)?.as_millis();
        let from = http_date(head.get("date")?.trim())?.as_millis();
        Some(Duration::from_millis(u64::try_from(until - from).unwrap_or(0)))
    });
    wanted.map(|wanted| wanted.min(LONGEST_RETRY)).filter(|_| !planted!(RetryAfterIgnored))
}

/// Parses digits as seconds. A number that is too large for 64 bits counts as `u32::MAX` seconds.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

/// Parses an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
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

    fn head(status: u16, kind: &str) -> Head {
        Head::new(status).header("Content-Type", kind)
    }

    #[test]
    fn the_table() {
        use RequestKind::{Poll, Stream};
        let (json, sse) = ("application/json; charset=utf-8", "Text/Event-Stream;charset=utf-8");
        let html = Problem::ContentType("text/html".to_string());
        for (kind, asked, head, expected) in [
            (Poll, Asked::Plainly, head(200, json), Verdict::Features),
            (Poll, Asked::Plainly, Head::new(200), Verdict::Features),
            (Poll, Asked::Plainly, head(200, "text/html"), Verdict::Trouble(html.clone())),
            (Poll, Asked::IfNoneMatch, head(236, json), Verdict::LastFeatures),
            (Poll, Asked::IfNoneMatch, Head::new(304), Verdict::Unchanged),
            (
                Poll,
                Asked::Plainly,
                Head::new(304),
                Verdict::Trouble(Problem::UnexpectedStatus(304)),
            ),
            (Poll, Asked::Plainly, Head::new(501), Verdict::Trouble(Problem::ServerError(501))),
            (Stream, Asked::Plainly, head(200, sse), Verdict::Features),
            (Stream, Asked::Plainly, head(236, sse), Verdict::LastFeatures),
            (Stream, Asked::Plainly, head(200, "text/html"), Verdict::Trouble(html)),
            (Stream, Asked::Plainly, Head::new(501), Verdict::NoStreaming),
            (
                Stream,
                Asked::Plainly,
                Head::new(204),
                Verdict::Trouble(Problem::UnexpectedStatus(204)),
            ),
        ] {
            assert_eq!(verdict(kind, asked, &head), expected, "{kind:?} {head:?}");
        }
        for kind in [Poll, Stream] {
            for (status, expected) in [
                (301, Verdict::Redirect),
                (308, Verdict::Redirect),
                (400, Verdict::Refused(Problem::BadRequest)),
                (401, Verdict::Refused(Problem::Unauthorised(401))),
                (403, Verdict::Refused(Problem::Unauthorised(403))),
                (404, Verdict::Refused(Problem::NotFound)),
                (405, Verdict::Trouble(Problem::UnexpectedStatus(405))),
                (429, Verdict::Trouble(Problem::TooManyRequests)),
                (500, Verdict::Trouble(Problem::ServerError(500))),
                (503, Verdict::Trouble(Problem::ServerError(503))),
            ] {
                assert_eq!(verdict(kind, Asked::Plainly, &Head::new(status)), expected);
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
            let head = Head::new(200).header("Cache-Control", value);
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
            let head = Head::new(503).header("Date", date).header("Retry-After", value);
            assert_eq!(retry_after(&head), expected.map(Duration::from_secs), "{value}");
        }
        let dateless = Head::new(503).header("Retry-After", date);
        assert_eq!(retry_after(&dateless), None);
    }

    #[test]
    fn texts_from_outside_are_cut() {
        assert_eq!(cut("añb", 2), "añ…");
        assert_eq!(cut("añ", 2), "añ");
    }
}
