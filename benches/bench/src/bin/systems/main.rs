//! The engine with the rules of FeatBit beside the crate `featbit-server-sdk`, and with those of FeatureSignals beside those of FeatureHub.

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
    /// Compare the answers of FeatBit's crate to drawn flags and users. A difference that no known class explains is a failure.
    FeatbitDiff {
        /// The number of evaluations.
        #[arg(long, default_value_t = 50_000)]
        count: usize,
        /// The seed of the first flag.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure evaluations and loading beside FeatBit's crate, after a comparison of the answers, and reads of a client with insights.
    Featbit {
        /// The number of rounds.
        #[arg(long, default_value_t = 40)]
        rounds: usize,
    },
    /// Measure the longest searches of patterns of FeatBit and FeatureSignals. A search of 8 KiB that takes more than 50 ms is a failure.
    Patterns,
    /// Measure evaluations with the rules of FeatureSignals beside those with the rules of FeatureHub.
    Featuresignals {
        /// The number of rounds.
        #[arg(long, default_value_t = 40)]
        rounds: usize,
    },
}

fn main() -> ExitCode {
    harness::end(match Options::parse().command {
        Command::FeatbitDiff { count, seed } => differences::run(count, seed),
        Command::Featbit { rounds } => {
            times::featbit::run(rounds).and_then(|()| times::insights::run(rounds))
        }
        Command::Patterns => times::patterns::run(),
        Command::Featuresignals { rounds } => times::featuresignals::run(rounds),
    })
}
