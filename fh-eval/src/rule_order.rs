//! The order in which ordinary evaluations test the rules of a strategy: the cheap ones come first. Explanations test them in the payload's
//! order, with the same evaluator.

#[cfg(feature = "first-row")]
use smallvec::SmallVec;

use crate::predicate::{BoxedPredicate, Predicate, Run, TextTest};
#[cfg(feature = "first-row")]
use crate::tables::Strategy;
use crate::tables::{Growing, Rule, Tables};
#[cfg(feature = "first-row")]
use crate::writer::Writer;

/// Appends a copy of the rules to the tables, ordered from the cheapest test to the most expensive one, and returns the
/// rows of the copy. Returns `None` if the rules have this order already. The order does not change the result of an
/// evaluation, because all rules of a strategy must hold. A rule that may end the evaluation without an answer stays in its place, with the
/// same rules before it.
pub(crate) fn cheap_first(tables: &mut Tables<Growing>, rules: Run) -> Option<Run> {
    let costs = rules.of(&tables.rules).iter().map(|rule| (cost(tables, &rule.predicate), *rule));
    if costs.clone().is_sorted_by_key(|(cost, _)| cost) {
        return None;
    }
    let mut sorted: Vec<(u8, Rule)> = costs.collect();
    for part in sorted.split_mut(|(_, rule)| rule.predicate.may_end()) {
        part.sort_by_key(|(cost, _)| *cost);
    }
    let at = tables.rules.len() as u32;
    tables.rules.extend(sorted.into_iter().map(|(_, rule)| rule));
    Some(Run { at, len: rules.len })
}

#[cfg(feature = "first-row")]
impl Writer {
    /// Returns the rows that ordinary evaluations walk: the rows of a flag that can answer, with their rules in another order. Rows with the
    /// same rules keep that, so that the rules are judged once.
    pub(crate) fn cheap_rows(&mut self, all: Run) -> Run {
        let tables = &mut self.tables;
        let mut ordered: Option<(Run, Run)> = None;
        let mut kept: SmallVec<[(u32, Strategy); 8]> = SmallVec::new();
        let mut is_changed = false;
        for at in all.at..all.at.saturating_add(all.len) {
            let Some(row) = tables.strategies.get(at as usize).copied() else { break };
            let rules = match ordered {
                Some((from, to)) if from == row.rules => to,
                _ => cheap_first(tables, row.rules).unwrap_or(row.rules),
            };
            ordered = Some((row.rules, rules));
            if never_hold(tables, rules) {
                is_changed = true;
                continue;
            }
            is_changed |= rules != row.rules;
            kept.push((at, Strategy { rules, ..row }));
        }
        if !is_changed {
            return all;
        }
        let run = Run { at: tables.strategies.len() as u32, len: kept.len() as u32 };
        for (at, row) in kept {
            let Some(detail) = tables.details.get(at as usize).copied() else { continue };
            tables.strategies.push(row);
            tables.details.push(detail);
        }
        run
    }
}

/// Returns true if one of these rules holds for no subject, and no rule before it may end the evaluation without an answer.
#[cfg(feature = "first-row")]
fn never_hold(tables: &Tables<Growing>, rules: Run) -> bool {
    let mut rules = rules.of(&tables.rules).iter().take_while(|rule| !rule.predicate.may_end());
    rules.any(|rule| {
        let field = tables.fields.get(rule.field as usize);
        matches!(rule.predicate, Predicate::Never)
            && !field.is_some_and(|field| field.reading.holds_if_missing())
    })
}

/// Returns the rank of a predicate by the cost of its test; 0 is the cheapest test.
fn cost(tables: &Tables<Growing>, predicate: &Predicate) -> u8 {
    match predicate {
        Predicate::Never | Predicate::Blank | Predicate::Always | Predicate::Bool(_) => 0,
        #[cfg(feature = "first-row")]
        Predicate::Double(..) => 1,
        #[cfg(feature = "first-row")]
        Predicate::InSegment(_) | Predicate::InNoSegment(_) => 0,
        #[cfg(feature = "featuresignals")]
        Predicate::InKnownSegment(_) => 10,
        #[cfg(feature = "first-row")]
        Predicate::Limited(_) => 8,
        Predicate::Version(..) => 1,
        Predicate::Ends(_) => 2,
        Predicate::In(_) | Predicate::NotIn(_) => 3,
        Predicate::Texts(TextTest::Contains | TextTest::Lacks, _) => 6,
        Predicate::Texts(..) => 4,
        Predicate::Boxed(row) => match tables.boxed.get(*row as usize).map(AsRef::as_ref) {
            #[cfg(feature = "patterns")]
            Some(BoxedPredicate::Patterns(_)) => 8,
            #[cfg(feature = "patterns")]
            Some(BoxedPredicate::MatchedBy(_)) => 9,
            Some(BoxedPredicate::Versions(..)) => 7,
            #[cfg(not(target_arch = "wasm32"))]
            Some(BoxedPredicate::Texts(..)) => 4,
            _ => 5,
        },
    }
}
