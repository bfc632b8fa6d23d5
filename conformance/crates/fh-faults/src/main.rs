//! `fh-faults`: what the client bears, as a table.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fh_fake_edge::Fault;
use fh_faults::scale::Scale;
use fh_faults::subject::Driver;
use fh_faults::{cycles, restarts, subject, table};

/// 22 faults of an Edge, and how a client bears each: requests during the fault, seconds until it is back, peak memory.
///
/// Ends with 1 if a client did not come back by itself, was too fast, or needed too much memory; with 2 if nothing could be measured.
#[derive(Parser)]
#[command(name = "fh-faults", args_conflicts_with_subcommands = true)]
struct Cli {
    /// What all delays of client and fault are multiplied with.
    #[arg(long, default_value_t = Scale::TENTH)]
    scale: Scale,
    /// Nothing is scaled: a minute or so.
    #[arg(long, conflicts_with = "scale")]
    unscaled: bool,
    /// Only faults whose name contains this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// JSON in place of the table.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The Edge is killed and comes back, while eight threads read.
    Restarts {
        /// What moves the client.
        #[arg(long, default_value_t = Driver::Thread)]
        driver: Driver,
        /// How many times.
        #[arg(long, default_value_t = 50)]
        restarts: usize,
    },
    /// Clients are made and closed, one after the other.
    Cycles {
        /// What moves them.
        #[arg(long, default_value_t = Driver::Thread)]
        driver: Driver,
        /// How many.
        #[arg(long, default_value_t = 200)]
        clients: u32,
    },
    /// The client that is measured, in a process of its own.
    #[command(hide = true)]
    Subject { settings: String },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        None => faults(&cli),
        Some(Command::Restarts { driver, restarts }) => restarts::measure(*driver, *restarts)
            .map(|measured| shown(&measured, &measured.failures())),
        Some(Command::Cycles { driver, clients }) => cycles::measure(*driver, *clients)
            .map(|measured| shown(&measured, &measured.failures())),
        Some(Command::Subject { settings }) => serde_json::from_str(settings)
            .map_err(|error| error.to_string())
            .and_then(subject::run)
            .map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}

/// Prints what was measured and what is wrong with it; says whether all is well.
fn shown(measured: &impl std::fmt::Display, failures: &[String]) -> bool {
    println!("{measured}");
    for failure in failures {
        println!("FAILED {failure}");
    }
    failures.is_empty()
}

/// Prints the table; says whether all is well.
fn faults(cli: &Cli) -> Result<bool, String> {
    let scale = if cli.unscaled { Scale::REAL } else { cli.scale };
    let faults = match &cli.only {
        None => Fault::ALL.to_vec(),
        Some(part) => table::named(part),
    };
    if faults.is_empty() {
        let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        return Err(format!("no fault has such a name; there are: {}", names.join(", ")));
    }
    let rows = table::measure(&faults, scale)?;
    if cli.json {
        println!("{:#}", table::as_json(&rows, scale));
    } else {
        print!("{}", table::as_text(&rows, scale));
    }
    Ok(rows.iter().all(table::Row::is_good))
}
