//! The rules of FeatureSignals beside those of FeatureHub.

use std::hint::black_box;

use fh_eval::featuresignals::explain;
use harness::workload::{Email, Shape, users};
use harness::{Bench, Column, Engine, Suite};

use super::{EXPLAIN, Goal, Times, bench, least, name, print, time};
use crate::engines::{FeatureHub, FeatureSignals, NOW};

/// The workloads that both systems can express. W4 compares versions in FeatureHub and numbers in FeatureSignals.
const MEASURED: [Column; 5] = [Column::W1, Column::W2, Column::W3, Column::W5re, Column::W5suf];
/// The largest ratio of the time with the rules of FeatureSignals to the time with those of FeatureHub.
const MOST: f64 = 1.5;

/// Measures both systems, and prints a table.
///
/// # Errors
/// If a payload is refused, or a flag without a rollout has different values.
pub fn run(rounds: usize) -> Result<(), String> {
    let suite = Suite::default();
    compare(&suite)?;
    let mut benches = suite.benches::<FeatureHub>(&MEASURED)?;
    benches.extend(suite.benches::<FeatureSignals>(&MEASURED)?);
    benches.extend(suite.benches::<FeatureSignals>(&[Column::W4re])?);
    benches.push(explanation(&suite)?);
    harness::run(&mut benches, rounds);
    let times: Times =
        benches.iter().map(|bench| ((name(bench.column), bench.row), least(bench))).collect();
    println!(
        "{:<38} {:>10} {:>10} {:>7} {:>7}",
        "workload", "FeatureHub", "F.Signals", "ratio", "goal"
    );
    for column in MEASURED {
        let of = |row| time(&times, name(column), row);
        print(name(column), of(FeatureHub::NAME), of(FeatureSignals::NAME), &Goal::AtMost(MOST));
    }
    let of = |workload| time(&times, workload, FeatureSignals::NAME);
    println!("{:<38} {:>10} {:>10}", "", "evaluate", "explain");
    print(EXPLAIN, of("W4re"), of(EXPLAIN), &Goal::AtMost(20.0));
    Ok(())
}

fn explanation(suite: &Suite) -> Result<Bench, String> {
    let engine = suite.load::<FeatureSignals>(Email::Regex)?.ok_or("no payload")?;
    let context = FeatureSignals::user(&suite.user);
    let key = suite.key(Column::Explain).ok_or("one flag")?.to_owned();
    Ok(bench(FeatureSignals::NAME, Column::Explain, move || {
        engine.0.get(black_box(&key)).map(|flag| explain(flag, black_box(&context), NOW))
    }))
}

/// Compares the values of all flags but rollouts, whose hashes differ.
fn compare(suite: &Suite) -> Result<(), String> {
    for email in [Email::Regex, Email::Suffix] {
        let workload = suite.payload(email);
        let one = suite.load::<FeatureHub>(email)?.ok_or("no payload")?;
        let other = suite.load::<FeatureSignals>(email)?.ok_or("no payload")?;
        for user in users() {
            let (a, b) = (one.context(&user), other.context(&user));
            let mut flags = workload.flags.iter().filter(|flag| flag.shape != Shape::Rollout);
            if let Some(flag) =
                flags.find(|flag| one.is_on(&flag.key, &a) != other.is_on(&flag.key, &b))
            {
                return Err(format!("{}: the values for {} differ", flag.key, user.userkey));
            }
        }
    }
    Ok(())
}
