//! The end of a script: without faults, the client reaches the server's state, and follows its changes.

use std::cmp::Reverse;

use fh_repository::problem::Problem;
use fh_repository::status::Connection as Shown;
use fh_session::featuresignals::Mode;

use super::limits::{Limits, REQUEST};
use super::refresh::Complete;
use super::script::{Event, Script};
use super::server::User;
use crate::invariant::{Broken, Invariant, hold};

/// Maximum time in milliseconds from a change that the server announces to the new values.
const FOLLOWS_WITHIN: u64 = 8_000;

impl Script {
    /// Checks that the client serves the newest values of its context within a bound, and then follows each change.
    pub(super) fn converge(&mut self) -> Result<(), Broken> {
        self.queue = self
            .queue
            .drain()
            .filter(|Reverse((_, _, event))| {
                !matches!(event, Event::User | Event::Changes | Event::Faults)
            })
            .collect();
        self.resume()?;
        let is_refused = Limits::is_refusal(self.client.session.status());
        // The longest delay that the server requests is 100 s. After it, one more attempt may fail, whose answer was on its way already.
        let slow = if is_refused { 1_200_000 } else { 0 };
        let values_until = self.world + slow + 300_000 + 3 * self.plan.interval();
        let until = values_until + 800_000;
        // A stream of the time before may be silent until its lifetime ends.
        let streams_work_at = self.world + 28_000;
        // An answer of the time before may fail a poll of a client that seems to be at home.
        let answers_arrive_by = if self.has_streams() { self.world + REQUEST } else { 0 };
        while self.world < until {
            self.next()?;
            let has_values = self.has_values();
            hold(Invariant::Converges, has_values || self.world < values_until, || {
                format!("no values at {values_until}: {:?}", self.client.served())
            })?;
            if has_values && self.is_at_home() && self.world >= answers_arrive_by {
                return self.follow(streams_work_at);
            }
        }
        let why = format!("{:?}", self.client.session.status());
        Err(Broken { invariant: Invariant::Converges, why })
    }

    /// Changes the server, and checks that a client with a stream has the new values soon.
    fn follow(&mut self, streams_work_at: u64) -> Result<(), Broken> {
        if !self.has_streams() {
            return Ok(());
        }
        for _ in 0..5 {
            let at = streams_work_at.max(self.world) + self.random.below(40_000);
            while self.world < at {
                self.next()?;
            }
            self.server.change_visibly(self.plan.named.as_deref());
            self.announce();
            let until = self.world + FOLLOWS_WITHIN;
            while !self.has_values() {
                hold(Invariant::InStep, self.world <= until, || {
                    format!("the change is not served at {until}")
                })?;
                self.next()?;
            }
        }
        Ok(())
    }

    fn has_streams(&self) -> bool {
        matches!(self.plan.mode, Mode::Streaming(_)) && !self.plan.refuses_streams
    }

    /// Returns true if the client serves the values of the newest context, and the newest ones unless it polls only once.
    fn has_values(&self) -> bool {
        let user = User::of(&self.client.newest);
        let Some(Complete { user: of, values }) = &self.expected else { return false };
        let is_newest = self.plan.mode == Mode::Once
            || *values == self.server.values(&user, self.plan.named.as_deref());
        self.client.limits.has_contact && *of == user && is_newest
    }

    /// Returns true if the client has the connection that it should have without faults.
    fn is_at_home(&self) -> bool {
        let status = self.client.session.status();
        let expected = match self.plan.mode {
            Mode::Streaming(_) if self.plan.refuses_streams => {
                (Shown::Resting, Some(Problem::NoStreaming))
            }
            Mode::Streaming(_) => (Shown::Streaming, None),
            Mode::Once => (Shown::Done, None),
            _ => (Shown::Resting, None),
        };
        (status.connection, status.problem.clone()) == expected && !self.client.has_commands()
    }
}
