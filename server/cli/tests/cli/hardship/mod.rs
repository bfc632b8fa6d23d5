//! `fh serve` in the conditions that operators meet: a table with a row for each condition and a column for each question.
//!
//! Each hardship comes twice, and a third time while SIGTERM ends the server. A client streams, one polls, one changes a
//! feature, and probes ask. The next start shows which changes were kept.

mod answers;
mod clients;
mod condition;
mod disk;
mod hostile;
mod nginx;
mod other_clock;
mod server;
mod tinyproxy;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::runtime::Runtime;

use self::answers::{Answers, QUESTIONS};
use self::clients::Observers;
use self::condition::{CONDITIONS, Condition};
use self::server::Trial;

/// Conditions that run at the same time. More of them would delay the probes on two cores.
const LANES: usize = 3;
/// The variables with the only condition to run, and with the number of its starts.
const ONLY: &str = "FH_HARDSHIP_ONLY";
const STARTS: &str = "FH_HARDSHIP_STARTS";
/// The variable that makes a condition that cannot run on this machine an error.
const ALL: &str = "FH_HARDSHIP_ALL";

#[test]
fn conditions_and_questions() {
    // A second provider is refused, and the first one is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variable = |name| std::env::var(name).ok();
    let mut conditions = CONDITIONS.to_vec();
    if let Some(only) = variable(ONLY) {
        conditions.retain(|condition| condition.name == only);
        let is_known = !conditions.is_empty()
            || [nginx::NAME, other_clock::NAME, tinyproxy::NAME].contains(&&*only);
        assert!(is_known, "there is no condition {only:?}");
    }
    if let Some(starts) = variable(STARTS) {
        conditions.iter_mut().for_each(|condition| condition.starts = starts.parse().unwrap());
    }
    let runtime = Runtime::new().unwrap();
    let answers = |condition: &Condition| {
        let answers = || runtime.block_on(observe(*condition));
        catch_unwind(AssertUnwindSafe(answers))
            .unwrap_or_else(|panic| Ok(Answers::of_panic(&*panic)))
    };
    let lane = |lane| conditions.iter().skip(lane).step_by(LANES).map(answers).collect::<Vec<_>>();
    let mut lanes: Vec<_> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(number))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap().into_iter()).collect()
    });
    let mut table =
        vec![[&["condition"], &QUESTIONS[..]].concat().into_iter().map(String::from).collect()];
    let (mut wrong, mut not_run) = (Vec::new(), Vec::new());
    for (index, condition) in conditions.iter().enumerate() {
        let name = condition.name;
        match lanes[index % LANES].next().unwrap() {
            Ok(answers) => {
                wrong.extend(answers.first_wrong.is_some().then_some(name));
                table.push(answers.row(name));
            }
            Err(why) => not_run.push(format!("\n    *** {name}: NOT RUN: {why} ***")),
        }
    }
    println!("{}{}", fh_test::table::lines(&table), not_run.concat());
    assert!(wrong.is_empty(), "conditions with a wrong answer: {wrong:?}");
    assert!(not_run.is_empty() || variable(ALL).is_none(), "conditions are not run");
}

/// Returns the answers of a condition, or the reason why it cannot run on this machine.
async fn observe(condition: Condition) -> Result<Answers, String> {
    let mut trial = Trial::new(condition)?;
    for start in 1..=condition.starts {
        let mut server = trial.start(start).await;
        let observers = Observers::start(&trial);
        trial.go_on(10).await;
        for _ in 0..if start == 1 { 2 } else { 1 } {
            let hardship = trial.begin_hardship().await;
            // A change may wait for memory, and then be refused.
            trial.go_on(2).await;
            drop(hardship);
            trial.go_on(10).await;
            trial.count_hung_up().await;
            server.measure(&mut trial);
        }
        server.read_on(&mut trial).await;
        observers.end(&mut trial);
        let hardship = trial.begin_hardship().await;
        server.stop(&mut trial).await;
        drop(hardship);
        trial.refuse_start();
    }
    let server = trial.start(0).await;
    trial.compare_log();
    server.stop(&mut trial).await;
    Ok(trial.answers)
}
