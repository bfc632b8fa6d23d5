//! The simulation of all states of an automaton at once, for patterns without a table. A search counts its steps, so that a limit gives the
//! same answer on every machine and for every search before it.

use std::cell::RefCell;

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::primitives::StateID;

/// An automaton, with the states that a search can enter at any character.
#[derive(Debug)]
pub(super) struct Simulation {
    nfa: NFA,
    /// `None` if the states after the start depend on the place, or would need too much memory.
    starts: Option<Starts>,
}

/// The states after the first byte of a match, by this byte. A search thus enters only those alternatives of a long list that begin with
/// the next byte of the text.
#[derive(Debug)]
struct Starts {
    /// The end of the states of each byte in `states`, which begin where those of the byte before end.
    ends: Box<[u32; 256]>,
    states: Box<[StateID]>,
}

/// The memory of a search.
#[derive(Debug, Default)]
struct Cache {
    /// For each state, the search's last position at which the state was entered, plus 1.
    entered: Vec<u32>,
    /// The states that wait for the next byte.
    current: Vec<StateID>,
    next: Vec<StateID>,
    stack: Vec<StateID>,
    steps: usize,
}

thread_local! {
    /// The memory that all searches of a thread share. It is dropped after a search for which it grew beyond [`LARGEST_KEPT_CACHE`].
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// Maximum number of states of an automaton whose cache is kept for the next search.
const LARGEST_KEPT_CACHE: usize = 1 << 16;

/// Number of transitions of one state that count as one step, since they are compared in turn.
const TRANSITIONS_PER_STEP: usize = 8;

/// Number of steps of a test of the characters around a position.
const STEPS_OF_LOOK: usize = 4;

impl Simulation {
    pub(super) fn new(nfa: NFA) -> Self {
        let starts = Starts::of(&nfa);
        Self { nfa, starts }
    }

    /// Returns the size of the automaton in bytes.
    pub(super) fn bytes(&self) -> usize {
        let starts = self.starts.as_ref().map_or(0, |starts| size_of_val(&*starts.states) + 1024);
        self.nfa.memory_usage() + starts
    }

    pub(super) fn states(&self) -> usize {
        self.nfa.states().len()
    }

    /// Returns the largest number of steps for one byte of a text: each state is entered from each of its edges.
    pub(super) fn most_steps(&self) -> usize {
        let edges = |state: &State| match state {
            State::ByteRange { .. } | State::Dense(_) | State::Capture { .. } => 2,
            State::Sparse(sparse) => 2 + sparse.transitions.len() / TRANSITIONS_PER_STEP,
            State::Look { .. } => 1 + STEPS_OF_LOOK,
            State::Union { alternates } => alternates.len(),
            State::BinaryUnion { .. } => 2,
            State::Fail | State::Match { .. } => 0,
        };
        2 + self.nfa.states().iter().map(edges).sum::<usize>()
    }

    /// Returns true if the pattern matches somewhere in the text; `None` if the search would take more steps.
    pub(super) fn search(&self, text: &str, most_steps: usize) -> Option<bool> {
        CACHE.with(|cache| {
            // The cache is not borrowed here, because a search never starts another search on its thread.
            let mut cache = cache.try_borrow_mut().ok()?;
            let found = self.run(&mut cache, text, most_steps);
            if cache.entered.len() > LARGEST_KEPT_CACHE {
                *cache = Cache::default();
            }
            found
        })
    }

    fn run(&self, cache: &mut Cache, text: &str, most_steps: usize) -> Option<bool> {
        cache.entered.clear();
        cache.entered.resize(self.states(), 0);
        cache.current.clear();
        cache.next.clear();
        cache.steps = 0;
        let is_anchored = self.nfa.is_always_start_anchored();
        for at in 0..=text.len() {
            let may_start = (at == 0 || !is_anchored) && text.is_char_boundary(at);
            if may_start && self.starts.is_none() {
                // The states that the next byte may enter are those after the last one.
                std::mem::swap(&mut cache.current, &mut cache.next);
                let has_matched = self.enter(cache, self.nfa.start_anchored(), text, at);
                std::mem::swap(&mut cache.current, &mut cache.next);
                if has_matched {
                    return Some(true);
                }
            }
            let Some(byte) = text.as_bytes().get(at).copied() else { break };
            if is_anchored && at > 0 && cache.current.is_empty() {
                return Some(false);
            }
            let current = std::mem::take(&mut cache.current);
            let starts = self.starts.as_ref().filter(|_| may_start);
            let starts = starts.map_or(&[][..], |starts| starts.after(byte));
            let after = |state: &StateID| self.after(*state, byte);
            let mut entered = current.iter().filter_map(after).chain(starts.iter().copied());
            let has_matched = entered.any(|state| self.enter(cache, state, text, at + 1));
            cache.steps += 1 + current.len();
            cache.current = std::mem::replace(&mut cache.next, current);
            cache.next.clear();
            if has_matched {
                return Some(true);
            }
            if cache.steps > most_steps {
                return None;
            }
        }
        Some(false)
    }

    /// Adds the states that are reached from `state` at a position without a byte, to those that wait for the next byte. Returns true if the
    /// pattern has matched.
    fn enter(&self, cache: &mut Cache, state: StateID, text: &str, at: usize) -> bool {
        let mark = u32::try_from(at + 1).unwrap_or(u32::MAX);
        cache.stack.clear();
        cache.stack.push(state);
        while let Some(id) = cache.stack.pop() {
            cache.steps += 1;
            match cache.entered.get_mut(id.as_usize()) {
                Some(entered) if *entered != mark => *entered = mark,
                _ => continue,
            }
            match self.nfa.state(id) {
                State::ByteRange { .. } | State::Dense(_) => cache.next.push(id),
                State::Sparse(sparse) => {
                    cache.steps += sparse.transitions.len() / TRANSITIONS_PER_STEP;
                    cache.next.push(id);
                }
                State::Look { look, next } => {
                    cache.steps += STEPS_OF_LOOK;
                    if self.nfa.look_matcher().matches(*look, text.as_bytes(), at) {
                        cache.stack.push(*next);
                    }
                }
                State::Union { alternates } => cache.stack.extend(alternates.iter()),
                State::BinaryUnion { alt1, alt2 } => cache.stack.extend([*alt1, *alt2]),
                State::Capture { next, .. } => cache.stack.push(*next),
                State::Fail => {}
                State::Match { .. } => return true,
            }
        }
        false
    }

    fn after(&self, state: StateID, byte: u8) -> Option<StateID> {
        after(&self.nfa, state, byte)
    }
}

/// Returns the state that a state enters with a byte.
fn after(nfa: &NFA, state: StateID, byte: u8) -> Option<StateID> {
    match nfa.state(state) {
        State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
        State::Sparse(sparse) => sparse.matches_byte(byte),
        State::Dense(dense) => dense.matches_byte(byte),
        _ => None,
    }
}

impl Starts {
    fn of(nfa: &NFA) -> Option<Self> {
        let most = 4 * nfa.states().len();
        let mut firsts = Vec::new();
        let mut stack = vec![nfa.start_anchored()];
        let mut seen = vec![false; nfa.states().len()];
        while let Some(id) = stack.pop() {
            let seen = seen.get_mut(id.as_usize())?;
            if std::mem::replace(seen, true) {
                continue;
            }
            match nfa.state(id) {
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => firsts.push(id),
                State::Union { alternates } => stack.extend(alternates.iter()),
                State::BinaryUnion { alt1, alt2 } => stack.extend([*alt1, *alt2]),
                State::Capture { next, .. } => stack.push(*next),
                State::Fail => {}
                State::Look { .. } | State::Match { .. } => return None,
            }
        }
        let mut ends = Box::new([0; 256]);
        let mut states = Vec::new();
        for (byte, end) in (0..=u8::MAX).zip(ends.iter_mut()) {
            states.extend(firsts.iter().filter_map(|state| after(nfa, *state, byte)));
            if states.len() > most {
                return None;
            }
            *end = u32::try_from(states.len()).ok()?;
        }
        Some(Self { ends, states: states.into() })
    }

    fn after(&self, byte: u8) -> &[StateID] {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let byte = usize::from(byte);
        let from = byte.checked_sub(1).map_or(0, end);
        self.states.get(from..end(byte)).unwrap_or_default()
    }
}
