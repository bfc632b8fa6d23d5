//! `edge cluster`: the times of changes on the servers of a cluster, and their memory, beside one server with a file.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use harness::{Report, Table, percentile, write};

use crate::changes::Changes;
use crate::connection::Target;
use crate::database::Database;
use crate::process::descriptors;
use crate::proof;
use crate::servers::{Contestant, Places, Server};
use crate::streams::Streams;

const PATIENCE: Duration = Duration::from_secs(60);
const SERVERS: usize = 3;
/// The number of streams that are opened and closed before the measurement.
const WARM_UP: usize = 51;

#[derive(Args)]
pub struct Options {
    /// Streams of each server
    #[arg(long, default_value_t = 3_000)]
    streams: usize,
    /// Changes on each server
    #[arg(long, default_value_t = 1_000)]
    puts: usize,
    /// Features of the environment
    #[arg(long, default_value_t = 60)]
    features: usize,
    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,
    /// The file for the table of the page
    #[arg(long)]
    markdown: Option<PathBuf>,
}

/// The times of changes on equal servers in seconds, and the memory of each server at the end.
pub struct Figures {
    pub answered: Vec<f64>,
    last: Vec<f64>,
    resident: Vec<u64>,
    missing: usize,
    /// The number of changes before the measurement, and the time of all changes.
    pub warm_up: usize,
    pub took: Duration,
}

pub fn run(options: &Options) -> Result<(), String> {
    descriptors()?;
    let places = Places::new(options.fh.as_deref(), None, options.features)?;
    let Options { streams, puts, .. } = *options;
    let title = format!("{SERVERS} servers of a cluster, {streams} streams and {puts} PUTs each");
    let mut table = Table::new(
        title,
        &["servers", "streams", "PUT p50", "PUT p99", "last p50", "last p99", "MiB a server"],
    );
    let same = one_with_a_file(&places, streams * SERVERS, puts * SERVERS)?;
    table.rows.push(same.row("one with a file", streams * SERVERS));
    let small = one_with_a_file(&places, streams, puts)?;
    table.rows.push(small.row("one with a file", streams));
    let database = Database::new(&places)?;
    let servers: Result<Vec<Server>, String> =
        (0..SERVERS).map(|number| database.server(&places, number)).collect();
    let servers = servers?;
    for server in &servers {
        proof::streams(server, Contestant::Ours, places.features)?;
    }
    let cluster = measure(&servers, streams * SERVERS, puts * SERVERS)?;
    table.rows.push(cluster.row("three of a cluster", streams * SERVERS));
    let ratio = |part| percentile(&cluster.last, part) / percentile(&same.last, part);
    let mut goals = Table::new("Beside one server with a file", &["figure", "measured", "goal"]);
    let answer = millis(&cluster.answered, 0.99);
    let memory = cluster.memory() / small.memory();
    for (figure, measured, goal) in [
        ("PUT p99 of the cluster", answer, "15 ms"),
        ("last p50, with as many streams", format!("{:.2} ×", ratio(0.5)), "1.5 ×"),
        ("last p99, with as many streams", format!("{:.2} ×", ratio(0.99)), "1.5 ×"),
        ("memory, with as many streams on each server", format!("{memory:.2} ×"), "1.05 ×"),
    ] {
        goals.rows.push(vec![figure.to_string(), measured, goal.to_string()]);
    }
    let page = Report { tables: vec![table, goals], ..Report::default() };
    println!("{}", page.sections("###"));
    write(options.markdown.as_deref(), &page.sections("###"))
}

fn one_with_a_file(places: &Places, streams: usize, puts: usize) -> Result<Figures, String> {
    let server = Server::ours(places)?;
    proof::streams(&server, Contestant::Ours, places.features)?;
    measure(&[server], streams, puts)
}

/// Makes changes on the servers in turn, each after all streams have received the one before.
pub fn measure(servers: &[Server], streams: usize, puts: usize) -> Result<Figures, String> {
    let begun = Instant::now();
    let addresses = servers.iter().map(|server| server.address).collect();
    let target = Target { servers: addresses, tls: None };
    let (contestant, first) = (Contestant::Ours, Contestant::Ours.first());
    let open =
        |count| Streams::open(count, target.clone(), &|_| contestant.stream(), first, PATIENCE);
    let mut changes = Changes::new(contestant, &target)?;
    let mut warm = open(WARM_UP.min(streams))?;
    let warm_up = 5 * servers.len();
    for number in 0..warm_up {
        changes.make(number % servers.len(), &mut warm, PATIENCE)?;
    }
    drop(warm);
    sleep(Duration::from_millis(300));
    let mut streams = open(streams)?;
    streams.settle(Duration::from_millis(500))?;
    let (mut answered, mut last, mut missing) = (Vec::new(), Vec::new(), 0);
    for number in 0..puts {
        let change = changes.make(number % servers.len(), &mut streams, PATIENCE)?;
        answered.push(change.answered.as_secs_f64());
        last.push(change.times.last().copied().unwrap_or(PATIENCE).as_secs_f64());
        missing += change.missing;
        // The pause lets servers and streams become idle before the next change.
        sleep(Duration::from_millis(20));
    }
    let resident = servers.iter().map(|server| server.usage().map(|usage| usage.resident));
    let (resident, took) = (resident.collect::<Result<_, _>>()?, begun.elapsed());
    Ok(Figures { answered, last, resident, missing, warm_up, took })
}

fn millis(times: &[f64], share: f64) -> String {
    format!("{:.1} ms", percentile(times, share) * 1e3)
}

impl Figures {
    /// Returns the mean memory of a server, in MiB.
    fn memory(&self) -> f64 {
        let sum: u64 = self.resident.iter().sum();
        sum as f64 / self.resident.len() as f64 / f64::from(1 << 20)
    }

    fn row(&self, name: &str, streams: usize) -> Vec<String> {
        let missing = match self.missing {
            0 => String::new(),
            missing => format!(" ({missing} events lost)"),
        };
        vec![
            format!("{name}{missing}"),
            streams.to_string(),
            millis(&self.answered, 0.5),
            millis(&self.answered, 0.99),
            millis(&self.last, 0.5),
            millis(&self.last, 0.99),
            format!("{:.1}", self.memory()),
        ]
    }
}
