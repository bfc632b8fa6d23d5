//! Engines that run patterns on native targets. These engines keep no memory for each pair of a pattern and a
//! thread. If a pattern has a table, the table is built when the pattern is compiled, and all threads share it. A
//! pattern without a table is simulated, with one cache per thread for all patterns.

use regex_automata::nfa::thompson;

use super::simulation::Simulation;
use super::table::Table;
use crate::cost::Cost;

/// Maximum size of the table of one pattern, in bytes. A pattern whose table would be larger is simulated.
pub(super) const TABLE_BYTES: usize = 256 << 10;

/// A compiled pattern.
#[derive(Debug)]
pub(super) enum Engine {
    /// A complete automaton. A search runs about one step for each byte of the text, or fewer.
    Table(Box<Table>),
    /// A simulation of all states of an automaton at once. A search runs about one step for each byte of the text and
    /// each state, or fewer.
    Simulation(Box<Simulation>),
}

impl Engine {
    /// Compiles a pattern that `dialect` wrote, with a transition table of at most `table_bytes` bytes. If
    /// `table_bytes` is 0 or the table would be larger, the pattern is simulated. Returns `None` if the program would
    /// be larger than `program_bytes`.
    pub(super) fn compile(source: &str, table_bytes: usize, program_bytes: usize) -> Option<Self> {
        let config = thompson::Config::new()
            .nfa_size_limit(Some(program_bytes))
            .which_captures(thompson::WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(config).build(source).ok()?;
        if table_bytes > 0
            && let Some(table) = Table::of(&nfa, table_bytes)
        {
            return Some(Self::Table(Box::new(table)));
        }
        Some(Self::Simulation(Box::new(Simulation::new(nfa))))
    }

    /// Returns true if the pattern matches; `None` if the search would take more steps than `most_steps`. A table has no such limit.
    pub(super) fn search(&self, text: &str, most_steps: usize) -> Option<bool> {
        match self {
            Self::Table(table) => Some(table.is_match(text)),
            Self::Simulation(simulation) => simulation.search(text, most_steps),
        }
    }

    /// Returns the largest number of steps for one byte of a text.
    pub(super) fn most_steps(&self) -> usize {
        match self {
            Self::Table(_) => 1,
            Self::Simulation(simulation) => simulation.most_steps(),
        }
    }

    /// Returns the size of the pattern's automaton in bytes. A table is counted by [`Self::table_bytes`].
    pub(super) fn program_bytes(&self) -> usize {
        match self {
            Self::Table(_) => 0,
            Self::Simulation(simulation) => simulation.bytes(),
        }
    }

    /// Returns the size of the pattern's transition table in bytes, or 0 if the pattern runs without a table.
    pub(super) fn table_bytes(&self) -> usize {
        match self {
            Self::Table(table) => table.bytes(),
            Self::Simulation(_) => 0,
        }
    }

    /// Returns the maximum work of one search. A large table costs more per byte, because it does not fit into the
    /// processor's caches.
    pub(super) fn cost(&self) -> Cost {
        match self {
            Self::Table(table) => {
                let per_byte = match table.bytes() {
                    0..=8_192 => 3,
                    8_193..=65_536 => 8,
                    _ => 24,
                };
                Cost { per_value: 60, per_byte }
            }
            Self::Simulation(simulation) => {
                let states = simulation.states() as u64;
                Cost {
                    per_value: STEPS_PER_STATE.saturating_mul(states),
                    per_byte: STEPS_PER_STATE_AND_BYTE.saturating_mul(states),
                }
            }
        }
    }
}

/// Number of steps for each state at the start of a simulation, which resets or allocates the cache.
const STEPS_PER_STATE: u64 = 60;
/// Number of steps of a simulation for each state and each byte of the text.
const STEPS_PER_STATE_AND_BYTE: u64 = 6;
