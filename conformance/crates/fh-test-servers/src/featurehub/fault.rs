//! The faults that published SDKs were measured with (sdk-behaviour 7.5).
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::featurehub::behaviour::Behaviour;
use crate::featurehub::connection::Closing;
use crate::featurehub::edge::EdgeHandle;
use crate::featurehub::request::{Request, Route};
use crate::featurehub::step::{Framing, RedirectTo};

/// One of 23 kinds of misbehaviour, which affects all requests while it lasts.
///
/// ```
/// use fh_test_servers::featurehub::{FakeEdge, Fault};
///
/// # fn main() -> std::io::Result<()> {
/// let edge = FakeEdge::start()?;
/// for fault in Fault::ALL {
///     fault.begin(&edge);
///     // … clients suffer …
///     fault.end(&edge)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Status 500.
    Status500,
    /// Status 503.
    Status503,
    /// Status 429.
    Status429,
    /// Status 401.
    Status401,
    /// Status 403.
    Status403,
    /// Status 400.
    Status400,
    /// Status 503 with `Retry-After: 3`.
    RetryAfter,
    /// Status 404.
    Status404,
    /// A correct head, then the end of the connection.
    EmptyClose,
    /// A reset in place of an answer.
    Reset,
    /// Bytes that are not HTTP.
    Garbage,
    /// A redirect to the same URL.
    RedirectLoop,
    /// A stream begins healthy, then gets `bye` and ends. Polls are healthy.
    ByeLoop,
    /// A list that breaks off inside its JSON. A stream stays open after it.
    MalformedJson,
    /// A line of 400 MB.
    EndlessLine,
    /// A stream gets `failure` and ends. Polls are healthy.
    Failure,
    /// A healthy answer, sent one byte at a time with 50 ms between bytes.
    SlowDrip,
    /// No byte is sent.
    Silence,
    /// A part of a head, then nothing.
    HalfHead,
    /// A healthy beginning, then nothing. The body of a poll does not end.
    DataThenSilence,
    /// A login page with status 200.
    WrongContentType,
    /// The listener is closed, and open connections are reset.
    Refused,
    /// Answers without a body: status 204, 304 and 200 in turn.
    EmptyAnswers,
}

/// Length of the line of [`Fault::EndlessLine`] in bytes.
const ENDLESS: u64 = 400_000_000;

impl Fault {
    /// All faults, in the order of the page.
    pub const ALL: [Self; 23] = [
        Self::Status500,
        Self::Status503,
        Self::Status429,
        Self::Status401,
        Self::Status403,
        Self::Status400,
        Self::RetryAfter,
        Self::Status404,
        Self::EmptyClose,
        Self::Reset,
        Self::Garbage,
        Self::RedirectLoop,
        Self::ByeLoop,
        Self::MalformedJson,
        Self::EndlessLine,
        Self::Failure,
        Self::SlowDrip,
        Self::Silence,
        Self::HalfHead,
        Self::DataThenSilence,
        Self::WrongContentType,
        Self::Refused,
        Self::EmptyAnswers,
    ];

    /// Returns the fault's name for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status500 => "500",
            Self::Status503 => "503",
            Self::Status429 => "429",
            Self::Status401 => "401",
            Self::Status403 => "403",
            Self::Status400 => "400",
            Self::RetryAfter => "503 with Retry-After 3",
            Self::Status404 => "404",
            Self::EmptyClose => "empty close after headers",
            Self::Reset => "TCP reset",
            Self::Garbage => "garbage instead of HTTP",
            Self::RedirectLoop => "redirect loop",
            Self::ByeLoop => "`bye` loop after data",
            Self::MalformedJson => "malformed JSON in `features`",
            Self::EndlessLine => "a data line of 400 MB",
            Self::Failure => "`failure` event",
            Self::SlowDrip => "one byte each 50 ms",
            Self::Silence => "accepts, then sends nothing",
            Self::HalfHead => "half a header",
            Self::DataThenSilence => "data, then silence",
            Self::WrongContentType => "wrong content type",
            Self::Refused => "connection refused",
            Self::EmptyAnswers => "empty answers",
        }
    }

    /// Begins the fault: answers from now on are faulty. Answers in progress continue, except with [`Fault::Refused`].
    pub fn begin(self, edge: &EdgeHandle) {
        if self == Self::Refused {
            edge.kill();
        } else {
            edge.behave(self.behaviour());
        }
    }

    /// Ends the fault: everything is healthy from now on, and all open connections are closed.
    ///
    /// # Errors
    /// If the port cannot be opened again.
    pub fn end(self, edge: &EdgeHandle) -> io::Result<()> {
        edge.behave(Behaviour::healthy());
        edge.close_connections(Closing::Fin);
        edge.listen_again()
    }

    /// Returns the behaviour for each request. It is healthy for [`Fault::Refused`], with which no request arrives.
    pub fn behaviour(self) -> Behaviour {
        let answered = AtomicUsize::new(0);
        Behaviour::choose(move |request: &Request| match request.route {
            _ if self == Self::EmptyAnswers => {
                let number = answered.fetch_add(1, Ordering::Relaxed);
                Behaviour::status([204, 304, 200].get(number % 3).copied().unwrap_or_default())
            }
            Route::Stream => self.of_stream(),
            Route::Poll | Route::Put | Route::Other => self.of_poll(),
        })
    }

    fn of_stream(self) -> Behaviour {
        let list = Behaviour::sse().ack();
        match self {
            Self::EmptyClose => Behaviour::sse().close(Closing::Fin),
            Self::ByeLoop => list.features().bye(),
            Self::MalformedJson => list.event("features", r#"[{"id":"#).hang(),
            Self::EndlessLine => list.body("event: features\ndata: ").fill(b'x', ENDLESS).hang(),
            Self::Failure => list.failure(),
            Self::DataThenSilence => list.features().hang(),
            _ => self.of_any(),
        }
    }

    fn of_poll(self) -> Behaviour {
        let body = Behaviour::status(200)
            .header("content-type", "application/json")
            .framing(Framing::Chunked);
        match self {
            Self::EmptyClose => body.close(Closing::Fin),
            Self::MalformedJson => body.body(r#"[{"id":"#),
            Self::EndlessLine => body.body(r#"[{"id":""#).fill(b'x', ENDLESS).hang(),
            Self::DataThenSilence => body.environments().hang(),
            _ => self.of_any(),
        }
    }

    fn of_any(self) -> Behaviour {
        match self {
            Self::Status500 => Behaviour::status(500),
            Self::Status503 => Behaviour::status(503),
            Self::Status429 => Behaviour::status(429),
            Self::Status401 => Behaviour::status(401),
            Self::Status403 => Behaviour::status(403),
            Self::Status400 => Behaviour::status(400),
            Self::RetryAfter => Behaviour::status(503).header("retry-after", "3"),
            Self::Status404 => Behaviour::status(404),
            Self::Reset => Behaviour::new().close(Closing::Rst),
            Self::Garbage => Behaviour::garbage("\u{1}\u{2}\u{3} not HTTP at all\n\n"),
            Self::RedirectLoop => Behaviour::redirect(302, RedirectTo::Itself),
            Self::SlowDrip => Behaviour::new().drip(1, Duration::from_millis(50)),
            Self::Silence => Behaviour::silence(),
            Self::HalfHead => Behaviour::half_head(),
            Self::WrongContentType => Behaviour::status(200)
                .header("content-type", "text/html")
                .body("<!doctype html><title>Sign in</title>"),
            Self::EmptyClose
            | Self::ByeLoop
            | Self::MalformedJson
            | Self::EndlessLine
            | Self::Failure
            | Self::DataThenSilence
            | Self::Refused
            | Self::EmptyAnswers => Behaviour::healthy(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
