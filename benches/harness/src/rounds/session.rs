use std::collections::BTreeMap;
use std::process::Command;

use crate::rounds::check::{Checked, check, check_share};
use crate::rounds::engine::{All, Engine};
use crate::rounds::heap::{Heap, heap_of};
use crate::rounds::hot::{Bench, Column, Suite, run};
use crate::rounds::load::Loader;
use crate::rounds::options::Options;
use crate::rounds::threads::{Scaling, Target, scaling, target};
use crate::stats::median;

/// The role of a row in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A form of the floor.
    Floor,
    /// The engine under test.
    Ours,
    /// The engine under test, called in another way. It is shown, but not judged by the goals.
    Variant,
    /// Another engine, with a hash of its own.
    Peer,
}

/// An engine in all tables.
pub struct Row {
    /// The name of the engine.
    pub name: &'static str,
    /// The role in the comparison.
    pub role: Role,
    /// The name of the row for the evaluate-all call, if it is measured in addition to the single call.
    pub all: Option<&'static str>,
    check: fn(&Suite) -> Result<Checked, String>,
    benches: fn(&Suite, &[Column]) -> Result<Vec<Bench>, String>,
    target: fn(&Suite) -> Result<Target, String>,
    loader: fn(usize) -> Option<Loader>,
    heap: fn() -> Result<Heap, String>,
}

impl Row {
    /// Creates the row of an engine.
    #[must_use]
    pub fn of<E: Engine>(role: Role) -> Self {
        Self {
            name: E::NAME,
            role,
            all: match E::ALL {
                All::Also(row) => Some(row),
                All::Own | All::Singly => None,
            },
            check: if role == Role::Peer { check_share::<E> } else { check::<E> },
            benches: |suite, columns| suite.benches::<E>(columns),
            target: |suite| target::<E>(suite, E::NAME, Column::W2),
            loader: Loader::new::<E>,
            heap: heap_of::<E>,
        }
    }
}

/// Measurements in addition to the rows.
#[derive(Default)]
pub struct Extras {
    /// Benches that run together with the hot calls.
    pub benches: Vec<Bench>,
    /// Further targets for one and two threads.
    pub targets: Vec<Target>,
    /// Further loaders of payloads, for 1,000 and for 10,000 flags.
    pub loaders: Vec<fn(usize) -> Option<Loader>>,
}

/// All figures of a session.
#[derive(Default)]
pub struct Figures {
    /// The results of the checks.
    pub checked: Vec<Checked>,
    pub(crate) hot: BTreeMap<(&'static str, Column), Vec<f64>>,
    pub(crate) cold: BTreeMap<(&'static str, Column), f64>,
    /// The heap usage by row.
    pub heap: BTreeMap<&'static str, Heap>,
    /// Nanoseconds to load 1,000 and 10,000 flags, by row.
    pub load: BTreeMap<&'static str, [f64; 2]>,
    /// Rows that have only some hot figures.
    pub(crate) extra: Vec<&'static str>,
    /// The figures with one and two threads.
    pub scaling: Vec<Scaling>,
}

impl Figures {
    /// Returns the nanoseconds per hot call: the median of the runs' medians. NaN if not measured.
    #[must_use]
    pub fn hot(&self, row: &str, column: Column) -> f64 {
        let runs = self.hot.iter().find(|((name, c), _)| *name == row && *c == column);
        runs.map_or(f64::NAN, |(_, runs)| median(runs))
    }

    /// Returns the nanoseconds of the first call after other memory traffic. NaN if not measured.
    #[must_use]
    pub fn cold(&self, row: &str, column: Column) -> f64 {
        let found = self.cold.iter().find(|((name, c), _)| *name == row && *c == column);
        found.map_or(f64::NAN, |(_, &value)| value)
    }

    /// Returns the largest relative difference between the runs of a bench, with the name of the bench.
    #[must_use]
    pub fn spread(&self) -> Option<(f64, String)> {
        let spread = |runs: &[f64]| {
            let (low, high) = runs.iter().fold((f64::MAX, 0f64), |(l, h), &v| (l.min(v), h.max(v)));
            high / low - 1.0
        };
        self.hot
            .iter()
            .filter(|(_, runs)| runs.len() > 1)
            .map(|((row, column), runs)| (spread(runs), format!("{row}, {column:?}")))
            .max_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// Checks and measures all rows. Progress is written to stderr.
///
/// # Errors
/// If an engine rejects the payload or gives a wrong value. In this case nothing is measured.
pub fn measure(rows: &[Row], extras: Extras, options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let suite = Suite::default();
    let say = |what: &str| eprintln!("{what} ...");

    say("checking answers");
    for row in rows {
        figures.checked.push((row.check)(&suite)?);
    }

    say("heap, one process per engine");
    for row in rows {
        figures.heap.insert(row.name, heap_in_child(row.name)?);
    }

    let mut benches = extras.benches;
    for bench in &benches {
        if Column::ALL.contains(&bench.column) && !figures.extra.contains(&bench.row) {
            figures.extra.push(bench.row);
        }
    }
    for row in rows {
        benches.extend((row.benches)(&suite, &Column::ALL)?);
    }
    for number in 1..=options.runs.max(1) {
        say(&format!(
            "hot calls, run {number} of {}, {} benches",
            options.runs.max(1),
            benches.len()
        ));
        run(&mut benches, options.hot_rounds());
        for bench in &benches {
            figures.hot.entry((bench.row, bench.column)).or_default().push(bench.median());
        }
    }

    say("cold calls");
    benches.retain(|bench| !matches!(bench.column, Column::Update | Column::C1 | Column::Explain));
    for (row, column, nanos) in crate::rounds::cold(&mut benches, options.cold_rounds()) {
        figures.cold.insert((row, column), nanos);
    }
    drop(benches);

    say("one and two threads");
    let mut targets = extras.targets;
    for row in rows {
        targets.push((row.target)(&suite)?);
    }
    figures.scaling = scaling(&targets, options.thread_repetitions());
    drop(targets);

    say("loading");
    let makers: Vec<_> = rows.iter().map(|row| row.loader).chain(extras.loaders).collect();
    for (place, (flags, rounds)) in
        [(1000, options.loads()), (10_000, (options.loads() / 5).max(2))].into_iter().enumerate()
    {
        let loaders = makers.iter().filter_map(|make| make(flags)).collect();
        for (row, nanos) in Loader::run(loaders, rounds) {
            figures.load.entry(row).or_insert([f64::NAN; 2])[place] = nanos;
        }
    }
    Ok(figures)
}

/// Prints the heap figures of one row. [`measure`] runs this in a child process.
///
/// # Errors
/// If there is no such row, or the engine rejects the payload.
pub fn heap_child(rows: &[Row], name: &str) -> Result<(), String> {
    let row = rows.iter().find(|row| row.name == name).ok_or("no such row")?;
    let heap = (row.heap)()?;
    println!("{}", serde_json::to_string(&heap).map_err(|error| error.to_string())?);
    Ok(())
}

fn heap_in_child(row: &str) -> Result<Heap, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(own)
        .args(["--heap-of", row])
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{row}: no heap figures from the child process: {error}"))
}
