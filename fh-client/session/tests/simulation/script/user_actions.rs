//! Commands of users and updates of stores, which come at random times.

use fh_repository::source::Source;
use fh_session::Input;

use super::Script;
use crate::invariant::{Broken, Invariant, hold};
use crate::spec::{Fact, Phase};
use crate::world::{EdgeEvent, KEYS, NAMES, USERS, list};

impl Script {
    /// A user gives a command.
    pub(super) fn user(&mut self) -> Result<(), Broken> {
        let started = self.client.spec.phase != Phase::Idle;
        match self.random.below(100) {
            0..18 if started => {
                let command_id = self.client.command_id(self.world);
                note!(self, "refresh {command_id:?}");
                self.tell(Input::Refresh(command_id), &Fact::Refresh(command_id))
            }
            18..42 => {
                // A context may follow another one before that one is answered (D-120).
                for _ in 0..self.random.pick(&[1, 1, 1, 2, 4]) {
                    self.context()?;
                }
                Ok(())
            }
            42..50 => self.keys(),
            50..75 => {
                note!(self, "feature read");
                self.tell(Input::FeatureRead, &Fact::FeatureRead)
            }
            75..85 if self.plan.stores => self.store(),
            85..94 if self.plan.suspends => self.suspend_or_resume(),
            85..98 => self.tell(Input::Tick, &Fact::Tick),
            98 if started && self.plan.stops => {
                note!(self, "stop");
                self.tell(Input::Stop, &Fact::Stop)?;
                self.client.live = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The program goes to the background or comes back, or says again that it has.
    fn suspend_or_resume(&mut self) -> Result<(), Broken> {
        if self.client.spec.suspended == self.random.percent(80) {
            self.resume()
        } else {
            note!(self, "suspend");
            self.tell(Input::Suspend, &Fact::Suspend)
        }
    }

    pub(super) fn resume(&mut self) -> Result<(), Broken> {
        note!(self, "resume");
        self.tell(Input::Resume, &Fact::Resume)
    }

    pub(super) fn context(&mut self) -> Result<(), Broken> {
        let command_id = self.client.command_id(self.world);
        if self.random.percent(4) {
            let many = (0..31).fold(fh_eval::Attributes::builder(), |builder, n| {
                builder.attribute(&format!("a{n}"), n)
            });
            let fact = Fact::Context(command_id, None);
            return self.tell(Input::Context(command_id, many.build().into()), &fact);
        }
        let user = self.random.index(USERS.len());
        let attributes = self.client.attributes(user);
        note!(self, "context {command_id:?} {:?}", USERS[user]);
        let refused = self.client.spec.stale || self.client.spec.phase == Phase::Stopped;
        if !refused && !self.client.spec.evaluates_here() {
            self.client.switch();
        }
        self.tell(Input::Context(command_id, attributes), &Fact::Context(command_id, Some(user)))
    }

    pub(super) fn keys(&mut self) -> Result<(), Broken> {
        let command_id = self.client.command_id(self.world);
        let keys = self.random.pick(self.plan.other_keys);
        note!(self, "keys {command_id:?} {:?}", KEYS[keys].texts);
        let parsed = fh_session::ApiKeys::parse(KEYS[keys].texts).unwrap();
        if self.client.spec.phase != Phase::Stopped {
            self.client.other_keys();
        }
        self.tell(Input::Keys(command_id, parsed), &Fact::Keys(command_id, keys))
    }

    /// A store sends former features, or invalid data.
    pub(super) fn store(&mut self) -> Result<(), Broken> {
        let keys = &KEYS[self.client.spec.keys];
        let environment = self.random.pick(keys.environments);
        let former = self.edge.world[environment].former(&mut self.random).to_vec();
        let text = match self.random.below(6) {
            0 => "{".to_string(),
            _ => list(former.iter(), keys.kind, USERS[self.client.spec.asked]),
        };
        let source = Source::Store("redis-store".into());
        note!(self, "store {} {text}", NAMES[environment]);
        self.is_mixed = true;
        let fine = text != "{";
        let environment = NAMES[environment].into();
        if let Some(one) = former.first().filter(|_| self.random.percent(30)) {
            let mut text = String::new();
            one.render(keys.kind, USERS[self.client.spec.asked], &mut text);
            note!(self, "just {text}");
            let input = Input::StoredFeature { source, environment, feature: text.as_bytes() };
            self.tell(input, &Fact::StoredFeature)?;
        } else {
            let input = Input::Stored { source, environment, features: text.as_bytes() };
            self.tell(input, &Fact::Stored { fine })?;
        }
        self.stays_buried()
    }

    /// Checks that a feature that the Edge has deleted on this stream is not restored by a store, except with a higher version.
    pub(super) fn stays_buried(&self) -> Result<(), Broken> {
        let Some(connection) =
            self.connections.iter().rfind(|other| self.client.live == Some(other.request_id))
        else {
            return Ok(());
        };
        let is_told = connection.is_honest && connection.tells.is_some() && connection.is_settled();
        for news in connection.told.iter().filter(|_| is_told) {
            let (id, version) = news.version();
            let last = connection.told.iter().rev().find(|last| last.version().0 == id);
            let told = last.filter(|last| version > 0 && last.version().1 >= version);
            let Some(EdgeEvent::Delete(..)) = told else { continue };
            let rules = self.client.rules().into_iter().flat_map(|rules| rules.ruleset().iter());
            for served in rules.filter(|served| served.id() == Some(id)) {
                hold(Invariant::Stores, served.version() > version, || {
                    format!("deleted with version {version}, but {}", served.json())
                })?;
            }
        }
        Ok(())
    }
}
