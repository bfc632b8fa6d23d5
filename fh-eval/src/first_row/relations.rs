//! FeatureSignals' shares: basis points, expiry, groups of which one flag has the subject, and prerequisites.

use super::state::{Drawn, Visited, walked};
use crate::attributes::names;
use crate::bucket::{BASIS_POINTS, Murmur3};
use crate::clock::Clock;
use crate::evaluate::Evaluator;
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::tables::ValueAt;
use crate::tables::relations::LONGEST_CHAIN;
use crate::trace::Tracer;

impl<'a, C: Clock, T: Tracer, const N: usize> Evaluator<'a, '_, C, T, N> {
    /// Returns the key of the context. A context without a key has an empty one.
    #[inline]
    fn key(&self) -> &'a str {
        match self.attributes.find(self.head.session, names::KEY) {
            Some(values) => values.first().unwrap_or_default(),
            None => self.no_default_key().unwrap_or_default(),
        }
    }

    /// Returns true if the bucket is below a limit.
    #[inline]
    pub(super) fn is_below(&mut self, limit: i32, drawn: &mut Drawn) -> bool {
        let bucket = self.basis_point(drawn);
        let is_below = i64::from(bucket) < i64::from(limit);
        self.tracer.share(f64::from(bucket), is_below);
        is_below
    }

    /// Returns the bucket of the flag, 0 to 9,999.
    #[inline]
    fn basis_point(&self, drawn: &mut Drawn) -> u32 {
        if let Drawn::BasisPoints(bucket) = *drawn {
            return bucket;
        }
        let mut hash = Murmur3::new();
        hash.write(self.head.hash_id.text(&self.tables.hash_ids).as_bytes());
        let bucket = bucket(hash, self.key());
        *drawn = Drawn::BasisPoints(bucket);
        bucket
    }

    /// Returns true if a flag has expired.
    #[inline(never)]
    pub(super) fn is_expired(&mut self, row: i32) -> bool {
        let expiries = &self.tables.relations.expiries;
        let expiry = usize::try_from(row).ok().and_then(|row| expiries.get(row));
        let is_expired = expiry.is_some_and(|expiry| *expiry < self.clock.now());
        self.tracer.gate(is_expired);
        is_expired
    }

    /// Returns true if another flag of the group has the subject: one with a smaller bucket, or with the same bucket and a smaller key.
    #[inline(never)]
    pub(super) fn has_lost_group(&mut self, row: i32) -> bool {
        let tables = self.tables;
        let memberships = &tables.relations.memberships;
        let membership = usize::try_from(row).ok().and_then(|row| memberships.get(row));
        let Some(membership) = membership else { return false };
        let key = self.key();
        let mut winner: Option<(u32, u32, u32)> = None;
        for (place, rival) in (0..).zip(membership.rivals.of(&tables.relations.rivals)) {
            let bucket = bucket(rival.hash, key);
            self.tracer.member(tables.key(rival.position as usize), bucket);
            if winner.is_none_or(|(least, ..)| bucket < least) {
                winner = Some((bucket, place, rival.position));
            }
        }
        let Some((_, place, position)) = winner else { return false };
        self.tracer.winner(tables.key(position as usize));
        self.tracer.gate(place != membership.own);
        place != membership.own
    }

    /// Returns true if a prerequisite of a flag fails.
    #[inline(never)]
    pub(super) fn fails_prerequisite(&mut self, row: i32, visited: &mut Option<Visited>) -> bool {
        let tables = self.tables;
        let relations = &tables.relations;
        let Ok(row) = u32::try_from(row) else { return false };
        let links: Run = relations.prerequisites.get(row as usize).copied().unwrap_or_default();
        let known = visited.get_or_insert_with(|| Visited::new(relations.prerequisites.len()));
        known.insert(row);
        let is_too_deep = known.depth == LONGEST_CHAIN;
        known.depth += 1;
        let failed = links.of(&relations.links).iter().any(|link| {
            let key = tables.names.text(link.key);
            let position = link.position as usize;
            let feature = tables.features.get(position).map(|_| (tables, position));
            self.tracer.enter(key, feature);
            let is_visited =
                visited.as_ref().is_some_and(|known| known.contains(link.prerequisites));
            let is_met = !is_too_deep && !is_visited && self.is_met(link.position, visited);
            self.tracer.leave(Some(is_met));
            !is_met
        });
        if let Some(known) = visited {
            known.depth -= 1;
        }
        self.tracer.gate(failed);
        failed
    }

    /// Returns true if the flag at a position exists, is not off for everybody, and does not have the value false for the subject.
    fn is_met(&mut self, position: u32, visited: &mut Option<Visited>) -> bool {
        let Some(head) = self.tables.heads.get(position as usize) else { return false };
        let mut evaluator = Evaluator {
            tables: self.tables,
            segments: self.segments,
            head,
            attributes: self.attributes,
            clock: self.clock,
            memory: &mut *self.memory,
            tracer: &mut *self.tracer,
        };
        let rows = walked::<T>(self.tables, position as usize, head);
        let row = evaluator.first_row::<true>(rows, visited);
        let strategy = row.and_then(|row| self.tables.strategies.get(row as usize));
        strategy.is_some_and(|strategy| {
            strategy.reason != EvaluationReason::Off && strategy.value != ValueAt::FALSE
        })
    }
}

/// Returns the bucket of a key, 0 to 9,999, with a hasher that has read the text before it.
#[inline]
fn bucket(mut hash: Murmur3, key: &str) -> u32 {
    hash.write(key.as_bytes());
    hash.finish() % BASIS_POINTS
}
