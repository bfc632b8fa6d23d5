//! The commands of users, and the suspension of the program.

use super::*;

impl Script {
    pub(super) fn user(&mut self) -> Result<(), Broken> {
        match self.random.below(100) {
            0..25 => self.refresh(),
            25..58 => self.set_context(),
            58..60 => self.empty_key(),
            60..65 if self.plan.stops => {
                note!(self, "stop");
                self.tell(Input::Stop, Fact::Command)
            }
            65..68 => self.tell(Input::FeatureRead, Fact::Command),
            // The server knows better than its former answers, so that they change nothing.
            68..72 if self.plan.stored && self.client.limits.has_contact => self.store(),
            _ if self.plan.suspends => {
                if self.client.is_suspended {
                    self.resume()
                } else {
                    self.suspend()
                }
            }
            _ => Ok(()),
        }
    }

    fn refresh(&mut self) -> Result<(), Broken> {
        note!(self, "refresh");
        let command_id = self.client.command_id(self.world + self.ahead, None);
        self.tell(Input::Refresh(command_id), Fact::Command)
    }

    /// Sets one context, or several in a row.
    pub(super) fn set_context(&mut self) -> Result<(), Broken> {
        for _ in 0..self.random.pick(&[1, 1, 1, 2, 4]) {
            let plan = self.random.pick(&[None, Some("pro"), Some("free")]);
            let key = format!("visitor-{}", self.random.below(3));
            let context = User { key, plan: plan.map(str::to_string) }.context();
            note!(self, "context {}", User::of(&context));
            let now = self.world + self.ahead;
            let command_id = self.client.command_id(now, Some(Arc::clone(&context)));
            if self.client.session.status().readiness != Readiness::Closed {
                self.client.newest = Arc::clone(&context);
            }
            self.tell(Input::Context(command_id, context), Fact::Command)?;
        }
        Ok(())
    }

    fn empty_key(&mut self) -> Result<(), Broken> {
        let before = self.client.deadline();
        let context = User { key: String::new(), plan: None }.context();
        let command_id = self.client.command_id(self.world + self.ahead, None);
        self.tell(Input::Context(command_id, context), Fact::Command)?;
        hold(Invariant::Context, before == self.client.deadline(), || "an empty key".to_string())
    }

    pub(super) fn suspend(&mut self) -> Result<(), Broken> {
        note!(self, "suspend");
        self.client.is_suspended = true;
        self.tell(Input::Suspend, Fact::Command)
    }

    pub(in super::super) fn resume(&mut self) -> Result<(), Broken> {
        note!(self, "resume");
        self.client.is_suspended = false;
        self.tell(Input::Resume, Fact::Command)
    }

    /// Serves the answers of an earlier client until the server has answered.
    pub(super) fn store_first(&mut self) -> Result<(), Broken> {
        let values = ["k0", "old"].map(|key| (key.to_string(), "stored".to_string()));
        self.expected =
            Some(Complete { user: User::anonymous(), values: Values::from_iter(values) });
        self.store()?;
        let is_ready = self.client.session.status().readiness == Readiness::Ready;
        hold(Invariant::Stores, is_ready, || "stored answers give no readiness".to_string())
    }

    /// Passes in the answers of an earlier client, and answers that cannot be read.
    fn store(&mut self) -> Result<(), Broken> {
        const GOOD: &[u8] = br#"{"k0":{"value":"stored","reason":"TARGETED"},"old":{"value":"stored","reason":"DISABLED"}}"#;
        for features in [GOOD, b"{"] {
            note!(self, "stored {}", String::from_utf8_lossy(features));
            let source = Source::Store("store".into());
            let environment = "production".into();
            self.tell(Input::Stored { source, environment, features }, Fact::Command)?;
        }
        Ok(())
    }

    /// Gives commands to a closed client.
    pub(super) fn after_the_end(&mut self) -> Result<(), Broken> {
        let is_quiet = self.client.poll.is_none() && self.client.stream.is_none();
        hold(Invariant::Stopped, is_quiet, || "a request is left".to_string())?;
        for _ in 0..10 {
            self.refresh()?;
            self.user()?;
            self.tell(Input::Tick, Fact::Tick)?;
        }
        hold(Invariant::Errands, !self.client.has_commands(), || "no outcome".to_string())
    }
}
