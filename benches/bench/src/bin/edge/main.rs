//! Measures the cost of an Edge beside minimal servers: streams (`fanout`), requests (`get`) and the work of expensive
//! requests (`work`), memory beside the formula of docs/guide/edge.md (`memory`), starts with a data folder (`starts`),
//! streams after a restart (`restart`), and changes on the servers of a cluster (`cluster`). Calculates what numbers of
//! streams need (`capacity`), and simulates clients after the end of servers (`storm`).
//!
//! Servers are separate processes. This process is their only client.

mod capacity;
mod changes;
mod cluster;
mod connection;
mod database;
mod environment;
mod fanout;
mod floor;
mod get;
mod memory;
mod process;
mod proof;
mod questions;
mod requests;
mod restart;
mod rows;
mod servers;
mod starts;
mod storm;
mod streams;
mod unleash;
mod upstream;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measures the costs of an Edge, beside those of a minimal server")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Memory of open streams, and the time until a change reaches them
    Fanout(fanout::Options),
    /// Requests per second
    Get(get::Options),
    /// The work that one request can cause, and liveness meanwhile
    Work(work::Options),
    /// Memory of environments, values and streams, beside the formula of docs/guide/edge.md
    Memory(memory::Options),
    /// Memory and processor time of repeated starts with a data folder
    Starts(starts::Options),
    /// Bytes, time and memory until all streams have their features again after a restart
    Restart(restart::Options),
    /// Changes on the servers of a cluster in PostgreSQL, beside one server with a file
    Cluster(cluster::Options),
    /// Unit costs, and the processes, cores, memory and egress of 10,000 to 1,000,000 streams
    Capacity(capacity::Options),
    /// Clients after the end of servers, simulated
    Storm(storm::Options),
    /// Run as a minimal server; started by the other commands
    #[command(hide = true)]
    Floor(floor::Options),
    /// Run in place of Unleash for `unleash-edge`; started by `fanout`
    #[command(hide = true)]
    Upstream(upstream::Options),
}

fn main() -> ExitCode {
    harness::end(match Cli::parse().command {
        Command::Fanout(options) => fanout::run(&options),
        Command::Get(options) => get::run(&options),
        Command::Work(options) => work::run(&options),
        Command::Memory(options) => memory::run(&options),
        Command::Starts(options) => starts::run(&options),
        Command::Restart(options) => restart::run(&options),
        Command::Cluster(options) => cluster::run(&options),
        Command::Capacity(options) => capacity::run(&options),
        Command::Storm(options) => storm::run(&options),
        Command::Floor(options) => floor::run(&options),
        Command::Upstream(options) => upstream::run(&options),
    })
}
