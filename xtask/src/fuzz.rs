//! `cargo xtask fuzz`: runs every fuzz target, starting from the committed seeds and the inputs that earlier runs found.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::install;
use crate::output::say;
use crate::shell::{Run, root, target_folder};
use crate::{side_by_side, tools};

/// The limits of a single input: 10 s, 2 GiB of memory, and 64 KiB of input.
const LIMITS: &str = "-timeout=10 -rss_limit_mb=2048 -max_len=65536";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let seconds = match arguments {
        [] => 60,
        [flag, seconds] if flag == "--seconds" => {
            seconds.parse().map_err(|_| format!("--seconds takes a whole number, not {seconds}"))?
        }
        _ => return Err("cargo xtask fuzz [--seconds N]".to_string()),
    };
    prepare()?;
    build()?;
    run_for(seconds)
}

/// Installs cargo-fuzz, and a C++ compiler for libFuzzer.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("c++ --version", "g++", "libFuzzer is written in C++")?;
    tools::prepare()
}

/// Builds all targets.
pub(crate) fn build() -> Result<(), String> {
    cargo_fuzz("build")?.go()
}

/// Runs each target for some seconds. An error is a find.
pub(crate) fn run_for(seconds: u64) -> Result<(), String> {
    let targets = targets()?;
    // libFuzzer runs on one thread, so each core gets a target of its own.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let outcomes = side_by_side::each(&targets, cores, |target| fuzz(target, seconds))?;
    let (mut account, failures): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    account.sort();
    say!("\n{}", account.into_iter().flatten().collect::<Vec<_>>().join("\n"));
    let failures: Vec<String> = failures.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
}

/// Returns a command of cargo-fuzz with the options that building and running share.
fn cargo_fuzz(command: &str) -> Result<Run, String> {
    Ok(tools::run("cargo-fuzz", &format!("fuzz {command} --release --fuzz-dir conformance/fuzz"))?
        .args(&["--target-dir".to_string(), text(&target_folder().join("fuzz"))])
        // Lets the stable compiler accept the flags of cargo-fuzz.
        .env("RUSTC_BOOTSTRAP", "1"))
}

/// Runs one target, and returns the number of inputs in its corpus.
fn fuzz(target: &str, seconds: u64) -> Result<String, String> {
    let seeds = root().join("conformance/fuzz/seeds").join(target);
    let corpus = target_folder().join("fuzz-corpus").join(target);
    fs::create_dir_all(&corpus).map_err(|why| format!("{}: {why}", corpus.display()))?;
    // Some targets have no seeds. A folder for them would be a change of the checkout.
    let seeds = seeds.is_dir().then(|| text(&seeds));
    let options = format!("-max_total_time={seconds} {LIMITS} -verbosity=0 -print_final_stats=1");
    let corpus_text = text(&corpus);
    let inputs = [Some(target), Some(&*corpus_text), seeds.as_deref(), Some("--")];
    let arguments: Vec<String> =
        inputs.into_iter().flatten().chain(options.split(' ')).map(str::to_string).collect();
    say!("    fuzzing {target} for {seconds} s");
    cargo_fuzz("run")?.args(&arguments).go_timed().map_err(|why| {
        format!("{target}: {why} (the input lies in conformance/fuzz/artifacts/{target})")
    })?;
    let reached = fs::read_dir(&corpus).map_or(0, Iterator::count);
    Ok(format!("    {target:<16} {reached} inputs with coverage of their own"))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Returns the names of the targets, one for each file.
fn targets() -> Result<Vec<String>, String> {
    let folder: PathBuf = root().join("conformance/fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_string()))
        .collect();
    names.sort();
    Ok(names)
}
