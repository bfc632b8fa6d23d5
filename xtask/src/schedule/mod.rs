//! Runs the parts of a command, some side by side, and prints the result of each.

mod account;
mod board;
mod excerpt;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use self::account::Account;
pub(crate) use self::account::Outcome;
use self::board::{Board, Next, Worker};
use crate::budget::Budgets;
use crate::flaky;
use crate::output::{Follower, Log, Output};
use crate::part::{Part, Stage, Step};
use crate::shell::{in_ci, target_folder};

/// The result of one try of a part.
pub(crate) struct Tried {
    pub(crate) outcome: Outcome,
    /// The step with which the part ended.
    pub(crate) last: Stage,
    /// The number of this try, from 1.
    pub(crate) number: u32,
}

/// The treatment of a try.
pub(crate) enum Judgement {
    /// The part runs once more.
    Repeat,
    /// This outcome is entered.
    Counts(Outcome),
}

/// The treatment of a part that cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Reported,
    Fails,
}

impl Missing {
    /// Returns the rule of `cargo xtask test`: in CI every part must run.
    pub(crate) fn of_this_machine() -> Self {
        if in_ci() { Self::Fails } else { Self::Reported }
    }
}

/// The number of steps at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lanes {
    One,
    /// A build, and beside it another step. When nothing is left to build, two other steps.
    Two,
}

/// Runs parts, each of which writes into its own log.
pub(crate) struct Schedule<'parts> {
    parts: &'parts [Part],
    /// The command that repeats a part, without the part's name.
    command: &'static str,
    missing: Missing,
    budgets: Budgets,
    lanes: Lanes,
    /// The time after which no further part begins.
    time_limit: Option<Duration>,
    state: Mutex<State<'parts>>,
    ended: Condvar,
    begin: Instant,
}

struct State<'parts> {
    board: Board<'parts>,
    account: Account,
}

impl<'parts> Schedule<'parts> {
    pub(crate) fn new(
        parts: &'parts [Part],
        command: &'static str,
        missing: Missing,
    ) -> Result<Self, String> {
        let budgets = Budgets::read()?;
        let log = |part: &Part| Log::create(part.name, budgets.limit(part));
        let logs: Result<Vec<Arc<Log>>, String> = parts.iter().map(log).collect();
        let state = State { board: Board::new(parts), account: Account::new(logs?) };
        Ok(Self {
            parts,
            command,
            missing,
            budgets,
            lanes: Lanes::Two,
            time_limit: None,
            state: Mutex::new(state),
            ended: Condvar::new(),
            begin: Instant::now(),
        })
    }

    /// Sets the time after which `may_begin` of [`Schedule::run_in_order`] refuses each part. The expected rest is at most this time.
    pub(crate) fn with_time_limit(mut self, time_limit: Option<Duration>) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Runs all parts, even after one has failed. Then repeats what failed and may depend on the load of the machine, and prints the summary.
    pub(crate) fn run(self) -> Result<(), String> {
        self.announce();
        let follower = self.follower();
        thread::scope(|scope| {
            for worker in [Worker::Builder, Worker::Runner] {
                let schedule = &self;
                scope.spawn(move || schedule.work(worker));
            }
        });
        loop {
            let alone = self.lock().board.take_alone();
            let Some(part) = alone else { break };
            self.run_step(part, Stage::Run);
        }
        drop(follower);
        for repeated in flaky::repeat_alone() {
            self.lock().account.add_repeated(self.parts, &repeated);
        }
        self.finish()
    }

    /// Prints how much is to be done.
    fn announce(&self) {
        let logs = target_folder().join("logs");
        let logs = logs.canonicalize().unwrap_or(logs);
        let rest = self.rest(&self.lock());
        println!("{} parts{rest}; their logs are in {}", self.parts.len(), logs.display());
    }

    /// Prints the summary.
    fn finish(&self) -> Result<(), String> {
        let state = self.lock();
        let summary = state.account.summary(self.parts, &self.budgets, self.begin.elapsed());
        println!("\n{summary}");
        state.account.verdict()
    }

    /// Runs the parts that may begin, one after the other. `judge` gets the index and the result of each try of a part.
    pub(crate) fn run_in_order(
        mut self,
        mut may_begin: impl FnMut(usize, &Part) -> bool,
        mut judge: impl FnMut(usize, Tried) -> Judgement,
    ) -> Result<(), String> {
        self.lanes = Lanes::One;
        self.announce();
        let follower = self.follower();
        for (index, part) in self.parts.iter().enumerate() {
            if !may_begin(index, part) {
                continue;
            }
            for number in 1.. {
                match judge(index, self.try_part(index, part, number)) {
                    Judgement::Repeat => println!("{}: failed, and is repeated", part.name),
                    Judgement::Counts(outcome) => {
                        self.lock().account.enter(index, outcome);
                        break;
                    }
                }
            }
        }
        drop(follower);
        self.finish()
    }

    /// Runs the steps of a part until one fails, and then repeats its flaky tests.
    fn try_part(&self, index: usize, part: &Part, number: u32) -> Tried {
        println!("\n==> {}", part.name);
        self.lock().board.restart(index);
        let mut last = Stage::Prepare;
        let mut next = part.first_stage();
        while let Some(stage) = next {
            self.run_step(index, stage);
            last = stage;
            next = part.stage_after(stage).filter(|_| !self.lock().board.has_ended(index));
        }
        let repeated = flaky::repeat_alone();
        let mut state = self.lock();
        for test in &repeated {
            state.account.add_repeated(self.parts, test);
        }
        Tried { outcome: state.account.outcome(index), last, number }
    }

    /// Returns a thread that shows on the terminal what a single part prints.
    fn follower(&self) -> Option<Follower> {
        match self.parts {
            [_] => self.lock().account.log(0).map(Follower::start),
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<'parts>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes steps until none are left.
    fn work(&self, worker: Worker) {
        let mut state = self.lock();
        loop {
            match state.board.take(worker) {
                Next::Take(part, stage) => {
                    drop(state);
                    self.run_step(part, stage);
                    state = self.lock();
                    self.ended.notify_all();
                }
                Next::Wait => {
                    // The time limit serves only a worker that panicked and notifies no one.
                    let waited = self.ended.wait_timeout(state, Duration::from_secs(1));
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Next::End => return,
            }
        }
    }

    /// Runs a step of a part, and enters its result.
    fn run_step(&self, index: usize, stage: Stage) {
        let Some((part, step)) =
            self.parts.get(index).and_then(|part| Some((part, part.step(stage)?)))
        else {
            return;
        };
        let Some(log) = self.lock().account.log(index) else { return };
        let begin = Instant::now();
        let done = Output::Log(Arc::clone(&log)).within(|| run_safely(step));
        let seconds = begin.elapsed().as_secs_f64();
        let mut state = self.lock();
        state.board.end(index, stage, done.is_ok());
        state.account.add_seconds(index, stage, seconds);
        let outcome = match (done, stage) {
            (Err(why), Stage::Prepare) if self.missing == Missing::Fails => {
                Outcome::Failed(format!("not run, and here every part must run: {why}"))
            }
            (Err(why), Stage::Prepare) => Outcome::NotRun(why),
            (Err(why), _) => Outcome::Failed(why),
            (Ok(()), stage) if part.stage_after(stage).is_some() => {
                return;
            }
            (Ok(()), _) => Outcome::Passed,
        };
        state.account.enter(index, outcome.clone());
        let count = format!("[{}/{}]", state.account.count(), self.parts.len());
        println!("{count} {}{}", state.account.row(part, index), self.rest(&state));
        if let Outcome::Failed(why) = outcome {
            println!("{}", excerpt::of_failure(&why, &log, self.command, part.name));
        }
    }

    /// Says how long the rest will take, from the budgets of the steps that have not ended.
    fn rest(&self, state: &State<'_>) -> String {
        let (mut builds, mut runs) = (0.0, 0.0);
        for (part, stage) in state.board.open() {
            match stage {
                Stage::Build => builds += self.budgets.of(part, stage),
                _ => runs += self.budgets.of(part, stage),
            }
        }
        let seconds = match self.lanes {
            Lanes::One => builds + runs,
            Lanes::Two => builds.max(f64::midpoint(builds, runs)),
        };
        let left = self.time_limit.map(|limit| limit.saturating_sub(self.begin.elapsed()));
        let seconds = left.map_or(seconds, |left| seconds.min(left.as_secs_f64()));
        match (seconds / 60.0).ceil() {
            minutes if minutes > 0.0 => {
                format!(", at most about {minutes:.0} min left on two cores")
            }
            _ => String::new(),
        }
    }
}

/// Runs a step. A panic is a failure of the part, and does not end the run.
fn run_safely(step: Step) -> Result<(), String> {
    std::panic::catch_unwind(step).unwrap_or_else(|_| Err("the step panicked".to_string()))
}

/// Runs parts and prints the summary. `command` is the command that repeats a part, without the part's name.
pub(crate) fn run_all(parts: &[Part], command: &'static str) -> Result<(), String> {
    Schedule::new(parts, command, Missing::of_this_machine())?.run()
}
