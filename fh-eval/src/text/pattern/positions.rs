//! An engine for patterns that test positions: patterns with look-arounds, or with tests that the other engines lack. It is the same on all
//! targets. On WebAssembly, it also runs all other patterns that need an engine.
//!
//! Each look-around has an automaton, and one bit for each position of a text, which one pass over the text finds: forwards for a
//! look-behind, and backwards, through the parts in reverse order, for a look-ahead. In the automata around it, the look-around is then a test
//! of a position, like `\b`. A pass keeps all states of its automaton at once, and takes time linear in the text's length.

mod automaton;
mod pass;

use std::cell::Cell;

use regex_syntax::hir::Hir;

use self::automaton::{Automaton, Builder, Class};
use self::pass::Memory;
use super::look_around::{LookAround, Side};
use crate::cost::Cost;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Positions {
    /// The automata of the look-arounds, the inner ones first.
    looks: Box<[Automaton]>,
    pattern: Automaton,
    /// The classes of characters. The first one has the characters of words.
    classes: Box<[Class]>,
}

thread_local! {
    /// The memory that all searches of a thread share.
    static MEMORY: Cell<Memory> = Cell::default();
}

/// Maximum number of bytes of memory that are kept for the next search.
const LARGEST_KEPT_MEMORY: usize = 1 << 20;

/// Number of steps at the start of a search, and for each state, which resets or allocates the memory.
const STEPS_PER_VALUE: u64 = 100;
const STEPS_PER_STATE: u64 = 4;

impl Positions {
    /// Compiles a tree. `looks` are the look-arounds by the numbers of the references in the tree. Returns `None` if the tree has classes of
    /// bytes.
    pub(super) fn compile(tree: &Hir, looks: &[LookAround], is_dot_net: bool) -> Option<Self> {
        let mut builder = Builder::new(looks, is_dot_net);
        let pattern = builder.automaton(tree, Side::Behind)?;
        Some(Self { looks: builder.looks.into(), pattern, classes: builder.classes.into() })
    }

    /// Returns true if the pattern matches somewhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut memory = MEMORY.take();
        memory.clear();
        for automaton in &self.looks {
            pass::look(automaton, &self.classes, text, &mut memory);
        }
        let is_match = pass::is_match(&self.pattern, &self.classes, text, &mut memory);
        if memory.bytes() <= LARGEST_KEPT_MEMORY {
            MEMORY.set(memory);
        }
        is_match
    }

    fn states(&self) -> usize {
        self.looks.iter().map(Automaton::states).sum::<usize>() + self.pattern.states()
    }

    /// Returns the size of the automata in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.looks.iter().map(Automaton::bytes).sum::<usize>()
            + self.pattern.bytes()
            + self.classes.iter().map(Class::bytes).sum::<usize>()
    }

    /// Returns the maximum work of one search.
    pub(super) fn cost(&self) -> Cost {
        let automata = self.looks.iter().chain([&self.pattern]);
        let per_byte = automata.map(Automaton::steps_per_byte).fold(0, u64::saturating_add);
        let states = STEPS_PER_STATE.saturating_mul(self.states() as u64);
        Cost { per_value: STEPS_PER_VALUE.saturating_add(states), per_byte }
    }
}
