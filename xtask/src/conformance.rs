//! The conformance suite against the evaluators and against our Edge.

use std::thread;

use crate::output;
use crate::shell::{Run, root};
use crate::subjects;
use crate::workspace::{binary, suite};

/// A group of steps that run one after the other.
type Lane = fn() -> Result<(), String>;

/// Groups of steps that run at the same time. Those of the other two mostly wait, for timeouts and for servers that start and stop.
const LANES: [Lane; 3] = [evaluators, clients_and_servers, relay];

/// Runs all steps. If steps fail, the others still run, except those after them in the same group.
pub(crate) fn run() -> Result<(), String> {
    let failed: Vec<String> = thread::scope(|scope| {
        let running = LANES.map(|lane| output::spawn(scope, lane));
        let ended = running.into_iter().map(|lane| {
            lane.join().unwrap_or_else(|_| Err("the thread of some steps panicked".to_string()))
        });
        ended.filter_map(Result::err).collect()
    });
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// The check of the data (`vectors verify`) is a test of `fh-conformance`. The engine runs all cases through the adapter of our client, in
/// the part "fh-rust".
fn evaluators() -> Result<(), String> {
    for command in [
        "vectors run --target reference --certify",
        "vectors generate --group eval.generated --seed 0x5EED0001 --count 2000 --check",
    ] {
        suite(command)?.go_timed()?;
    }
    // The two profiles differ only as the list of known differences says.
    suite("diff --a engine --b engine --profile-a client --profile-b edge --count 1000")?
        .args(&["--seed".to_string(), subjects::DRAWN_SEED.to_string()])
        .go_timed()?;
    subjects::report(subjects::Pages::Checked)
}

fn clients_and_servers() -> Result<(), String> {
    // The cases again, but each payload is read by a client from an Edge.
    let program = binary("fh-conformance")?.display().to_string();
    suite("vectors run --profile client --target")?
        .args(&[format!("served:'{program}' adapter rust")])
        .go_timed()?;
    with_fh(suite("server run --fh")?)?.go_timed()
}

/// The scenarios of servers through a relay.
fn relay() -> Result<(), String> {
    let baseline = root().join("conformance/baselines/fh-relay.json").display().to_string();
    let relay = suite("server run --relay --jobs 6 --patience 120 --baseline")?;
    with_fh(relay.args(&[baseline, "--fh".to_string()]))?.go_timed()
}

/// The answers of further systems, and the engine with the dialect of each one alone and with none: a build of the workspace has all of them.
pub(crate) fn run_systems() -> Result<(), String> {
    for features in ["", "featbit", "featbit,serde", "featuresignals", "featuresignals,serde"] {
        let build = "cargo clippy --locked -p fh-eval --no-default-features --features";
        let arguments = [features, "--", "-D", "warnings"].map(str::to_string);
        Run::new(build).args(&arguments).go()?;
    }
    suite("systems run")?.go()?;
    suite("systems diff --count 20000")?.go()?;
    with_fh(suite("systems rows --fh")?)?.go()
}

/// The cases must find each mutant of the reference evaluator.
pub(crate) fn mutants_of_evaluators() -> Result<(), String> {
    suite("self-test")?.go()
}

/// Runs the faults against our client with TLS, and with HTTP/2.
pub(crate) fn faults_over_other_protocols() -> Result<(), String> {
    for subject in subjects::select(&["fh-rust".to_string()])? {
        for protocol in ["--tls", "--http2"] {
            let options = ["--group", "F", "--all", protocol].map(str::to_string);
            subjects::scenarios(subject, options.to_vec())?.go()?;
        }
    }
    Ok(())
}

fn with_fh(run: Run) -> Result<Run, String> {
    Ok(run.args(&[binary("fh")?.display().to_string()]))
}
