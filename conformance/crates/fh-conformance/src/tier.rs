//! The tier that an SDK reaches (conformance 2.6).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::data::Capability;
use crate::report::{Report, Row, RowOutcome, SkipKind};

/// The highest tier.
pub const HIGHEST: i64 = 3;

/// The tier that a run reached, and what prevents the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierReached {
    /// The highest tier that was reached; `None` if not even the lowest tier of the run was.
    pub reached: Option<i64>,
    /// The ids of scenarios, groups of cases with the number of cases, and missing capabilities that prevent the next tier.
    pub blocked_by: BTreeSet<String>,
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
    let mut reached = None;
    for next in lowest.unwrap_or(HIGHEST + 1)..=HIGHEST {
        let (mut blocked_by, mut cases) =
            (BTreeSet::new(), BTreeMap::<&str, BTreeSet<&str>>::new());
        for row in report.rows.iter().filter(|row| row.tier <= next) {
            match blocker(row, &needed, sometimes, next) {
                Some(id) if row.profile.is_some() && id == row.id => {
                    cases.entry(&row.group).or_default().insert(&row.id);
                }
                blocker => blocked_by.extend(blocker),
            }
        }
        blocked_by.extend(cases.into_iter().map(|(group, ids)| match ids.len() {
            1 => format!("{group} (1 case)"),
            count => format!("{group} ({count} cases)"),
        }));
        if !blocked_by.is_empty() {
            return TierReached { reached, blocked_by };
        }
        reached = Some(next);
    }
    TierReached { reached, blocked_by: BTreeSet::new() }
}

/// Returns the id of a row that prevents a tier, or the capability that it lacks.
fn blocker(
    row: &Row,
    needed: &BTreeMap<&str, i64>,
    sometimes: &BTreeSet<&str>,
    tier: i64,
) -> Option<String> {
    match &row.outcome {
        RowOutcome::Passed => sometimes.contains(row.id.as_str()).then(|| row.id.clone()),
        RowOutcome::Failed(_) | RowOutcome::Known { .. } | RowOutcome::UnexpectedPass { .. } => {
            Some(row.id.clone())
        }
        RowOutcome::Skipped(skip) => match skip.kind {
            SkipKind::NotExecuted | SkipKind::System => None,
            SkipKind::Unconfigurable | SkipKind::Target => Some(row.id.clone()),
            SkipKind::Capability => {
                let needed = needed.get(skip.reason.as_str());
                needed
                    .is_some_and(|needed| *needed <= tier)
                    .then(|| format!("lacks {}", skip.reason))
            }
        },
    }
}

/// The number of reasons that a line shows. An SDK may have hundreds.
const MOST_SHOWN: usize = 10;

impl TierReached {
    /// Returns one line: the tier, and what prevents the next one.
    #[must_use]
    pub fn to_line(&self) -> String {
        let tier = self.reached.map_or("no tier".to_owned(), |tier| format!("tier {tier}"));
        if self.blocked_by.is_empty() {
            return format!("{tier} reached");
        }
        let shown: Vec<&str> =
            self.blocked_by.iter().take(MOST_SHOWN).map(String::as_str).collect();
        let more = match self.blocked_by.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{tier} reached; tier {} is blocked by {}{more}", self.next(), shown.join(", "))
    }

    /// Returns the tier after the one that was reached.
    #[must_use]
    pub fn next(&self) -> i64 {
        self.reached.map_or(0, |tier| tier + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::tests::{row, skipped};
    use crate::case::Profile;
    use crate::data::Data;

    #[test]
    fn tiers_need_their_capabilities_and_no_others() {
        let capabilities = Capability::load(&Data::embedded()).unwrap();
        let shown = |rows: &[(i64, RowOutcome)], profile: Option<Profile>| {
            let rows = rows.iter().enumerate().map(|(number, (tier, outcome))| Row {
                tier: *tier,
                ..row(&format!("R-{number}"), "R", profile, outcome.clone())
            });
            let report = Report { rows: rows.collect(), ..Report::default() };
            reached(&report, &capabilities, &["R-9"].into()).to_line()
        };
        let pass = || RowOutcome::Passed;
        let lacks = |name: &str| skipped(SkipKind::Capability, name);
        let known = || RowOutcome::UnexpectedPass { label: String::new(), reason: String::new() };
        let client = Some(Profile::Client);
        let all = |outcome: RowOutcome| vec![(1, outcome); 12];
        for (rows, profile, line) in [
            (vec![(1, pass()), (3, pass())], None, "tier 3 reached"),
            // No tier needs Last-Event-ID.
            (vec![(1, pass()), (2, lacks("stream.last_event_id"))], None, "tier 3 reached"),
            (
                vec![(1, pass()), (2, lacks("transport.stream"))],
                None,
                "tier 1 reached; tier 2 is blocked by lacks transport.stream",
            ),
            (vec![(1, known()), (2, pass())], None, "no tier reached; tier 0 is blocked by R-0"),
            (all(pass()), None, "no tier reached; tier 0 is blocked by R-9"),
            (all(pass()), client, "no tier reached; tier 0 is blocked by R (1 case)"),
            (all(known()), client, "no tier reached; tier 0 is blocked by R (12 cases)"),
            (
                all(known()),
                None,
                "no tier reached; tier 0 is blocked by R-0, R-1, R-10, R-11, R-2, R-3, R-4, R-5, R-6, R-7 and 2 more",
            ),
        ] {
            assert_eq!(shown(&rows, profile), line);
        }
    }
}
