//! The walk over a flag whose strategies are rows: the first row that passes answers.
//!
//! A row passes if its rules hold and its share admits the subject. Rows that come from one rule of the payload follow each other and have
//! the same rules, which are evaluated once.

#[cfg(feature = "featbit")]
mod interval;
#[cfg(feature = "featuresignals")]
mod relations;
mod state;

#[cfg(feature = "featbit")]
use crate::bucket::Encoding;
use crate::clock::Clock;
use crate::evaluate::{Evaluator, Memory, Verdict};
use crate::predicate::{Predicate, Run};
use crate::reason::EvaluationReason;
use crate::tables::{Mode, Share, Strategy, Tables};
use crate::trace::Tracer;
use state::{Drawn, Visited, walked};

impl<'a, C: Clock, T: Tracer, const N: usize> Evaluator<'a, '_, C, T, N> {
    /// Returns the row that answers. In FeatBit, no row answers for a blank key. The function is not inlined, because features of FeatureHub
    /// take the same way up to here and would pay for its registers.
    #[inline(never)]
    pub(crate) fn rows(&mut self, run: Run) -> Option<u32> {
        #[cfg(feature = "featbit")]
        if self.head.encoding == Encoding::Md5 && self.key_id().is_none() {
            return self.no_default_key();
        }
        if N > 0 || self.head.mode == Mode::FirstRow {
            return self.first_row::<true>(run, &mut None);
        }
        // A single flag with many rules gets a cache of attributes.
        let mut memory = Memory::<4>::new();
        let mut evaluator = Evaluator {
            tables: self.tables,
            segments: self.segments,
            head: self.head,
            attributes: self.attributes,
            clock: self.clock,
            memory: &mut memory,
            tracer: &mut *self.tracer,
        };
        evaluator.first_row::<true>(run, &mut None)
    }

    fn first_row<const SEGMENTS: bool>(
        &mut self,
        run: Run,
        visited: &mut Option<Visited>,
    ) -> Option<u32> {
        let mut judged: Option<(Run, Verdict)> = None;
        let mut drawn = Drawn::Nothing;
        for (row, strategy) in (run.at..).zip(run.of(&self.tables.strategies)) {
            self.tracer.row(self.tables, row);
            let verdict = match judged {
                Some((rules, verdict)) if rules == strategy.rules => verdict,
                _ => {
                    let verdict = self.judge::<SEGMENTS>(strategy.rules);
                    judged = Some((strategy.rules, verdict));
                    verdict
                }
            };
            let passes = match verdict {
                Verdict::Fails => false,
                // The last row of the rule is the answer for a rule that cannot be evaluated.
                Verdict::Malformed => strategy.reason == EvaluationReason::Malformed,
                Verdict::Holds => self.admits(strategy, &mut drawn, visited),
            };
            if passes {
                self.tracer.answer(self.tables, row);
                return Some(row);
            }
        }
        None
    }

    /// Returns true if the share of a row admits the subject.
    #[inline]
    fn admits(
        &mut self,
        strategy: &Strategy,
        drawn: &mut Drawn,
        visited: &mut Option<Visited>,
    ) -> bool {
        let _ = (&drawn, &visited);
        match strategy.share {
            #[cfg(feature = "featbit")]
            Share::Within => self.is_within(strategy, drawn),
            #[cfg(feature = "featuresignals")]
            Share::Below => self.is_below(strategy.limit, drawn),
            #[cfg(feature = "featuresignals")]
            Share::Expired => self.is_expired(strategy.limit),
            #[cfg(feature = "featuresignals")]
            Share::LostGroup => self.has_lost_group(strategy.limit),
            #[cfg(feature = "featuresignals")]
            Share::FailedPrerequisite => self.fails_prerequisite(strategy.limit, visited),
            _ => true,
        }
    }

    /// Evaluates a rule on segments; `None` for any other rule.
    #[inline]
    pub(crate) fn judge_segments(&mut self, predicate: &Predicate) -> Option<Verdict> {
        let (list, if_member) = match predicate {
            Predicate::InSegment(list) => (list, Verdict::Holds),
            Predicate::InNoSegment(list) => (list, Verdict::Fails),
            #[cfg(feature = "featuresignals")]
            Predicate::InKnownSegment(list) => {
                let is_member = self.is_in_segment(*list, Unknown::Skipped);
                return Some(if is_member == Some(true) { Verdict::Holds } else { Verdict::Fails });
            }
            _ => return None,
        };
        Some(match self.is_in_segment(*list, Unknown::Malformed) {
            None => Verdict::Malformed,
            Some(true) => if_member,
            Some(false) if if_member == Verdict::Holds => Verdict::Fails,
            Some(false) => Verdict::Holds,
        })
    }

    /// Returns true if the subject is in one of these segments; `None` if a segment that has to be evaluated is malformed, or if it is
    /// unknown and must not be.
    fn is_in_segment(&mut self, list: Run, unknown: Unknown) -> Option<bool> {
        for slot in list.of(&self.tables.named_segments) {
            let slot = self.segments.get(*slot as usize)?;
            let segment = slot.segment.as_deref();
            self.tracer.enter(&slot.id, segment.map(|segment| (segment, 0)));
            let is_member = match (segment, unknown) {
                (Some(segment), _) => self.is_member(segment),
                (None, Unknown::Malformed) => None,
                #[cfg(feature = "featuresignals")]
                (None, Unknown::Skipped) => Some(false),
            };
            self.tracer.leave(is_member);
            if is_member != Some(false) {
                return is_member;
            }
        }
        Some(false)
    }

    /// Returns true if the subject is in a segment; `None` if the segment is malformed.
    fn is_member(&mut self, segment: &'a Tables) -> Option<bool> {
        let head = segment.heads.first()?;
        let mut memory = Memory::<0>::new();
        let mut evaluator = Evaluator {
            tables: segment,
            segments: &segment.segments,
            head,
            attributes: self.attributes,
            clock: self.clock,
            memory: &mut memory,
            tracer: self.tracer,
        };
        let rows = walked::<T>(segment, 0, head);
        let row = evaluator.first_row::<false>(rows, &mut None);
        match row.and_then(|row| segment.strategies.get(row as usize)).map(|row| row.reason) {
            Some(EvaluationReason::Malformed) => None,
            reason => Some(reason == Some(EvaluationReason::Target)),
        }
    }
}

/// The treatment of a segment that the ruleset lacks.
#[derive(Clone, Copy)]
enum Unknown {
    /// The rule cannot be evaluated (FeatBit).
    Malformed,
    /// The subject is not in the segment (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    Skipped,
}
