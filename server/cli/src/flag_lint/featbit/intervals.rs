//! Checks of the intervals of a rule or of the fallthrough.

use fh_eval::Place;

use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;
use fh_edge::internal::Level;

/// The distance of two buckets. Smaller gaps contain no bucket.
const STEP: f64 = 1.0 / 2_147_483_648.0;

/// The distance from 1 below which the end of an interval that begins at 0 is 1.
const NEAR_ONE: f64 = 1e-5;

/// Checks the variations of a rule or of the fallthrough. `member` is the member that findings name.
pub(super) fn check(findings: &mut Findings, of: &At<'_>, member: &'static str) {
    let shares = of.node.list("variations");
    let mut intervals: Vec<(f64, f64)> = Vec::new();
    for share in &shares {
        let bounds = share.list("rollout");
        let bounds: Vec<f64> = bounds.into_iter().filter_map(Node::as_number).collect();
        // The engine has a diagnostic for any other interval.
        let [from, to, ..] = bounds.as_slice() else { return };
        if from > to {
            return;
        }
        intervals.push((*from, *to));
    }
    if intervals.is_empty() {
        return;
    }
    let node = of.node.get("variations").unwrap_or(of.node);
    let place = Place { member: Some(member), ..of.member("variations").place };
    let at = &At { node, place, ..of.clone() };
    if let Some((from, to)) = intervals.iter().find(|(from, to)| *from < 0.0 || *to > 1.0) {
        let meant = if *to > 1.0 && *to <= 100.0 && *from >= 0.0 {
            format!("write [{}, {}], if percents are meant", from / 100.0, to / 100.0)
        } else {
            "write two numbers from 0 to 1".to_string()
        };
        let message =
            format!("the interval [{from}, {to}] is outside of the buckets, which run from 0 to 1");
        return findings.warn(at, "interval-range", message, meant);
    }
    intervals.sort_by(|left, right| left.0.total_cmp(&right.0));
    let is_whole = intervals.iter().any(|(from, to)| *from == 0.0 && 1.0 - to < NEAR_ONE);
    let mut covered = 0.0_f64;
    let mut gaps = Vec::new();
    for (from, to) in &intervals {
        if *from > covered + STEP {
            gaps.push((covered, *from));
        } else if *from < covered - STEP && to > from {
            let end = covered.min(*to);
            let message = format!(
                "the buckets from {from} to {end} belong to two intervals; the first one in the list counts"
            );
            findings.warn(
                at,
                "interval-overlap",
                message,
                format!("begin the later interval at {covered}"),
            );
        }
        covered = covered.max(*to);
    }
    if 1.0 - covered > STEP {
        gaps.push((covered, 1.0));
    }
    for (from, to) in gaps.into_iter().filter(|_| !is_whole) {
        let message = format!(
            "the buckets from {from} to {to} belong to no interval; their users get no value"
        );
        let advice = if to == 1.0 {
            format!("end the last interval at 1, or add one from {from} to 1")
        } else {
            format!("end the interval before the gap at {to}, or add one from {from} to {to}")
        };
        findings.add(Level::Error, at, "interval-gap", message, advice);
    }
}
