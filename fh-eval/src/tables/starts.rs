//! The first rows of features in the tables. Most features have rows in few tables, so only the numbers of these rows are kept.

use std::ops::Range;

#[cfg(feature = "featuresignals")]
use super::relations;
use super::{Fixed, Growing, Storage};

/// The first rows or bytes of a feature in the tables, the ends of the tables, or numbers of rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Starts {
    pub(crate) strategies: u32,
    pub(crate) rules: u32,
    pub(crate) texts: u32,
    pub(crate) text: u32,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) slots: u32,
    pub(crate) hash_ids: u32,
    pub(crate) names: u32,
    pub(crate) boxed: u32,
    pub(crate) sources: u32,
    pub(crate) values: u32,
    #[cfg(feature = "featbit")]
    pub(crate) intervals: u32,
    #[cfg(feature = "first-row")]
    pub(crate) named_segments: u32,
    #[cfg(feature = "featuresignals")]
    pub(crate) relations: relations::Starts,
}

impl Starts {
    fn each(&mut self) -> impl Iterator<Item = &mut u32> {
        [
            &mut self.strategies,
            &mut self.rules,
            &mut self.texts,
            &mut self.text,
            #[cfg(not(target_arch = "wasm32"))]
            &mut self.slots,
            &mut self.hash_ids,
            &mut self.names,
            &mut self.boxed,
            &mut self.sources,
            &mut self.values,
            #[cfg(feature = "featbit")]
            &mut self.intervals,
            #[cfg(feature = "first-row")]
            &mut self.named_segments,
            #[cfg(feature = "featuresignals")]
            &mut self.relations.prerequisites,
            #[cfg(feature = "featuresignals")]
            &mut self.relations.links,
            #[cfg(feature = "featuresignals")]
            &mut self.relations.memberships,
            #[cfg(feature = "featuresignals")]
            &mut self.relations.expiries,
        ]
        .into_iter()
    }

    fn plus(mut self, mut counts: Self) -> Self {
        self.each().zip(counts.each()).for_each(|(at, count)| *at = at.wrapping_add(*count));
        self
    }

    fn minus(mut self, mut start: Self) -> Self {
        self.each().zip(start.each()).for_each(|(at, start)| *at = at.wrapping_sub(*start));
        self
    }
}

/// The number of features after each of which the starts of the next one are kept.
const BLOCK: usize = 64;

/// The numbers of rows of each feature: a mask of the tables in which the feature has rows, and these numbers. Seven bits of a number are in
/// a byte, whose highest bit says that there are more.
#[derive(Debug, Default)]
pub(crate) struct RowCounts<S: Storage = Fixed> {
    bytes: S::Rows<u8>,
    blocks: S::Rows<Block>,
}

/// The first rows of a feature, and the place of its numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    start: Starts,
    at: u32,
}

impl RowCounts<Growing> {
    /// Appends the numbers of the feature at `position`, whose rows are between `start` and `end`.
    pub(crate) fn push(&mut self, position: usize, start: Starts, end: Starts) {
        if position.is_multiple_of(BLOCK) {
            self.blocks.push(Block { start, at: self.bytes.len() as u32 });
        }
        let at = self.bytes.len();
        let mut mask = 0_u16;
        self.bytes.extend_from_slice(&mask.to_le_bytes());
        for (table, count) in (0..).zip(end.minus(start).each()) {
            let mut left = *count;
            if left == 0 {
                continue;
            }
            mask |= 1 << table;
            while left >= 0x80 {
                self.bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            self.bytes.push(left as u8);
        }
        if let Some(place) = self.bytes.get_mut(at..at + 2) {
            place.copy_from_slice(&mask.to_le_bytes());
        }
    }

    /// Appends the numbers of the features at the positions `range` of other tables. The first of them has this position and these rows.
    pub(crate) fn copy(
        &mut self,
        from: &RowCounts,
        range: Range<usize>,
        position: usize,
        mut start: Starts,
    ) {
        if position == 0 {
            self.blocks.reserve_exact(range.len().div_ceil(BLOCK));
        }
        for (position, counts) in (position..).zip(from.counts_after(range.start).take(range.len()))
        {
            let end = start.plus(counts);
            self.push(position, start, end);
            start = end;
        }
    }

    pub(crate) fn finish(self) -> RowCounts {
        RowCounts { bytes: self.bytes.into(), blocks: self.blocks.into() }
    }
}

impl<S: Storage> RowCounts<S> {
    /// Returns the first rows of the feature at a position; `None` if there are not so many features.
    pub(crate) fn start(&self, position: usize) -> Option<Starts> {
        let block = self.blocks.get(position / BLOCK)?;
        let mut counts = self.counts_after(position / BLOCK * BLOCK);
        let mut start = block.start;
        for _ in 0..position % BLOCK {
            start = start.plus(counts.next()?);
        }
        counts.next().map(|_| start)
    }

    /// Returns the numbers of the feature at a position, and of those after it.
    fn counts_after(&self, position: usize) -> impl Iterator<Item = Starts> {
        let block = self.blocks.get(position / BLOCK);
        let bytes = block.and_then(|block| self.bytes.get(block.at as usize..)).unwrap_or_default();
        Counts { bytes }.skip(position % BLOCK)
    }
}

/// The numbers of features that are not read yet.
struct Counts<'a> {
    bytes: &'a [u8],
}

impl Iterator for Counts<'_> {
    type Item = Starts;

    fn next(&mut self) -> Option<Starts> {
        let (mask, mut bytes) = self.bytes.split_first_chunk()?;
        let mask = u16::from_le_bytes(*mask);
        let mut counts = Starts::default();
        for (_, count) in (0..16).zip(counts.each()).filter(|(table, _)| (mask >> table) & 1 == 1) {
            for shift in (0..).step_by(7) {
                let (byte, rest) = bytes.split_first()?;
                bytes = rest;
                *count |= u32::from(byte & 0x7F).checked_shl(shift)?;
                if *byte < 0x80 {
                    break;
                }
            }
        }
        self.bytes = bytes;
        Some(counts)
    }
}

// The mask has 16 bits.
const _: () = assert!(size_of::<Starts>() <= 16 * size_of::<u32>());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_of_each_feature_are_found() {
        let mut counts = RowCounts::default();
        let mut ends = vec![Starts { rules: 3, ..Starts::default() }];
        for position in 0..1_000 {
            let start = ends[position];
            let more = Starts {
                strategies: position as u32 % 3,
                text: u32::from(position.is_multiple_of(7)) * 100_000 * position as u32,
                values: position as u32,
                ..Starts::default()
            };
            counts.push(position, start, start.plus(more));
            ends.push(start.plus(more));
        }
        let counts = counts.finish();
        for range in [0..1_000, 0..1, 63..65, 64..128, 100..900, 1_000..1_000] {
            let mut copy = RowCounts::default();
            copy.push(0, Starts::default(), Starts::default());
            let (first, last) = (range.start, range.len());
            copy.copy(&counts, range, 1, Starts::default());
            for position in 0..last {
                let wanted = ends[first + position].minus(ends[first]);
                let found = copy.start(position + 1).unwrap();
                assert_eq!(format!("{found:?}"), format!("{wanted:?}"));
            }
            assert!(copy.start(last + 1).is_none());
        }
    }
}
