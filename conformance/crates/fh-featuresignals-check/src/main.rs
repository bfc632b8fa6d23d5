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

use fh_conformance::data::Data;
use fh_conformance::systems::featuresignals_bulk;

use crate::target::{Streams, Target};

const USAGE: &str = "\
usage: fh-featuresignals-check --data FOLDER [--live URL API_KEY ENVIRONMENT [--with-flush]]

  --data        the folder conformance/data
  --live        a real server with the recorded ruleset. The program writes the changes that it needs to standard output, a line each, and
                waits for a line on standard input after each of them
  --with-flush  the streams of the real server work";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let live = |url: &str, key: &str, environment: &str, streams| {
        Some(Target::live(url, key, environment, streams))
    };
    let (data, live) = match words.as_slice() {
        ["--data", data] => (data, None),
        ["--data", data, "--live", url, key, environment] => {
            (data, live(url, key, environment, Streams::Refused))
        }
        ["--data", data, "--live", url, key, environment, "--with-flush"] => {
            (data, live(url, key, environment, Streams::Work))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match check(&PathBuf::from(data), live) {
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
