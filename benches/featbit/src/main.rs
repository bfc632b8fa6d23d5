//! The engine with FeatBit's rules beside the crate `featbit-server-sdk`.

#![forbid(unsafe_code)]

mod classes;
mod differences;
mod drawn;
mod engines;
mod times;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the answers to drawn flags and users. A difference that no known class explains is a failure.
    Diff {
        /// The number of evaluations.
        #[arg(long, default_value_t = 50_000)]
        count: usize,
        /// The seed of the first flag.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure evaluations and loading, after a comparison of the answers.
    Bench {
        /// The number of rounds.
        #[arg(long, default_value_t = 40)]
        rounds: usize,
    },
}

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Diff { count, seed } => differences::run(count, seed),
        Command::Bench { rounds } => times::run(rounds),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
