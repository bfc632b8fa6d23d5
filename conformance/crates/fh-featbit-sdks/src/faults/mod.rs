//! SDKs under faults of the server, and of the way to it.

mod list;
mod measurement;
mod relay;
mod stall;

use std::path::Path;
use std::thread;

use self::list::FAULTS;
use self::measurement::{Measured, measure};
use self::stall::STALLS;
use crate::arguments::{Owner, Sdk};
use fh_test::table::{lines, seconds};

/// The largest number of attempts a second.
const MOST_ATTEMPTS: f64 = 2.0;
/// The number of characters of a notice that are shown.
const SHOWN: usize = 90;

/// Measures an SDK under all faults at the same time, each with a server of its own, and prints a table. With the program of the test server,
/// the faults include the stalls. Returns a line for each thing that our client has missed.
pub(crate) fn run(sdk: &Sdk, server: Option<&Path>) -> Result<Vec<String>, String> {
    let mut running = Vec::new();
    for fault in FAULTS {
        let sdk = sdk.clone();
        running.push((fault.name, thread::spawn(move || measure(&sdk, fault))));
    }
    if let Some(server) = server {
        for (name, stalled) in STALLS {
            let (sdk, server) = (sdk.clone(), server.to_path_buf());
            running.push((name, thread::spawn(move || stall::measure(&sdk, &server, stalled))));
        }
    }
    let heading =
        ["fault", "values kept", "back after", "attempts a second", "notice, warning or problem"];
    let mut rows = vec![heading.map(str::to_string).to_vec()];
    let mut missed = Vec::new();
    for (fault, thread) in running {
        let ended = thread.join().unwrap_or_else(|_| Err("its thread panicked".to_string()));
        let measured = ended.map_err(|why| format!("{}, {fault}: {why}", sdk.name))?;
        rows.push(row(fault, &measured));
        if sdk.owner == Owner::Ours && !measured.is_met() {
            missed.push(format!("{} does not survive: {fault}", sdk.name));
        }
    }
    println!("\n{} under faults\n{}", sdk.name, lines(&rows));
    Ok(missed)
}

impl Measured {
    fn is_met(&self) -> bool {
        self.has_kept_values && self.back.is_some() && self.attempts <= MOST_ATTEMPTS
    }
}

fn row(fault: &str, measured: &Measured) -> Vec<String> {
    let kept = if measured.has_kept_values { "yes" } else { "no" };
    let notice = measured.notices.last().map_or("", String::as_str);
    vec![
        fault.to_string(),
        kept.to_string(),
        seconds(measured.back),
        format!("{:.1}", measured.attempts),
        notice.replace('\n', " ").chars().take(SHOWN).collect(),
    ]
}
