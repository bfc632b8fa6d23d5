//! Data on its way between client and Edge, which may be late, cut into pieces, broken off or lost.

use fh_session::{Input, KeyKind, RequestId, RequestKind, ResponseHead};

use super::{Event, Script};
use crate::connection::Pieces;
use crate::edge::{Answer, Body, Ending, Facts, Reply, Then};
use crate::invariant::{Broken, Invariant};
use crate::spec::Fact;
use crate::wire::{Empty, Listed, Mark};
use crate::world::{KEYS, NAMES, USERS, view};

impl Script {
    /// The driver closes a connection. Data that was on its way may still arrive.
    pub(super) fn aborted(&mut self, request_id: RequestId) {
        let Some(at) = self.connections.iter().rposition(|other| other.request_id == request_id)
        else {
            return;
        };
        self.connections[at].is_aborted = true;
        self.connections[at].tells = None;
        if self.random.percent(50) {
            self.connections[at].is_over = true;
        }
        if self.random.percent(40) {
            for _ in 0..self.random.between(1, 2) {
                let delay = self.random.below(15_000);
                self.after(delay, Event::Ghost(at));
            }
        }
    }

    pub(super) fn ghost(&mut self, at: usize) -> Result<(), Broken> {
        let request_id = self.connections[at].request_id;
        let content = self.random.pick(&["application/json", "text/event-stream"]);
        let head = ResponseHead::new(self.random.pick(&[200, 200, 200, 404, 503]))
            .header("content-type", content);
        let poison =
            r#"[{"id":"poison","key":"K1","version":99999,"type":"STRING","value":"poison@fred"}]"#;
        let body = match content {
            "application/json" => format!(r#"[{{"id":"{}","features":{poison}}}]"#, NAMES[0]),
            _ => format!("event: features\ndata: {poison}\n\n"),
        };
        note!(self, "late event for {request_id:?}");
        if self.random.percent(70) {
            self.tell(Input::Opened { request_id, head: &head }, &Fact::Late)?;
        }
        if self.random.percent(70) {
            self.tell(Input::Bytes { request_id, bytes: body.as_bytes() }, &Fact::Late)?;
        }
        if self.random.percent(70) {
            self.tell(Input::Closed { request_id, end: Ending::Complete.end() }, &Fact::Late)?;
        }
        Ok(())
    }

    /// A request reaches the Edge.
    pub(super) fn arrives(&mut self, at: usize) -> Result<(), Broken> {
        if self.connections[at].is_over || self.connections[at].is_aborted {
            return Ok(());
        }
        let asked = self.connections[at].asked.clone();
        let reply = self.edge.answer(&asked, &mut self.random);
        match reply {
            Reply::Fails(ending) => {
                note!(self, "{:?} fails: {ending:?}", self.connections[at].request_id);
                self.ends(at, ending)
            }
            Reply::Answers(answer) => {
                note!(
                    self,
                    "{:?} is answered: {:?}",
                    self.connections[at].request_id,
                    answer.facts
                );
                self.answers(at, *answer);
                Ok(())
            }
        }
    }

    pub(super) fn answers(&mut self, at: usize, mut answer: Answer) {
        let total = answer.wire.left();
        let connection = &mut self.connections[at];
        let is_stream = connection.asked.kind == RequestKind::Stream;
        if let Some(cut) = self.first_cut.take() {
            connection.cut = Some(cut);
            if cut.1 == Ending::Complete && cut.0 < total {
                answer.facts.body = Body::Malformed;
            }
        } else if !self.edge.is_healed && self.random.percent(18) {
            let ending = self.random.pick(&[
                Ending::Broken,
                Ending::Broken,
                Ending::Complete,
                Ending::Silence,
            ]);
            let behind = if is_stream { self.random.below(1_000) as usize } else { 0 };
            let cut = self.random.index(total + 1) + behind;
            connection.cut = Some((cut, ending));
            if ending == Ending::Complete && cut < total {
                answer.facts.body = Body::Malformed;
            }
        }
        if answer.drips {
            connection.pieces = Pieces::Drips;
        }
        if let Then::Tells(environment) = answer.then {
            connection.tells = Some(environment);
        }
        let list =
            matches!(answer.facts.body, Body::List(Listed { honest: true, empty: Empty::No }));
        if list || answer.facts.status == 304 {
            let asked = &connection.asked;
            connection.view = Some(view(&self.edge.world, &KEYS[asked.keys], USERS[asked.user]));
        }
        connection.answer = Some(answer);
        let way = self.random.below(150);
        self.after(way, Event::Opens(at));
    }

    pub(super) fn opens(&mut self, at: usize) -> Result<(), Broken> {
        let connection = &mut self.connections[at];
        if connection.is_over {
            return Ok(());
        }
        connection.is_open = true;
        let request_id = connection.request_id;
        let Some(answer) = &connection.answer else { return Ok(()) };
        let (head, facts) = (answer.head.clone(), answer.facts.clone());
        note!(self, "{request_id:?} opens: {}", facts.status);
        let is_live = self.is_live(at);
        let fact = if is_live { Fact::Opened(&facts) } else { Fact::Late };
        self.tell(Input::Opened { request_id, head: &head }, &fact)?;
        let connection = &self.connections[at];
        if is_live && !self.is_mixed && facts.status == 304 && facts.asked_with_etag {
            self.compare(Invariant::InStep, connection.view.as_ref())?;
        }
        if connection.tells.is_some() && connection.asked.kind == RequestKind::Stream {
            if let Some(time) = self.edge.drop_after {
                self.after(time, Event::Drops(at));
            }
            self.after(20_000, Event::Beats(at));
        }
        self.flow(at);
        Ok(())
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.client.live == Some(self.connections[at].request_id)
    }

    /// Schedules the arrival of the next piece.
    pub(super) fn flow(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if connection.is_open && !connection.is_over && !connection.is_flowing {
            connection.is_flowing = true;
            let (_, gap) = connection.piece(&mut self.random);
            self.after(gap, Event::Flows(at));
        }
    }

    pub(super) fn flows(&mut self, at: usize) -> Result<(), Broken> {
        self.connections[at].is_flowing = false;
        if self.connections[at].is_over {
            return Ok(());
        }
        let is_live = self.is_live(at);
        let connection = &mut self.connections[at];
        let request_id = connection.request_id;
        let (count, _) = connection.piece(&mut self.random);
        let count = count.min(connection.left());
        let Some(answer) = &mut connection.answer else { return Ok(()) };
        let chunk = answer.wire.take(count);
        let facts = answer.facts.clone();
        let then = answer.then;
        for mark in &chunk.marks {
            if let Mark::List(Listed { honest, empty }) = mark {
                // Empty lists are not accepted if the Edge evaluates.
                let believed = *empty == Empty::No
                    || KEYS[connection.asked.keys].kind == KeyKind::ClientEvaluated;
                connection.is_honest = *honest && believed;
                connection.told.clear();
                self.is_mixed &= !(is_live && *honest);
            }
        }
        if count > 0 || self.random.percent(5) {
            note!(self, "{request_id:?} {} {:?}", chunk.bytes.escape_ascii(), chunk.marks);
            let fact = if is_live { Fact::Bytes(&chunk) } else { Fact::Late };
            self.tell(Input::Bytes { request_id, bytes: &chunk.bytes }, &fact)?;
        }
        let connection = &self.connections[at];
        let given = connection.answer.as_ref().map_or(0, |answer| answer.wire.given());
        if let Some((cut, ending)) = connection.cut
            && given >= cut
        {
            return self.ends(at, ending);
        }
        if connection.left() > 0 {
            self.flow(at);
            return Ok(());
        }
        if let (Then::Ends(ending), false) = (then, facts.status == 304) {
            return self.ends(at, ending);
        }
        Ok(())
    }

    /// A connection ends.
    pub(super) fn ends(&mut self, at: usize, ending: Ending) -> Result<(), Broken> {
        let is_live = self.is_live(at);
        let connection = &mut self.connections[at];
        connection.tells = None;
        connection.is_over = true;
        if ending == Ending::Silence {
            return Ok(());
        }
        let request_id = connection.request_id;
        let facts = connection.answer.as_ref().map(|answer| answer.facts.clone());
        let kind = connection.asked.kind;
        let is_open = connection.is_open;
        let facts = facts.unwrap_or_else(Facts::none);
        note!(self, "{request_id:?} ends: {ending:?}");
        if is_live {
            self.client.live = None;
        }
        let fact = if is_live { Fact::Closed(ending, &facts) } else { Fact::Late };
        self.tell(Input::Closed { request_id, end: ending.end() }, &fact)?;
        let has_all = is_live && is_open && kind == RequestKind::Poll && ending == Ending::Complete;
        if has_all && let Body::List(Listed { honest: true, empty: Empty::No }) = facts.body {
            self.is_mixed = false;
            self.compare(Invariant::InStep, self.connections[at].view.as_ref())?;
        }
        Ok(())
    }

    pub(super) fn beats(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if connection.tells.is_none() || connection.is_over {
            return;
        }
        if let Some(answer) = &mut connection.answer {
            if self.edge.heartbeats {
                answer.wire.event("ack", "\"\u{2764}\u{fe0f}\"", Mark::Nothing);
            }
            if self.random.percent(10) {
                answer.wire.noise(&mut self.random);
            }
        }
        self.flow(at);
        self.after(20_000, Event::Beats(at));
    }

    /// The Edge closes a stream.
    pub(super) fn drops(&mut self, at: usize, politely: bool) {
        let connection = &mut self.connections[at];
        if connection.tells.take().is_none() || connection.is_over {
            return;
        }
        connection.is_honest = false;
        if let Some(answer) = &mut connection.answer {
            if politely {
                answer.wire.event("bye", r#"{"status":"closed"}"#, Mark::Bye);
            }
            answer.then = Then::Ends(Ending::Complete);
        }
        self.flow(at);
    }
}
