//! `edge restart`: the bytes, the time and the memory until all streams have their features again after a restart of `fh serve`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use harness::Table;

use crate::environment::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY};
use crate::process::descriptors;
use crate::servers::{Contestant, Places, Server, head};
use crate::streams::Streams;

const PATIENCE: Duration = Duration::from_secs(60);
/// The number of descriptors that this process needs for other purposes.
const OWN: u64 = 60;
/// The number of times that each stream ends in an hour with the default of `--drop-after`.
const ENDS_PER_HOUR: f64 = 6.0;

#[derive(Args)]
pub struct Options {
    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,
    /// Number of streams, or as many as descriptors allow
    #[arg(long, default_value_t = 20_000)]
    streams: usize,
    /// Features of the environment
    #[arg(long, default_value_t = 300)]
    features: usize,
}

pub fn run(options: &Options) -> Result<(), String> {
    let most = descriptors()?.saturating_sub(OWN) as usize;
    let places = Places::new(options.fh.as_deref(), None, options.features)?;
    println!("{}", measure_all(&places, options.streams.min(most))?);
    Ok(())
}

fn measure_all(places: &Places, count: usize) -> Result<Table, String> {
    let columns = ["key", "Last-Event-ID", "streams", "MB", "MB in an hour", "all, s", "peak, MiB"];
    let mut table = Table::new("restart", &columns);
    let first = Server::start(Contestant::Ours, places)?;
    let poll = first.fetch(&head(&format!("/features?apiKey={ENVIRONMENT}/{CLIENT_KEY}"), ""))?;
    let known = poll.etag.trim_matches('"').to_string();
    first.stop()?;
    for (name, key, form, last_id) in [
        ("client-evaluated", CLIENT_KEY, "in quotes", format!("\"{known}\"")),
        ("client-evaluated", CLIENT_KEY, "without", known.clone()),
        ("server-evaluated, contexts all different", SERVER_KEY, "without", known.clone()),
    ] {
        let server = Server::start(Contestant::Ours, places)?;
        let request = |number| {
            let context = match key {
                SERVER_KEY => format!("x-featurehub: userkey=user{number}\r\n"),
                _ => String::new(),
            };
            let more = format!("last-event-id: {last_id}\r\n{context}");
            head(&format!("/features/{ENVIRONMENT}/{key}"), &more)
        };
        // The chunk that ends a list, or the comment in place of the list.
        let end = if form == "in quotes" { ": resumed\n" } else { "\r\n2\r\n\n\n" };
        let begun = Instant::now();
        let streams = Streams::open(count, server.address, &request, end, PATIENCE)?;
        let (took, bytes) = (begun.elapsed(), streams.received() as f64 / 1e6);
        let counts =
            [count.to_string(), format!("{bytes:.0}"), format!("{:.0}", bytes * ENDS_PER_HOUR)];
        let figures = [
            format!("{:.2}", took.as_secs_f64()),
            format!("{:.0}", server.peak()? as f64 / f64::from(1 << 20)),
        ];
        let names = [name.to_string(), form.to_string()];
        table.rows.push(names.into_iter().chain(counts).chain(figures).collect());
        drop(streams);
        server.stop()?;
    }
    Ok(table)
}
