//! The behaviour of the Edge for one request: a list of steps.
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::featurehub::connection::Closing;
use crate::featurehub::edge::EdgeHandle;
use crate::featurehub::request::Request;
use crate::featurehub::step::{Framing, Head, Pace, RedirectTo, Step};

/// The steps with which the Edge answers one request.
///
/// Without steps, which is the default, the Edge answers like a healthy one. After the last step the
/// body is ended as its framing requires. If the framing allows it, the connection stays open for the
/// next request.
///
/// ```
/// use std::time::Duration;
/// use fh_test_servers::featurehub::{Behaviour, Closing, Framing};
///
/// // A plain answer.
/// let busy = Behaviour::status(503).header("retry-after", "3").body("try again");
///
/// // A stream that says what it has, one byte each 5 ms, and breaks off.
/// let broken = Behaviour::sse()
///     .drip(1, Duration::from_millis(5))
///     .ack()
///     .features()
///     .close(Closing::Fin);
///
/// // Like a healthy Edge, but only when the test says so.
/// let late = Behaviour::new().wait_for_signal("go").then_healthy();
///
/// // A body that is shorter than announced.
/// let short = Behaviour::status(200).framing(Framing::Declared(100)).body("[]").close(Closing::Fin);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    pub(crate) steps: Vec<Step>,
}

impl Behaviour {
    /// Returns a behaviour without steps. Until a step is added, it is the same as [`Behaviour::healthy`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a complete answer with this status. Its `content-length` counts the bytes that [`body`](Self::body) adds.
    pub fn status(status: u16) -> Self {
        Self::new().head(status, Framing::Length)
    }

    /// Sends the head of a stream: 200, `text/event-stream`, chunked.
    pub fn sse() -> Self {
        Self::new()
            .head(200, Framing::Chunked)
            .header("content-type", "text/event-stream")
            .header("x-accel-buffering", "no")
    }

    /// Sends these bytes instead of HTTP and closes the connection.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new().raw(bytes).close(Closing::Fin)
    }

    /// Sends nothing until the connection ends.
    pub fn silence() -> Self {
        Self::new().hang()
    }

    /// Sends a part of a head and then nothing.
    pub fn half_head() -> Self {
        Self::new().raw("HTTP/1.1 200 OK\r\ncontent-ty").hang()
    }

    /// Chooses a behaviour for each request, for example by its headers or its query.
    pub fn choose(choice: impl Fn(&Request) -> Self + Send + Sync + 'static) -> Self {
        Self::new().step(Step::Choose(Arc::new(choice)))
    }

    /// Sends a redirect with this status.
    pub fn redirect(status: u16, to: RedirectTo) -> Self {
        Self::new().step(Step::Redirect(status, to))
    }

    /// Sends a head with this status and framing.
    #[must_use]
    pub fn head(self, status: u16, framing: Framing) -> Self {
        self.step(Step::Head(Head::new(status, framing)))
    }

    /// Adds a header to the last head. If there is none yet, adds it to the next head, which may be that of a healthy answer. A header of
    /// the same name is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match self.last_head() {
            Some(head) => head.set(name, value),
            None => self.steps.push(Step::Header(name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Changes the framing of the last head.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        if let Some(head) = self.last_head() {
            head.framing = framing;
        }
        self
    }

    /// Sends the last head as HTTP/1.0.
    #[must_use]
    pub fn http_1_0(mut self) -> Self {
        if let Some(head) = self.last_head() {
            head.version = "1.0";
        }
        self
    }

    fn last_head(&mut self) -> Option<&mut Head> {
        self.steps.iter_mut().rev().find_map(|step| match step {
            Step::Head(head) => Some(head),
            _ => None,
        })
    }

    /// Sends bytes of the body, with framing.
    #[must_use]
    pub fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::Body(bytes.into()))
    }

    /// Sends a JSON document as body. Adds its content type if the last head has none.
    #[must_use]
    pub fn json(mut self, document: &Value) -> Self {
        if let Some(head) = self.last_head()
            && !head.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            head.set("content-type", "application/json");
        }
        self.body(document.to_string())
    }

    /// Sends bytes without framing.
    #[must_use]
    pub fn raw(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::Raw(bytes.into()))
    }

    /// Sends the same byte `count` times in the body, for example for an endless line or a body that is too large.
    #[must_use]
    pub fn fill(self, byte: u8, count: u64) -> Self {
        self.step(Step::Fill(byte, count))
    }

    /// Sends the body of a healthy poll: the environments of the request's keys.
    #[must_use]
    pub fn environments(self) -> Self {
        self.step(Step::Environments)
    }

    /// Sends an event of a stream. Several lines of data become several `data:` lines.
    #[must_use]
    pub fn event(self, name: &str, data: &str) -> Self {
        self.body(event_text(name, None, data))
    }

    /// Sends an event with an id.
    #[must_use]
    pub fn event_with_id(self, name: &str, id: &str, data: &str) -> Self {
        self.body(event_text(name, Some(id), data))
    }

    /// Sends an event with a name and without data. A reader must not dispatch it.
    #[must_use]
    pub fn event_without_data(self, name: &str) -> Self {
        self.body(format!("event: {name}\n\n"))
    }

    /// Sends the `ack` event that begins a stream.
    #[must_use]
    pub fn ack(self) -> Self {
        self.event("ack", ACK)
    }

    /// Sends the `ack` event that is a heartbeat.
    #[must_use]
    pub fn heartbeat(self) -> Self {
        self.event("ack", HEARTBEAT)
    }

    /// Sends the `features` event of a healthy stream, with its id and the current list.
    #[must_use]
    pub fn features(self) -> Self {
        self.step(Step::Features)
    }

    /// Sends `bye`.
    #[must_use]
    pub fn bye(self) -> Self {
        self.event("bye", BYE)
    }

    /// Sends the `failure` event for an unknown key.
    #[must_use]
    pub fn failure(self) -> Self {
        self.event("failure", UNKNOWN_KEY)
    }

    /// Sends `config` with this JSON.
    #[must_use]
    pub fn config(self, data: &Value) -> Self {
        self.event("config", &data.to_string())
    }

    /// Sends a comment line.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.body(format!(": {text}\n"))
    }

    /// Sends a `retry:` line.
    #[must_use]
    pub fn retry(self, delay: Duration) -> Self {
        self.body(format!("retry: {}\n\n", delay.as_millis()))
    }

    /// Sends a byte-order mark.
    #[must_use]
    pub fn bom(self) -> Self {
        self.body("\u{feff}")
    }

    /// Writes everything that follows in pieces of these sizes, with a delay between them. The last size is repeated. An empty list turns
    /// it off.
    #[must_use]
    pub fn split(self, sizes: &[usize], delay: Duration) -> Self {
        self.step(Step::Pace(Pace { sizes: sizes.to_vec(), delay }))
    }

    /// Writes everything that follows slowly, in pieces of one size with a delay between them.
    #[must_use]
    pub fn drip(self, size: usize, delay: Duration) -> Self {
        self.split(&[size], delay)
    }

    /// Waits. The wait ends early if the connection ends.
    #[must_use]
    pub fn sleep(self, pause: Duration) -> Self {
        self.step(Step::Sleep(pause))
    }

    /// Waits until the test calls [`EdgeHandle::signal`] with this name. If it has called it already, there is no wait.
    #[must_use]
    pub fn wait_for_signal(self, name: &str) -> Self {
        self.step(Step::Signal(name.to_owned()))
    }

    /// Sends nothing more until the client or the test ends the connection.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Pushes updates from now on like a healthy stream, including those since the first step.
    #[must_use]
    pub fn live(self) -> Self {
        self.step(Step::Live)
    }

    /// Answers like a healthy Edge.
    pub fn healthy() -> Self {
        Self::new()
    }

    /// Continues like a healthy Edge. Headers, piece sizes and pauses set before still apply.
    #[must_use]
    pub fn then_healthy(self) -> Self {
        self.step(Step::Healthy(None))
    }

    /// Answers like a healthy Edge, with this status in place of 200, for example 236.
    #[must_use]
    pub fn healthy_with_status(self, status: u16) -> Self {
        self.step(Step::Healthy(Some(status)))
    }

    /// Calls a function with the Edge, for example to change a value, refuse connections or send a signal.
    #[must_use]
    pub fn call(self, action: impl Fn(&EdgeHandle) + Send + Sync + 'static) -> Self {
        self.step(Step::Call(Arc::new(action)))
    }

    /// Ends the connection without ending the body.
    #[must_use]
    pub fn close(self, how: Closing) -> Self {
        self.step(Step::Close(how))
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

pub(crate) const ACK: &str = r#"{"status":"discover"}"#;
pub(crate) const HEARTBEAT: &str = "\"\u{2764}\u{fe0f}\"";
pub(crate) const BYE: &str = r#"{"status":"closed"}"#;
pub(crate) const UNKNOWN_KEY: &str =
    r#"{"status":"Unrecognized API key. Please stop requesting."}"#;

pub(crate) fn event_text(name: &str, id: Option<&str>, data: &str) -> String {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        text.push_str(&format!("id: {id}\n"));
    }
    for line in data.split('\n') {
        text.push_str(&format!("data: {line}\n"));
    }
    text.push('\n');
    text
}
