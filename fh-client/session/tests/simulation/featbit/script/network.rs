//! The network: what arrives at the server, its answers, and their way to the client.

use super::*;

impl Script {
    /// Queues an event for the client. Nothing follows the end of a connection.
    pub(super) fn send(&mut self, at: usize, outgoing: Outgoing) {
        let connection = &mut self.connections[at];
        if connection.is_over || connection.is_silent {
            return;
        }
        if matches!(outgoing, Outgoing::End(_)) {
            connection.is_over = true;
            connection.gets_pushes = false;
        }
        connection.outbox.push_back(outgoing);
        if !std::mem::replace(&mut connection.is_flowing, true) {
            let way = self.random.below(150);
            self.after(way, Event::Flows(at));
        }
    }

    pub(super) fn send_all(&mut self, at: usize, all: impl IntoIterator<Item = Outgoing>) {
        for outgoing in all {
            self.send(at, outgoing);
        }
    }

    /// Answers a request as the server, or something in front of it, does now.
    pub(super) fn arrives(&mut self, at: usize) {
        use Outgoing::{End as Ends, ResponseHead as Head};
        if self.connections[at].is_over || self.connections[at].is_silent {
            return;
        }
        let kind = self.connections[at].kind.clone();
        note!(self, "arrives {kind:?} {:?}", self.fault);
        if matches!(kind, Kind::Socket(_)) {
            if !self.plan.has_sockets {
                return self.send(at, Ends(End::Unsupported));
            }
            let blocks = match self.fault {
                Some(Fault::Blocks(blocks)) => Some(blocks),
                _ => self.blocks,
            };
            match blocks {
                Some(Blocks::Status(status)) => return self.send(at, Head(status, None)),
                Some(Blocks::Resets) => return self.send(at, Ends(End::Broken("reset"))),
                Some(Blocks::Hangs) => return,
                Some(Blocks::Swallows) => return self.send(at, Head(101, None)),
                Some(Blocks::Closes) => {
                    return self.send_all(at, [Head(101, None), Ends(End::Closed(Some(1000)))]);
                }
                None => {}
            }
        }
        match self.fault {
            Some(Fault::Unreached) => return self.send(at, Ends(End::Unreached("refused"))),
            Some(Fault::Tls) => return self.send(at, Ends(End::Tls("expired"))),
            Some(Fault::ConnectTimeout) => return self.send(at, Ends(End::ConnectTimeout)),
            Some(Fault::Status(status, wait)) => {
                return self.send_all(at, [Head(status, wait), Ends(End::Complete)]);
            }
            Some(Fault::Reset) => return self.send(at, Ends(End::Broken("reset"))),
            Some(Fault::Hangs) => return,
            _ => {}
        }
        match kind {
            Kind::Socket(token) => self.accepts(at, &token),
            Kind::Poll(timestamp) => self.answers_poll(at, timestamp),
            Kind::Clock => self.send_all(at, [Head(200, None), Ends(End::Complete)]),
        }
    }

    pub(super) fn accepts(&mut self, at: usize, token: &str) {
        self.send(at, Outgoing::ResponseHead(101, None));
        let is_right = server::token(token).is_some_and(|(time, is_secret)| {
            is_secret && (time - self.server_time()).abs() <= TOLERATED
        });
        if !is_right || self.fault == Some(Fault::WrongSecret) {
            return self.send(at, Outgoing::End(End::Closed(Some(4003))));
        }
        match self.fault {
            Some(Fault::SilentAfterUpgrade) => return,
            Some(Fault::Closes(code, 0)) => return self.send(at, Outgoing::End(End::Closed(code))),
            Some(Fault::Closes(_, after)) => self.after(after, Event::Closes(at)),
            _ => {}
        }
        self.connections[at].gets_pushes = true;
    }

    pub(super) fn answers_poll(&mut self, at: usize, timestamp: Option<i64>) {
        use Outgoing::{End as Ends, Piece, ResponseHead as Head};
        match self.fault {
            Some(Fault::WrongSecret) if self.plan.checks_polls => {
                return self.send_all(at, [Head(401, None), Ends(End::Complete)]);
            }
            Some(Fault::Unanswered) => {
                return self.send_all(at, [Head(500, None), Ends(End::Complete)]);
            }
            Some(Fault::SilentAfterUpgrade) => return self.send(at, Head(200, None)),
            Some(Fault::Html) => {
                let page = Piece(b"<html>".to_vec());
                return self.send_all(at, [Head(200, None), page, Ends(End::Complete)]);
            }
            Some(Fault::TooLarge) => {
                let page = Piece(vec![b' '; 100_001]);
                return self.send_all(at, [Head(200, None), page, Ends(End::Broken("reset"))]);
            }
            _ => {}
        }
        let is_for_all = timestamp.is_none();
        let timestamp = timestamp.unwrap_or(0);
        if !is_for_all && self.server.has_nothing_after(timestamp) {
            self.connections[at].shows = Some((self.server.changes, false));
            let status = self.random.pick(&[200, 200, 204, 304]);
            return self.send_all(at, [Head(status, None), Ends(End::Complete)]);
        }
        let garbage = self.fault == Some(Fault::Garbage);
        let message = self.server.sync(&mut self.random, timestamp, garbage);
        let body = message.text.into_bytes();
        let (first, rest) = body.split_at(self.random.index(body.len()));
        self.send_all(at, [Head(200, None), Piece(first.to_vec())]);
        if self.fault == Some(Fault::Cut) {
            return self.send(at, Ends(End::Broken("reset")));
        }
        self.connections[at].shows = Some((self.server.changes, message.full.is_some()));
        self.send_all(at, [Piece(rest.to_vec()), Ends(End::Complete)]);
    }

    /// Reads a message of the client.
    pub(super) fn reads(&mut self, at: usize) {
        let busy_until = self.connections[at].busy_until;
        if busy_until > self.world {
            // The server reads one message after another.
            return self.after(busy_until - self.world, Event::Reads(at));
        }
        let Some(text) = self.connections[at].inbox.pop_front() else { return };
        if !self.connections[at].gets_pushes {
            return;
        }
        if text.contains("ping") {
            let text = r#"{"messageType":"pong","data":{}}"#.to_string();
            return self.send(at, Outgoing::Message(Message { text, full: None }));
        }
        let timestamp = text
            .split_once("\"timestamp\":")
            .and_then(|(_, rest)| rest.trim_end_matches('}').parse().ok());
        let Some(timestamp) = timestamp else { panic!("{text}") };
        note!(self, "reads {text}");
        let fault = self.fault;
        if fault == Some(Fault::Unanswered) {
            return;
        }
        let message = self.server.sync(&mut self.random, timestamp, fault == Some(Fault::Garbage));
        match fault {
            Some(Fault::TooLarge) => return self.send(at, Outgoing::End(End::TooLarge)),
            Some(Fault::Cut) => {
                let part = Outgoing::Part(message.text.len() / 2);
                return self.send_all(at, [part, Outgoing::End(End::Broken("reset"))]);
            }
            Some(Fault::Garbage) => {
                let text = "not JSON".to_string();
                self.send(at, Outgoing::Message(Message { text, full: None }));
            }
            _ => {}
        }
        // The server needs time for an answer, and pushes meanwhile what has changed since it read its data.
        let is_slow = self.random.percent(20);
        let delay = self.random.below(if is_slow { 4_000 } else { 50 });
        self.connections[at].busy_until = self.world + delay + 1;
        self.connections[at].answers.push_back(message);
        self.after(delay, Event::Answers(at));
    }

    /// Delivers the next event of a connection.
    pub(super) fn flows(&mut self, at: usize) -> Result<(), Broken> {
        let connection = &mut self.connections[at];
        if connection.is_silent {
            return Ok(());
        }
        let Some(next) = connection.outbox.pop_front() else {
            connection.is_flowing = false;
            return Ok(());
        };
        let has_more = !connection.outbox.is_empty();
        connection.is_flowing = has_more;
        if has_more {
            let slow = self.random.percent(5);
            let way = self.random.below(if slow { 2_000 } else { 30 });
            self.after(way, Event::Flows(at));
        }
        let request_id = self.connections[at].request_id;
        let is_live = self.client.live == Some(request_id);
        // A driver passes in nothing of a request that it was told to abort, but for a few events that are on their way already.
        if !is_live && !self.random.percent(20) {
            return Ok(());
        }
        note!(self, "delivers to {request_id:?} {next:?}");
        match next {
            Outgoing::ResponseHead(status, wait) => {
                let mut head = ResponseHead::new(status);
                let is_socket = matches!(self.connections[at].kind, Kind::Socket(_));
                if !is_socket || !self.plan.strips_dates {
                    head = head.header("Date", self.date());
                }
                if let Some(wait) = wait {
                    head = head.header("Retry-After", wait.to_string());
                }
                self.tell(Input::Opened { request_id, head: &head }, Fact::ResponseHead(wait))?;
            }
            Outgoing::Part(bytes) => {
                self.tell(Input::Progress { request_id, bytes }, Fact::Network)?;
            }
            Outgoing::Piece(bytes) => {
                self.tell(Input::Bytes { request_id, bytes: &bytes }, Fact::Network)?;
            }
            Outgoing::Message(message) => {
                let len = message.text.len();
                if self.random.percent(30) {
                    let part = self.random.index(len + 1);
                    for bytes in [part, len - part] {
                        self.tell(Input::Progress { request_id, bytes }, Fact::Network)?;
                    }
                }
                let is_live = self.client.live == Some(request_id);
                self.may_be_ready |= is_live && message.full.is_some();
                let text = message.text.as_str().into();
                self.tell(Input::Text { request_id, text }, Fact::Network)?;
                if is_live {
                    self.full = message.full.or(self.full);
                    self.in_step(at)?;
                }
            }
            Outgoing::End(end) => {
                let is_full = self.connections[at].shows.is_some_and(|(_, is_full)| is_full);
                self.may_be_ready |= is_live && is_full;
                self.tell(Input::Closed { request_id, end }, Fact::Network)?;
                if is_live && let Some((changes, is_full)) = self.connections[at].shows {
                    if is_full {
                        self.full = Some(changes);
                    }
                    let problem = &self.client.session.status().problem;
                    let is_good = matches!(problem, None | Some(Problem::SocketsBlocked(_)));
                    hold(Invariant::Problem, is_good || end != End::Complete, || {
                        format!("{problem:?} after a good poll")
                    })?;
                    if end == End::Complete && changes == self.server.changes {
                        self.compare(Invariant::InStep)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the server's time in the form of HTTP.
    pub(super) fn date(&self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let time = Timestamp::from_millis(self.server_time()).to_string();
        let month: usize = time[5..7].parse().unwrap();
        let (day, month, year, clock) =
            (&time[8..10], MONTHS[month - 1], &time[..4], &time[11..19]);
        format!("Mon, {day} {month} {year} {clock} GMT")
    }

    /// Passes in events of a request that ended long ago. They must change nothing.
    pub(super) fn ghost(&mut self, at: usize) -> Result<(), Broken> {
        let request_id = self.connections[at].request_id;
        if self.client.live == Some(request_id) {
            return Ok(());
        }
        note!(self, "ghost of {request_id:?}");
        let before = (self.client.session.status().clone(), self.client.deadline());
        let full = r#"{"messageType":"data-sync","data":{"eventType":"full","featureFlags":[],"segments":[]}}"#;
        let head = ResponseHead::new(101);
        self.tell(Input::Opened { request_id, head: &head }, Fact::Network)?;
        self.tell(Input::Progress { request_id, bytes: 5_000 }, Fact::Network)?;
        self.tell(Input::Text { request_id, text: full.into() }, Fact::Network)?;
        let end = self.random.pick(&[End::Closed(Some(4003)), End::Broken("reset"), End::Complete]);
        self.tell(Input::Closed { request_id, end }, Fact::Network)?;
        let after = (self.client.session.status().clone(), self.client.deadline());
        hold(Invariant::Told, before == after, || format!("{before:?} became {after:?}"))
    }
}
