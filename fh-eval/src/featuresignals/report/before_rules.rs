//! The reports of the steps before the rules: the expiry, the switch, the group and the prerequisites.

use super::{Flag, Reporter, is_enabled, text, value_of};
use crate::explanation::{
    MemberReport, Nested, PrerequisiteReport, StepKind, StepOutcome, StepReport,
};
use crate::reason::EvaluationReason;
use crate::tables::Share;
use crate::tables::relations::LONGEST_CHAIN;

impl Reporter<'_> {
    /// Returns the report of the expiry; `None` for a flag that never expires, and for one that is off anyway.
    pub(super) fn expiry(&self) -> Option<StepReport> {
        let row = self.row(|step| step.row.share == Share::Expired)?;
        let time = text(&self.records.flag, "expires_at").unwrap_or_default();
        Some(if row.is_due == Some(true) {
            let value = value_of(&self.records.flag, "default_value");
            let expired = StepReport::of(
                StepKind::Expiry,
                StepOutcome::Match,
                format!("the flag expired at {time}"),
            );
            StepReport { value, ..expired }
        } else {
            StepReport::of(
                StepKind::Expiry,
                StepOutcome::Passed,
                format!("the flag expires after {time}"),
            )
        })
    }

    pub(super) fn switch(&self) -> StepReport {
        let is_expired =
            self.row(|step| step.row.share == Share::Expired && step.answer.is_some()).is_some();
        let off = self
            .row(|step| step.row.reason == EvaluationReason::Off && step.row.share == Share::None);
        if is_expired {
            return StepReport::of(StepKind::Switch, StepOutcome::NotReached, "not reached");
        }
        if off.is_none() {
            return StepReport::of(StepKind::Switch, StepOutcome::Passed, "the flag is on");
        }
        let because = match &self.records.state {
            None => "the flag has no state in the environment",
            Some(state) if is_enabled(state) => "the state of the flag cannot be read",
            Some(_) => "the flag is off",
        };
        let value = value_of(&self.records.flag, "default_value");
        StepReport { value, ..StepReport::of(StepKind::Switch, StepOutcome::Match, because) }
    }

    /// Returns the report of the group; `None` for a flag without one.
    pub(super) fn group(&self) -> Option<StepReport> {
        let group = text(&self.records.flag, "mutual_exclusion_group")?;
        let Some(row) = self.row(|step| step.row.share == Share::LostGroup) else {
            let not_reached =
                StepReport::of(StepKind::Group, StepOutcome::NotReached, "not reached");
            return (!group.is_empty()).then_some(not_reached);
        };
        let winner = row.winner.as_deref().unwrap_or_default();
        let members = row.members.iter().map(|(flag, bucket)| MemberReport {
            flag: flag.to_string(),
            bucket: *bucket,
            is_winner: &**flag == winner,
        });
        let report = if row.is_due == Some(true) {
            let because = format!("the group {group} chooses {winner}, whose bucket is smaller");
            let value = value_of(&self.records.flag, "default_value");
            StepReport { value, ..StepReport::of(StepKind::Group, StepOutcome::Match, because) }
        } else {
            let because = format!("the group {group} chooses this flag");
            StepReport::of(StepKind::Group, StepOutcome::Passed, because)
        };
        Some(StepReport { members: members.collect(), ..report })
    }

    /// Returns the report of the prerequisites; `None` for a flag without any.
    pub(super) fn prerequisites(&self) -> Option<StepReport> {
        let keys = self.records.flag.list("prerequisites").into_value().unwrap_or_default();
        let Some(row) = self.row(|step| step.row.share == Share::FailedPrerequisite) else {
            let not_reached =
                StepReport::of(StepKind::Prerequisites, StepOutcome::NotReached, "not reached");
            return (!keys.is_empty()).then_some(not_reached);
        };
        let prerequisites: Vec<PrerequisiteReport> =
            row.prerequisites.iter().map(|nested| self.prerequisite(nested)).collect();
        let failed = prerequisites.iter().find(|prerequisite| !prerequisite.is_met);
        let report = match failed {
            Some(failed) => {
                let because = format!("prerequisite {}: {}", failed.flag, failed.because);
                let value = value_of(&self.records.flag, "default_value");
                StepReport {
                    value,
                    ..StepReport::of(StepKind::Prerequisites, StepOutcome::Match, because)
                }
            }
            None => StepReport::of(
                StepKind::Prerequisites,
                StepOutcome::Passed,
                "all prerequisites are on",
            ),
        };
        Some(StepReport { prerequisites, ..report })
    }

    fn prerequisite(&self, nested: &Nested) -> PrerequisiteReport {
        let flag = nested.name.to_string();
        let is_met = nested.held == Some(true);
        let Some((detail, (_, row))) = nested.detail.as_deref().zip(nested.walk.answer()) else {
            let because = match &nested.detail {
                None => "there is no such flag".to_string(),
                Some(_) if self.depth >= LONGEST_CHAIN => {
                    format!("the chain of prerequisites is longer than {LONGEST_CHAIN} flags")
                }
                Some(_) => {
                    "it was evaluated before, and counts only once because it has prerequisites"
                        .to_string()
                }
            };
            return PrerequisiteReport { flag, is_met, because, report: None };
        };
        let inner =
            Flag { key: &nested.name, detail, context: self.context, depth: self.depth + 1 };
        let value = row.answer.as_ref().and_then(Option::as_ref);
        let report = inner.report(&nested.walk, value, None, row.row.reason);
        let because = match (is_met, row.row.reason) {
            (false, EvaluationReason::Off) => format!("it is off ({})", report.because),
            (false, _) => "its value is false".to_string(),
            (true, _) => {
                format!("its value is {}", report.value.as_deref().unwrap_or("null"))
            }
        };
        PrerequisiteReport { flag, is_met, because, report: Some(Box::new(report)) }
    }
}
