//! A pass over a text, which finds the positions at which an automaton matches.

use super::automaton::{Automaton, Class, Narrow, Step, Test, WORD};
use crate::text::pattern::look_around::Side;

/// The memory of a search.
#[derive(Default)]
pub(super) struct Memory {
    /// For each look-around whose pass has ended, a bit for each byte of the text, and one for its end. Only those of positions between
    /// characters are used.
    bits: Vec<u64>,
    /// The bits of the present pass.
    found: Vec<u64>,
    sets: Sets,
}

/// Sets of states, with a bit for each state.
#[derive(Default)]
struct Sets {
    /// The states that were entered at the position before the present character.
    current: Vec<u64>,
    /// The states that were entered at the present position.
    entered: Vec<u64>,
    stack: Vec<u32>,
}

impl Memory {
    /// Forgets the look-arounds of the last search.
    pub(super) fn clear(&mut self) {
        self.bits.clear();
    }

    /// Returns the number of allocated bytes.
    pub(super) fn bytes(&self) -> usize {
        let Sets { current, entered, stack } = &self.sets;
        let words = [&self.bits, &self.found, current, entered];
        8 * words.map(Vec::capacity).iter().sum::<usize>() + 4 * stack.capacity()
    }
}

/// A text, and what is known about its positions.
#[derive(Clone, Copy)]
struct Text<'a> {
    text: &'a str,
    classes: &'a [Class],
    bits: &'a [u64],
}

/// The characters of a text on one side of a position, and the position, which moves over them.
struct Characters<'a> {
    text: &'a str,
    side: Side,
    at: usize,
}

impl Characters<'_> {
    #[inline]
    fn next(&mut self) -> Option<char> {
        let c;
        match self.side {
            Side::Behind => {
                c = self.text.get(self.at..)?.chars().next()?;
                self.at += c.len_utf8();
            }
            Side::Ahead => {
                c = self.text.get(..self.at)?.chars().next_back()?;
                self.at -= c.len_utf8();
            }
        }
        Some(c)
    }
}

/// Finds all positions at which the automaton of a look-around matches, and remembers them for the automata around it.
pub(super) fn look(automaton: &Automaton, classes: &[Class], text: &str, memory: &mut Memory) {
    let Memory { bits, found, sets } = memory;
    found.clear();
    found.resize(words_of(text), 0);
    run(automaton, Text { text, classes, bits }, sets, &mut |at| {
        if let Some(word) = found.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
        true
    });
    bits.extend_from_slice(found);
}

/// Returns true if the automaton of the pattern matches at some position.
pub(super) fn is_match(
    automaton: &Automaton,
    classes: &[Class],
    text: &str,
    memory: &mut Memory,
) -> bool {
    let Memory { bits, sets, .. } = memory;
    let mut is_match = false;
    run(automaton, Text { text, classes, bits }, sets, &mut |_| {
        is_match = true;
        false
    });
    is_match
}

fn words_of(text: &str) -> usize {
    text.len() / 64 + 1
}

/// Reads a text, and calls `found` for each position at which the automaton matches, until `found` returns false. The automaton may start at
/// every position, unless an anchor prevents it.
fn run(
    automaton: &Automaton,
    text: Text<'_>,
    sets: &mut Sets,
    found: &mut dyn FnMut(usize) -> bool,
) {
    let at = match automaton.side {
        Side::Behind => 0,
        Side::Ahead => text.text.len(),
    };
    let chars = Characters { text: text.text, side: automaton.side, at };
    match &automaton.narrow {
        Some(narrow) => read_narrow(automaton, narrow, text, chars, found),
        None => read(automaton, text, sets, chars, found),
    }
}

fn read(
    automaton: &Automaton,
    text: Text<'_>,
    sets: &mut Sets,
    mut chars: Characters<'_>,
    found: &mut dyn FnMut(usize) -> bool,
) {
    for set in [&mut sets.current, &mut sets.entered] {
        set.clear();
        set.resize(automaton.words(), 0);
    }
    let Sets { current, entered, stack } = sets;
    let is_anchored = automaton.is_anchored();
    let mut has_matched = enter(automaton, text, entered, stack, automaton.start, chars.at);
    loop {
        if has_matched && !found(chars.at) {
            return;
        }
        if is_anchored && entered.iter().all(|word| *word == 0) {
            return;
        }
        let Some(c) = chars.next() else { return };
        std::mem::swap(current, entered);
        entered.fill(0);
        has_matched =
            !is_anchored && enter(automaton, text, entered, stack, automaton.start, chars.at);
        for (number, word) in (0..).zip(&*current) {
            let mut states = *word & automaton.readers(c, number);
            while states != 0 {
                let state = 64 * number as u32 + states.trailing_zeros();
                states &= states - 1;
                if let Some(next) = after_character(automaton, text, state, c) {
                    has_matched |= enter(automaton, text, entered, stack, next, chars.at);
                }
            }
        }
    }
}

/// Does the same for an automaton whose sets of states are words.
fn read_narrow(
    automaton: &Automaton,
    narrow: &Narrow,
    text: Text<'_>,
    mut chars: Characters<'_>,
    found: &mut dyn FnMut(usize) -> bool,
) {
    let follow = |state: u32| narrow.follow.get(state as usize).copied().unwrap_or_default();
    let starts = if automaton.is_anchored() { 0 } else { narrow.start };
    let mut entered = narrow.start;
    loop {
        let mut tests = entered & narrow.tests;
        let mut tested = 0;
        while tests != 0 {
            let state = tests.trailing_zeros();
            tested |= 1 << state;
            if let Some(Step::Test(test, _)) = automaton.steps.get(state as usize)
                && text.holds(*test, chars.at)
            {
                entered |= follow(state);
            }
            tests = entered & narrow.tests & !tested;
        }
        // The first state is the match.
        if entered & 1 == 1 && !found(chars.at) {
            return;
        }
        let Some(c) = chars.next() else { return };
        let mut states = entered & automaton.readers(c, 0);
        entered = starts;
        while states != 0 {
            let state = states.trailing_zeros();
            states &= states - 1;
            if c.is_ascii() || after_character(automaton, text, state, c).is_some() {
                entered |= follow(state);
            }
        }
        if entered == 0 {
            return;
        }
    }
}

/// Returns the state that follows a state after a character. An ASCII character is one that the state reads.
#[inline]
fn after_character(automaton: &Automaton, text: Text<'_>, state: u32, c: char) -> Option<u32> {
    match *automaton.steps.get(state as usize)? {
        Step::Character(expected, next) => (c == expected).then_some(next),
        Step::Class(_, next) if c.is_ascii() => Some(next),
        Step::Class(class, next) => text.classes.get(class as usize)?.contains(c).then_some(next),
        Step::Either(..) | Step::Test(..) | Step::Match => None,
    }
}

/// Adds the states that are reached from a state at a position to `entered`. Returns true if the automaton has matched.
fn enter(
    automaton: &Automaton,
    text: Text<'_>,
    entered: &mut [u64],
    stack: &mut Vec<u32>,
    state: u32,
    at: usize,
) -> bool {
    let mut has_matched = false;
    let mut number = state;
    loop {
        let bit = 1 << (number % 64);
        let mut next = None;
        if let Some(word) = entered.get_mut(number as usize / 64)
            && *word & bit == 0
        {
            *word |= bit;
            match automaton.steps.get(number as usize) {
                Some(Step::Either(one, other)) => {
                    stack.push(*other);
                    next = Some(*one);
                }
                Some(Step::Test(test, after)) if text.holds(*test, at) => next = Some(*after),
                Some(Step::Match) => has_matched = true,
                Some(Step::Character(..) | Step::Class(..) | Step::Test(..)) | None => {}
            }
        }
        match next.or_else(|| stack.pop()) {
            Some(next) => number = next,
            None => return has_matched,
        }
    }
}

impl Text<'_> {
    fn holds(self, test: Test, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let before = || self.text.get(..at).unwrap_or_default();
        let after = || self.text.get(at..).unwrap_or_default();
        match test {
            Test::Holds(look) => self.found(look, at),
            Test::HoldsNot(look) => !self.found(look, at),
            Test::Start => at == 0,
            Test::End => at == bytes.len(),
            Test::StartOfLine => at == 0 || before().ends_with('\n'),
            Test::EndOfLine => bytes.get(at).is_none_or(|byte| *byte == b'\n'),
            Test::FinalLineFeed => matches!(after(), "" | "\n"),
            Test::FinalLineBreak => match after() {
                "\n" => !before().ends_with('\r'),
                rest => matches!(rest, "" | "\r\n" | "\r" | "\u{85}" | "\u{2028}" | "\u{2029}"),
            },
            Test::WordBoundary | Test::NotWordBoundary => {
                let is_word = |c: Option<char>| {
                    let class = self.classes.get(WORD);
                    c.zip(class).is_some_and(|(c, class)| class.contains(c))
                };
                let is_boundary =
                    is_word(before().chars().next_back()) != is_word(after().chars().next());
                is_boundary == (test == Test::WordBoundary)
            }
        }
    }

    fn found(self, look: u32, at: usize) -> bool {
        let word = self.bits.get(look as usize * words_of(self.text) + at / 64);
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}
