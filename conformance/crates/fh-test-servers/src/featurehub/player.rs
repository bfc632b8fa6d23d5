//! Runs the steps of a behaviour on a connection.
use std::collections::VecDeque;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::server::{locked, reason};
use serde_json::Value;

use crate::featurehub::behaviour::{BYE, Behaviour, HEARTBEAT, event_text};
use crate::featurehub::connection::{Closing, Interrupted, Mailbox, Push};
use crate::featurehub::edge::EdgeHandle;
use crate::featurehub::healthy;
use crate::featurehub::recorder::Place;
use crate::featurehub::request::{EXPOSED, Request};
use crate::featurehub::step::{Framing, Head, Pace, RedirectTo, Step};

/// Maximum number of steps per request. It ends behaviours that choose themselves again and again.
const MOST_STEPS: usize = 100_000;

/// The state of one answer while it is sent.
pub(crate) struct Player<'a> {
    pub(crate) edge: &'a EdgeHandle,
    pub(crate) mailbox: &'a Arc<Mailbox>,
    pub(crate) request: Option<&'a Arc<Request>>,
    socket: &'a TcpStream,
    connection: Place,
    place: Place,
    headers: Vec<(String, String)>,
    pace: Pace,
    pieces: usize,
    body: Option<Body>,
}

/// The state of the body.
enum Body {
    Chunked,
    /// This many bytes are still to be sent.
    Length(u64),
    /// More bytes were sent than announced.
    Exceeded,
    UntilClose,
}

/// The continuation after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The next request on this connection is read.
    Request,
    /// The connection is closed.
    Close(Closing),
}

impl<'a> Player<'a> {
    pub(crate) fn new(
        edge: &'a EdgeHandle,
        mailbox: &'a Arc<Mailbox>,
        socket: &'a TcpStream,
        connection: Place,
        request: Option<(&'a Arc<Request>, Place)>,
    ) -> Self {
        Self {
            edge,
            mailbox,
            request: request.map(|(request, _)| request),
            socket,
            connection,
            place: request.and_then(|(_, place)| place),
            headers: Vec::new(),
            pace: Pace::default(),
            pieces: 0,
            body: None,
        }
    }

    /// Runs the steps. Returns `Some` if one of them ends the connection.
    pub(crate) fn play(&mut self, behaviour: Behaviour) -> Result<Option<Closing>, Interrupted> {
        let mut steps = or_healthy(behaviour);
        if steps.iter().any(|step| matches!(step, Step::Live)) {
            healthy::stream::subscribe(self);
        }
        let mut played = 0;
        while let Some(step) = steps.pop_front() {
            played += 1;
            if played > MOST_STEPS {
                return Ok(Some(Closing::Fin));
            }
            // The filter of an Edge answers preflights at once, whatever its route answers later.
            if self.filters_preflight() && (step.is_head() || steps.iter().any(Step::is_head)) {
                return healthy::answer(self, None);
            }
            match step {
                Step::Head(head) => {
                    let length = match head.framing {
                        Framing::Length => self.prepare_body(&mut steps),
                        _ => 0,
                    };
                    self.head(head, length)?;
                }
                Step::Header(name, value) => self.headers.push((name, value)),
                Step::Body(bytes) => self.body(&bytes)?,
                Step::Raw(bytes) => self.send(&bytes)?,
                Step::Fill(byte, count) => self.fill(byte, count)?,
                Step::Environments => self.body(&healthy::poll::environments(self))?,
                Step::Features => self.body(healthy::stream::features(self).as_bytes())?,
                Step::Pace(pace) => {
                    self.pace = pace;
                    self.pieces = 0;
                }
                Step::Sleep(pause) => self.sleep(pause)?,
                Step::Signal(name) => {
                    self.mailbox.wait_until(None, || self.edge.server.was_signalled(&name))?;
                }
                Step::Hang => self.mailbox.wait_until(None, || false)?,
                Step::Live => return self.live().map(Some),
                Step::Healthy(status) => {
                    if let Some(how) = healthy::answer(self, status)? {
                        return Ok(Some(how));
                    }
                }
                Step::Call(action) => action(self.edge),
                Step::Choose(choice) => {
                    if let Some(request) = self.request {
                        for step in or_healthy(choice(request)).into_iter().rev() {
                            steps.push_front(step);
                        }
                    }
                }
                Step::Redirect(status, to) => self.redirect(status, &to)?,
                Step::Close(how) => return Ok(Some(how)),
            }
        }
        Ok(None)
    }

    /// Ends the body as its framing requires.
    pub(crate) fn finish(&mut self) -> Result<Next, Interrupted> {
        let next = match self.body {
            Some(Body::Chunked) if self.is_head_request() => Next::Request,
            Some(Body::Chunked) => {
                self.send(b"0\r\n\r\n")?;
                Next::Request
            }
            Some(Body::Length(0)) => Next::Request,
            _ => Next::Close(Closing::Fin),
        };
        if self.request.is_none_or(|request| request.wants_close()) {
            return Ok(Next::Close(Closing::Fin));
        }
        Ok(next)
    }

    /// Renders the steps that depend on the current state, and returns the total length of the body.
    fn prepare_body(&self, steps: &mut VecDeque<Step>) -> u64 {
        let mut length = 0;
        for step in steps.iter_mut() {
            match step {
                Step::Environments => *step = Step::Body(healthy::poll::environments(self)),
                Step::Features => {
                    *step = Step::Body(healthy::stream::features(self).into_bytes());
                }
                _ => {}
            }
            length += match step {
                Step::Body(bytes) => bytes.len() as u64,
                Step::Fill(_, count) => *count,
                _ => 0,
            };
        }
        length
    }

    /// Sends a complete answer of known length.
    pub(crate) fn respond(&mut self, head: Head, body: &[u8]) -> Result<(), Interrupted> {
        self.head(head, body.len() as u64)?;
        self.body(body)
    }

    /// Sends the head, unless one was sent already.
    pub(crate) fn head(&mut self, mut head: Head, length: u64) -> Result<(), Interrupted> {
        if self.body.is_some() {
            return Ok(());
        }
        for (name, value) in std::mem::take(&mut self.headers) {
            head.set(&name, &value);
        }
        if self.request.is_some_and(|request| request.wants_cors_headers()) {
            head.set_missing("access-control-allow-origin", "*");
            head.set_missing("access-control-expose-headers", EXPOSED);
        }
        let bodiless = matches!(head.status, 100..=199 | 204 | 304);
        let body = match head.framing {
            Framing::Chunked => {
                head.set("transfer-encoding", "chunked");
                Body::Chunked
            }
            Framing::Length if bodiless => Body::Length(length),
            Framing::Length => {
                head.set("content-length", &length.to_string());
                Body::Length(length)
            }
            Framing::Declared(length) => {
                head.set("content-length", &length.to_string());
                Body::Length(length)
            }
            Framing::UntilClose => Body::UntilClose,
        };
        let closes = self.request.is_some_and(|request| request.wants_close())
            || matches!(body, Body::UntilClose);
        if closes && !head.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
            head.set("connection", "close");
        }
        let mut text = format!("HTTP/{} {} {}\r\n", head.version, head.status, reason(head.status));
        for (name, value) in &head.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.body = Some(body);
        self.edge.server.recorder.status(self.place, head.status);
        self.send(text.as_bytes())
    }

    fn filters_preflight(&self) -> bool {
        self.request.is_some_and(|request| request.is_preflight())
            && !self.edge.server.scripts_preflights()
    }

    fn is_head_request(&self) -> bool {
        self.request.is_some_and(|request| request.method == "HEAD")
    }

    /// Sends bytes of the body, with framing.
    pub(crate) fn body(&mut self, bytes: &[u8]) -> Result<(), Interrupted> {
        if bytes.is_empty() {
            return Ok(());
        }
        let unseen = self.is_head_request();
        let count = bytes.len() as u64;
        match &mut self.body {
            Some(Body::Length(left)) => match left.checked_sub(count) {
                Some(rest) => *left = rest,
                None => self.body = Some(Body::Exceeded),
            },
            Some(Body::Chunked) if !unseen => {
                let mut chunk = format!("{count:x}\r\n").into_bytes();
                chunk.extend_from_slice(bytes);
                chunk.extend_from_slice(b"\r\n");
                return self.send(&chunk);
            }
            _ => {}
        }
        if unseen { Ok(()) } else { self.send(bytes) }
    }

    fn fill(&mut self, byte: u8, count: u64) -> Result<(), Interrupted> {
        const BLOCK: usize = 64 * 1024;
        let block = vec![byte; BLOCK];
        let mut left = count;
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            self.body(block.get(..now).unwrap_or_default())?;
            left -= now as u64;
        }
        Ok(())
    }

    /// Writes bytes in the pieces and with the delays that `pace` sets.
    fn send(&mut self, bytes: &[u8]) -> Result<(), Interrupted> {
        let (recorder, connection, place) =
            (&self.edge.server.recorder, self.connection, self.place);
        let wrote = |count| recorder.wrote(connection, place, count);
        if self.pace.sizes.is_empty() {
            return self.mailbox.write(self.socket, bytes, wrote);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let last = self.pace.sizes.len().saturating_sub(1);
            let size = self.pace.sizes.get(self.pieces.min(last)).copied().unwrap_or(1).max(1);
            let (piece, after) = rest.split_at_checked(size).unwrap_or((rest, &[]));
            if self.pieces > 0 && !self.pace.delay.is_zero() {
                self.sleep(self.pace.delay)?;
            }
            self.pieces += 1;
            self.mailbox.write(self.socket, piece, wrote)?;
            rest = after;
        }
        Ok(())
    }

    pub(crate) fn sleep(&self, pause: Duration) -> Result<(), Interrupted> {
        match self.mailbox.wait_until(Instant::now().checked_add(pause), || false) {
            Err(Interrupted::Deadline) => Ok(()),
            other => other,
        }
    }

    /// Sends pushes, heartbeats and `bye` until the stream ends in an orderly way.
    pub(crate) fn live(&mut self) -> Result<Closing, Interrupted> {
        let (heartbeat, drop_after) = {
            let world = locked(&self.edge.server.world);
            (world.heartbeat, world.drop_after)
        };
        let after = |time: Option<Duration>| time.and_then(|time| Instant::now().checked_add(time));
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= Instant::now());
        let dropped = after(drop_after);
        let mut beat = after(heartbeat);
        loop {
            // Both times are checked in each round, because with frequent updates no wait lasts until its deadline.
            if is_due(dropped) {
                self.body(event_text("bye", None, BYE).as_bytes())?;
                break;
            }
            if is_due(beat) {
                self.body(event_text("ack", None, HEARTBEAT).as_bytes())?;
                beat = after(heartbeat);
            }
            let until = [beat, dropped].into_iter().flatten().min();
            match self.mailbox.next_push(until) {
                Ok(Push::Text(text)) => {
                    self.body(text.as_bytes())?;
                    // A heartbeat must not come between `bye` and the end.
                    if *text == *event_text("bye", None, BYE) {
                        beat = None;
                    }
                }
                Ok(Push::End) => break,
                Err(Interrupted::Deadline) => {}
                Err(interrupted) => return Err(interrupted),
            }
        }
        self.finish()?;
        Ok(Closing::Fin)
    }

    fn redirect(&mut self, status: u16, to: &RedirectTo) -> Result<(), Interrupted> {
        let target = self.request.map(|request| request.target.as_str()).unwrap_or("/");
        let location = match to {
            RedirectTo::Itself => target.to_owned(),
            RedirectTo::Origin(origin) => format!("{origin}{target}"),
            RedirectTo::Prefix(prefix) => format!("{prefix}{target}"),
            RedirectTo::Exactly(location) => location.clone(),
        };
        let mut head = Head::new(status, Framing::Length);
        head.set("location", &location);
        self.respond(head, b"")
    }

    /// Sends a complete answer with a JSON document.
    pub(crate) fn json_body(
        &mut self,
        mut head: Head,
        document: &Value,
    ) -> Result<(), Interrupted> {
        head.set("content-type", "application/json");
        self.respond(head, document.to_string().as_bytes())
    }
}

fn or_healthy(behaviour: Behaviour) -> VecDeque<Step> {
    // Steps that only set something, such as a header, apply to a healthy answer.
    let silent =
        behaviour.steps.iter().all(|step| matches!(step, Step::Header(..) | Step::Pace(_)));
    let mut steps = VecDeque::from(behaviour.steps);
    if silent {
        steps.push_back(Step::Healthy(None));
    }
    steps
}
