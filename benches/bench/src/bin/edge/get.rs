//! `edge get`: measures requests per second.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use harness::{Report, Table, median, write};

use crate::requests::Askers;
use crate::rows::Rows;
use crate::servers::{Peer, Places};

#[derive(Args)]
pub struct Options {
    /// Features of the environment, one table each
    #[arg(long, value_delimiter = ',', default_value = "60,100,1000")]
    features: Vec<usize>,

    /// Connections that send requests at the same time
    #[arg(long, default_value_t = 32)]
    connections: usize,

    /// Number of turns; each turn measures every row once
    #[arg(long, default_value_t = 7)]
    turns: usize,

    /// Length of one measurement in milliseconds
    #[arg(long, default_value_t = 1_000)]
    milliseconds: u64,

    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,

    #[command(flatten)]
    peer: Peer,

    /// The file for the table of the page
    #[arg(long)]
    markdown: Option<PathBuf>,
}

/// The number of features whose table stands on the page.
const ON_THE_PAGE: usize = 60;
/// The number of failed turns that a row may repeat. The row's name then shows their number.
const FAILURES: usize = 2;

pub fn run(options: &Options) -> Result<(), String> {
    let mut page = Report::default();
    for &features in &options.features {
        let places = Places::new(options.fh.as_deref(), options.peer.program(), features)?;
        let table = measure(options, &places)?;
        println!("### {}\n\n{table}", table.title);
        if features == ON_THE_PAGE {
            page.tables.push(table);
        }
    }
    write(options.markdown.as_deref(), &page.sections("###"))
}

fn measure(options: &Options, places: &Places) -> Result<Table, String> {
    let mut rows = Rows::new(places)?;
    let length = Duration::from_millis(options.milliseconds);
    let mut number = 0;
    for turn in 0..=options.turns {
        for index in 0..rows.rows.len() {
            // The order of the rows changes from turn to turn.
            let index = (index + turn * 3) % rows.rows.len();
            let row = &mut rows.rows[index];
            let server = &rows.servers[row.server];
            let length = if turn == 0 { length / 2 } else { length };
            let (before, asked) = loop {
                let mut askers = Askers::new(options.connections, server.address)?;
                let before = server.usage()?;
                let asked = askers.ask(length, row.question.status(), |out| {
                    number += 1;
                    row.question.write(row.api, &row.etag, number, out);
                });
                match asked {
                    Ok(asked) => break (before, asked),
                    Err(why) if row.failures == FAILURES => {
                        return Err(format!("{}: {why}", row.name));
                    }
                    Err(why) => {
                        eprintln!("{}: {why}; once more", row.name);
                        row.failures += 1;
                    }
                }
            };
            let after = server.usage()?;
            if turn == 0 {
                continue;
            }
            row.requests.push(asked.count as f64 / asked.took.as_secs_f64());
            row.processor.push((after.processor - before.processor) * 1e6 / asked.count as f64);
            let late = asked.times.get(asked.times.len() * 99 / 100).copied().unwrap_or_default();
            row.late.push(late.as_secs_f64() * 1e3);
            row.bytes = asked.bytes / asked.count.max(1);
        }
    }
    let title = format!("{} features", places.features);
    let mut table = Table::new(
        title,
        &["answer", "bytes", "requests/s", "× static", "p99", "server µs/request"],
    );
    let rows = &rows.rows;
    for row in rows {
        // The ratios are computed turn by turn, because the speed of the machine varies over time.
        let pairs = row.requests.iter().zip(&rows[row.floor].requests);
        let ratios: Vec<f64> = pairs.map(|(ours, floor)| ours / floor).collect();
        table.rows.push(vec![
            row.title(),
            row.bytes.to_string(),
            format!("{:.0}", median(&row.requests)),
            format!("{:.2}", median(&ratios)),
            format!("{:.2} ms", median(&row.late)),
            format!("{:.1}", median(&row.processor)),
        ]);
    }
    Ok(table)
}
