//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

/// Sets our client of FeatBit beside FeatBit's published SDKs.
#[derive(Parser)]
pub(crate) enum Command {
    /// Run our client, driven by lines of JSON.
    Adapter,
    /// Run adapters against test servers, and print tables. Fails if one of our clients misses anything.
    Compare(Arguments),
    /// Print one of these tables, the start with 3,000 flags.
    Start(Arguments),
}

/// The arguments of `compare` and `start`. The command of an adapter is a line of the shell.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder `conformance/data`.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// A published SDK.
    #[arg(long, num_args = 2, value_names = ["NAME", "COMMAND"])]
    published: Vec<String>,
    /// One of our clients.
    #[arg(long, num_args = 2, value_names = ["NAME", "COMMAND"])]
    ours: Vec<String>,
    /// The SDKs whose behaviour under faults is measured.
    #[arg(long)]
    pub(crate) faults: Option<Faults>,
    /// The program `fh-test-featbit`. With it, the faults include those that last a minute.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) server: Option<PathBuf>,
}

/// An SDK with the command of its adapter.
#[derive(Clone)]
pub(crate) struct Sdk {
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) owner: Owner,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Ours,
    Published,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Faults {
    Ours,
    All,
}

impl Arguments {
    /// Returns the SDKs, the published ones first.
    pub(crate) fn sdks(&self) -> Vec<Sdk> {
        let of = |words: &[String], owner| -> Vec<Sdk> {
            let sdk = |pair: &[String]| match pair {
                [name, command] => {
                    Some(Sdk { name: name.clone(), command: command.clone(), owner })
                }
                _ => None,
            };
            words.chunks(2).filter_map(sdk).collect()
        };
        [of(&self.published, Owner::Published), of(&self.ours, Owner::Ours)].concat()
    }
}
