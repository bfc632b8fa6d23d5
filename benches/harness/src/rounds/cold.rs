use std::hint::black_box;
use std::time::Instant;

use crate::rounds::hot::{Bench, Column};
use crate::stats::{Shuffle, median};

/// Twice the last-level cache of most machines.
const TRAFFIC: usize = 64 << 20;

/// Measures single calls right after 64 MiB of other memory were read and written. Returns the median over the rounds. This
/// is the cost for a request handler that evaluates once. It includes reading the clock, about 25 ns.
pub fn cold(benches: &mut [Bench], rounds: usize) -> Vec<(&'static str, Column, f64)> {
    let mut memory = vec![1u64; TRAFFIC / 8];
    let mut samples = vec![Vec::with_capacity(rounds); benches.len()];
    let mut shuffle = Shuffle::default();
    for _ in 0..rounds {
        for number in shuffle.order(benches.len()) {
            evict(&mut memory);
            let start = Instant::now();
            (benches[number].run)(1);
            samples[number].push(start.elapsed().as_nanos() as f64);
        }
    }
    benches
        .iter()
        .zip(&samples)
        .map(|(bench, samples)| (bench.row, bench.column, median(samples)))
        .collect()
}

fn evict(memory: &mut [u64]) {
    let mut sum = 0u64;
    for word in black_box(&mut *memory) {
        sum = sum.wrapping_add(*word);
        *word = sum;
    }
    black_box(sum);
}
