//! The consequences of streams (sdk-behaviour 2.10, sdk-behaviour 2.11, D-22, D-28, D-74).

use fh_repository::problem::Problem;

use super::{Open, Phase, Range, Shown, Spec, millis};
use crate::wire::{Chunk, Empty, Listed, Mark};

impl Spec {
    /// Returns the deadline of a stream. Complete lines keep it open. An event, and the first list, have a time limit that grows with their
    /// bytes (D-74).
    pub(super) fn stream_deadline(&self, open: &Open) -> Range {
        let (low, high) = self.stream_limit(open);
        let held_back = self.held_back_at(open);
        (low.min(held_back), high.min(held_back))
    }

    /// Returns the time at which a stream without a list counts as held back, unless a complete part or enough bytes arrive before (D-65).
    fn held_back_at(&self, open: &Open) -> u64 {
        if open.has_data {
            return u64::MAX;
        }
        open.progress.saturating_add(millis(self.config.limits.held_back))
    }

    /// Returns the problem of a stream whose deadline has passed.
    pub(super) fn stream_problem(&self, open: &Open) -> &'static str {
        let (low, _) = self.stream_limit(open);
        if self.held_back_at(open) <= low { "held_back" } else { "timed_out" }
    }

    fn stream_limit(&self, open: &Open) -> Range {
        let idle = millis(self.config.limits.idle);
        let worth = |bytes: u64| idle.max(bytes / 1024 * 1000);
        let first =
            if open.has_data { u64::MAX } else { open.opened.saturating_add(worth(open.bytes)) };
        match open.begun {
            None => (first.min(open.last_line + idle), first.min(open.last_line + idle)),
            Some((low, high)) => {
                let limit = |begun: u64| {
                    first.min(open.last_byte + idle).min(begun + worth(open.unfinished))
                };
                (limit(low), limit(high))
            }
        }
    }

    pub(super) fn bytes(&mut self, chunk: &Chunk, shown: &Shown) {
        let Phase::Stream(mut open) = self.phase.clone() else {
            if chunk.marks.contains(&Mark::TooLarge) {
                self.give_up();
                self.trouble("too_large", 0);
            }
            return;
        };
        open.bytes += chunk.bytes.len() as u64;
        open.last_byte = self.now;
        if self.now > open.progress {
            open.progress_bytes += chunk.bytes.len() as u64;
        }
        let enough = millis(self.config.limits.held_back) * 1024;
        if open.progress_bytes * 1000 >= enough || !chunk.marks.is_empty() {
            open.progress = self.now;
            open.progress_bytes = 0;
        }
        if chunk.line {
            open.last_line = self.now;
        }
        let low = open.begun.map_or(self.now, |begun| begun.0);
        let high = open.begun.filter(|_| !chunk.begins).map_or(self.now, |begun| begun.1);
        open.begun = (chunk.unfinished > 0).then_some((low, high));
        open.unfinished = chunk.unfinished as u64;
        for mark in &chunk.marks {
            self.phase = Phase::Stream(open.clone());
            match mark {
                Mark::Nothing => {}
                Mark::Bye => open.bye = true,
                Mark::Retry(floor) => self.floor = (*floor).min(30_000),
                Mark::List(listed) => {
                    if !self.stream_list(&mut open, *listed, shown) {
                        self.give_up();
                        return self.stream_trouble(&open, "empty_list");
                    }
                }
                Mark::Update => {
                    self.expected.renewed = true;
                    self.held = None;
                    if open.has_data {
                        self.good(open.doubt);
                        self.settle(true);
                    }
                    self.forget_etag(shown);
                }
                Mark::Malformed | Mark::TooLarge => {
                    self.give_up();
                    let problem = if *mark == Mark::TooLarge { "too_large" } else { "malformed" };
                    return self.stream_trouble(&open, problem);
                }
                Mark::Failure => {
                    self.give_up();
                    self.failed = true;
                    return self.refuse("failure", 0);
                }
                Mark::Stop => {
                    self.give_up();
                    return self.halt_stale();
                }
                Mark::Pause(pause) => {
                    self.give_up();
                    self.problem = Some("stale");
                    let at = self.now + pause;
                    self.phase = Phase::Due((at, at));
                    self.settle(self.serves());
                    return;
                }
            }
            // The request of the waiting context replaces the stream.
            if open.has_data && self.next.is_some() && !self.is_last(&open) {
                break;
            }
        }
        self.phase = Phase::Stream(open);
    }

    /// Applies a list. Returns false if the list is doubtful and therefore not accepted for a new context.
    pub(super) fn stream_list(&mut self, open: &mut Open, listed: Listed, shown: &Shown) -> bool {
        let doubtful = listed.empty == Empty::Lists && !self.evaluates_here();
        let doubt =
            doubtful && self.held.unwrap_or_else(|| shown.problem == Some(Problem::EmptyList));
        if doubt && self.switching && (self.held.is_some() || !shown.first) {
            return false;
        }
        open.has_data = true;
        self.held_streams = 0;
        self.expected.doubted |= doubt;
        self.expected.renewed |= !doubt || self.held.is_none();
        self.received(listed);
        open.doubt = doubt.then_some("empty_list");
        self.good(open.doubt);
        self.forget_etag(shown);
        self.settle(true);
        true
    }

    /// Returns true if no request follows the end of this stream, because its status is 236 and the client has features.
    pub(super) fn is_last(&self, open: &Open) -> bool {
        open.last && (open.has_data || self.serves())
    }

    /// Records that the held features were changed by something other than a poll.
    pub(super) fn forget_etag(&mut self, shown: &Shown) {
        if shown.published {
            self.etag = None;
            self.etag_is_sure = true;
        } else {
            self.etag_is_sure = false;
        }
    }

    pub(super) fn stream_closed(&mut self, open: &Open, broken: Option<&'static str>) {
        self.was_open_since(open.opened, open.has_data);
        if self.is_last(open) {
            self.halt_stale();
        } else if !open.has_data {
            self.trouble(broken.unwrap_or("closed_early"), 0);
        } else if open.bye {
            self.well();
            self.wait((100.max(self.floor), 1_000.max(self.floor)));
            self.settle(true);
        } else if self.failures == 0 && !self.brief_used {
            self.brief_used = true;
            self.problem = Some(broken.unwrap_or("disconnected"));
            self.wait((100.max(self.floor), 1_000.max(self.floor)));
            self.settle(false);
        } else {
            let is_long = Self::delay(&self.config.backoff, self.failures, u64::MAX).1 > 5_000;
            self.trouble(broken.unwrap_or("disconnected"), 0);
            if let Phase::Due((low, high)) = &mut self.phase
                && is_long
            {
                // A poll comes in the middle, and the wait for the stream begins anew after it.
                let half = ((*low - self.now) / 2, (*high - self.now) / 2);
                (*low, *high) = (self.now + half.0, self.now + half.1);
                self.gap = Some(half);
            }
        }
    }

    /// Records that the stream was aborted because of a failure that may pass.
    pub(super) fn stream_trouble(&mut self, open: &Open, problem: &'static str) {
        if self.is_last(open) {
            self.halt_stale();
        } else if problem == "held_back" {
            self.held_back(problem);
        } else {
            self.trouble(problem, 0);
        }
    }

    /// Records that a stream was held back, or that a request for a stream got no response in time. After two such streams without a list of
    /// features between them, the client polls at the interval for held-back streams (D-65).
    pub(super) fn held_back(&mut self, problem: &'static str) {
        self.held_streams += 1;
        if self.held_streams < 2 {
            return self.trouble(problem, 0);
        }
        self.interval = self.own_interval();
        self.fall_back(problem);
    }
}
