//! The source of randomness: a sequence of small numbers.

/// A sequence of choices. Every sequence is valid, and a smaller number is a simpler choice. So a shrunk or slightly changed sequence gives
/// a simpler or slightly changed value.
///
/// (`proptest`'s own pass-through generator is not suitable: each `prop_oneof!` takes half of the remaining bytes, and rejection sampling
/// never ends on the zeros that follow.)
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    /// The given bytes, followed by zeros.
    Bytes(&'a [u8]),
    /// The state of a SplitMix64 generator.
    Seeded(u64),
}

impl<'a> Choices<'a> {
    /// Returns the choices that these bytes encode. When they are used up, every choice is the simplest.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Choices<'a> {
        Choices { source: Source::Bytes(bytes) }
    }

    /// Returns endless choices, which are the same for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Choices<'static> {
        Choices { source: Source::Seeded(seed) }
    }

    fn byte(&mut self) -> u8 {
        match &mut self.source {
            Source::Bytes(bytes) => match bytes.split_first() {
                Some((first, rest)) => {
                    *bytes = rest;
                    *first
                }
                None => 0,
            },
            Source::Seeded(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut mixed = *state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                (mixed ^ (mixed >> 31)).to_le_bytes()[0]
            }
        }
    }

    /// Returns a number below `limit`, or 0 if `limit` is 0. Uses one byte for limits up to 256, otherwise two.
    pub fn below(&mut self, limit: usize) -> usize {
        let mut number = usize::from(self.byte());
        if limit > 256 {
            number = number << 8 | usize::from(self.byte());
        }
        number % limit.max(1)
    }

    /// Returns a number from `first` to `last`, both included.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let count = usize::try_from(last - first + 1).unwrap_or(1);
        first + i64::try_from(self.below(count)).unwrap_or(0)
    }

    /// Returns true in `times` of `of` cases; `of` is at most 256.
    pub fn chance(&mut self, times: usize, of: usize) -> bool {
        // Zero, the simplest choice, gives false.
        self.below(of) >= of.saturating_sub(times)
    }

    /// Returns one item of a list, which must not be empty. The first item is the simplest.
    pub fn one<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let index = self.below(list.len());
        list.get(index).copied().unwrap_or_default()
    }

    /// Returns an index, chosen with these weights.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut number = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            match number.checked_sub(*weight) {
                Some(rest) => number = rest,
                None => return index,
            }
        }
        0
    }

    /// Returns a list of `first` to `last` drawn items.
    pub fn some<T>(
        &mut self,
        first: usize,
        last: usize,
        mut draw: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let count = first + self.below(last - first + 1);
        (0..count).map(|_| draw(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Choices;

    #[test]
    fn bytes_decide_and_end_in_the_plainest() {
        let mut choices = Choices::of(&[7, 1, 2, 19]);
        assert_eq!(choices.below(5), 2);
        assert_eq!(choices.below(1000), 258);
        assert!(choices.chance(1, 10) && !choices.chance(9, 10));
        assert_eq!(
            (choices.below(9), choices.one(&["a", "b"]), choices.chance(1, 2)),
            (0, "a", false)
        );
        assert_eq!(choices.between(-3, 3), -3);
    }

    #[test]
    fn weights_are_kept() {
        let mut choices = Choices::seeded(1);
        let mut counts = [0; 3];
        for _ in 0..4000 {
            counts[choices.weighted(&[6, 0, 2])] += 1;
        }
        assert!(counts[0] > 2800 && counts[1] == 0 && counts[2] > 800, "{counts:?}");
    }
}
