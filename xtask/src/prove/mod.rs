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
use crate::schedule::{Judgement, Missing, Outcome, Schedule, Tried};
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
    run_in_order(&all, None, |_, _| true, FindsFail::Yes)
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
    let outcome = run_in_order(&all, Some(TIME_IN_CI), may_begin, FindsFail::No);
    for due in turn.due.iter().filter(|due| left.contains(&due.name)) {
        println!("left for a later run: {} ({})", due.name, due.waiting);
    }
    outcome
}

/// Runs the parts that may begin, and records those that passed.
fn run_in_order(
    all: &[Deep],
    time_limit: Option<Duration>,
    may_begin: impl FnMut(usize, &Part) -> bool,
    finds: FindsFail,
) -> Result<(), String> {
    let tree = Tree::read()?;
    let parts: Vec<Part> = all.iter().map(|deep| deep.part).collect();
    let schedule = Schedule::new(&parts, COMMAND, Missing::Fails)?.with_time_limit(time_limit);
    schedule.run_in_order(may_begin, |index, tried| {
        let Some(deep) = all.get(index) else { return Judgement::Counts(tried.outcome) };
        if tried.outcome == Outcome::Passed
            && let Err(why) = Record::pass(deep.part.name, &tree.digest(&deep.inputs))
        {
            println!("{why}");
        }
        judge(tried, deep.search, finds)
    })
}

/// Decides about a try of a part. A part that fails is repeated once, except a random search: its repetition would draw other inputs and lose the
/// find. Only a failure of its last step is a find, because a build that fails has found nothing.
fn judge(tried: Tried, search: Search, finds: FindsFail) -> Judgement {
    let is_find = search == Search::Random && tried.last == Stage::Run;
    match tried.outcome {
        Outcome::Failed(why) if is_find && finds == FindsFail::No => {
            println!(
                "\n*** A FIND of a random search or of a newer package, which does not fail this run: {why} ***\n"
            );
            Judgement::Counts(Outcome::Found(why))
        }
        Outcome::Failed(_) if !is_find && tried.number == 1 => Judgement::Repeat,
        outcome => Judgement::Counts(outcome),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_repeated_once_and_finds_are_kept() {
        let failed = || Outcome::Failed("why".to_string());
        let judged = |last, number, search, finds| match judge(
            Tried { outcome: failed(), last, number },
            search,
            finds,
        ) {
            Judgement::Repeat => None,
            Judgement::Counts(outcome) => Some(outcome),
        };
        let found = Outcome::Found("why".to_string());
        for (last, number, search, finds, expected) in [
            (Stage::Run, 1, Search::Fixed, FindsFail::No, None),
            (Stage::Run, 2, Search::Fixed, FindsFail::No, Some(failed())),
            (Stage::Run, 1, Search::Random, FindsFail::No, Some(found)),
            (Stage::Run, 1, Search::Random, FindsFail::Yes, Some(failed())),
            (Stage::Build, 1, Search::Random, FindsFail::No, None),
            (Stage::Build, 2, Search::Random, FindsFail::No, Some(failed())),
        ] {
            assert_eq!(
                judged(last, number, search, finds),
                expected,
                "{last:?} {number} {search:?}"
            );
        }
    }
}
