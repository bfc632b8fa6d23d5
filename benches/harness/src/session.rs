use std::collections::BTreeMap;
use std::process::Command;

use crate::check::{Checked, check, check_share};
use crate::engine::{All, Engine};
use crate::heap::{Heap, heap_of};
use crate::hot::{Bench, Column, Suite, run};
use crate::load::Loader;
use crate::options::Options;
use crate::report::{Report, Table, bytes, multiple, nanos};
use crate::stats::median;
use crate::threads::{Scaling, Target, scaling, target};

/// What a row is in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A form of the floor.
    Floor,
    /// The engine under test.
    Ours,
    /// The engine under test asked in another way: shown, not judged.
    Variant,
    /// Another engine, with a hash of its own.
    Peer,
}

/// One engine in all tables.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub role: Role,
    /// Its own row for the evaluate-all call, if it has one beside the single call.
    pub all: Option<&'static str>,
    check: fn(&Suite) -> Result<Checked, String>,
    benches: fn(&Suite, &[Column]) -> Result<Vec<Bench>, String>,
    target: fn(&Suite) -> Result<Target, String>,
    loader: fn(usize) -> Option<Loader>,
    heap: fn() -> Result<Heap, String>,
}

impl Row {
    /// The row of an engine.
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

/// What is measured, beyond the rows.
#[derive(Default)]
pub struct Extras {
    /// Benches of their own making, with the hot ones.
    pub benches: Vec<Bench>,
    /// More to run on one and two threads.
    pub targets: Vec<Target>,
    /// More to load payloads with, for 1,000 and for 10,000 flags.
    pub loaders: Vec<fn(usize) -> Option<Loader>>,
}

/// Every figure of a session.
#[derive(Default)]
pub struct Figures {
    /// The check's findings.
    pub checked: Vec<Checked>,
    hot: BTreeMap<(&'static str, Column), Vec<f64>>,
    cold: BTreeMap<(&'static str, Column), f64>,
    /// Heap, by row.
    pub heap: BTreeMap<&'static str, Heap>,
    /// Nanoseconds to load 1,000 and 10,000 flags, by row.
    pub load: BTreeMap<&'static str, [f64; 2]>,
    /// Rows that only have some hot figures.
    extra: Vec<&'static str>,
    /// One and two threads.
    pub scaling: Vec<Scaling>,
}

impl Figures {
    /// Nanoseconds per call, hot: the median of the runs' medians. NaN if not measured.
    #[must_use]
    pub fn hot(&self, row: &str, column: Column) -> f64 {
        let runs = self.hot.iter().find(|((name, c), _)| *name == row && *c == column);
        runs.map_or(f64::NAN, |(_, runs)| median(runs))
    }

    /// Nanoseconds of the first call after other memory traffic. NaN if not measured.
    #[must_use]
    pub fn cold(&self, row: &str, column: Column) -> f64 {
        let found = self.cold.iter().find(|((name, c), _)| *name == row && *c == column);
        found.map_or(f64::NAN, |(_, &value)| value)
    }

    /// The largest difference between the runs of any bench, as a share, and which.
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

/// Checks and measures everything. Says on standard error what it is doing.
///
/// # Errors
/// If an engine refuses the payload or gives a wrong answer: then nothing is measured.
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
    for (row, column, nanos) in crate::cold(&mut benches, options.cold_rounds()) {
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

/// The child's side of [`measure`]: prints the heap figures of one row.
///
/// # Errors
/// If there is no such row, or the engine refuses the payload.
pub fn heap_child(rows: &[Row], name: &str) -> Result<(), String> {
    let row = rows.iter().find(|row| row.name == name).ok_or("no such row")?;
    println!("{}", (row.heap)()?.to_json());
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
        .ok()
        .as_ref()
        .and_then(Heap::from_json)
        .ok_or_else(|| format!("{row}: no heap figures from the child process"))
}

/// The tables of a session.
#[must_use]
pub fn report(rows: &[Row], figures: &Figures, floor: &str) -> Report {
    let mut report = Report::default();
    let peers = rows.iter().any(|row| row.role == Role::Peer);
    report.tables.push(answers(figures));
    for (title, get) in [
        (
            "Hot: ns per evaluation (W5: ns per 1,000 flags)",
            Figures::hot as fn(&Figures, &str, Column) -> f64,
        ),
        (
            "Cold: one call right after 64 MiB of other memory traffic, ns (W5: per 1,000 flags)",
            Figures::cold,
        ),
    ] {
        let value = |row: &str, column| get(figures, row, column);
        report.tables.push(per_column(
            rows,
            &figures.extra,
            title,
            |row, column| nanos(value(row, column)),
            &value,
        ));
        let title =
            format!("{} as a multiple of {floor}", title.split(':').next().unwrap_or(title));
        let ratio = |row: &str, column| multiple(value(row, column) / value(floor, column));
        report.tables.push(per_column(rows, &figures.extra, &title, ratio, &value));
        if peers {
            report.tables.push(lead(rows, title.split(' ').next().unwrap_or(""), &value));
        }
    }
    report.tables.push(special_table(figures));
    report.tables.push(heap_table(rows, figures));
    report.tables.push(load_table(figures));
    report.tables.push(scaling_table(figures));
    for ((row, column), runs) in &figures.hot {
        report.figure(row, &format!("hot.{column:?}"), median(runs));
    }
    for ((row, column), value) in &figures.cold {
        report.figure(row, &format!("cold.{column:?}"), *value);
    }
    for (row, load) in &figures.load {
        report.figure(row, "load.1000", load[0]);
        report.figure(row, "load.10000", load[1]);
    }
    for (row, heap) in &figures.heap {
        report.figure(row, "heap.bytesPerFlag.1000", heap.per_flag[0]);
        report.figure(row, "heap.bytesPerFlag.10000", heap.per_flag[1]);
        report.figure(row, "heap.allocationsLoading1000", heap.loading as f64);
        for (column, count, bytes) in &heap.evaluation {
            report.figure(row, &format!("heap.allocations.{column:?}"), *count);
            report.figure(row, &format!("heap.allocatedBytes.{column:?}"), *bytes);
        }
    }
    for scaling in &figures.scaling {
        report.figure(scaling.row, "threads.one.perSecond", scaling.one);
        report.figure(scaling.row, "threads.two.perSecond", scaling.two);
        report.figure(scaling.row, "threads.scaling.median", scaling.median);
        report.figure(scaling.row, "threads.scaling.p90", scaling.p90);
    }
    if let Some((spread, bench)) = figures.spread() {
        report
            .notes
            .push(format!("Largest spread between runs: {:.0} % ({bench}).", spread * 100.0));
    }
    report
}

fn answers(figures: &Figures) -> Table {
    let mut table = Table::new(
        "Answers for 256 users, all as expected",
        &["engine", "answers compared", "users in the 20 % rollout"],
    );
    for checked in &figures.checked {
        table.rows.push(vec![
            checked.row.to_owned(),
            checked.compared.to_string(),
            format!("{} ({} %)", checked.rollout, checked.rollout * 100 / 256),
        ]);
    }
    table
}

type Value<'a> = &'a dyn Fn(&str, Column) -> f64;

/// Rows and the workloads that anything was measured for.
fn per_column(
    rows: &[Row],
    extra: &[&str],
    title: &str,
    cell: impl Fn(&str, Column) -> String,
    value: Value<'_>,
) -> Table {
    let names: Vec<&str> = names(rows, |_| true).into_iter().chain(extra.iter().copied()).collect();
    let columns = measured(&names, value);
    let heads: Vec<String> = columns.iter().map(|column| format!("{column:?}")).collect();
    let mut table = Table::new(title, &[]);
    table.columns = [vec!["engine".to_owned()], heads].concat();
    for name in names {
        let cells = columns.iter().map(|&column| cell(name, column));
        table.rows.push([name.to_owned()].into_iter().chain(cells).collect());
    }
    table
}

/// How many times the best peer needs what the floor and the engine under test need.
fn lead(rows: &[Row], what: &str, value: Value<'_>) -> Table {
    let peers: Vec<&str> = names(rows, |row| row.role == Role::Peer);
    let columns = measured(&peers, value);
    let mut table = Table::new(format!("{what} lead: best peer ÷ row"), &["row"]);
    table.columns.extend(columns.iter().map(|column| format!("{column:?}")));
    let best = |column| {
        let values = peers.iter().map(|peer| (value(peer, column), *peer));
        values
            .filter(|(value, _)| !value.is_nan())
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((f64::NAN, "–"))
    };
    let bests: Vec<_> = columns.iter().map(|&column| best(column)).collect();
    let row = bests.iter().map(|(_, peer)| (*peer).to_owned());
    table.rows.push(["best peer".to_owned()].into_iter().chain(row).collect());
    for name in names(rows, |row| row.role != Role::Peer) {
        let cells = columns
            .iter()
            .zip(&bests)
            .map(|(&column, (best, _))| multiple(best / value(name, column)));
        table.rows.push([name.to_owned()].into_iter().chain(cells).collect());
    }
    table
}

/// Names of the wanted rows, and of their evaluate-all rows.
fn names(rows: &[Row], wanted: impl Fn(&Row) -> bool) -> Vec<&'static str> {
    rows.iter()
        .filter(|row| wanted(row))
        .flat_map(|row| [Some(row.name), row.all])
        .flatten()
        .collect()
}

/// The workloads that anything was measured for.
fn measured(names: &[&str], value: Value<'_>) -> Vec<Column> {
    let any = |&column: &Column| names.iter().any(|name| !value(name, column).is_nan());
    Column::ALL.into_iter().filter(any).collect()
}

/// What only some rows can do.
fn special_table(figures: &Figures) -> Table {
    let mut table = Table::new(
        "One changed feature of 1,000 published; W4re explained: ns",
        &["row", "what", "ns"],
    );
    for ((row, column), runs) in &figures.hot {
        if matches!(column, Column::Update | Column::Explain) {
            table.rows.push(vec![(*row).to_owned(), format!("{column:?}"), nanos(median(runs))]);
        }
    }
    table
}

fn heap_table(rows: &[Row], figures: &Figures) -> Table {
    let mut table = Table::new(
        "Heap: allocations / bytes per evaluation; live bytes per flag after loading 1,000 and 10,000",
        &[
            "engine",
            "W1",
            "W2",
            "W3",
            "W4re",
            "W4suf",
            "C1",
            "per flag, 1k",
            "per flag, 10k",
            "allocations loading 1k",
            "payload 1k",
        ],
    );
    for row in rows {
        let Some(heap) = figures.heap.get(row.name) else {
            continue;
        };
        let mut cells = vec![row.name.to_owned()];
        for column in Column::COUNTED {
            let found = heap.evaluation.iter().find(|(c, ..)| *c == column);
            cells.push(
                found.map_or("–".to_owned(), |(_, count, bytes)| format!("{count} / {bytes:.0}")),
            );
        }
        cells.extend(heap.per_flag.map(|size| format!("{size:.0} B")));
        cells.push(heap.loading.to_string());
        cells.push(bytes(heap.payload as f64));
        table.rows.push(cells);
    }
    table
}

fn load_table(figures: &Figures) -> Table {
    let mut table =
        Table::new("Load: parse and compile, ms", &["engine", "1,000 flags", "10,000 flags"]);
    for (row, load) in &figures.load {
        let cells = load.map(|nanos| format!("{:.2}", nanos / 1e6));
        table.rows.push([(*row).to_owned()].into_iter().chain(cells).collect());
    }
    table
}

fn scaling_table(figures: &Figures) -> Table {
    let mut table = Table::new(
        "One engine shared by one and two threads, W2 unless the row says otherwise",
        &["engine", "1 thread", "2 threads", "scaling median", "scaling p90"],
    );
    for row in &figures.scaling {
        table.rows.push(vec![
            row.row.to_owned(),
            format!("{:.2} M/s", row.one / 1e6),
            format!("{:.2} M/s", row.two / 1e6),
            format!("{:.2}", row.median),
            format!("{:.2}", row.p90),
        ]);
    }
    table
}
