//! The network: what arrives at the server, its answers, and their way to the client.

use super::*;

const JSON: &str = "application/json";
const SENTENCE: &str = r#"{"error":"unauthorized","message":"no such key"}"#;

impl Script {
    /// Queues an event for the client. Nothing follows the end of a connection.
    pub(super) fn send(&mut self, at: usize, outgoing: Outgoing) {
        let connection = &mut self.connections[at];
        if connection.is_over || connection.is_silent {
            return;
        }
        if matches!(outgoing, Outgoing::End(_)) {
            connection.is_over = true;
            connection.gets_events = false;
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
        if self.connections[at].is_over || self.connections[at].is_silent {
            return;
        }
        let kind = self.connections[at].kind.clone();
        note!(self, "arrives {kind:?} {:?}", self.fault);
        match self.fault {
            Some(Fault::Unreached) => {
                return self.send(at, Outgoing::End(End::Unreached("refused")));
            }
            Some(Fault::Tls) => return self.send(at, Outgoing::End(End::Tls("expired"))),
            Some(Fault::ConnectTimeout) => {
                return self.send(at, Outgoing::End(End::ConnectTimeout));
            }
            Some(Fault::Status(status, wait, body)) => {
                return self.refuse(at, status, wait, body);
            }
            Some(Fault::Reset) => return self.send(at, Outgoing::End(End::Broken("reset"))),
            Some(Fault::Hangs) => return,
            _ => {}
        }
        match kind {
            Kind::Stream => self.streams(at),
            Kind::Map(_) | Kind::Part(..) => self.answers(at),
        }
    }

    fn refuse(&mut self, at: usize, status: u16, wait: Option<u64>, body: ErrorBody) {
        use Outgoing::{End as Ends, Piece, ResponseHead as Head};
        self.send(at, Head(status, wait, JSON));
        match body {
            ErrorBody::Empty => self.send(at, Ends(End::Complete)),
            ErrorBody::Sentence => {
                self.send_all(at, [Piece(SENTENCE.into()), Ends(End::Complete)]);
            }
            ErrorBody::NoEnd => self.send(at, Piece(SENTENCE.into())),
            ErrorBody::Endless => {
                self.send_all(at, (0..6).map(|_| Piece(vec![b' '; 15_000])));
            }
        }
    }

    fn streams(&mut self, at: usize) {
        use Outgoing::{End as Ends, Piece, ResponseHead as Head};
        let refusal = match self.fault {
            _ if self.plan.refuses_streams => Some((500, None, "text/plain")),
            Some(Fault::StreamStatus(status, wait)) => Some((status, wait, "text/plain")),
            Some(Fault::StreamJson) => Some((200, None, JSON)),
            Some(Fault::StreamHangs) => return,
            _ => None,
        };
        if let Some((status, wait, kind)) = refusal {
            return self.send_all(at, [Head(status, wait, kind), Ends(End::Complete)]);
        }
        let connected = Piece(b"event: connected\ndata: {\"env_id\":\"e\"}\n\n".to_vec());
        self.send_all(at, [Head(200, None, "text/event-stream"), connected]);
        match self.fault {
            Some(Fault::StreamSilent) => return,
            Some(Fault::StreamEnds(0)) => return self.send(at, Ends(End::Complete)),
            Some(Fault::StreamEnds(after)) => self.after(after, Event::Closes(at)),
            Some(Fault::StreamNoise) => {
                let noise = ":\n\nevent: other\ndata: flag-update\n\ndata\n\nretry: 1\n\n";
                self.send(at, Piece(noise.into()));
            }
            _ => {}
        }
        self.connections[at].gets_events = true;
        if self.plan.has_write_timeout {
            self.after(30_000, Event::Closes(at));
        }
    }

    fn answers(&mut self, at: usize) {
        use Outgoing::{End as Ends, Piece, ResponseHead as Head};
        let kind = self.connections[at].kind.clone();
        let answers: BTreeMap<String, Option<String>> = match &kind {
            Kind::Map(key) => {
                // The map is for the key alone.
                let user = User { key: key.clone(), plan: None };
                let values = self.server.values(&user, None).into_iter();
                values.map(|(key, value)| (key, Some(value))).collect()
            }
            Kind::Part(keys, user) => {
                let evaluate = |key: &String| (key.clone(), self.server.evaluate(key, user));
                keys.iter().map(evaluate).collect()
            }
            Kind::Stream => unreachable!(),
        };
        let good = Head(200, None, JSON);
        match self.fault {
            Some(Fault::PartsFail(status)) if matches!(kind, Kind::Part(..)) => {
                return self.refuse(at, status, None, ErrorBody::Empty);
            }
            Some(Fault::HeadOnly) => return self.send(at, good),
            Some(Fault::Html) => {
                let page = Piece(b"<html>".to_vec());
                let head = Head(200, None, "text/html");
                return self.send_all(at, [head, page, Ends(End::Complete)]);
            }
            Some(Fault::List) => {
                return self.send_all(at, [good, Piece(b"[]".to_vec()), Ends(End::Complete)]);
            }
            Some(Fault::TooLarge) => {
                let large = Piece(vec![b' '; 100_001]);
                return self.send_all(at, [good, large, Ends(End::Broken("reset"))]);
            }
            _ => {}
        }
        let body = body(&kind, &answers).into_bytes();
        let (first, rest) = body.split_at(self.random.index(body.len() - 1));
        self.send_all(at, [good, Piece(first.to_vec())]);
        match self.fault {
            Some(Fault::Cut) => return self.send(at, Ends(End::Broken("reset"))),
            Some(Fault::Truncated) => return self.send(at, Ends(End::Complete)),
            _ => {}
        }
        self.connections[at].answers = Some(answers);
        self.send_all(at, [Piece(rest.to_vec()), Ends(End::Complete)]);
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
            let slow = !self.is_healed && self.random.percent(5);
            let way = self.random.below(if slow { 2_000 } else { 30 });
            self.after(way, Event::Flows(at));
        }
        let request_id = self.connections[at].request_id;
        let is_poll = self.client.poll == Some(request_id);
        let is_live = is_poll || self.client.stream == Some(request_id);
        // A driver passes in nothing of a request that it was told to abort, but for a few events that are on their way already.
        if !is_live && !self.random.percent(20) {
            return Ok(());
        }
        note!(self, "delivers to {request_id:?} {next:?}");
        let fact = Fact::Network { expects_part: false };
        match next {
            Outgoing::ResponseHead(status, wait, kind) => {
                let mut head = ResponseHead::new(status).header("Content-Type", kind);
                if let Some(wait) = wait {
                    head = head.header("Retry-After", wait.to_string());
                }
                self.tell(Input::Opened { request_id, head: &head }, fact)
            }
            Outgoing::Piece(bytes) => self.tell(Input::Bytes { request_id, bytes: &bytes }, fact),
            Outgoing::End(end) if is_poll => self.poll_ends(at, end),
            Outgoing::End(end) => self.tell(Input::Closed { request_id, end }, fact),
        }
    }

    /// Passes in the end of the poll's request, and checks the values that the client serves then.
    fn poll_ends(&mut self, at: usize, end: End<'static>) -> Result<(), Broken> {
        let refresh = self.refresh.take();
        let good = self.connections[at].answers.take().filter(|_| end == End::Complete);
        let mut is_complete = false;
        let mut next = None;
        if let (Some(mut refresh), Some(answers)) = (refresh, good) {
            match refresh.add(&self.plan, &answers) {
                Some(complete) => {
                    self.expected = Some(complete);
                    is_complete = true;
                    self.client.limits.has_contact = true;
                }
                None => next = Some(refresh),
            }
        }
        self.refresh = next;
        let fact = Fact::Network { expects_part: self.refresh.is_some() };
        let request_id = self.connections[at].request_id;
        self.tell(Input::Closed { request_id, end }, fact)?;
        if !is_complete {
            return Ok(());
        }
        let problem = &self.client.session.status().problem;
        let is_good = matches!(problem, None | Some(Problem::NoStreaming));
        hold(Invariant::Problem, is_good, || format!("{problem:?} after a good poll"))?;
        self.compare()
    }

    pub(super) fn faults(&mut self) {
        let fault = Fault::draw(&mut self.random);
        self.fault = if self.fault.is_some() { None } else { Some(fault) };
        note!(self, "fault {:?}", self.fault);
        // Many faults begin in the middle of a conversation.
        let live = [self.client.poll, self.client.stream];
        if let Some(request_id) = live[self.random.index(2)]
            && self.random.percent(60)
        {
            let at = self.find(request_id);
            if !self.connections[at].is_over {
                note!(self, "    in the middle");
                match self.random.below(3) {
                    0 => self.connections[at].is_silent = true,
                    1 => {
                        // The bytes that have not arrived are lost.
                        self.connections[at].outbox.clear();
                        self.connections[at].answers = None;
                        self.send(at, Outgoing::End(End::Broken("reset")));
                    }
                    _ => {
                        self.connections[at].answers = None;
                        self.send(at, Outgoing::End(End::Complete));
                    }
                }
            }
        }
        let gap = self.random.below(2 * self.plan.fault_gap);
        self.after(gap, Event::Faults);
    }

    /// Passes in events of a request that ended long ago. They must change nothing.
    pub(super) fn ghost(&mut self, at: usize) -> Result<(), Broken> {
        let request_id = self.connections[at].request_id;
        if [self.client.poll, self.client.stream].contains(&Some(request_id)) {
            return Ok(());
        }
        note!(self, "ghost of {request_id:?}");
        let before = (self.client.session.status().clone(), self.client.deadline());
        let fact = Fact::Network { expects_part: false };
        let head = ResponseHead::new(200).header("Content-Type", "text/event-stream");
        self.tell(Input::Opened { request_id, head: &head }, fact)?;
        self.tell(Input::Bytes { request_id, bytes: b"{}" }, fact)?;
        let end = self.random.pick(&[End::Broken("reset"), End::Complete]);
        self.tell(Input::Closed { request_id, end }, fact)?;
        let after = (self.client.session.status().clone(), self.client.deadline());
        hold(Invariant::Told, before == after, || format!("{before:?} became {after:?}"))
    }
}

/// Returns the body of the server's answer.
fn body(kind: &Kind, answers: &BTreeMap<String, Option<String>>) -> String {
    let is_map = matches!(kind, Kind::Map(_));
    let members = answers.iter().map(|(key, value)| match value {
        Some(value) if is_map => format!(r#""{key}":"{value}""#),
        Some(value) => {
            format!(r#""{key}":{{"flag_key":"{key}","reason":"TARGETED","value":"{value}"}}"#)
        }
        None => format!(r#""{key}":{{"flag_key":"{key}","reason":"NOT_FOUND","value":null}}"#),
    });
    format!("{{{}}}\n", members.collect::<Vec<_>>().join(","))
}
