//! What people ask for, and what stores say (sdk-behaviour 2.9.4, 2.12, D-62, D-67).

use fh_session::{Readiness, WhileSwitching};

use super::{Phase, Settled, Shown, Spec};
use crate::world::KEYS;

impl Spec {
    pub(super) fn refresh(&mut self) {
        match &self.phase {
            Phase::Stopped => self.settle(false),
            Phase::Offline => self.settle(true),
            Phase::Stream(open) if open.has_data => self.settle(true),
            Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_) => {}
            Phase::Idle => self.start(),
            _ => {
                self.stale = false;
                self.connect();
            }
        }
    }

    pub(super) fn context(&mut self, same: bool, too_many: bool) {
        self.expected.settled = match &self.phase {
            Phase::Stopped => Settled::This(false),
            _ if self.evaluates_here() => Settled::This(true),
            _ if too_many || (self.stale && !(same && self.serves())) => Settled::This(false),
            Phase::Offline if same => Settled::This(true),
            Phase::Idle if same => Settled::None,
            _ if same && self.serves() => Settled::This(true),
            _ if same => return self.refresh(),
            _ => {
                self.etag = None;
                self.etag_is_sure = true;
                self.switching = true;
                if !(self.listed && self.config.while_switching == WhileSwitching::KeepValues) {
                    self.listed = false;
                    self.failed = false;
                }
                return self.ask_anew();
            }
        };
    }

    pub(super) fn change_keys(&mut self, keys: usize) {
        if self.phase == Phase::Stopped {
            self.expected.settled = Settled::This(false);
            return;
        }
        let (old, new) = (&KEYS[self.keys], &KEYS[keys]);
        self.keys = keys;
        self.etag = None;
        self.etag_is_sure = true;
        self.well();
        self.refusals = 0;
        self.fallback = None;
        self.wrong_types = 0;
        self.stale = false;
        self.failed = false;
        self.held = None;
        if old.kind != new.kind || old.environments[0] != new.environments[0] {
            self.listed = false;
            self.contacted = false;
            self.switching |= old.kind != new.kind;
        }
        self.ask_anew();
    }

    pub(super) fn ask_anew(&mut self) {
        match &self.phase {
            Phase::Offline => self.settle(true),
            Phase::Idle => {}
            _ => {
                self.give_up();
                self.connect();
            }
        }
    }

    pub(super) fn stored(&mut self, fine: bool, shown: &Shown) {
        // Who looks from outside cannot tell whether another context's features are held.
        let refused = self.switching && !shown.published;
        if self.phase == Phase::Stopped || !fine || refused {
            return;
        }
        self.switching = false;
        self.expected.first = !self.listed;
        self.listed = true;
        // A list that changes nothing need not heal anything.
        self.failed &= shown.readiness == Readiness::Failed;
        self.held = None;
        self.forget_etag(shown);
    }
}
