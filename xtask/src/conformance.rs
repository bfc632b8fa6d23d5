//! The part "conformance" of `cargo xtask test`: the conformance suite against the evaluators and against our Edge.

use std::thread;

use crate::programs::Programs;
use crate::shell::Run;
use crate::subjects;

/// A group of steps that run one after the other.
type Lane = fn(&Programs) -> Result<(), String>;

/// Groups of steps that run at the same time. The steps of the last two mostly wait, for timeouts and for servers that start and stop.
const LANES: [Lane; 3] = [evaluators, clients_and_servers, rewrites];

/// Runs all steps. If steps fail, the others still run, except those after them in the same group.
pub(crate) fn run() -> Result<(), String> {
    let programs = &Programs::build()?;
    let failed: Vec<String> = thread::scope(|scope| {
        let running = LANES.map(|lane| scope.spawn(move || lane(programs)));
        let ended = running.into_iter().map(|lane| {
            lane.join().unwrap_or_else(|_| Err("the thread of some steps panicked".to_string()))
        });
        ended.filter_map(Result::err).collect()
    });
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// The check of the data (`vectors verify`) is a test of `fh-conformance`. The engine runs all cases through the adapter of our client, in
/// the part "SDKs".
fn evaluators(programs: &Programs) -> Result<(), String> {
    for command in [
        "vectors run --target reference --certify",
        "vectors generate --group eval.generated --seed 0x5EED0001 --count 2000 --check",
        "self-test",
    ] {
        Run::program(&programs.fh_conformance, command).go_timed()?;
    }
    // The two profiles differ only as the list of known differences says.
    let profiles = "diff --a engine --b engine --profile-a client --profile-b edge --count 1000";
    Run::program(&programs.fh_conformance, profiles)
        .args(&["--seed".to_string(), subjects::DRAWN_SEED.to_string()])
        .go_timed()?;
    subjects::report(subjects::Pages::Checked)
}

fn clients_and_servers(programs: &Programs) -> Result<(), String> {
    let suite = &programs.fh_conformance;
    // The cases again, but each payload is read by a client from an Edge.
    Run::program(suite, "vectors run --profile client --target")
        .args(&[format!("served:'{suite}' adapter rust")])
        .go_timed()?;
    Run::program(suite, "server run --fh").args(std::slice::from_ref(&programs.fh)).go_timed()
}

/// The scenarios of servers must fail if what passes between them and the Edge is rewritten.
fn rewrites(programs: &Programs) -> Result<(), String> {
    Run::program(&programs.fh_conformance, "self-test servers --fh")
        .args(std::slice::from_ref(&programs.fh))
        .go_timed()
}
