//! The commands of users, and the suspension of the program.

use super::*;

impl Script {
    pub(super) fn user(&mut self) -> Result<(), Broken> {
        match self.random.below(100) {
            0..50 => self.refresh(),
            50..60 => {
                let context = Arc::new(Attributes::builder().user_key("x").build());
                let command_id = self.client.command_id(self.world + self.ahead);
                self.tell(Input::Context(command_id, context), Fact::Command)
            }
            60..66 if self.plan.stops => {
                note!(self, "stop");
                self.tell(Input::Stop, Fact::Command)
            }
            66..70 if self.plan.bootstrap => self.bootstrap(),
            70..74 => self.tell(Input::FeatureRead, Fact::Command),
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

    pub(super) fn refresh(&mut self) -> Result<(), Broken> {
        note!(self, "refresh");
        let command_id = self.client.command_id(self.world + self.ahead);
        self.tell(Input::Refresh(command_id), Fact::Command)
    }

    pub(super) fn suspend(&mut self) -> Result<(), Broken> {
        note!(self, "suspend");
        self.client.is_suspended = true;
        self.tell(Input::Suspend, Fact::Command)
    }

    pub(super) fn resume(&mut self) -> Result<(), Broken> {
        note!(self, "resume");
        self.client.is_suspended = false;
        self.tell(Input::Resume, Fact::Command)
    }

    pub(super) fn bootstrap(&mut self) -> Result<(), Broken> {
        note!(self, "bootstrap");
        let document = self.server.bootstrap(&mut self.random);
        let source = Source::Store("bootstrap".into());
        let features = document.as_bytes();
        self.may_be_ready = true;
        self.tell(Input::Stored { source, environment: "e".into(), features }, Fact::Command)?;
        let readiness = self.client.session.status().readiness;
        let is_served = matches!(readiness, Readiness::Ready | Readiness::Closed);
        hold(Invariant::Stores, is_served, || "a bootstrap document gives no readiness".to_string())
    }

    /// Gives commands to a closed client.
    pub(super) fn after_the_end(&mut self) -> Result<(), Broken> {
        hold(Invariant::Stopped, self.client.live.is_none(), || "a request is left".to_string())?;
        for _ in 0..10 {
            self.refresh()?;
            self.user()?;
            self.tell(Input::Tick, Fact::Tick)?;
        }
        hold(Invariant::Errands, !self.client.has_commands(), || "no outcome".to_string())
    }
}
