//! Commands of users, and updates from stores (sdk-behaviour 2.9.4, sdk-behaviour 2.12, D-62, D-67, D-120).

use fh_repository::readiness::Readiness;
use fh_session::{CommandId, KeyKind, Mode, WhileSwitching};

use super::{Outcome, Pending, Phase, Shown, Spec, millis};
use crate::world::{KEYS, NAMES};

impl Spec {
    pub(super) fn refresh(&mut self, pending: Pending) {
        self.pending.push(pending);
        match &self.phase {
            Phase::Stopped => self.settle(false),
            Phase::Offline => self.settle(true),
            Phase::Stream(open) if open.has_data => self.settle(true),
            Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_) => {}
            Phase::Idle => self.start(),
            _ => self.connect(),
        }
    }

    /// Sets a context. At most one request is in flight, and the newest context waits (D-120).
    pub(super) fn context(&mut self, command_id: CommandId, user: Option<usize>) {
        let expires = Some(self.now + millis(self.config.limits.poll));
        let pending = Pending { command_id, expires };
        let refused = |spec: &mut Self| spec.end_all(vec![pending], Outcome::Ill);
        if self.phase == Phase::Stopped {
            return refused(self);
        }
        if self.evaluates_here() {
            return self.end_all(vec![pending], Outcome::Well);
        }
        let Some(user) = user else { return refused(self) };
        let same = user == self.asked;
        if self.stale && !(same && self.serves()) {
            return refused(self);
        }
        if same {
            self.end_next(Outcome::Superseded);
            return match &self.phase {
                Phase::Idle => self.pending.push(pending),
                Phase::Offline => self.end_all(vec![pending], Outcome::Well),
                _ if self.serves() => self.end_all(vec![pending], Outcome::Well),
                _ => self.refresh(pending),
            };
        }
        if self.awaits_features() {
            match &mut self.next {
                Some((next, waiting)) if *next == user => waiting.push(pending),
                _ => {
                    self.end_next(Outcome::Superseded);
                    self.next = Some((user, vec![pending]));
                }
            }
            return;
        }
        self.supersede();
        self.adopt(user, vec![pending]);
        self.ask_anew();
    }

    /// Returns true if a request is in flight whose features are the first ones of a context that was set after the start.
    fn awaits_features(&self) -> bool {
        let is_in_flight = match &self.phase {
            Phase::Sent { .. } | Phase::Body { .. } => true,
            Phase::Stream(open) => !open.has_data,
            Phase::Paced(_) => self.following.is_some(),
            _ => false,
        };
        is_in_flight && self.was_set && !self.serves()
    }

    /// Reports to the callers that set the current context that another one replaces it.
    fn supersede(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let (contexts, others) = pending.into_iter().partition(|each| each.expires.is_some());
        self.pending = others;
        self.end_all(contexts, Outcome::Superseded);
    }

    pub(super) fn end_next(&mut self, outcome: Outcome) {
        if let Some((_, pending)) = self.next.take() {
            self.end_all(pending, outcome);
        }
    }

    fn adopt(&mut self, user: usize, pending: Vec<Pending>) {
        self.holder = self.served_for();
        self.asked = user;
        self.was_set = self.phase != Phase::Idle;
        self.pending.extend(pending);
        self.etag = None;
        self.etag_is_sure = true;
        self.switching = true;
        if !(self.listed && self.config.while_switching == WhileSwitching::Keep) {
            self.listed = false;
            self.failed = false;
        }
    }

    /// Sends the request of the waiting context once the previous one was applied or has failed.
    pub(super) fn start_next(&mut self) {
        if self.awaits_features() {
            return;
        }
        if self.stale {
            return self.end_next(Outcome::Ill);
        }
        if let Some((user, pending)) = self.next.take() {
            self.supersede();
            self.adopt(user, pending);
            self.ask_anew();
        }
    }

    /// Reports a timeout to the callers whose context has waited for as long as a poll may take.
    pub(super) fn expire(&mut self) {
        let now = self.now;
        let is_late = |each: &mut Pending| each.expires.is_some_and(|at| at <= now);
        let mut late: Vec<_> = self.pending.extract_if(.., is_late).collect();
        if let Some((_, pending)) = &mut self.next {
            late.extend(pending.extract_if(.., is_late));
        }
        self.end_all(late, Outcome::TooLate);
    }

    pub(super) fn change_keys(&mut self, command_id: CommandId, keys: usize) {
        let pending = Pending { command_id, expires: None };
        if self.phase == Phase::Stopped {
            return self.end_all(vec![pending], Outcome::Ill);
        }
        let (old, new) = (&KEYS[self.keys], &KEYS[keys]);
        if let Some((user, waiting)) = self.next.take() {
            if new.kind == KeyKind::ServerEvaluated {
                self.supersede();
            }
            self.adopt(user, waiting);
        }
        self.pending.push(pending);
        let closed = old.environments.iter().filter(|at| !new.environments.contains(at));
        self.expected.revoked = closed.map(|at| NAMES[*at]).collect();
        let holder = self.served_for();
        self.keys = keys;
        self.etag = None;
        self.etag_is_sure = true;
        self.well();
        self.refusals = 0;
        self.fallback = None;
        self.gap = None;
        self.wrong_types = 0;
        self.held_streams = 0;
        self.failed = false;
        self.held = None;
        if old.kind != new.kind || old.environments[0] != new.environments[0] {
            self.listed = false;
            self.contacted = false;
            if old.kind != new.kind {
                (self.switching, self.holder) = (true, holder);
            }
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
        // An observer cannot know whether features of another context are held. A client that is offline has no other source of features
        // for its new context.
        let is_offline = self.config.mode == Mode::Offline;
        let refused = self.switching && !shown.published && !is_offline;
        if self.phase == Phase::Stopped || !fine || refused {
            return;
        }
        self.expected.first = !self.listed || (self.switching && is_offline);
        self.switching = false;
        self.listed = true;
        // A list that changes nothing may leave the client Failed.
        self.failed &= shown.readiness == Readiness::Failed;
        self.held = None;
        self.forget_etag(shown);
    }
}
