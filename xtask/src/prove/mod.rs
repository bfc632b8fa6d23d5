//! `cargo xtask prove`: runs the deep parts. In CI, `cargo xtask test` runs some of them after its own parts.

pub(crate) mod inputs;
mod record;
mod turn;

use std::time::{Duration, Instant};

use self::inputs::Tree;
use self::record::Record;
use self::turn::Turn;
use crate::budget::Budgets;
use crate::deep::{self, Deep, Search};
use crate::install::{self, Installing};
use crate::part::{Part, Stage, chosen};
use crate::schedule::{Missing, Outcome, Schedule};
use crate::shell::Run;

/// The time that deep parts may use in a run of CI.
const TIME_IN_CI: Duration = Duration::from_secs(15 * 60);

pub(crate) const COMMAND: &str = "cargo xtask prove";

/// Runs all deep parts, or the named ones, one after the other. A part that cannot run fails.
pub(crate) fn run(names: &[String]) -> Result<(), String> {
    install::decide(Installing::Allowed);
    let named = chosen(deep::parts(), names)?;
    let is_named = |deep: &Deep| named.iter().any(|part| part.name == deep.part.name);
    let all: Vec<Deep> = deep::all().into_iter().filter(is_named).collect();
    install::announce_missing(&named);
    run_in_order(&all, |_, _| true, FindsFail::Yes)
}

/// Whether a find of a part that draws inputs at random fails the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FindsFail {
    Yes,
    No,
}

/// Runs the deep parts whose inputs have changed since they last passed, the longest waiting first, until the time of CI is used. Prints which
/// parts are left.
pub(crate) fn run_in_ci() -> Result<(), String> {
    let (tree, record, budgets) = (Tree::read()?, Record::read(), Budgets::read()?);
    let commit = Run::new("git rev-parse HEAD").output()?;
    let all = deep::all();
    let turn = Turn::new(&all, &tree, &record, commit.trim());
    println!(
        "\ndeep parts: {} of {} have inputs that changed since they last passed",
        turn.due.len(),
        all.len()
    );
    for due in &turn.due {
        println!("    {}: {}", due.name, due.waiting);
    }
    let mut all = all;
    all.retain(|deep| turn.position(deep.part.name).is_some());
    all.sort_by_key(|deep| turn.position(deep.part.name));
    let begin = Instant::now();
    let mut left = Vec::new();
    let may_begin = |index: usize, part: &Part| {
        let expected = budgets.of(part, Stage::Build) + budgets.of(part, Stage::Run);
        // The part that waits the longest always begins, also one that takes longer than the time.
        let fits = index == 0 || begin.elapsed() + Duration::from_secs_f64(expected) <= TIME_IN_CI;
        if !fits {
            left.push(part.name);
        }
        fits
    };
    let outcome = run_in_order(&all, may_begin, FindsFail::No);
    for due in turn.due.iter().filter(|due| left.contains(&due.name)) {
        println!("left for a later run: {} ({})", due.name, due.waiting);
    }
    outcome
}

/// Runs the parts that may begin, and records those that passed.
fn run_in_order(
    all: &[Deep],
    may_begin: impl FnMut(usize, &Part) -> bool,
    finds: FindsFail,
) -> Result<(), String> {
    let tree = Tree::read()?;
    let mut record = Record::read();
    let parts: Vec<Part> = all.iter().map(|deep| deep.part).collect();
    let schedule = Schedule::new(&parts, COMMAND, Missing::Fails)?;
    schedule.run_in_order(may_begin, |index, outcome| {
        let Some(deep) = all.get(index) else { return outcome };
        match outcome {
            Outcome::Passed => {
                if let Err(why) = record.pass(deep.part.name, &tree.digest(&deep.inputs)) {
                    println!("{why}");
                }
                Outcome::Passed
            }
            Outcome::Failed(why) if deep.search == Search::Random && finds == FindsFail::No => {
                println!(
                    "\n*** A FIND of a random search, which does not fail this run: {why} ***\n"
                );
                Outcome::Found(why)
            }
            other => other,
        }
    })
}
