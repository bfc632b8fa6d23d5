//! `cargo xtask web sizes`: the sizes of the engines and of what pages load, beside their goals.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::{build_once, write_named};
use super::engine::{ENGINES, Engine, folder, web_folder};
use super::node::in_workspace;
use super::packages;
use crate::output::say;
use crate::shell::Run;

/// The workspace of npm, which pins esbuild.
const WORKSPACE: &str = "bindings/web";

/// Builds the engines and the packages, and compares their sizes with the limits.
pub(crate) fn check() -> Result<(), String> {
    build_once()?;
    packages::build_once()?;
    let engines = engines();
    let pages = pages(&[]);
    engines.and(pages)
}

/// Prints all sizes, also those of the engines' largest functions. With `--commit`, writes the sizes of pages into `sizes.json`.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let further = match arguments {
        [] => Vec::new(),
        [flag] if flag == "--commit" => vec![flag.clone()],
        _ => return Err("cargo xtask web sizes [--commit]".to_string()),
    };
    build_once()?;
    packages::build_once()?;
    write_named()?;
    let engines = engines();
    let pages = pages(&[further, vec!["--functions".to_string()]].concat());
    engines.and(pages)
}

/// Compares what pages load with the committed sizes.
fn pages(flags: &[String]) -> Result<(), String> {
    let engines = folder()?.display().to_string();
    in_workspace("npm run --silent sizes --").args(&[engines]).args(flags).go()
}

/// Compares the sizes of the engines with their limits.
fn engines() -> Result<(), String> {
    say!(
        "    {:<6} {:>12} {:>12} {:>12} {:>10} {:>8}",
        "engine",
        "wasm",
        "wasm, gzip",
        "glue, gzip",
        "together",
        "goal"
    );
    let mut missed = Vec::new();
    for engine in ENGINES {
        let module = engine.module()?;
        let (raw, zipped) = (size(&module)?, gzip(&module)?);
        let glue = gzip(&minified(engine)?)?;
        let together = zipped + glue;
        say!(
            "    {:<6} {raw:>9.1} KB {zipped:>9.1} KB {glue:>9.1} KB {together:>7.1} KB {:>5.0} KB",
            engine.name,
            engine.goal
        );
        if together > engine.limit {
            missed.push(format!("the {} engine is larger than {} KB", engine.name, engine.limit));
        } else if together > engine.goal {
            say!("    the {} engine misses its goal", engine.name);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
}

/// Writes the JavaScript of an engine as a bundler would, and returns the path of the file.
fn minified(engine: Engine) -> Result<PathBuf, String> {
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
