//! `cargo xtask fuzz`: runs every fuzz target, starting from the committed seeds and the inputs that earlier runs found.

use std::fs;
use std::path::{Path, PathBuf};

use crate::install;
use crate::shell::{Run, root, target_folder};

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
    run_for(seconds)
}

/// Installs cargo-fuzz, and a C++ compiler for libFuzzer.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("c++ --version", "g++", "libFuzzer is written in C++")?;
    install::tool(
        "cargo fuzz --version",
        "cargo-fuzz@0.13.2",
        "it builds and runs the fuzz targets",
    )
}

pub(crate) fn run_for(seconds: u64) -> Result<(), String> {
    let mut account = Vec::new();
    for target in targets()? {
        println!("\n    fuzzing {target} for {seconds} s");
        let seeds = root().join("fuzz/seeds").join(&target);
        let corpus = target_folder().join("fuzz-corpus").join(&target);
        for folder in [&seeds, &corpus] {
            fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        }
        let options =
            format!("-max_total_time={seconds} {LIMITS} -verbosity=0 -print_final_stats=1");
        let build = target_folder().join("fuzz");
        let arguments: Vec<String> = [target.as_str(), &text(&corpus), &text(&seeds), "--"]
            .into_iter()
            .map(str::to_string)
            .chain(options.split(' ').map(str::to_string))
            .collect();
        Run::new("cargo fuzz run --release")
            .args(&["--target-dir".to_string(), text(&build)])
            .args(&arguments)
            // Lets the stable compiler accept the flags of cargo-fuzz.
            .env("RUSTC_BOOTSTRAP", "1")
            .go()
            .map_err(|why| {
                format!("{target}: {why} (the input lies in fuzz/artifacts/{target})")
            })?;
        let reached = fs::read_dir(&corpus).map_or(0, Iterator::count);
        account.push(format!("    {target:<16} {reached} inputs with coverage of their own"));
    }
    println!("\n{}", account.join("\n"));
    Ok(())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Returns the names of the targets, one for each file.
fn targets() -> Result<Vec<String>, String> {
    let folder: PathBuf = root().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_string()))
        .collect();
    names.sort();
    Ok(names)
}
