//! `cargo xtask web sizes`: the sizes of the engines beside their goals.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::build_once;
use super::engine::{ENGINES, Engine, web_folder};
use crate::install;
use crate::shell::{Run, root};

/// The workspace of npm, which pins esbuild.
const WORKSPACE: &str = "bindings/web";

/// Builds the engines and compares their sizes with the limits.
pub(crate) fn check() -> Result<(), String> {
    run(&[])
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => build_once()?,
        [flag] if flag == "--without-build" => {}
        _ => return Err("cargo xtask web sizes [--without-build]".to_string()),
    }
    println!(
        "    {:<6} {:>12} {:>12} {:>12} {:>10} {:>8}",
        "engine", "wasm", "wasm, gzip", "glue, gzip", "together", "goal"
    );
    let mut missed = Vec::new();
    for engine in ENGINES {
        let module = engine.module()?;
        let (raw, zipped) = (size(&module)?, gzip(&module)?);
        let glue = gzip(&minified(engine)?)?;
        let together = zipped + glue;
        println!(
            "    {:<6} {raw:>9.1} KB {zipped:>9.1} KB {glue:>9.1} KB {together:>7.1} KB {:>5.0} KB",
            engine.name, engine.goal
        );
        if together > engine.limit {
            missed.push(format!("the {} engine is larger than {} KB", engine.name, engine.limit));
        } else if together > engine.goal {
            println!("    the {} engine misses its goal", engine.name);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
}

/// Writes the JavaScript of an engine as a bundler would, and returns the path of the file.
fn minified(engine: Engine) -> Result<PathBuf, String> {
    if !root().join(WORKSPACE).join("node_modules/.bin/esbuild").is_file() {
        install::announce("the npm packages of bindings/web", "esbuild bundles what pages load")?;
        Run::new("npm ci --ignore-scripts").within(WORKSPACE).go()?;
    }
    let to = web_folder()?.join(format!("{}.min.js", engine.name));
    let arguments = [engine.glue()?.display().to_string(), format!("--outfile={}", to.display())];
    let bundle = "node_modules/.bin/esbuild --minify --format=esm --log-level=warning";
    Run::new(bundle).within(WORKSPACE).args(&arguments).go()?;
    Ok(to)
}

/// Returns the size of a file in KB (1,000 bytes).
fn size(file: &Path) -> Result<f64, String> {
    let found = fs::metadata(file).map_err(|why| format!("{}: {why}", file.display()))?;
    Ok(found.len() as f64 / 1000.0)
}

/// Returns the size of a file in KB after `gzip -9`.
fn gzip(file: &Path) -> Result<f64, String> {
    let copy = web_folder()?.join("zipped");
    fs::copy(file, &copy).map_err(|why| format!("{}: {why}", copy.display()))?;
    Run::new("gzip -9 --force --no-name").args(&[copy.display().to_string()]).output()?;
    size(&copy.with_extension("gz"))
}
