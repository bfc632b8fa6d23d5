//! Delays before the next request (D-21, D-64, D-75).

use fh_session::{Backoff, Mode};

use super::{Phase, Range, Spec, millis};

impl Spec {
    pub(super) fn delay(backoff: &Backoff, count: u32, cap: u64) -> Range {
        let initial = millis(backoff.initial);
        let full = (initial << count.min(20)).min(cap).min(millis(backoff.cap));
        let least = initial.min(100);
        let low = (full as f64 * (1.0 - backoff.jitter)) as u64;
        (low.saturating_sub(1).max(least), full.max(least))
    }

    pub(super) fn trouble(&mut self, problem: &'static str, at_least: u64) {
        self.problem = Some(problem);
        if self.held_streams >= 2 {
            // The poll fails as well, so streams are not the only fault.
            self.fallback = None;
        }
        let (low, high) = if let Some(gap) = self.gap.take() {
            gap
        } else if self.streams() && self.fallback.is_none() {
            let (low, high) = Self::delay(&self.config.backoff, self.failures, u64::MAX);
            self.failures += 1;
            (low.max(self.floor), high.max(self.floor))
        } else if self.serves() && self.contacted {
            let until = self.fallback.filter(|_| self.streams());
            let left = until.map_or(u64::MAX, |until| until.saturating_sub(self.now));
            let least = millis(self.config.backoff.initial).min(100);
            let delay = self.interval.min(left).max(least);
            (delay, delay)
        } else {
            let cap = match self.config.mode {
                Mode::Once => u64::MAX,
                _ => self.interval.max(millis(self.config.backoff.initial)),
            };
            let range = Self::delay(&self.config.backoff, self.failures, cap);
            self.failures += 1;
            range
        };
        self.wait((low.max(at_least), high.max(at_least)));
        self.settle(false);
    }

    pub(super) fn refuse(&mut self, problem: &'static str, at_least: u64) {
        self.problem = Some(problem);
        self.gap = None;
        self.settle(false);
        if !self.contacted {
            self.failed = true;
        }
        let (low, high) = Self::delay(&self.config.refused, self.refusals, u64::MAX);
        self.refusals += 1;
        self.wait((low.max(at_least), high.max(at_least)));
    }

    /// Schedules a retry. A passive client that has features retries only when a feature is read afterwards, and a one-off client that has
    /// features does not retry.
    pub(super) fn wait(&mut self, (low, high): Range) {
        let range = (self.now + low, self.now + high);
        self.phase = match self.config.mode {
            Mode::Passive(_) if self.serves() => Phase::Fresh(range),
            Mode::Once if self.serves() => Phase::Done,
            _ => Phase::Due(range),
        };
    }

    pub(super) fn halt_stale(&mut self) {
        self.problem = Some("stale");
        self.phase = Phase::Halted;
        self.settle(self.serves());
    }
}
