//! Measures the cost of an Edge beside minimal servers: streams (`fanout`), requests (`get`) and the work of expensive
//! requests (`work`).
//!
//! Servers are separate processes. This process is their only client.

mod environment;
mod fanout;
mod floor;
mod get;
mod process;
mod proof;
mod questions;
mod report;
mod requests;
mod rows;
mod servers;
mod streams;
mod unleash;
mod upstream;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "What an Edge costs, beside the least that a server can do")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Memory of open streams, and how long a change takes to reach them
    Fanout(fanout::Options),
    /// Requests a second
    Get(get::Options),
    /// The work that one request can cause, and liveness meanwhile
    Work(work::Options),
    /// Be a server that does the least; started by the other two
    #[command(hide = true)]
    Floor(floor::Options),
    /// Be what `unleash-edge` takes for Unleash; started by `fanout`
    #[command(hide = true)]
    Upstream(upstream::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Fanout(options) => fanout::run(&options),
        Command::Get(options) => get::run(&options),
        Command::Work(options) => work::run(&options),
        Command::Floor(options) => floor::run(&options),
        Command::Upstream(options) => upstream::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
