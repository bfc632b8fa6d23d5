//! Failures of a single answer.

use std::io::Write;
use std::time::Duration;

use fh_client::{Limits, Problem, Stage};
use fh_fake_edge::{Behaviour, Closing, Framing, RedirectTo, Route};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A failure of an answer, and the problem that the client's status then shows.
pub(crate) struct Kind {
    pub(crate) behaviour: Behaviour,
    pub(crate) shows: fn(&Problem) -> bool,
    /// Number of requests of one attempt.
    pub(crate) requests: usize,
    /// True if the connection ends before a byte of the answer.
    pub(crate) ends_connection: bool,
    /// Sets the limits under which the client notices the failure.
    pub(crate) limits: fn(&mut Limits),
}

impl Kind {
    pub(crate) fn new(behaviour: Behaviour, shows: fn(&Problem) -> bool) -> Self {
        Self { behaviour, shows, requests: 1, ends_connection: false, limits: |_| {} }
    }

    pub(crate) fn within(self, limits: fn(&mut Limits)) -> Self {
        Self { limits, ..self }
    }

    pub(crate) fn status(status: u16, shows: fn(&Problem) -> bool) -> Self {
        Self::new(Behaviour::status(status), shows)
    }

    pub(crate) fn reset() -> Self {
        let reset = Self::new(Behaviour::new().close(Closing::Rst), is_unreachable);
        Self { ends_connection: true, ..reset }
    }

    pub(crate) fn garbage() -> Self {
        Self::new(Behaviour::garbage("\u{1}\u{2} not HTTP\n\n"), is_unreachable)
    }

    /// The Edge accepts the connection and sends nothing.
    pub(crate) fn silence() -> Self {
        let timed_out = |problem: &Problem| *problem == Problem::TimedOut(Stage::Head);
        Self::new(Behaviour::silence(), timed_out).within(|limits| limits.head = SHORT)
    }

    pub(crate) fn half_head() -> Self {
        Self { behaviour: Behaviour::half_head(), ..Self::silence() }
    }

    pub(crate) fn redirect_loop() -> Self {
        let redirect = Behaviour::redirect(302, RedirectTo::Itself);
        Self { requests: 6, ..Self::new(redirect, |problem| *problem == Problem::Redirect) }
    }

    pub(crate) fn other_origin(elsewhere: String) -> Self {
        let redirect = Behaviour::redirect(307, RedirectTo::Origin(elsewhere));
        Self::new(redirect, |problem| *problem == Problem::Redirect)
    }

    pub(crate) fn wrong_content_type() -> Self {
        let page = Behaviour::status(200)
            .header("content-type", "text/html")
            .body("<!doctype html><title>Sign in</title>");
        Self::new(page, |problem| matches!(problem, Problem::ContentType(_)))
    }

    /// The connection ends after a correct head.
    pub(crate) fn empty_close(route: Route) -> Self {
        match route {
            Route::Stream => Self::new(Behaviour::sse().close(Closing::Fin), |problem| {
                matches!(problem, Problem::ClosedEarly | Problem::Unreachable(_))
            }),
            _ => Self::new(json().framing(Framing::Chunked).close(Closing::Fin), is_unreachable),
        }
    }

    /// The body is shorter than announced.
    pub(crate) fn wrong_length() -> Self {
        let short = json().framing(Framing::Declared(1000)).body("[]").close(Closing::Fin);
        Self::new(short, is_unreachable)
    }

    pub(crate) fn malformed(route: Route, json_text: &str) -> Self {
        let behaviour = match route {
            Route::Stream => Behaviour::sse().ack().event("features", json_text).hang(),
            _ => json().body(json_text),
        };
        Self::new(behaviour, |problem| matches!(problem, Problem::Malformed(_)))
    }

    /// A line of 100 MB where 64 KiB are allowed.
    pub(crate) fn oversized(route: Route) -> Self {
        const ENDLESS: u64 = 100_000_000;
        let behaviour = match route {
            Route::Stream => Behaviour::sse().body("data: ").fill(b'x', ENDLESS).hang(),
            _ => json().framing(Framing::Chunked).body("[\"").fill(b'x', ENDLESS).hang(),
        };
        Self::new(behaviour, |problem| *problem == Problem::TooLarge(SMALL))
            .within(|limits| limits.bytes = SMALL)
    }

    /// 1 MB of spaces, compressed to 1 kB of gzip.
    pub(crate) fn bomb() -> Self {
        let body = gzipped(" ".repeat(1_000_000).as_bytes());
        let behaviour = json().header("content-encoding", "gzip").body(body);
        Self::new(behaviour, |problem| *problem == Problem::TooLarge(SMALL))
            .within(|limits| limits.bytes = SMALL)
    }

    /// An incomplete body in gzip.
    pub(crate) fn broken_gzip() -> Self {
        let mut body = gzipped(b"[]");
        body.truncate(body.len() / 2);
        let behaviour = json().header("content-encoding", "gzip").body(body);
        Self::new(behaviour, is_unreachable)
    }

    /// A body of single bytes with pauses between them.
    pub(crate) fn slow_body() -> Self {
        let timed_out = |problem: &Problem| *problem == Problem::TimedOut(Stage::Body);
        let behaviour = json()
            .framing(Framing::Chunked)
            .drip(1, Duration::from_millis(20))
            .fill(b' ', 100_000)
            .environments();
        Self::new(behaviour, timed_out).within(|limits| limits.poll = SHORT)
    }

    /// A stream without a byte after its head.
    pub(crate) fn silent_stream() -> Self {
        Self::new(Behaviour::sse().hang(), |problem| matches!(problem, Problem::TimedOut(_)))
            .within(|limits| limits.idle = SHORT)
    }
}

/// A time limit that is short enough for a test, and longer than a healthy Edge needs on a busy machine.
const SHORT: Duration = Duration::from_millis(400);
/// A limit of the size of answers, in bytes.
pub(crate) const SMALL: usize = 64 * 1024;

fn is_unreachable(problem: &Problem) -> bool {
    matches!(problem, Problem::Unreachable(_))
}

/// Returns the head of a poll's answer.
pub(crate) fn json() -> Behaviour {
    Behaviour::status(200).header("content-type", "application/json")
}

pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
