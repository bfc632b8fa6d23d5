//! `fh-faults`: what the client bears, as a table.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fh_fake_edge::Fault;
use fh_faults::scale::Scale;
use fh_faults::{subject, table};

/// 22 faults of an Edge, and how a client bears each: requests during the fault, seconds until it is back, peak memory.
///
/// Ends with 1 if a client did not come back by itself, was too fast, or needed too much memory; with 2 if nothing could be measured.
#[derive(Parser)]
#[command(name = "fh-faults", args_conflicts_with_subcommands = true)]
struct Cli {
    /// What all delays of client and fault are multiplied with.
    #[arg(long, default_value_t = Scale::TENTH)]
    scale: Scale,
    /// Nothing is scaled: about two minutes.
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
    /// The client that is measured, in a process of its own.
    #[command(hide = true)]
    Subject { settings: String },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        None => faults(&cli),
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
