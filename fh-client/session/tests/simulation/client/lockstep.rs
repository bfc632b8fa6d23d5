//! Comparison of the client with the specification, step by step.

use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;

use super::Client;
use crate::invariant::{Broken, Invariant, hold};
use crate::spec::{Expected, Fact, Phase};

impl Client {
    /// Checks readiness against sdk-behaviour 2.3, independently of the expected state.
    pub(super) fn readiness(
        &self,
        before: Readiness,
        fact: &Fact<'_>,
        now: &SessionStatus,
    ) -> Result<(), Broken> {
        let asked = matches!(fact, Fact::Context(..) | Fact::Keys(..));
        let lost = before == Readiness::Ready && now.readiness == Readiness::NotReady;
        hold(Invariant::Readiness, !lost || asked, || format!("lost by {fact:?}"))?;
        let fails = before != Readiness::Failed && now.readiness == Readiness::Failed;
        let told = matches!(now.problem, Some(Problem::Failure(_)));
        hold(Invariant::Failed, !fails || told || !self.spec.contacted, || {
            format!("after contact, by {:?}", now.problem)
        })
    }

    /// Checks that the client does the same as the specification's state machine.
    pub(super) fn lockstep(
        &mut self,
        done: &Expected,
        status: &SessionStatus,
    ) -> Result<(), Broken> {
        let expected = &self.spec.expected;
        let phase = &self.spec.phase;
        if done.send != expected.send {
            let invariant = match (done.send, phase) {
                (Some(_), Phase::Halted) if self.spec.stale => Invariant::Stale,
                (Some(_), _) if self.spec.suspended => Invariant::Suspended,
                (Some(_), Phase::Due(_) | Phase::Paced(_)) => Invariant::NotTooSoon,
                _ => Invariant::Asks,
            };
            let why = format!("sends {:?}, expected {:?} {phase:?}", done.send, expected.send);
            return Err(Broken { invariant, why });
        }
        hold(Invariant::Readiness, status.readiness == self.spec.readiness(), || {
            format!("{}, expected {}", status.readiness, self.spec.readiness())
        })?;
        let deadline = self.session.deadline().map(Millis::as_u64);
        let (range, now) = (self.spec.deadline(), self.now);
        let given_time =
            matches!(phase, Phase::Sent { .. } | Phase::Body { .. } | Phase::Stream(_));
        let why = || format!("deadline {deadline:?}, expected {range:?} {phase:?} now {now}");
        match (deadline, range) {
            (Some(deadline), Some((low, high))) if given_time => {
                hold(Invariant::Limits, (low..=high).contains(&deadline), why)?;
            }
            (Some(deadline), Some((low, high))) => {
                hold(Invariant::NotTooSoon, deadline >= low, why)?;
                hold(Invariant::NotTooLate, deadline <= high, why)?;
            }
            (None, None) => {}
            (Some(_), None) if self.spec.stale => {
                return Err(Broken { invariant: Invariant::Stale, why: why() });
            }
            (Some(_), None) => return Err(Broken { invariant: Invariant::Asks, why: why() }),
            (None, Some(_)) => return Err(Broken { invariant: Invariant::Deadline, why: why() }),
        }
        hold(Invariant::Limits, done.abort == expected.abort, || {
            format!("aborted: {}, expected {} {phase:?}", done.abort, expected.abort)
        })?;
        let mut revoked = expected.revoked.clone();
        revoked.sort_unstable();
        hold(Invariant::Told, done.revoked == revoked, || {
            format!("revokes {:?}, expected {revoked:?}", done.revoked)
        })?;
        hold(Invariant::Asks, done.report_reads == expected.report_reads, || {
            format!("reports reads: {}", done.report_reads)
        })?;
        hold(Invariant::Cause, done.first == expected.first, || format!("first: {}", done.first))?;
        let problem = status.problem.as_ref().map(Problem::as_str);
        hold(Invariant::Problem, problem == self.spec.problem, || {
            format!("{problem:?}, expected {:?}", self.spec.problem)
        })?;
        hold(Invariant::Stale, status.is_stale == self.spec.stale, || {
            format!("{}", status.is_stale)
        })?;
        let (mut settled, mut wanted) = (done.settled.clone(), expected.settled.clone());
        settled.sort_unstable();
        wanted.sort_unstable();
        hold(Invariant::Errands, settled == wanted, || {
            format!("{settled:?}, expected {wanted:?}")
        })?;
        if let (Some(deadline), Phase::Due(range) | Phase::Fresh(range)) =
            (deadline, &mut self.spec.phase)
        {
            // The deadline may be the earlier limit of a command.
            if range.0 <= deadline {
                *range = (deadline, deadline);
            }
        }
        Ok(())
    }
}
