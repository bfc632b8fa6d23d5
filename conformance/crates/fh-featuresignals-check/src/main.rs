//! Checks our client of FeatureSignals: its answers against those that a running server gave, the time until a change is seen, and faults.
//! `cargo xtask test featuresignals` runs it with a test server, and `cargo xtask featuresignals live` with the real one.
#![forbid(unsafe_code)]

mod answers;
mod changed_flag;
mod changes;
mod faults;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use fh_conformance::data::Data;
use fh_conformance::systems::featuresignals_bulk;

use crate::target::{Streams, Target};

/// Checks our client of FeatureSignals.
#[derive(Parser)]
struct Options {
    /// The folder `conformance/data`.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// A real server with the recorded ruleset. The program writes the changes that it needs to standard output, a line each, and waits
    /// for a line on standard input after each of them.
    #[arg(long, num_args = 3, value_names = ["URL", "API_KEY", "ENVIRONMENT"])]
    live: Vec<String>,
    /// The streams of the real server work.
    #[arg(long, requires = "live")]
    with_flush: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let streams = if options.with_flush { Streams::Work } else { Streams::Refused };
    let live = match options.live.as_slice() {
        [url, key, environment] => Some(Target::live(url, key, environment, streams)),
        _ => None,
    };
    match check(&options.data, live) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fh-featuresignals-check: {why}");
            ExitCode::FAILURE
        }
    }
}

fn check(data: &std::path::Path, live: Option<Target>) -> Result<(), String> {
    let data = Data::folder(data).map_err(|why| format!("{}: {why}", data.display()))?;
    let recorded = featuresignals_bulk(&data).map_err(|why| why.to_string())?;
    let is_live = live.is_some();
    let mut targets = vec![Target::test_server(&recorded)?];
    targets.extend(live);
    let outcomes = [
        answers::check(&recorded, &targets),
        changes::check(&recorded, &targets),
        // The faults are those of the test server.
        if is_live { Ok(()) } else { faults::check() },
    ];
    outcomes.into_iter().collect()
}
