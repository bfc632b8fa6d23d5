//! The tables of a session.

use crate::report::{Report, Table, bytes, multiple, nanos};
use crate::rounds::hot::Column;
use crate::rounds::session::{Figures, Role, Row};
use crate::stats::median;

/// Returns the tables of a session.
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

/// Returns a table of rows and of the workloads for which something was measured.
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

/// Returns a table of how many times slower the best peer is than each floor and than the engine under test.
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

/// Returns the names of the wanted rows, and of their evaluate-all rows.
fn names(rows: &[Row], wanted: impl Fn(&Row) -> bool) -> Vec<&'static str> {
    rows.iter()
        .filter(|row| wanted(row))
        .flat_map(|row| [Some(row.name), row.all])
        .flatten()
        .collect()
}

/// Returns the workloads for which something was measured.
fn measured(names: &[&str], value: Value<'_>) -> Vec<Column> {
    let any = |&column: &Column| names.iter().any(|name| !value(name, column).is_nan());
    Column::ALL.into_iter().filter(any).collect()
}

/// Returns the table of measurements that only some rows support.
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
