//! A pass over a text, which finds the positions at which an automaton matches.

use super::automaton::{Automaton, Characters, Step, Test, WORD};
use crate::text::pattern::look_around::Side;

/// The memory of a search.
#[derive(Default)]
pub(super) struct Memory {
    bits: Bits,
    /// For each state, the number of the last position of the pass at which the state was entered.
    entered: Vec<u32>,
    /// The states that wait for the next character.
    current: Vec<u32>,
    next: Vec<u32>,
    stack: Vec<u32>,
}

/// A bit for each look-around and each byte of the text, and for its end. Only those of positions between characters are used.
#[derive(Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    words_per_look: usize,
}

impl Bits {
    pub(super) fn set(&mut self, look: usize, at: usize) {
        if let Some(word) = self.words.get_mut(look * self.words_per_look + at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn get(&self, look: u32, at: usize) -> bool {
        let word = self.words.get(look as usize * self.words_per_look + at / 64);
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

impl Memory {
    /// Prepares the memory for a search.
    pub(super) fn clear(&mut self, looks: usize, text: &str) {
        self.bits.words_per_look = text.len() / 64 + 1;
        self.bits.words.clear();
        self.bits.words.resize(looks * self.bits.words_per_look, 0);
    }

    /// Returns the number of allocated bytes.
    pub(super) fn bytes(&self) -> usize {
        let lists = [&self.entered, &self.current, &self.next, &self.stack];
        8 * self.bits.words.capacity() + 4 * lists.map(Vec::capacity).iter().sum::<usize>()
    }
}

/// A pass of an automaton over a text.
pub(super) struct Pass<'a> {
    automaton: &'a Automaton,
    classes: &'a [Characters],
    text: &'a str,
    memory: &'a mut Memory,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        automaton: &'a Automaton,
        classes: &'a [Characters],
        text: &'a str,
        memory: &'a mut Memory,
    ) -> Self {
        Self { automaton, classes, text, memory }
    }

    /// Calls `found` for each position at which the automaton matches, until `found` returns false.
    pub(super) fn run(&mut self, found: impl FnMut(&mut Bits, usize) -> bool) {
        self.memory.entered.clear();
        self.memory.entered.resize(self.automaton.states(), 0);
        self.memory.current.clear();
        self.memory.next.clear();
        let chars = self.text.char_indices();
        match self.automaton.side {
            Side::Behind => self.read(0, chars.map(|(at, c)| (c, at + c.len_utf8())), found),
            Side::Ahead => self.read(self.text.len(), chars.rev().map(|(at, c)| (c, at)), found),
        }
    }

    /// Reads characters, each with the position behind it. The automaton may start at every position, unless an anchor prevents it.
    fn read(
        &mut self,
        start: usize,
        mut chars: impl Iterator<Item = (char, usize)>,
        mut found: impl FnMut(&mut Bits, usize) -> bool,
    ) {
        let is_anchored = self.automaton.is_anchored();
        let (mut at, mut mark) = (start, 1);
        let mut has_matched = self.enter(self.automaton.start, at, mark);
        loop {
            if has_matched && !found(&mut self.memory.bits, at) {
                return;
            }
            if is_anchored && self.memory.next.is_empty() {
                return;
            }
            let Some((c, after)) = chars.next() else { return };
            (at, mark) = (after, mark + 1);
            let next = std::mem::take(&mut self.memory.next);
            let waiting = std::mem::replace(&mut self.memory.current, next);
            self.memory.next = waiting;
            self.memory.next.clear();
            let current = std::mem::take(&mut self.memory.current);
            has_matched = !is_anchored && self.enter(self.automaton.start, at, mark);
            for state in &current {
                if let Some(next) = self.after(*state, c) {
                    has_matched |= self.enter(next, at, mark);
                }
            }
            self.memory.current = current;
        }
    }

    /// Returns the state that follows a state after a character.
    fn after(&self, state: u32, c: char) -> Option<u32> {
        match *self.automaton.steps.get(state as usize)? {
            Step::Character(expected, next) => (c == expected).then_some(next),
            Step::Class(class, next) => {
                self.classes.get(class as usize)?.contains(c).then_some(next)
            }
            Step::Either(..) | Step::Test(..) | Step::Match => None,
        }
    }

    /// Adds the states that are reached from a state at a position, to those that wait for the next character. `mark` is the number of the
    /// position. Returns true if the automaton has matched.
    fn enter(&mut self, state: u32, at: usize, mark: u32) -> bool {
        let mut has_matched = false;
        let mut state = Some(state);
        while let Some(number) = state {
            state = None;
            if let Some(entered) = self.memory.entered.get_mut(number as usize)
                && std::mem::replace(entered, mark) != mark
            {
                match self.automaton.steps.get(number as usize) {
                    Some(Step::Character(..) | Step::Class(..)) => self.memory.next.push(number),
                    Some(Step::Either(one, other)) => {
                        self.memory.stack.push(*other);
                        state = Some(*one);
                    }
                    Some(Step::Test(test, next)) if self.holds(*test, at) => state = Some(*next),
                    Some(Step::Match) => has_matched = true,
                    Some(Step::Test(..)) | None => {}
                }
            }
            state = state.or_else(|| self.memory.stack.pop());
        }
        has_matched
    }

    fn holds(&self, test: Test, at: usize) -> bool {
        let text = self.text.as_bytes();
        let before = || self.text.get(..at).unwrap_or_default();
        let after = || self.text.get(at..).unwrap_or_default();
        match test {
            Test::Start => at == 0,
            Test::End => at == text.len(),
            Test::StartOfLine => at == 0 || before().ends_with('\n'),
            Test::EndOfLine => text.get(at).is_none_or(|byte| *byte == b'\n'),
            Test::FinalLineFeed => matches!(after(), "" | "\n"),
            Test::FinalLineBreak => match after() {
                "\n" => !before().ends_with('\r'),
                rest => matches!(rest, "" | "\r\n" | "\r" | "\u{85}" | "\u{2028}" | "\u{2029}"),
            },
            Test::WordBoundary | Test::NotWordBoundary => {
                let is_word = |c: Option<char>| {
                    let class = self.classes.get(WORD as usize);
                    c.zip(class).is_some_and(|(c, class)| class.contains(c))
                };
                let is_boundary =
                    is_word(before().chars().next_back()) != is_word(after().chars().next());
                is_boundary == (test == Test::WordBoundary)
            }
            Test::Holds(look) => self.memory.bits.get(look, at),
            Test::HoldsNot(look) => !self.memory.bits.get(look, at),
        }
    }
}
