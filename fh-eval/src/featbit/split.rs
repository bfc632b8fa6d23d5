//! The compiler of the variations of a rule into rows: one for each interval of the split.

use smallvec::SmallVec;

use super::compilation::{Compilation, Variations};
use crate::diagnostic::DiagnosticKind;
use crate::json::{Json, Record, Shape, Token};
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::tables::{
    Interval, NO_POSITION, NameRun, Share, Strategy, StrategyDetail, Typing, ValueAt,
};

/// The difference from 1 below which the end of an interval that begins at 0 is 1.
const NEAR_ONE: f64 = 1e-5;

/// The part of a flag from which rows come.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) rules: Run,
    /// The position of the rule; [`NO_POSITION`] for what is not a rule.
    pub(super) position: u32,
    /// The name of the rule.
    pub(super) name: Option<Run>,
    /// The attribute that is hashed.
    pub(super) source: u32,
    pub(super) reason: EvaluationReason,
}

/// The exposures of a flag that count for experiments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposures {
    All,
    None,
    /// The share that the interval names.
    OfInterval,
}

impl Compilation<'_> {
    /// Adds a row.
    pub(super) fn row(
        &mut self,
        origin: Origin,
        (share, limit): (Share, u32),
        value: ValueAt,
        variant: Option<Run>,
    ) {
        self.writer.tables.strategies.push(Strategy {
            limit: limit as i32,
            rules: origin.rules,
            value,
            source: origin.source,
            share,
            reason: origin.reason,
        });
        self.writer.tables.details.push(StrategyDetail {
            typing: Typing::Text,
            id: None,
            name: origin.name.map(NameRun::from),
            variant: variant.map(NameRun::from),
            percentage: 0,
            position: origin.position,
        });
    }

    /// Adds the row that answers if no interval contains the bucket, and if the rules cannot be evaluated.
    pub(super) fn malformed_row(&mut self, origin: Origin) {
        let origin = Origin { reason: EvaluationReason::Malformed, ..origin };
        self.row(origin, (Share::None, 0), ValueAt::NONE, None);
    }

    /// Adds a row for the variation with this id, in an interval. A row of an unknown variation is malformed.
    pub(super) fn answer(
        &mut self,
        origin: Origin,
        share: Share,
        interval: Interval,
        variations: &Variations<'_>,
        id: &str,
    ) {
        let row = self.writer.tables.intervals.len() as u32;
        self.writer.tables.intervals.push(interval);
        match variations.get(id) {
            Some((value, variant)) => self.row(origin, (share, row), value, Some(variant)),
            None => {
                self.malformed("id", Some(id), DiagnosticKind::Unknown("variation"));
                let origin = Origin { reason: EvaluationReason::Malformed, ..origin };
                self.row(origin, (share, row), ValueAt::NONE, None);
            }
        }
    }

    /// Adds the rows of a rule or of the fallthrough: one for each interval that can contain a bucket, and a malformed one unless no user
    /// can reach it.
    pub(super) fn split(
        &mut self,
        origin: Origin,
        rule: &Record<'_>,
        variations: &Variations<'_>,
        exposures: Exposures,
    ) {
        let Shape::Is(shares) = rule.list("variations") else {
            self.malformed("variations", None, DiagnosticKind::Expected("a list"));
            return self.malformed_row(origin);
        };
        let origin = match shares.take(2).count() {
            0 | 1 => origin,
            _ if origin.reason == EvaluationReason::StrategyMatch => {
                Origin { reason: EvaluationReason::Split, ..origin }
            }
            _ => origin,
        };
        for raw in shares {
            let Some(share) = raw.record() else { continue };
            let id = self.text(&share, "id").unwrap_or_default();
            let Some((from, to)) = self.interval(&share) else { continue };
            let rollout = share.get("exptRollout");
            if rollout.is_some_and(|raw| !matches!(raw.token(), Token::Number(_) | Token::Null)) {
                self.note_wrong_type(&share, "exptRollout", "a number");
            }
            let exposure = exposure(from, to, rollout, exposures);
            let interval = Interval { from, to, exposure };
            if from == 0.0 && 1.0 - to < NEAR_ONE {
                self.answer(origin, Share::Whole, interval, variations, &id);
                if self.may_be_malformed(origin.rules) {
                    self.malformed_row(origin);
                }
                return;
            }
            self.answer(origin, Share::Within, interval, variations, &id);
        }
        self.malformed_row(origin);
    }

    /// Returns true if the evaluation of these rules may find a malformed part.
    pub(super) fn may_be_malformed(&self, rules: Run) -> bool {
        rules.of(&self.writer.tables.rules).iter().any(|rule| rule.predicate.may_end())
    }

    /// Reads the interval of a share. `None` if it can contain no bucket.
    fn interval(&mut self, share: &Record<'_>) -> Option<(f64, f64)> {
        let raw = share.get("rollout");
        let bounds: Option<SmallVec<[f64; 2]>> = raw
            .and_then(|raw| raw.list().into_value())
            .and_then(|bounds| bounds.map(double).collect());
        let interval = match bounds.as_deref() {
            Some([from, to, ..]) if from.is_finite() && to.is_finite() => Some((*from, *to)),
            _ => None,
        };
        if interval.is_none_or(|(from, to)| from > to) {
            let problem = DiagnosticKind::NotA("an interval, such as [0, 0.5]");
            self.malformed("rollout", raw.map(Json::get), problem);
        }
        interval.filter(|(from, to)| from <= to && (*from, *to) != (0.0, 0.0))
    }
}

/// Reads a number exactly; infinity if it is beyond the range of doubles.
pub(super) fn double(raw: Json<'_>) -> Option<f64> {
    match raw.token() {
        Token::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// Returns the largest bucket of the second hash with which an exposure counts.
fn exposure(from: f64, to: f64, rollout: Option<Json<'_>>, exposures: Exposures) -> f64 {
    match exposures {
        Exposures::All => 1.0,
        Exposures::None => 0.0,
        Exposures::OfInterval => {
            let rollout = rollout.and_then(double).unwrap_or(0.0);
            let width = to - from;
            if width == 0.0 || !rollout.is_finite() || rollout <= 0.0 {
                0.0
            } else {
                (rollout / width).min(1.0)
            }
        }
    }
}

impl Interval {
    /// Returns true if an exposure counts for experiments. `bucket` is the bucket of the second hash, which is computed only if it decides.
    pub(super) fn counts(&self, bucket: impl FnOnce() -> f64) -> bool {
        self.exposure > 0.0 && (1.0 - self.exposure < NEAR_ONE || bucket() <= self.exposure)
    }

    /// The interval of a row that has none.
    pub(super) const fn whole(exposures: Exposures) -> Self {
        let exposure = match exposures {
            Exposures::All => 1.0,
            _ => 0.0,
        };
        Self { from: 0.0, to: 1.0, exposure }
    }
}

/// The origin of rows that come from no rule.
pub(super) const fn no_rule(reason: EvaluationReason) -> Origin {
    Origin { rules: Run { at: 0, len: 0 }, position: NO_POSITION, name: None, source: 0, reason }
}
