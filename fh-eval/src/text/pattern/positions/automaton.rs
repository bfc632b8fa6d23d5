//! The automata of patterns that test positions.

use std::ops::Range;

use regex_syntax::ast::ClassPerlKind;
use regex_syntax::hir::{self, ClassUnicode, Hir, HirKind, Look, Repetition};

use crate::text::pattern::class::perl_class;
use crate::text::pattern::dialect::FINAL_BREAK;
use crate::text::pattern::look_around::{LookAround, Side};
#[cfg(feature = "featbit")]
use crate::text::pattern::unicode;

/// An automaton as a list of steps.
#[derive(Debug)]
pub(super) struct Automaton {
    pub(super) steps: Box<[Step]>,
    /// For each ASCII character, a bit for each state that reads it.
    readers: Box<[u64]>,
    /// `None` if the automaton has more states than a word has bits.
    pub(super) narrow: Option<Narrow>,
    pub(super) start: u32,
    /// The side of a position on which the automaton reads its text. Before the position, it reads forwards.
    pub(super) side: Side,
}

/// A state of an automaton. The numbers are those of the states that may follow.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Reads this character.
    Character(char, u32),
    /// Reads a character of a class, given by its number.
    Class(u32, u32),
    Either(u32, u32),
    Test(Test, u32),
    Match,
}

/// Number of ASCII characters.
const ASCII: usize = 128;

/// Sets of the states of a small automaton, as words. A state that leads to two others is never in a set.
#[derive(Debug)]
pub(super) struct Narrow {
    /// For each state, the states that follow it.
    pub(super) follow: Box<[u64]>,
    /// The states that test a position.
    pub(super) tests: u64,
    /// The states at which the automaton starts.
    pub(super) start: u64,
}

/// A test of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Start,
    End,
    StartOfLine,
    EndOfLine,
    /// The end, or before a line feed at the end.
    FinalLineFeed,
    /// The end, or before a line break at the end.
    FinalLineBreak,
    WordBoundary,
    NotWordBoundary,
    /// A look-around, given by the number of its automaton, holds.
    Holds(u32),
    /// A look-around does not hold.
    HoldsNot(u32),
}

/// A class of characters.
#[derive(Debug)]
pub(super) struct Class {
    /// A bit for each ASCII character.
    ascii: u128,
    /// The first and last characters of ranges, in ascending order.
    ranges: Box<[(char, char)]>,
}

/// The number of the class of the characters of words.
pub(super) const WORD: usize = 0;

impl Automaton {
    fn new(steps: Vec<Step>, start: u32, side: Side, classes: &[Class]) -> Self {
        let words = steps.len().div_ceil(64);
        let mut readers = vec![0; ASCII * words];
        for (state, step) in steps.iter().enumerate() {
            let mut ascii = match step {
                Step::Character(c, _) if c.is_ascii() => 1_u128 << u32::from(*c),
                Step::Class(class, _) => {
                    classes.get(*class as usize).map_or(0, |class| class.ascii)
                }
                _ => 0,
            };
            while ascii != 0 {
                let c = ascii.trailing_zeros() as usize;
                ascii &= ascii - 1;
                if let Some(word) = readers.get_mut(c * words + state / 64) {
                    *word |= 1 << (state % 64);
                }
            }
        }
        let narrow = (words <= 1).then(|| Narrow::new(&steps, start));
        Self { steps: steps.into(), readers: readers.into(), narrow, start, side }
    }

    /// Returns the number of words of a set of states.
    pub(super) fn words(&self) -> usize {
        self.steps.len().div_ceil(64)
    }

    /// Returns the states of a word of a set that may read a character.
    pub(super) fn readers(&self, c: char, word: usize) -> u64 {
        if !c.is_ascii() {
            return u64::MAX;
        }
        self.readers.get(c as usize * self.words() + word).copied().unwrap_or_default()
    }

    pub(super) fn states(&self) -> usize {
        self.steps.len()
    }

    /// Returns the number of steps of a pass for each byte of the text.
    pub(super) fn steps_per_byte(&self) -> u64 {
        let states = self.states() as u64;
        match self.narrow {
            Some(_) => 10 + 3 * states,
            None => 16 * states,
        }
    }

    /// Returns the size in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.steps) + size_of_val(&*self.readers)
    }

    /// Returns true if the automaton starts only at the end of the text at which a pass begins.
    pub(super) fn is_anchored(&self) -> bool {
        let anchor = match self.side {
            Side::Behind => Test::Start,
            Side::Ahead => Test::End,
        };
        let start = self.steps.get(self.start as usize);
        matches!(start, Some(Step::Test(test, _)) if *test == anchor)
    }
}

impl Narrow {
    fn new(steps: &[Step], start: u32) -> Self {
        let mut tests = 0;
        let mut follow = Vec::with_capacity(steps.len());
        for (state, step) in steps.iter().enumerate() {
            tests |= u64::from(matches!(step, Step::Test(..))) << state;
            follow.push(match step {
                Step::Character(_, next) | Step::Class(_, next) | Step::Test(_, next) => {
                    reached(steps, *next)
                }
                Step::Either(..) | Step::Match => 0,
            });
        }
        Self { follow: follow.into(), tests, start: reached(steps, start) }
    }
}

/// Returns the states that are reached from a state without a character and without a test.
fn reached(steps: &[Step], from: u32) -> u64 {
    let (mut seen, mut states) = (0, 0);
    let mut stack = vec![from];
    while let Some(state) = stack.pop() {
        let bit = 1 << state;
        if seen & bit == 0 {
            seen |= bit;
            match steps.get(state as usize) {
                Some(Step::Either(one, other)) => stack.extend([*one, *other]),
                _ => states |= bit,
            }
        }
    }
    states
}

impl Class {
    fn new(class: &ClassUnicode) -> Self {
        let mut ascii = 0;
        let ranges = class.ranges().iter().map(|range| (range.start(), range.end()));
        for (start, end) in ranges.clone() {
            for c in u32::from(start)..=u32::from(end).min(127) {
                ascii |= 1 << c;
            }
        }
        Self { ascii, ranges: ranges.collect() }
    }

    pub(super) fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> u32::from(c) & 1 == 1;
        }
        let at = self.ranges.partition_point(|(_, end)| *end < c);
        self.ranges.get(at).is_some_and(|(start, _)| *start <= c)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.ranges)
    }
}

/// Builds the automata of a pattern.
pub(super) struct Builder<'p> {
    sources: &'p [LookAround],
    is_dot_net: bool,
    /// The automata of look-arounds that are finished.
    pub(super) looks: Vec<Automaton>,
    pub(super) classes: Vec<Class>,
}

/// The steps of a part that is repeated. They are copied, so that all copies share the classes and the look-arounds of the part.
struct Repeated {
    steps: Range<usize>,
    first: u32,
    /// The step that follows the part.
    next: u32,
}

impl Repeated {
    /// Adds a copy of the steps, which `next` follows. Returns the first one.
    fn copy(&self, next: u32, steps: &mut Vec<Step>) -> Option<u32> {
        let distance = u32::try_from(steps.len() - self.steps.start).ok()?;
        let to = |at: u32| if at == self.next { next } else { at + distance };
        for at in self.steps.clone() {
            let copy = match *steps.get(at)? {
                Step::Character(c, after) => Step::Character(c, to(after)),
                Step::Class(class, after) => Step::Class(class, to(after)),
                Step::Either(one, other) => Step::Either(to(one), to(other)),
                Step::Test(test, after) => Step::Test(test, to(after)),
                Step::Match => Step::Match,
            };
            push(steps, copy)?;
        }
        Some(to(self.first))
    }
}

impl<'p> Builder<'p> {
    pub(super) fn new(sources: &'p [LookAround], is_dot_net: bool) -> Self {
        let word = perl_class(&ClassPerlKind::Word);
        #[cfg(feature = "featbit")]
        let word = if is_dot_net { word_of_dot_net() } else { word };
        Self { sources, is_dot_net, looks: Vec::new(), classes: vec![Class::new(&word)] }
    }

    /// Builds the automaton of a tree, and before it those of the look-arounds in the tree.
    pub(super) fn automaton(&mut self, tree: &Hir, side: Side) -> Option<Automaton> {
        let mut steps = vec![Step::Match];
        let start = self.add(tree, 0, side, &mut steps)?;
        Some(Automaton::new(steps, start, side, &self.classes))
    }

    /// Adds the steps of a tree that `next` follows. Returns the first one.
    fn add(&mut self, tree: &Hir, next: u32, side: Side, steps: &mut Vec<Step>) -> Option<u32> {
        match tree.kind() {
            HirKind::Empty => Some(next),
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                let mut character = |next, c| push(steps, Step::Character(c, next));
                match side {
                    Side::Behind => text.chars().rev().try_fold(next, &mut character),
                    Side::Ahead => text.chars().try_fold(next, &mut character),
                }
            }
            HirKind::Class(hir::Class::Unicode(class)) => {
                let class = self.class(class)?;
                push(steps, Step::Class(class, next))
            }
            HirKind::Class(hir::Class::Bytes(_)) => None,
            HirKind::Look(look) => push(steps, Step::Test(self.test(*look)?, next)),
            HirKind::Capture(reference) => {
                let test = self.look_around(reference.index)?;
                push(steps, Step::Test(test, next))
            }
            HirKind::Concat(parts) => match side {
                Side::Behind => parts
                    .iter()
                    .rev()
                    .try_fold(next, |next, part| self.add(part, next, side, steps)),
                Side::Ahead => {
                    parts.iter().try_fold(next, |next, part| self.add(part, next, side, steps))
                }
            },
            HirKind::Alternation(branches) => {
                let (last, others) = branches.split_last()?;
                let last = self.add(last, next, side, steps)?;
                others.iter().rev().try_fold(last, |others, branch| {
                    let branch = self.add(branch, next, side, steps)?;
                    push(steps, Step::Either(branch, others))
                })
            }
            HirKind::Repetition(repetition) => self.repetition(repetition, next, side, steps),
        }
    }

    fn repetition(
        &mut self,
        repetition: &Repetition,
        next: u32,
        side: Side,
        steps: &mut Vec<Step>,
    ) -> Option<u32> {
        let mut repeated: Option<Repeated> = None;
        let mut part = |next, steps: &mut Vec<Step>| match &repeated {
            Some(repeated) => repeated.copy(next, steps),
            None => {
                let start = steps.len();
                let first = self.add(&repetition.sub, next, side, steps)?;
                repeated = Some(Repeated { steps: start..steps.len(), first, next });
                Some(first)
            }
        };
        let mut at = next;
        match repetition.max {
            Some(max) => {
                for _ in repetition.min..max {
                    let again = part(at, steps)?;
                    at = push(steps, Step::Either(again, next))?;
                }
            }
            None => {
                at = push(steps, Step::Match)?;
                let again = part(at, steps)?;
                *steps.get_mut(at as usize)? = Step::Either(again, next);
            }
        }
        (0..repetition.min).try_fold(at, |at, _| part(at, steps))
    }

    /// Returns the test of a look-around, and builds its automaton.
    fn look_around(&mut self, index: u32) -> Option<Test> {
        let look = self.sources.get(index as usize)?;
        let automaton = self.automaton(&look.inside.tree, look.kind.side)?;
        let number = u32::try_from(self.looks.len()).ok()?;
        self.looks.push(automaton);
        Some(if look.kind.is_negated { Test::HoldsNot(number) } else { Test::Holds(number) })
    }

    fn class(&mut self, class: &ClassUnicode) -> Option<u32> {
        self.classes.push(Class::new(class));
        u32::try_from(self.classes.len() - 1).ok()
    }

    fn test(&self, look: Look) -> Option<Test> {
        Some(match look {
            Look::Start => Test::Start,
            Look::End => Test::End,
            Look::StartLF => Test::StartOfLine,
            Look::EndLF => Test::EndOfLine,
            FINAL_BREAK if self.is_dot_net => Test::FinalLineFeed,
            FINAL_BREAK => Test::FinalLineBreak,
            Look::WordAscii | Look::WordUnicode => Test::WordBoundary,
            Look::WordAsciiNegate | Look::WordUnicodeNegate => Test::NotWordBoundary,
            _ => return None,
        })
    }
}

fn push(steps: &mut Vec<Step>, step: Step) -> Option<u32> {
    let number = u32::try_from(steps.len()).ok()?;
    steps.push(step);
    Some(number)
}

/// Returns the characters between which .NET's `\b` finds no boundary. Unlike `\w`, they include the two joiners.
#[cfg(feature = "featbit")]
fn word_of_dot_net() -> ClassUnicode {
    let mut word = unicode::categories(|category| {
        category.starts_with('L') || matches!(category, "Mn" | "Nd" | "Pc")
    });
    word.push(hir::ClassUnicodeRange::new('\u{200C}', '\u{200D}'));
    word
}
