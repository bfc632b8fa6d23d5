//! A complete automaton as a table with a row for each state, which all threads share.
//!
//! The states are those of the lazy automaton of `regex-automata`, all computed in advance. The crate can write such a table itself with its
//! feature `dfa-build`. But a feature is on for a whole program, and with this one, the crate `regex` writes tables, too: the small
//! patterns of the program would compile ten times slower.

use hashbrown::HashMap;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Builder, Config};
use regex_automata::nfa::thompson::NFA;
use regex_automata::util::alphabet::Unit;
use regex_automata::{Input, MatchKind};

use crate::hashing::Hashing;

/// The automaton of a pattern.
#[derive(Debug)]
pub(super) struct Table {
    /// The class of each byte. Bytes of one class lead to the same state.
    classes: [u8; 256],
    /// For each state, the next state for each class, and the one at the end of the text.
    rows: Vec<u32>,
    width: u32,
}

/// The state from which no match is reachable.
const DEAD: u32 = 0;
/// The state after a match.
const MATCHED: u32 = 1;
/// The state with the first row, with which a search starts. The number of a state is this one and the position of the state's row.
const FIRST: u32 = 2;
/// The memory of the lazy automaton, as a multiple of that of the table.
const MEMORY: usize = 4;

impl Table {
    /// Computes the table of an automaton. Returns `None` if the table would be larger than `most_bytes` bytes, or if the pattern has word boundaries
    /// of Unicode, which need the characters around them.
    pub(super) fn of(nfa: &NFA, most_bytes: usize) -> Option<Self> {
        let config = Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .cache_capacity(MEMORY.saturating_mul(most_bytes))
            .skip_cache_capacity_check(true)
            // A state that does not fit into the memory is an error.
            .minimum_cache_clear_count(Some(0));
        let lazy = Builder::new().configure(config).build_from_nfa(nfa.clone()).ok()?;
        let mut cache = lazy.create_cache();
        let mut classes = [0; 256];
        for (byte, class) in (0..=u8::MAX).zip(&mut classes) {
            *class = lazy.byte_classes().get(byte);
        }
        let bytes: Vec<u8> =
            lazy.byte_classes().representatives(..).filter_map(Unit::as_u8).collect();
        let width = bytes.len() + 1;
        let mut states = States { found: Vec::new(), numbers: HashMap::default(), width };
        states.number(lazy.start_state_forward(&mut cache, &Input::new("")).ok()?)?;
        let mut rows = Vec::new();
        let mut row = 0;
        while let Some(state) = states.found.get(row).copied() {
            for byte in &bytes {
                rows.push(states.number(lazy.next_state(&mut cache, state, *byte).ok()?)?);
            }
            rows.push(states.number(lazy.next_eoi_state(&mut cache, state).ok()?)?);
            if states.found.len() * width * size_of::<u32>() > most_bytes {
                return None;
            }
            row += 1;
        }
        rows.shrink_to_fit();
        Some(Self { classes, rows, width: width as u32 })
    }

    /// Returns true if the pattern matches somewhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut state = FIRST;
        for byte in text.bytes() {
            let class = self.classes.get(usize::from(byte)).copied().unwrap_or_default();
            state = self.next(state, u32::from(class));
            if state < FIRST {
                return state == MATCHED;
            }
        }
        self.next(state, self.width - 1) == MATCHED
    }

    #[inline(always)]
    fn next(&self, state: u32, column: u32) -> u32 {
        self.rows.get((state - FIRST + column) as usize).copied().unwrap_or(DEAD)
    }

    /// Returns the size in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.rows.len() * size_of::<u32>()
    }
}

/// The states that were found, in the order of their rows.
struct States {
    found: Vec<LazyStateID>,
    numbers: HashMap<LazyStateID, u32, Hashing>,
    width: usize,
}

impl States {
    /// Returns the number of a state, which gets a row when it is found. Returns `None` for a state that gives up.
    fn number(&mut self, state: LazyStateID) -> Option<u32> {
        if state.is_dead() {
            return Some(DEAD);
        }
        if state.is_match() {
            return Some(MATCHED);
        }
        if state.is_quit() || state.is_unknown() {
            return None;
        }
        let number = FIRST + u32::try_from(self.found.len() * self.width).ok()?;
        Some(*self.numbers.entry(state).or_insert_with(|| {
            self.found.push(state);
            number
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_at_most_as_large_as_its_limit() {
        for pattern in ["(abcdefghijklmnopqrstuvwxyz){3}", "(the|quick|brown|fox|jumps)-[0-9]+"] {
            let nfa = NFA::new(pattern).unwrap();
            let bytes = Table::of(&nfa, usize::MAX / MEMORY).unwrap().rows.len() * size_of::<u32>();
            assert!(Table::of(&nfa, bytes).is_some(), "{pattern}: {bytes} bytes");
            assert!(Table::of(&nfa, bytes - 1).is_none(), "{pattern}");
        }
    }
}
