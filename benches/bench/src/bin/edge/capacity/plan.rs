//! Processes, cores, memory and egress for numbers of streams, calculated from measured costs.

use harness::Table;

use super::load::Load;
use super::units::{Base, Units};

const STREAMS: [f64; 3] = [10_000.0, 100_000.0, 1_000_000.0];
/// The choices, which the first table of the page names.
const OF_A_PROCESS: f64 = 20_000.0;
const CORES: f64 = 2.0;
const LEAST: f64 = 3.0;
const CHANGES: f64 = 1.0;
/// The defaults of `fh serve` in seconds: `--heartbeat` and `--drop-after`.
const HEARTBEAT: f64 = 20.0;
const DROP_AFTER: f64 = 600.0;
/// The servers of a cluster above a tier of relays.
const ABOVE_RELAYS: f64 = 3.0;

/// The measured costs. The plan uses those over TLS.
pub struct Costs {
    pub base: Base,
    pub plain: Units,
    pub tls: Units,
    pub load: Load,
}

/// The numbers for one number of streams.
struct Plan<'a> {
    costs: &'a Costs,
    streams: f64,
}

impl Plan<'_> {
    fn processes(&self) -> f64 {
        ((self.streams / OF_A_PROCESS).ceil() + 1.0).max(LEAST)
    }

    fn cores(&self) -> f64 {
        self.processes() * CORES
    }

    fn busy_cores(&self) -> f64 {
        let tls = &self.costs.tls;
        let each = tls.heartbeat / HEARTBEAT + tls.opening / DROP_AFTER + CHANGES * tls.event;
        self.streams * each
    }

    fn memory(&self) -> f64 {
        self.processes() * self.costs.base.program + self.streams * self.costs.tls.stream
    }

    fn egress(&self) -> f64 {
        let (tls, base) = (&self.costs.tls, &self.costs.base);
        let each = tls.heartbeat_bytes / HEARTBEAT
            + base.list_bytes / DROP_AFTER
            + CHANGES * tls.event_bytes;
        self.streams * each
    }

    fn openings(&self) -> f64 {
        self.cores() / self.costs.tls.opening
    }

    fn last_stream(&self) -> f64 {
        let of_a_process = self.streams / (self.processes() - 1.0);
        self.costs.load.answered + of_a_process * self.costs.tls.event / CORES
    }

    fn transactions(&self, servers: f64) -> f64 {
        let load = &self.costs.load;
        servers * (load.idle + CHANGES * load.change)
    }
}

/// Formats a number with commas between thousands; small ones with a fraction.
fn number(value: f64) -> String {
    match value {
        _ if value < 10.0 && value.fract() != 0.0 => format!("{value:.2}"),
        _ if value < 1_000.0 => format!("{value:.0}"),
        _ => {
            let digits = format!("{value:.0}");
            let mut out = String::new();
            for (place, digit) in digits.chars().enumerate() {
                if place > 0 && (digits.len() - place).is_multiple_of(3) {
                    out.push(',');
                }
                out.push(digit);
            }
            out
        }
    }
}

/// Returns the table of measured costs.
pub fn units(costs: &Costs, streams: usize) -> Table {
    let Costs { base, plain, tls, load } = costs;
    let mut table = Table::new("Unit costs, measured", &["cost", "plain", "TLS", "measured as"]);
    let micros = |seconds: f64| format!("{:.1} µs", seconds * 1e6);
    let kib = |bytes: f64| format!("{:.1} KiB", bytes / 1024.0);
    let mib = |bytes: f64| format!("{:.1} MiB", bytes / f64::from(1 << 20));
    let bytes = |bytes: f64| format!("{bytes:.0} bytes");
    let both = |of: &dyn Fn(&Units) -> String| [of(plain), of(tls)];
    let opened = format!("growth of the server's memory by {streams} streams");
    let last = format!("median from a PUT to the last of {streams} streams, on the shared cores");
    let none = || "–".to_string();
    let rows: [(&str, [String; 2], &str); 14] = [
        ("stream: memory", both(&|units| kib(units.stream)), &opened),
        (
            "opening: processor time",
            both(&|units| micros(units.opening)),
            "with its handshake, without resumption, and its list",
        ),
        ("event: processor time", both(&|units| micros(units.event)), "a change on each stream"),
        ("event: bytes", both(&|units| bytes(units.event_bytes)), "of HTTP"),
        (
            "heartbeat: processor time",
            both(&|units| micros(units.heartbeat)),
            "one each second on each stream",
        ),
        ("heartbeat: bytes", both(&|units| bytes(units.heartbeat_bytes)), "of HTTP"),
        ("list: processor time", [micros(base.list), none()], "polls on open connections"),
        ("list: bytes", [kib(base.list_bytes), none()], "the body of a poll"),
        ("server without streams: memory", [mib(base.program), none()], "after the start"),
        ("change to the last stream", both(&|units| format!("{:.0} ms", units.last * 1e3)), &last),
        (
            "PostgreSQL: transactions a second of an idle server",
            [format!("{:.2}", load.idle), none()],
            "three servers, 10 s",
        ),
        (
            "PostgreSQL: transactions of a change on each server",
            [format!("{:.2}", load.change), none()],
            "three servers, of which one makes the change; with the delivery of the notification",
        ),
        (
            "PostgreSQL: processor time of a transaction",
            [micros(load.processor), none()],
            "of the processes of connections",
        ),
        (
            "change: time until it is answered",
            [format!("{:.1} ms", load.answered * 1e3), none()],
            "median of a cluster of three with 30 streams",
        ),
    ];
    for (name, [plain, tls], from) in rows {
        table.rows.push(vec![name.to_string(), plain, tls, from.to_string()]);
    }
    table
}

/// Returns the table of calculated figures. Each row has its formula in words.
pub fn table(costs: &Costs) -> Table {
    let columns = ["figure", "10,000", "100,000", "1,000,000", "calculated as"];
    let mut table = Table::new("Numbers of streams, calculated", &columns);
    let mut row = |figure: &str, of: &dyn Fn(&Plan<'_>) -> String, formula: &str| {
        let cells = STREAMS.map(|streams| of(&Plan { costs, streams }));
        let mut cells = Vec::from(cells);
        cells.insert(0, figure.to_string());
        cells.push(formula.to_string());
        table.rows.push(cells);
    };
    row(
        "processes",
        &|plan| number(plan.processes()),
        "streams ÷ 20,000, rounded up, and one more, so that one may be away; at least 3",
    );
    row("cores", &|plan| number(plan.cores()), "2 × processes");
    row(
        "cores in use, mean",
        &|plan| number(plan.busy_cores()),
        "heartbeats × their processor time + reconnects × that of an opening + events × that of an event",
    );
    row(
        "memory",
        &|plan| format!("{} MiB", number(plan.memory() / f64::from(1 << 20))),
        "processes × that of a server without streams + streams × that of a stream",
    );
    row("heartbeats a second", &|plan| number(plan.streams / HEARTBEAT), "streams ÷ 20 s");
    row("reconnects a second", &|plan| number(plan.streams / DROP_AFTER), "streams ÷ 600 s");
    row("events a second", &|plan| number(plan.streams * CHANGES), "streams × 1 change a second");
    row(
        "egress, mean",
        &|plan| format!("{} MB/s", number(plan.egress() / 1e6)),
        "heartbeats, events and the lists of reconnects × their bytes, without the headers of TCP and TLS",
    );
    row(
        "change to the last stream",
        &|plan| format!("{} ms", number(plan.last_stream() * 1e3)),
        "time until it is answered + streams of a process, one being away, × processor time of an event ÷ 2 cores",
    );
    row(
        "openings a second, at most",
        &|plan| number(plan.openings()),
        "cores ÷ processor time of an opening",
    );
    row(
        "all streams are open again after",
        &|plan| format!("{} s", number(plan.streams / plan.openings())),
        "streams ÷ openings a second; processor time alone, without the pauses of clients",
    );
    row(
        "egress of all lists",
        &|plan| format!("{} MB", number(plan.streams * costs.base.list_bytes / 1e6)),
        "streams × bytes of a list",
    );
    row("PostgreSQL: connections", &|plan| number(plan.processes()), "processes");
    row(
        "PostgreSQL: transactions a second",
        &|plan| number(plan.transactions(plan.processes())),
        "processes × (those of an idle server + changes × those of a change)",
    );
    row(
        "PostgreSQL: cores in use",
        &|plan| format!("{:.4}", plan.transactions(plan.processes()) * costs.load.processor),
        "transactions × processor time of a transaction",
    );
    row(
        "PostgreSQL: memory of connections",
        &|plan| {
            format!("{} MiB", number(plan.processes() * costs.load.connection / f64::from(1 << 20)))
        },
        "connections × measured resident memory of one, with pages that connections share",
    );
    row(
        "with relays: relays",
        &|plan| number(plan.processes()),
        "the processes above; in front of them are 3 servers of a cluster",
    );
    row(
        "with relays: streams of the cluster",
        &|plan| number(plan.processes()),
        "relays × 1 key of a client-evaluated environment",
    );
    row(
        "with relays: PostgreSQL, connections",
        &|_| number(ABOVE_RELAYS),
        "the servers of the cluster",
    );
    row(
        "with relays: PostgreSQL, transactions a second",
        &|plan| number(plan.transactions(ABOVE_RELAYS)),
        "as above, with 3 processes",
    );
    table
}
