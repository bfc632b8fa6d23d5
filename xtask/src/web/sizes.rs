//! `cargo xtask web sizes`: the sizes of the engines and of what pages load, beside their goals.

use super::build::{build_once, write_named};
use super::engine::folder;
use super::node::in_workspace;
use super::packages;

/// Builds the engines and the packages, and compares their sizes with the limits.
pub(crate) fn check() -> Result<(), String> {
    compare(&[])
}

/// Prints all sizes, also those of the engines' largest functions. With `--commit`, writes them into `sizes.json`.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() && arguments != ["--commit"] {
        return Err("cargo xtask web sizes [--commit]".to_string());
    }
    compare(&[arguments, &["--functions".to_string()]].concat())
}

fn compare(flags: &[String]) -> Result<(), String> {
    build_once()?;
    packages::build_once()?;
    if !flags.is_empty() {
        write_named()?;
    }
    let engines = folder()?.display().to_string();
    in_workspace("npm run --silent sizes --").args(&[engines]).args(flags).go()
}
