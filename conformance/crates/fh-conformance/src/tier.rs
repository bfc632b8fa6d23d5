//! The tier that an SDK reaches (conformance 2.6).

use std::collections::{BTreeMap, BTreeSet};

use crate::data::Capability;
use crate::report::{Report, RowOutcome, SkipKind};

/// The highest tier.
pub const HIGHEST: i64 = 3;

/// The tier that a run reached, and what prevents the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierReached {
    /// The highest tier that was reached; `None` if not even the lowest tier of the run was.
    pub tier: Option<i64>,
    /// The ids, or the missing capabilities, that prevent the next tier.
    pub blocked_by: Vec<String>,
}

/// Returns the tier that a run reached. A tier is reached if every row of it and of lower tiers passed, and none of them was skipped for a
/// setting, or for a capability that this tier or a lower one needs. Known failures count as failures, and so do the rows of `sometimes`,
/// which fail sometimes, so that the tier does not depend on chance.
#[must_use]
pub fn reached(
    report: &Report,
    capabilities: &[Capability],
    sometimes: &BTreeSet<&str>,
) -> TierReached {
    let needed: BTreeMap<&str, i64> = capabilities
        .iter()
        .filter_map(|each| Some((each.id.as_str(), i64::from(each.tier?))))
        .collect();
    let lowest = report.rows.iter().map(|row| row.tier).min();
    let mut tier = None;
    for next in lowest.unwrap_or(HIGHEST + 1)..=HIGHEST {
        let blocked_by = blockers(report, &needed, sometimes, next);
        if !blocked_by.is_empty() {
            return TierReached { tier, blocked_by };
        }
        tier = Some(next);
    }
    TierReached { tier, blocked_by: Vec::new() }
}

fn blockers(
    report: &Report,
    needed: &BTreeMap<&str, i64>,
    sometimes: &BTreeSet<&str>,
    tier: i64,
) -> Vec<String> {
    let mut blockers: Vec<String> = Vec::new();
    for row in report.rows.iter().filter(|row| row.tier <= tier) {
        let blocker = match &row.outcome {
            RowOutcome::Passed => sometimes.contains(row.id.as_str()).then(|| row.id.clone()),
            RowOutcome::Failed(_)
            | RowOutcome::Known { .. }
            | RowOutcome::UnexpectedPass { .. } => Some(row.id.clone()),
            RowOutcome::Skipped(skip) => match skip.kind {
                SkipKind::NotExecuted | SkipKind::System => None,
                SkipKind::Unconfigurable | SkipKind::Target => Some(row.id.clone()),
                SkipKind::Capability => needed
                    .get(skip.reason.as_str())
                    .is_some_and(|needed| *needed <= tier)
                    .then(|| format!("lacks {}", skip.reason)),
            },
        };
        blockers.extend(blocker.filter(|blocker| !blockers.contains(blocker)));
    }
    blockers
}

/// The number of reasons that a line shows. An SDK may have hundreds.
const MOST_SHOWN: usize = 10;

impl TierReached {
    /// Returns one line: the tier, and what prevents the next one.
    #[must_use]
    pub fn to_line(&self) -> String {
        let tier = self.tier.map_or("no tier".to_owned(), |tier| format!("tier {tier}"));
        if self.blocked_by.is_empty() {
            return format!("{tier} reached");
        }
        let next = self.tier.map_or(0, |tier| tier + 1);
        let shown = self.blocked_by.get(..MOST_SHOWN).unwrap_or(&self.blocked_by);
        let more = match self.blocked_by.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{tier} reached; tier {next} is blocked by {}{more}", shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::data::Data;
    use crate::report::{ReportSubject, Row, SkippedRow};

    fn report(rows: &[(i64, RowOutcome)]) -> Report {
        let rows = rows.iter().enumerate().map(|(number, (tier, outcome))| Row {
            id: format!("R-{number}"),
            rev: None,
            title: String::new(),
            group: "R".to_owned(),
            profile: None,
            tier: *tier,
            outcome: outcome.clone(),
            took: Duration::ZERO,
            reproduce: Vec::new(),
            evidence: Vec::new(),
        });
        Report {
            subject: ReportSubject::default(),
            digest: None,
            profiles: Vec::new(),
            filters: Vec::new(),
            rows: rows.collect(),
        }
    }

    fn lacks(name: &str) -> RowOutcome {
        RowOutcome::Skipped(SkippedRow { kind: SkipKind::Capability, reason: name.to_owned() })
    }

    #[test]
    fn tiers_need_their_capabilities_and_no_others() {
        let capabilities = Capability::load(&Data::embedded()).unwrap();
        let reached =
            |rows: &[(i64, RowOutcome)]| reached(&report(rows), &capabilities, &["R-9"].into());
        let pass = RowOutcome::Passed;
        assert_eq!(reached(&[(1, pass.clone()), (3, pass.clone())]).tier, Some(3));
        // No tier needs Last-Event-ID.
        assert_eq!(reached(&[(1, pass.clone()), (2, lacks("stream.last_event_id"))]).tier, Some(3));
        let streams = reached(&[(1, pass.clone()), (2, lacks("transport.stream"))]);
        assert_eq!(
            (streams.tier, streams.blocked_by),
            (Some(1), vec!["lacks transport.stream".to_owned()])
        );
        let known = RowOutcome::UnexpectedPass { label: String::new(), reason: String::new() };
        let failed = reached(&[(1, known), (2, pass)]);
        assert_eq!(failed.to_line(), "no tier reached; tier 0 is blocked by R-0");
        assert_eq!((failed.tier, failed.blocked_by), (None, vec!["R-0".to_owned()]));
        let sometimes = reached(&vec![(1, RowOutcome::Passed); 10]);
        assert_eq!((sometimes.tier, sometimes.blocked_by), (None, vec!["R-9".to_owned()]));
        let blocked_by = (1..=12).map(|number| number.to_string()).collect();
        let line = TierReached { tier: None, blocked_by }.to_line();
        assert!(line.ends_with("9, 10 and 2 more"), "{line}");
    }
}
