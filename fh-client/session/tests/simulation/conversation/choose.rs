//! Chooses the committed conversations: those that contain each state and each event and, in the mutated copy of the project, those that
//! find mutants of the session.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use super::Conversation;
use super::committed::{MOST, write_chosen};
use super::origin::{Hostile, hostile, of_hostile, of_simulation};
use super::record::Recorder;
#[cfg(mutants)]
use super::replay::first_difference;
use super::traits::traits;

/// Number of scripts of the simulation that are candidates.
const SCRIPTS: u64 = if cfg!(mutants) { 3_000 } else { 1_500 };
/// Number of candidates that are examined at once.
const BATCH: usize = 200;
/// Number of candidates that are kept for each goal, from which the shortest combinations are chosen.
const CANDIDATES: usize = 12;
/// Number of conversations that reach each goal, if 200 conversations suffice.
const REPEATED: usize = 4;
/// The cost of another conversation, in steps. The settings and the first request are in each.
const CONVERSATION: usize = 12;

/// A conversation, and the goals that it reaches, each with the position of the step.
struct Candidate {
    conversation: Conversation,
    goals: BTreeMap<String, usize>,
}

/// The origin of a candidate.
enum Origin<'a> {
    Simulation(u64),
    Hostile(&'a Hostile),
}

/// Writes the chosen conversations into the folder that `FH_CONVERSATIONS` names.
#[test]
#[ignore = "writes files; `cargo xtask web conversations --commit` runs it after a rule was changed"]
fn conversations_are_chosen() {
    let folder = PathBuf::from(env::var_os("FH_CONVERSATIONS").expect("FH_CONVERSATIONS"));
    let candidates = candidates();
    let chosen = choose(&candidates);
    let reached: BTreeSet<&String> =
        chosen.iter().flat_map(|(at, steps)| candidates[*at].reached(*steps)).collect();
    let goals: BTreeSet<&String> = candidates.iter().flat_map(|each| each.goals.keys()).collect();
    assert_eq!(reached, goals, "a goal that a candidate reaches");
    println!("{} goals", goals.len());
    #[cfg(mutants)]
    {
        let missed: Vec<_> = mutants().filter(|it| !reached.contains(&goal(*it))).collect();
        println!("mutants without a conversation: {missed:?}");
    }
    let chosen: Vec<Conversation> = chosen
        .iter()
        .map(|(at, steps)| {
            let mut conversation = candidates[*at].conversation.clone();
            conversation.steps.truncate(*steps);
            conversation
        })
        .collect();
    write_chosen(&folder, &chosen);
}

#[cfg(mutants)]
fn goal(mutant: fh_session::mutants::Mutant) -> String {
    format!("mutant {mutant:?}")
}

/// Returns the mutants that conversations with an Edge can show.
#[cfg(mutants)]
pub fn mutants() -> impl Iterator<Item = fh_session::mutants::Mutant> {
    let all = fh_session::mutants::Mutant::ALL.iter().map(|(mutant, _)| *mutant);
    // No conversation with an Edge reaches the code of further systems.
    all.filter(|mutant| crate::mutants::System::of(*mutant) == crate::mutants::System::FeatureHub)
}

impl Candidate {
    /// Returns the goals that the first steps reach.
    fn reached(&self, steps: usize) -> impl Iterator<Item = &String> {
        self.goals.iter().filter(move |(_, at)| **at < steps).map(|(goal, _)| goal)
    }
}

/// Returns the conversations that reach a goal that few earlier ones reach.
fn candidates() -> Vec<Candidate> {
    let hostile = hostile();
    let mut origins: Vec<Origin<'_>> = (0..SCRIPTS).map(Origin::Simulation).collect();
    // Hostile input follows the first scripts, which find the most mutants.
    origins.splice(BATCH..BATCH, hostile.iter().map(Origin::Hostile));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for batch in origins.chunks(BATCH) {
        for candidate in examine(batch, &counts) {
            let few = |goal: &String| counts.get(goal).is_none_or(|count| *count < CANDIDATES);
            if candidate.goals.keys().any(few) {
                for goal in candidate.goals.keys() {
                    *counts.entry(goal.clone()).or_default() += 1;
                }
                kept.push(candidate);
            }
        }
    }
    kept
}

/// Finds the goals of conversations, on all cores. Goals that enough conversations reach already may be left out.
fn examine(origins: &[Origin<'_>], counts: &BTreeMap<String, usize>) -> Vec<Candidate> {
    let is_enough = |goal: &str| counts.get(goal).is_some_and(|count| *count >= CANDIDATES);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(origin) = origins.get(at) else { return found };
            found.push((at, candidate(origin, &is_enough)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut found: Vec<(usize, Candidate)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let outcomes = threads.into_iter().map(ScopedJoinHandle::join);
        outcomes
            .flat_map(|outcome| outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Returns a conversation with its traits. In the mutated copy of the project, the mutants that it finds are goals as well.
fn candidate(origin: &Origin<'_>, is_enough: &dyn Fn(&str) -> bool) -> Candidate {
    let mut session: Recorder = match origin {
        Origin::Simulation(seed) => of_simulation(*seed),
        Origin::Hostile(script) => of_hostile(script),
    };
    let conversation = session.recorded().expect("a record that was begun");
    let mut goals = traits(&conversation);
    goals.retain(|goal, _| !is_enough(goal));
    #[cfg(mutants)]
    for mutant in mutants().filter(|mutant| !is_enough(&goal(*mutant))) {
        fh_session::mutants::switch_on(Some(mutant));
        let difference = first_difference(&session, &conversation);
        fh_session::mutants::switch_on(None);
        goals.extend(difference.map(|at| (goal(mutant), at)));
    }
    Candidate { conversation, goals }
}

/// Chooses conversations, each with a number of steps, until each goal is reached as often as possible.
fn choose(candidates: &[Candidate]) -> Vec<(usize, usize)> {
    let mut chosen: BTreeMap<usize, usize> = BTreeMap::new();
    for times in 1..=REPEATED {
        let mut reached: BTreeMap<&String, usize> = BTreeMap::new();
        for (at, steps) in &chosen {
            for goal in candidates[*at].reached(*steps) {
                *reached.entry(goal).or_default() += 1;
            }
        }
        while let Some((at, steps)) = best(candidates, &chosen, &reached, times) {
            let before = chosen.get(&at).copied().unwrap_or(0);
            if before == 0 && chosen.len() == MOST {
                break;
            }
            for (goal, step) in &candidates[at].goals {
                if (before..steps).contains(step) {
                    *reached.entry(goal).or_default() += 1;
                }
            }
            chosen.insert(at, steps);
        }
    }
    chosen.into_iter().collect()
}

/// Returns the candidate, and its number of steps, that reaches the most missing goals for its cost; `None` if no goal is missing.
fn best(
    candidates: &[Candidate],
    chosen: &BTreeMap<usize, usize>,
    reached: &BTreeMap<&String, usize>,
    times: usize,
) -> Option<(usize, usize)> {
    let mut best: Option<(f64, usize, usize)> = None;
    for (at, candidate) in candidates.iter().enumerate() {
        let before = chosen.get(&at).copied().unwrap_or(0);
        let fixed = if before == 0 { CONVERSATION } else { 0 };
        let missing = candidate.goals.iter().filter(|(goal, step)| {
            **step >= before && reached.get(goal).is_none_or(|count| *count < times)
        });
        let mut steps: Vec<usize> = missing.map(|(_, step)| *step + 1).collect();
        steps.sort_unstable();
        for (position, end) in steps.iter().enumerate() {
            let gain = (position + 1) as f64 / (fixed + end - before) as f64;
            if best.is_none_or(|(most, ..)| gain > most) {
                best = Some((gain, at, *end));
            }
        }
    }
    best.map(|(_, at, steps)| (at, steps))
}
