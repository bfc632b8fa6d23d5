//! Suspension: the client sends no request that no command needs, and nothing that it knows is lost.

use fh_repository::status::Connection;
use fh_session::RequestKind;

use super::{Phase, Shown, Spec};

impl Spec {
    /// Returns true if the suspension keeps the client from acting when its time comes.
    pub(super) fn is_dormant(&self) -> bool {
        self.suspended && matches!(self.phase, Phase::Due(_) | Phase::Fresh(_) | Phase::Expired)
    }

    pub(super) fn suspend(&mut self) {
        if self.suspended || self.phase == Phase::Stopped {
            return;
        }
        self.suspended = true;
        let is_needed = !self.pending.is_empty();
        match self.phase.clone() {
            Phase::Stream(open) if self.is_last(&open) => {
                self.give_up();
                self.halt_stale();
            }
            Phase::Sent { .. } | Phase::Body { .. }
                if is_needed && self.kind == RequestKind::Poll => {}
            Phase::Paced(_) if is_needed && self.following == Some(RequestKind::Poll) => {}
            Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_) | Phase::Paced(_) => {
                self.give_up();
                if is_needed {
                    self.connect();
                } else {
                    self.phase = Phase::Due((self.now, self.now));
                }
            }
            _ => {}
        }
    }

    pub(super) fn resume(&mut self, shown: &Shown) {
        if !std::mem::take(&mut self.suspended) {
            return;
        }
        let now = self.now;
        match self.phase {
            Phase::Expired => self.expected.report_reads = true,
            // An observer does not know the time of a retry while the client shows none.
            Phase::Due((low, high))
                if high <= now || (low <= now && shown.connection != Connection::Waiting) =>
            {
                self.connect();
            }
            Phase::Fresh((low, high)) if high <= now || (low <= now && shown.report_reads) => {
                self.phase = Phase::Expired;
                self.expected.report_reads = true;
            }
            Phase::Paced(at) if at <= now => self.connect(),
            Phase::Sent { .. } | Phase::Body { .. }
                if self.phase_deadline().is_some_and(|(_, until)| until <= now) =>
            {
                self.tick();
            }
            _ => {}
        }
        self.expire();
    }
}
