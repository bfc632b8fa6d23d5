//! The project's performance goals, each with its measured value.

use harness::{
    BoxedByKey, Column, Engine, Figures, FlatByHandle, Role, Row, Swapped, Table, multiple, nanos,
};

use crate::extras;

/// The ratios of yggdrasil to the floor by key from which the goals were derived.
const PUBLISHED: [(Column, f64); 8] = [
    (Column::W1, 5.8),
    (Column::W2, 5.3),
    (Column::W3, 6.0),
    (Column::W4re, 4.5),
    (Column::W4suf, 15.6),
    (Column::W5re, 5.1),
    (Column::W5suf, 9.9),
    (Column::C1, 5.8),
];

/// Returns the tables of the floor's calibration and of the goals.
#[must_use]
pub fn tables(figures: &Figures, rows: &[Row]) -> Vec<Table> {
    let mut tables = vec![calibration(figures)];
    if let Some(ours) = rows.iter().find(|row| row.role == Role::Ours) {
        tables.push(goals(figures, rows, ours.name));
    }
    tables
}

/// Compares the floor with the one for which the goals were written, because a slow floor would flatter every engine. Only
/// W2 is judged. The other rows show where this floor is faster or slower.
fn calibration(figures: &Figures) -> Table {
    let title = "The floor itself: yggdrasil ÷ floor (by key)";
    let mut table = Table::new(title, &["workload", "measured", "when the goals were set", ""]);
    for (column, published) in PUBLISHED {
        let ratio = figures.hot("yggdrasil", column) / figures.hot(BoxedByKey::NAME, column);
        let within = (published * 0.8..=published * 1.2).contains(&ratio);
        let judged = if column == Column::W2 && !ratio.is_nan() { verdict(within) } else { "" };
        table.rows.push(vec![
            format!("{column:?}"),
            multiple(ratio),
            multiple(published),
            judged.to_owned(),
        ]);
    }
    table
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}

struct Goals(Table);

impl Goals {
    fn at_most(
        &mut self,
        what: impl Into<String>,
        measured: f64,
        limit: f64,
        show: fn(f64) -> String,
    ) {
        let cells = vec![what.into(), show(measured), format!("≤ {}", show(limit))];
        self.push(cells, measured <= limit);
    }

    fn at_least(
        &mut self,
        what: impl Into<String>,
        measured: f64,
        limit: f64,
        show: fn(f64) -> String,
    ) {
        let cells = vec![what.into(), show(measured), format!("≥ {}", show(limit))];
        self.push(cells, measured >= limit);
    }

    fn push(&mut self, mut cells: Vec<String>, met: bool) {
        cells.push(verdict(met).to_owned());
        self.0.rows.push(cells);
    }
}

fn goals(figures: &Figures, rows: &[Row], ours: &str) -> Table {
    let floor = <Swapped<BoxedByKey>>::NAME;
    let peers: Vec<&Row> = rows.iter().filter(|row| row.role == Role::Peer).collect();
    let best_peer = |value: &dyn Fn(&str) -> f64| {
        peers
            .iter()
            .flat_map(|row| [Some(row.name), row.all])
            .flatten()
            .map(value)
            .filter(|value| !value.is_nan())
            .fold(f64::INFINITY, f64::min)
    };
    let mut goals = Goals(Table::new("Goals", &["what", "measured", "goal", ""]));
    let single = [Column::W1, Column::W2, Column::W3, Column::W4re, Column::W4suf, Column::C1];
    for column in single {
        let value = figures.hot(ours, column);
        let limit = figures.hot(floor, column);
        goals.at_most(
            format!("{column:?} ÷ floor (by key, ArcSwap)"),
            value / limit,
            1.5,
            multiple,
        );
        let best = best_peer(&|row| figures.hot(row, column));
        // Of the other workloads, the floor itself takes a third of the best peer's time or more. `best` is infinite if the run was limited to some
        // rows.
        if !matches!(column, Column::W2 | Column::W4re | Column::W4suf) || best.is_infinite() {
            continue;
        }
        goals.at_least(format!("{column:?}: best peer ÷ ours"), best / value, 3.0, multiple);
    }
    let regex_bound = figures.hot(ours, Column::W4re) / figures.hot(floor, Column::W4re);
    goals.at_most("W4re ÷ regex-bound floor", regex_bound, 1.0, multiple);
    for column in [Column::W5re, Column::W5suf] {
        let flat = FlatByHandle::NAME;
        let hot = figures.hot(ours, column) / figures.hot(flat, column);
        goals.at_most(format!("{column:?} ÷ flat floor, hot"), hot, 1.5, multiple);
    }
    let cold = |name: &str| figures.cold(name, Column::W5re);
    goals.at_most("W5re ÷ flat floor, cold", cold(ours) / cold(FlatByHandle::NAME), 1.5, multiple);
    if let Some(heap) = figures.heap.get(ours) {
        // Building a context may allocate, so C1 is left out.
        let most = heap
            .evaluation
            .iter()
            .filter(|(column, ..)| *column != Column::C1)
            .map(|(_, count, _)| *count)
            .fold(0.0, f64::max);
        goals.at_most("allocations per evaluation, worst", most, 0.0, |value| value.to_string());
        goals.at_most(
            "live heap per feature, 1,000 flags",
            heap.per_flag[0],
            1500.0,
            harness::bytes,
        );
        goals.at_most(
            "live heap per feature, 10,000 flags",
            heap.per_flag[1],
            1500.0,
            harness::bytes,
        );
    }
    let load = |row: &str| figures.load.get(row).map_or(f64::NAN, |load| load[0]);
    goals.at_most(
        "load of 1,000 ÷ floor's loader",
        load(ours) / load(BoxedByKey::NAME),
        2.0,
        multiple,
    );
    // The peers that compile patterns when they load a payload.
    let compiling =
        ["yggdrasil", "eppo", "featbit"].map(load).into_iter().fold(f64::INFINITY, f64::min);
    if compiling.is_finite() {
        goals.at_most(
            "load of 1,000 ÷ fastest pre-compiling peer",
            load(ours) / compiling,
            1.0,
            multiple,
        );
    }
    let update = figures.hot(ours, Column::Update);
    goals.at_most("one feature of 1,000 republished, ns", update, 100_000.0, nanos);
    let scaling = |row: &str| figures.scaling.iter().find(|scaling| scaling.row == row);
    if let (Some(scaled), Some(possible)) = (scaling(ours), scaling(floor)) {
        let what = "1 → 2 threads, W2, p90";
        if scaled.p90 < 1.9 && possible.p90 < 1.9 {
            // The second core is busy with other work, so the goal cannot be judged.
            let reason = format!("busy: floor {}", multiple(possible.p90));
            goals.0.rows.push(vec![
                what.to_owned(),
                multiple(scaled.p90),
                "≥ 1.90×".to_owned(),
                reason,
            ]);
        } else {
            goals.at_least(what, scaled.p90, 1.9, multiple);
        }
        goals.at_least("1 → 2 threads, W2, median: never falls", scaled.median, 1.0, multiple);
    }
    let explain = figures.hot(ours, Column::Explain) / figures.hot(ours, Column::W4re);
    goals.at_most("explain ÷ evaluation, W4re", explain, 20.0, multiple);
    let floor_update = figures.hot(extras::FLOOR_UPDATE, Column::Update);
    goals.0.rows.push(vec![
        "for comparison: the floor's update, ns".to_owned(),
        nanos(floor_update),
        String::new(),
        String::new(),
    ]);
    goals.0
}
