//! The times of engines, as ratios of one run.

pub mod featbit;
pub mod featuresignals;
pub mod insights;
pub mod patterns;

use std::collections::BTreeMap;
use std::hint::black_box;

use harness::{Bench, Column, nanos, percentile};

/// Times by workload and row, in nanoseconds.
type Times = BTreeMap<(&'static str, &'static str), f64>;

/// A comparison of two rows of a workload: the largest or the least ratio of the second time to the first one.
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

const COLUMNS: [(Column, &str); 8] = [
    (Column::W1, "W1"),
    (Column::W2, "W2"),
    (Column::W3, "W3"),
    (Column::W4re, "W4re"),
    (Column::W4suf, "W4suf"),
    (Column::W5re, "W5re"),
    (Column::W5suf, "W5suf"),
    (Column::Explain, EXPLAIN),
];

/// The workload W4re with an explanation.
const EXPLAIN: &str = "explain W4re";

fn name(column: Column) -> &'static str {
    COLUMNS.iter().find(|(known, _)| *known == column).map_or("", |(_, name)| name)
}

/// Prints a row of a table: two times, and the ratio of the second to the first.
fn print(workload: &str, first: f64, second: f64, goal: &Goal) {
    let ratio = second / first;
    let (limit, is_met) = match goal {
        Goal::AtLeast(least) => (format!("≥ {least}"), ratio >= *least),
        Goal::AtMost(most) => (format!("≤ {most}"), ratio <= *most),
    };
    let missed = if is_met { "" } else { "  MISSED" };
    println!(
        "{workload:<38} {:>10} {:>10} {ratio:>7.2} {limit:>7}{missed}",
        nanos(first),
        nanos(second)
    );
}

/// Returns the time below which a tenth of the rounds lie, in nanoseconds: other work on the machine only adds to the time of a round.
fn least(bench: &Bench) -> f64 {
    percentile(&bench.samples, 0.1)
}

fn time(times: &Times, workload: &'static str, row: &'static str) -> f64 {
    times.get(&(workload, row)).copied().unwrap_or(f64::NAN)
}

/// A bench of a function.
fn bench<R>(row: &'static str, column: Column, mut run: impl FnMut() -> R + 'static) -> Bench {
    Bench::new(row, column, move |iterations| {
        for _ in 0..iterations {
            black_box(run());
        }
    })
}
