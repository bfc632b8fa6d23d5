//! The walk over a flag whose strategies are rows: the first row that passes answers.
//!
//! A row passes if its rules hold and its interval contains the bucket. Rows that come from one rule of the payload follow each other and
//! have the same rules, which are evaluated once.

use crate::attributes::{Values, names};
use crate::evaluate::{Evaluator, Memory, Verdict};
use crate::md5::unit_bucket;
use crate::predicate::{Predicate, Run};
use crate::reason::EvaluationReason;
use crate::subject::Subject;
use crate::tables::{Head, Interval, Mode, Share, Strategy, Tables};
use crate::time::Clock;
use crate::trace::{NoTrace, Tracer};

/// Returns the row that answers, or `None` if the subject has no context or no key that the system accepts.
#[inline]
pub(crate) fn first_row<'a, C: Clock, T: Tracer, const N: usize>(
    tables: &'a Tables,
    head: &Head,
    subject: &Subject<'a, C>,
    memory: &mut Memory<'a, N>,
    tracer: &mut T,
) -> Option<u32> {
    let attributes = subject.attributes?;
    let mut evaluator =
        Evaluator { tables, head, attributes, clock: &subject.clock, memory, tracer };
    evaluator.key()?;
    evaluator.first_row::<true>(head.strategies)
}

/// Evaluates one flag without explanation. The function is not inlined, because features of FeatureHub take the same way up to here and
/// would pay for its registers.
#[inline(never)]
pub(crate) fn first_row_alone<C: Clock>(
    tables: &Tables,
    head: &Head,
    subject: &Subject<'_, C>,
) -> Option<u32> {
    match head.mode {
        Mode::FirstRowManyRules => {
            first_row(tables, head, subject, &mut Memory::<4>::new(), &mut NoTrace)
        }
        _ => first_row(tables, head, subject, &mut Memory::<0>::new(), &mut NoTrace),
    }
}

/// Like [`first_row_alone`], for one of several flags that are evaluated for the same subject.
#[inline(never)]
pub(crate) fn first_row_among<'a, C: Clock, const N: usize>(
    tables: &'a Tables,
    head: &Head,
    subject: &Subject<'a, C>,
    memory: &mut Memory<'a, N>,
) -> Option<u32> {
    first_row(tables, head, subject, memory, &mut NoTrace)
}

impl<'a, C: Clock, T: Tracer, const N: usize> Evaluator<'a, '_, C, T, N> {
    fn first_row<const SEGMENTS: bool>(&mut self, run: Run) -> Option<u32> {
        let mut judged: Option<(Run, Verdict)> = None;
        let mut drawn: Option<(u32, f64)> = None;
        for (row, strategy) in (run.at..).zip(run.of(&self.tables.strategies)) {
            self.tracer.strategy(row);
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
                Verdict::Holds => self.is_within(strategy, &mut drawn),
            };
            if passes {
                self.tracer.matched();
                return Some(row);
            }
        }
        None
    }

    /// Returns true if the interval of a row contains the bucket, which is computed once for each attribute that is hashed.
    #[inline]
    fn is_within(&self, strategy: &Strategy, drawn: &mut Option<(u32, f64)>) -> bool {
        if strategy.share != Share::Within {
            return true;
        }
        let bucket = match *drawn {
            Some((source, bucket)) if source == strategy.source => bucket,
            _ => {
                let bucket = self.unit_bucket(strategy.source, "");
                *drawn = Some((strategy.source, bucket));
                bucket
            }
        };
        let interval = self.tables.interval(strategy);
        interval.is_some_and(|interval| (interval.from..=interval.to).contains(&bucket))
    }

    /// Returns the key of the user; `None` if the context has none, or a blank one.
    #[inline]
    fn key(&self) -> Option<&'a str> {
        let session = self.head.session;
        let key = self.attributes.find(session, names::KEY_ID)?.first()?;
        (!key.trim_ascii_start().is_empty() && !key.trim_start().is_empty()).then_some(key)
    }

    /// Returns the bucket, a double from 0 to 1, of the attribute of a source. A missing attribute is an empty text.
    pub(crate) fn unit_bucket(&self, source: u32, prefix: &str) -> f64 {
        let fields = self.tables.sources.get((source as usize).wrapping_sub(1));
        let value = match fields.and_then(|fields| fields.first()) {
            Some(field) => self.attributes.find(field.name, &field.text).and_then(Values::first),
            None => self.key(),
        };
        let id = self.head.hash_id.text(&self.tables.hash_ids);
        unit_bucket([prefix, id, value.unwrap_or_default()])
    }

    /// Evaluates a rule on segments; `None` for any other rule.
    #[inline]
    pub(crate) fn judge_segments(&self, predicate: &Predicate) -> Option<Verdict> {
        let (list, if_member) = match predicate {
            Predicate::InSegment(list) => (list, Verdict::Holds),
            Predicate::InNoSegment(list) => (list, Verdict::Fails),
            _ => return None,
        };
        Some(match self.is_in_segment(*list) {
            None => Verdict::Malformed,
            Some(true) => if_member,
            Some(false) if if_member == Verdict::Holds => Verdict::Fails,
            Some(false) => Verdict::Holds,
        })
    }

    /// Returns true if the subject is in one of these segments; `None` if a segment that has to be evaluated is missing or malformed.
    fn is_in_segment(&self, list: Run) -> Option<bool> {
        for slot in list.of(&self.tables.named_segments) {
            let slot = self.tables.segments.get(*slot as usize)?;
            let segment: &'a Tables = slot.segment.as_deref()?;
            let head = segment.heads.first()?;
            let mut memory = Memory::<0>::new();
            let mut evaluator = Evaluator {
                tables: segment,
                head,
                attributes: self.attributes,
                clock: self.clock,
                memory: &mut memory,
                tracer: &mut NoTrace,
            };
            let row = evaluator.first_row::<false>(head.strategies);
            let Some(strategy) = row.and_then(|row| segment.strategies.get(row as usize)) else {
                continue;
            };
            match strategy.reason {
                EvaluationReason::Malformed => return None,
                EvaluationReason::Target => return Some(true),
                _ => {}
            }
        }
        Some(false)
    }
}

impl Tables {
    /// Returns the interval of a row whose share is [`Share::Within`] or [`Share::Whole`].
    pub(crate) fn interval(&self, strategy: &Strategy) -> Option<&Interval> {
        match strategy.share {
            Share::Within | Share::Whole => {
                self.intervals.get(usize::try_from(strategy.limit).ok()?)
            }
            _ => None,
        }
    }
}
