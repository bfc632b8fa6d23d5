//! Traps for the tests of the TypeScript client. Only the cargo feature `traps` builds them, and no package has such a build.
//!
//! The id of a strategy names the trap and the place, such as `panic while matching`. The engine then really fails there.

use std::cell::Cell;
use std::hint::black_box;

use fh_eval::{Clock, FeatureRef, Timestamp};

type Trap = fn();

const TRAPS: [(&str, Trap); 4] = [
    ("panic", panic),
    ("exhausted memory", exhaust_memory),
    ("exhausted calls", exhaust_calls),
    ("exhausted stack", exhaust_stack),
];

thread_local! {
    /// The trap of the evaluation in progress, for a rule that reads the clock.
    static WHILE_MATCHING: Cell<Option<Trap>> = const { Cell::new(None) };
}

/// Traps if a strategy in this JSON has such an id.
pub(crate) fn while_compiling(json: &str) {
    let is_named = |name: &str| json.contains(&format!("\"{name} while compiling\""));
    if let Some((_, trap)) = TRAPS.iter().find(|(name, _)| is_named(name)) {
        trap();
    }
}

/// Traps if a strategy of the feature has such an id.
pub(crate) fn while_evaluating(feature: FeatureRef<'_>) {
    if let Some(trap) = named(feature, "evaluating") {
        trap();
    }
    WHILE_MATCHING.set(named(feature, "matching"));
}

/// Traps if a strategy of the feature has such an id.
#[cfg(feature = "full")]
pub(crate) fn while_explaining(feature: FeatureRef<'_>) {
    if let Some(trap) = named(feature, "explaining") {
        trap();
    }
    WHILE_MATCHING.set(named(feature, "matching"));
}

fn named(feature: FeatureRef<'_>, place: &str) -> Option<Trap> {
    let ids = || feature.possible_evaluations().filter_map(|evaluation| evaluation.strategy_id());
    let is_named = |name: &str| ids().any(|id| id == format!("{name} while {place}"));
    TRAPS.iter().find(|(name, _)| is_named(name)).map(|(_, trap)| *trap)
}

/// A clock. The evaluation reads it while it matches a rule on `now`, and traps there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrappingClock(pub(crate) Timestamp);

impl Clock for TrappingClock {
    fn now(&self) -> Timestamp {
        if let Some(trap) = WHILE_MATCHING.take() {
            trap();
        }
        self.0
    }
}

#[expect(clippy::panic, reason = "the tests need a panic")]
fn panic() {
    panic!("a panic for the tests");
}

/// Takes memory until the allocator gets no more.
fn exhaust_memory() {
    const PART: usize = 1 << 30;
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(black_box(Vec::with_capacity(PART)));
    }
}

/// Calls itself until the stack of WebAssembly's host is full.
fn exhaust_calls() {
    fn call(depth: u64) -> u64 {
        if black_box(depth) == u64::MAX { depth } else { call(depth + 1) ^ black_box(depth) }
    }
    black_box(call(0));
}

/// Calls itself until the stack in the memory of the module is full.
fn exhaust_stack() {
    fn call(depth: u64) -> u64 {
        let frame = black_box([depth; 512]);
        if frame.contains(&u64::MAX) { depth } else { call(depth + 1) ^ frame.iter().sum::<u64>() }
    }
    black_box(call(0));
}
