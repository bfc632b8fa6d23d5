//! Changes of the world, which open streams send: out of order, twice, or all at once.

use super::{Event, Script};
use crate::connection::Connection;
use crate::wire::{Empty, Listed, Mark};
use crate::world::{EdgeEvent, KEYS, USERS, list};

impl Script {
    /// Changes the world and sends the updates on open streams.
    pub(super) fn changes(&mut self) {
        let environment = self.random.pick(&[0, 0, 1, 1, 2]);
        let news = self.edge.world[environment].change(&mut self.random);
        self.spread(environment, &news);
    }

    pub(super) fn spread(&mut self, environment: usize, news: &[EdgeEvent]) {
        self.is_dirty = true;
        for at in 0..self.connections.len() {
            if self.connections[at].tells != Some(environment) {
                continue;
            }
            for news in news {
                self.hear(at, news.clone());
            }
            if self.random.percent(5) {
                self.relist(at, environment);
            }
        }
    }

    /// Sends an update. Updates may overtake each other, and may be sent twice.
    pub(super) fn hear(&mut self, at: usize, news: EdgeEvent) {
        let connection = &mut self.connections[at];
        match connection.held_back.take() {
            Some(before) if Connection::may_swap(&before, &news) => {
                self.say(at, news);
                self.say(at, before);
            }
            Some(before) => {
                self.say(at, before);
                self.say(at, news);
            }
            None if self.random.percent(25) => {
                connection.held_back = Some(news);
                let delay = self.random.below(3_000);
                self.after(delay, Event::Overtaken(at));
            }
            None => self.say(at, news),
        }
        if self.random.percent(10)
            && self.connections[at].held_back.is_none()
            && let Some(outdated) = self.connections[at].outdated(&mut self.random)
        {
            self.write(at, &outdated);
        }
    }

    pub(super) fn say(&mut self, at: usize, news: EdgeEvent) {
        self.write(at, &news);
        self.connections[at].told.push(news);
    }

    pub(super) fn write(&mut self, at: usize, news: &EdgeEvent) {
        let connection = &mut self.connections[at];
        let (keys, user) = (&KEYS[connection.asked.keys], USERS[connection.asked.user]);
        let (name, data) = news.render(keys.kind, user);
        note!(self, "{:?} receives {name} {data}", connection.request_id);
        if let Some(answer) = &mut connection.answer {
            answer.wire.event(name, &data, Mark::Update);
        }
        self.flow(at);
    }

    /// Sends the whole list once more.
    pub(super) fn relist(&mut self, at: usize, environment: usize) {
        if let Some(before) = self.connections[at].held_back.take() {
            self.say(at, before);
        }
        let connection = &mut self.connections[at];
        connection.told.clear();
        let (keys, user) = (&KEYS[connection.asked.keys], USERS[connection.asked.user]);
        let data = list(self.edge.world[environment].features.iter(), keys.kind, user);
        let empty = if data == "[]" { Empty::Lists } else { Empty::No };
        if let Some(answer) = &mut connection.answer {
            let style = self.random.below(6);
            answer.wire.list(style, &data, Mark::List(Listed { honest: true, empty }));
        }
        self.flow(at);
    }
}
