//! `edge storm`: clients after the end of servers. The sessions are those of the Rust client, and the servers are a model.

mod fleet;
mod random;
mod schedule;
mod servers;

use std::time::Instant;

use clap::Args;
use harness::Table;

use fleet::Fleet;

/// The time after which the streams of the start count as healthy, in milliseconds.
const WARM: u64 = 20_000;
/// The time for which a stopped server is away.
const AWAY: u64 = 10_000;
/// The time between the stops of two servers that restart in turn.
const TURN: u64 = 12_000;
/// The time for which nothing fails, and the end of each simulation.
const CALM: u64 = 60_000;
const END: u64 = 1_800_000;

#[derive(Args, Clone)]
pub struct Options {
    /// Number of clients, each with a stream
    #[arg(long = "clients", default_value_t = 100_000)]
    pub clients: usize,
    /// Number of servers
    #[arg(long = "servers", default_value_t = 50)]
    pub servers: usize,
    /// Openings a second that a server carries, in a second row; the first one has no limit
    #[arg(long = "openings", default_value_t = 1_000)]
    pub openings: u64,
}

#[derive(Clone, Copy)]
enum Failure {
    Nothing,
    OneDies,
    AllDie,
    InTurn,
}

impl Failure {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing fails for 60 s",
            Self::OneDies => "one server dies",
            Self::AllDie => "all servers die, and are away for 10 s",
            Self::InTurn => "servers restart in turn, each away for 10 s",
        }
    }

    /// Returns the stops and starts: the time in milliseconds, the server, and true if it starts.
    fn events(self, servers: usize) -> Vec<(u64, usize, bool)> {
        let restart = |server, at| [(at, server, false), (at + AWAY, server, true)];
        let mut events: Vec<(u64, usize, bool)> = match self {
            Self::Nothing => Vec::new(),
            Self::OneDies => vec![(0, 0, false)],
            Self::AllDie => (0..servers).flat_map(|server| restart(server, 0)).collect(),
            Self::InTurn => {
                (0..servers).flat_map(|server| restart(server, server as u64 * TURN)).collect()
            }
        };
        events.sort_by_key(|event| event.0);
        events
    }
}

pub fn run(options: &Options) -> Result<(), String> {
    println!("{}", table(options)?);
    Ok(())
}

/// Simulates all failures.
pub fn table(options: &Options) -> Result<Table, String> {
    let Options { clients, servers, openings } = *options;
    let columns = [
        "event",
        "openings a second of a server",
        "requests in the worst second",
        "clients without a server",
        "half are back after",
        "all are back after",
        "fullest server",
    ];
    let mut table = Table::new(format!("{clients} clients on {servers} servers"), &columns);
    for failure in [Failure::Nothing, Failure::OneDies, Failure::AllDie, Failure::InTurn] {
        for limit in [None, Some(openings)] {
            let begun = Instant::now();
            table.rows.push(simulate(options, failure, limit)?);
            eprintln!("{}: {:.1} s", failure.name(), begun.elapsed().as_secs_f64());
        }
    }
    Ok(table)
}

fn simulate(
    options: &Options,
    failure: Failure,
    openings: Option<u64>,
) -> Result<Vec<String>, String> {
    let mut fleet = Fleet::new(options.clients, options.servers)?;
    fleet.run(WARM);
    fleet.servers.opening = openings.map_or(0.0, |openings| 1_000.0 / openings as f64);
    fleet.requests();
    let events = failure.events(options.servers);
    let last = events.last().map_or(CALM, |event| event.0);
    let mut events = events.into_iter().peekable();
    let mut worst = 0;
    loop {
        let second = fleet.now() + 1_000;
        while let Some((at, server, starts)) = events.next_if(|(at, _, _)| WARM + at < second) {
            fleet.run(WARM + at);
            if starts {
                fleet.servers.set_up(server, true);
            } else {
                fleet.stop(server, matches!(failure, Failure::InTurn));
            }
        }
        fleet.run(second);
        worst = worst.max(fleet.requests());
        if fleet.now() >= WARM + last + 1_000 && fleet.missing == 0 {
            break;
        }
        if fleet.now() > END {
            return Err(format!("{}: {} clients are missing", failure.name(), fleet.missing));
        }
    }
    let (fullest, mut returns) = (fleet.fullest(), fleet.returns);
    returns.sort_unstable();
    let time = |at: Option<&u64>| {
        at.map_or("–".to_string(), |time| format!("{:.1} s", *time as f64 / 1e3))
    };
    let mean = options.clients as f64 / options.servers as f64;
    Ok(vec![
        failure.name().to_string(),
        openings.map_or("no limit".to_string(), |openings| openings.to_string()),
        worst.to_string(),
        returns.len().to_string(),
        time(returns.get(returns.len() / 2)),
        time(returns.last()),
        format!("{:.2} × the mean", fullest as f64 / mean),
    ])
}
