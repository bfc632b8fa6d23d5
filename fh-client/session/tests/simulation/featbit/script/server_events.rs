//! Changes of the server's data, faults, and clocks that jump.

use super::*;

impl Script {
    /// Changes the server's data, and pushes the changes.
    pub(super) fn changes(&mut self) {
        let now = self.server_time();
        let mut messages: Vec<Message> = if self.random.percent(2) {
            self.server.change_many(&mut self.random, now)
        } else {
            self.server.change(&mut self.random, now).into_iter().collect()
        };
        match self.fault {
            Some(Fault::PushesOld) => messages.extend(self.server.old(&mut self.random)),
            Some(Fault::UnaskedFull) => {
                messages.push(self.server.sync(&mut self.random, 0, false));
            }
            _ => {}
        }
        for at in 0..self.connections.len() {
            if self.connections[at].gets_pushes {
                // A full answer that is still being prepared would be older than this message, and would replace it.
                let connection = &self.connections[at];
                let is_answered = connection.has_answer && connection.answers.is_empty();
                let fitting = messages.iter().filter(|it| it.full.is_none() || is_answered);
                for message in fitting {
                    note!(self, "pushes to {at}: {}", message.text);
                    self.send(at, Outgoing::Message(message.clone()));
                }
            }
        }
    }

    pub(super) fn faults(&mut self) {
        let fault = Fault::draw(&mut self.random);
        self.fault = if self.fault.is_some() { None } else { Some(fault) };
        note!(self, "fault {:?}", self.fault);
        // Many faults begin in the middle of a conversation.
        if let Some(live) = self.client.live
            && self.random.percent(60)
            && !self.connections[self.find(live)].is_over
        {
            let at = self.find(live);
            self.connections[at].shows = None;
            match self.random.below(4) {
                0 => self.connections[at].is_silent = true,
                1 => self.send(at, Outgoing::End(End::Closed(Some(1001)))),
                2 => {
                    // Messages on their way are lost.
                    self.connections[at].outbox.clear();
                    self.send(at, Outgoing::End(End::Broken("reset")));
                }
                _ => self.send(at, Outgoing::End(End::Complete)),
            }
            note!(self, "    in the middle");
        }
        let gap = self.plan.fault_gap * if self.random.percent(20) { 4 } else { 1 };
        let gap = self.random.below(2 * gap);
        self.after(gap, Event::Faults);
    }

    pub(super) fn jumps(&mut self) {
        if self.random.percent(50) {
            let jump = self.random.pick(&[3_000, 20_000, 60_000, 600_000, 3_600_000]);
            self.wall_off += if self.random.percent(50) { jump } else { -jump };
            note!(self, "the time of day is off by {}", self.wall_off);
        } else {
            let jump = self.random.pick(&[1_500, 30_000, 95_000, 700_000, 3_600_000]);
            self.ahead += jump;
            self.client.jumped(jump);
            note!(self, "the clock jumps by {jump}");
        }
        let gap = self.random.below(self.plan.horizon);
        self.after(gap, Event::Jumps);
    }
}
