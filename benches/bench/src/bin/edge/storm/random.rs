//! Random numbers of the simulation, the same in each run.

use harness::workload::mix;

/// A generator, with the position of its next number.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 += 1;
        mix(self.0 - 1)
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}
