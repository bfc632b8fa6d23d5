//! `edge capacity`: measures the unit costs of a server, and calculates what numbers of streams need. Writes the tables of
//! docs/project/capacity.md.

mod load;
mod plan;
mod units;

use std::path::PathBuf;

use clap::Args;
use harness::{Report, write};

use crate::process::descriptors;
use crate::proof;
use crate::servers::{Contestant, Places, Server};
use crate::storm;
use plan::Costs;
use units::Transport;

#[derive(Args)]
pub struct Options {
    /// Streams with which the costs of one are measured
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// Changes to measure on these streams
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Changes to measure on the servers of a cluster
    #[arg(long, default_value_t = 600)]
    changes: usize,
    /// Features of the environment
    #[arg(long, default_value_t = 60)]
    features: usize,
    /// The program to measure; looked for beside this one
    #[arg(long)]
    fh: Option<PathBuf>,
    #[command(flatten)]
    storm: storm::Options,
    /// The file for the tables of the page
    #[arg(long)]
    markdown: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<(), String> {
    descriptors()?;
    let places = Places::new(options.fh.as_deref(), None, options.features)?;
    let proven = Server::ours(&places)?;
    proof::streams(&proven, Contestant::Ours, options.features)?;
    proven.stop()?;
    let units = |transport| units::units(&places, transport, options.streams, options.rounds);
    let costs = Costs {
        base: units::base(&places)?,
        plain: units(Transport::Plain)?,
        tls: units(Transport::Tls)?,
        load: load::load(&places, options.changes)?,
    };
    let mut page = Report::default();
    page.tables.push(plan::units(&costs, options.streams));
    page.tables.push(plan::table(&costs));
    let mut storm = storm::table(&options.storm)?;
    storm.title = format!("Storms, simulated: {}", storm.title);
    page.tables.push(storm);
    println!("{}", page.sections("##"));
    write(options.markdown.as_deref(), &page.sections("##"))
}
