//! `edge fanout`: measures the memory of open streams, and the time until a change has reached all of them.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use harness::{Report, Table, median, write};

use crate::changes::Changes;
use crate::floor::Kind;
use crate::process::{descriptors, usage};
use crate::proof;
use crate::servers::{Contestant, Peer, Places, Server};
use crate::streams::Streams;

#[derive(Args)]
pub struct Options {
    /// Numbers of streams; `all` is the largest number that descriptors allow
    #[arg(long, value_delimiter = ',', default_value = "1000,4000,10000,all")]
    streams: Vec<String>,

    /// Changes to measure
    #[arg(long, default_value_t = 20)]
    rounds: usize,

    /// Number of runs, each with new servers; the median of each figure is reported
    #[arg(long, default_value_t = 3)]
    runs: usize,

    /// Features of the environment
    #[arg(long, default_value_t = 60)]
    features: usize,

    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,

    #[command(flatten)]
    peer: Peer,

    /// Only servers whose name holds this
    #[arg(long)]
    only: Option<String>,

    /// The file for the table of the page
    #[arg(long)]
    markdown: Option<PathBuf>,
}

/// The number of streams whose table stands on the page.
const ON_THE_PAGE: usize = 10_000;

/// The figures of one server.
struct Figures {
    /// Bytes of resident memory for each stream before the changes. `changed` is the same after them.
    opened: f64,
    changed: f64,
    /// The time until all streams are open and have their first event.
    opening: Duration,
    median: Duration,
    late: Duration,
    last: Duration,
    worst: Duration,
    acknowledged: Duration,
    /// Processor time of the server for each event that arrived, in microseconds. `client` is that of this process.
    server: f64,
    client: f64,
    missing: usize,
}

const CONTESTANTS: [Contestant; 5] = [
    Contestant::Floor(Kind::Hyper),
    Contestant::Floor(Kind::Axum),
    Contestant::Floor(Kind::Listen),
    Contestant::Ours,
    Contestant::Peer,
];
const PATIENCE: Duration = Duration::from_secs(60);
/// The number of streams that are opened and closed before the measurement.
const WARM_UP: usize = 50;
/// The number of descriptors that a process needs for output, epoll and the runtime.
const OWN: u64 = 60;

pub fn run(options: &Options) -> Result<(), String> {
    let limit = descriptors()?;
    let places = Places::new(options.fh.as_deref(), options.peer.program(), options.features)?;
    let mut page = Report::default();
    for count in &options.streams {
        let count = match count.as_str() {
            "all" => limit.saturating_sub(OWN) as usize,
            number => number.parse().map_err(|_| format!("{number} is no number of streams"))?,
        };
        let mut table = Table::new(
            format!("{count} streams"),
            &[
                "server",
                "KB/stream",
                "× hyper",
                "after changes",
                "open all",
                "p50",
                "p99",
                "last",
                "worst",
                "PUT",
                "server µs/event",
                "client µs/event",
            ],
        );
        let mut least = None;
        for contestant in CONTESTANTS {
            if contestant == Contestant::Ours && places.fh.is_none() {
                eprintln!("there is no `fh` beside this program: left out");
                continue;
            }
            if contestant == Contestant::Peer && places.peer.is_none() {
                continue;
            }
            if options.only.as_ref().is_some_and(|part| !contestant.name().contains(part)) {
                continue;
            }
            let runs: Result<Vec<Figures>, String> = (0..options.runs)
                .map(|_| measure(contestant, &places, count, options.rounds))
                .collect();
            let figures = match runs {
                Ok(figures) => figures,
                Err(why) => {
                    eprintln!("{}, {count} streams: {why}", contestant.name());
                    table.rows.push(vec![contestant.name().to_string(), format!("failed: {why}")]);
                    continue;
                }
            };
            let middle = |of: &dyn Fn(&Figures) -> f64| {
                median(&figures.iter().map(of).collect::<Vec<f64>>())
            };
            let opened = middle(&|figures| figures.opened);
            let least = *least.get_or_insert(opened);
            let kilobytes = |bytes: f64| format!("{:.1}", bytes / 1024.0);
            let time = |of: &dyn Fn(&Figures) -> Duration| {
                format!("{:.1} ms", middle(&|figures| of(figures).as_secs_f64() * 1e3))
            };
            let missing: usize = figures.iter().map(|figures| figures.missing).sum();
            let missing = if missing > 0 { format!(" ({missing} lost)") } else { String::new() };
            table.rows.push(vec![
                format!("{}{missing}", contestant.name()),
                kilobytes(opened),
                format!("{:.2}", opened / least),
                kilobytes(middle(&|figures| figures.changed)),
                format!("{:.2} s", middle(&|figures| figures.opening.as_secs_f64())),
                time(&|figures| figures.median),
                time(&|figures| figures.late),
                time(&|figures| figures.last),
                time(&|figures| figures.worst),
                time(&|figures| figures.acknowledged),
                format!("{:.1}", middle(&|figures| figures.server)),
                format!("{:.1}", middle(&|figures| figures.client)),
            ]);
        }
        println!("### {}\n\n{table}", table.title);
        if count == ON_THE_PAGE {
            page.tables.push(table);
        }
    }
    write(options.markdown.as_deref(), &page.sections("###"))
}

fn measure(
    contestant: Contestant,
    places: &Places,
    count: usize,
    rounds: usize,
) -> Result<Figures, String> {
    let server = Server::start(contestant, places)?;
    proof::streams(&server, contestant, places.features)?;
    let open = |count| {
        Streams::open(count, server.address, &|_| contestant.stream(), contestant.first(), PATIENCE)
    };
    let mut changes = Changes::new(contestant, &server.changes().into())?;
    let mut warm = open(WARM_UP.min(count))?;
    for _ in 0..5 {
        changes.make(0, &mut warm, PATIENCE)?;
    }
    drop(warm);
    sleep(Duration::from_millis(300));

    let before = server.usage()?;
    let begun = Instant::now();
    let mut streams = open(count)?;
    let opening = begun.elapsed();
    streams.settle(Duration::from_millis(500))?;
    let opened = server.usage()?;
    let client = usage(std::process::id())?;
    let mut all = Vec::new();
    let (mut lasts, mut acknowledged, mut missing) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let change = changes.make(0, &mut streams, PATIENCE)?;
        lasts.push(change.times.last().copied().unwrap_or(PATIENCE));
        acknowledged.push(change.answered);
        missing += change.missing;
        all.extend(change.times);
        // The pause lets server and streams become idle before the next change.
        sleep(Duration::from_millis(20));
    }
    let changed = server.usage()?;
    let client_after = usage(std::process::id())?;
    all.sort_unstable();
    lasts.sort_unstable();
    acknowledged.sort_unstable();
    let at = |times: &[Duration], part: f64| {
        let index = (times.len().saturating_sub(1) as f64 * part).round() as usize;
        times.get(index).copied().unwrap_or(PATIENCE)
    };
    let each = |bytes: u64| bytes.saturating_sub(before.resident) as f64 / streams.len() as f64;
    let events = all.len().max(1) as f64;
    Ok(Figures {
        opened: each(opened.resident),
        changed: each(changed.resident),
        opening,
        median: at(&all, 0.5),
        late: at(&all, 0.99),
        last: at(&lasts, 0.5),
        worst: at(&lasts, 1.0),
        acknowledged: at(&acknowledged, 0.5),
        server: (changed.processor - opened.processor) * 1e6 / events,
        client: (client_after.processor - client.processor) * 1e6 / events,
        missing,
    })
}
