//! `cargo xtask package kotlin`: the packages that ship, in a Maven repository, and their checks.

use std::path::PathBuf;

use super::library::{Libraries, Target, zig};
use super::repository::Repository;
use super::{check, examples, folder, shrunk};
use crate::install;
use crate::output::say;

const REASON: &str = "the native library is built for all platforms";

/// Runs `cargo xtask package`.
pub(crate) fn command(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [platform, rest @ ..] if platform == "android" => super::android::command(rest),
        [language, names @ ..] if language == "kotlin" => {
            let targets = Target::named(names)?;
            let has_own = Target::named(&[])?.iter().all(|own| targets.contains(own));
            super::prepare()?;
            install(&targets)?;
            build(targets)?;
            if has_own {
                return examples::run(&repository()?);
            }
            say!("    the examples were not run: the package has no library for this machine");
            Ok(())
        }
        _ => Err("cargo xtask package kotlin [--all|TARGET...], cargo xtask package android [--without-natives], or \
                  cargo xtask package swift [--apple]"
            .to_string()),
    }
}

/// Installs what the package for all targets needs.
pub(crate) fn prepare() -> Result<(), String> {
    super::prepare()?;
    install(&Target::named(&["--all".to_string()])?)
}

/// Builds the library for this machine as it ships. Returns the folder of the libraries, and the file.
pub(crate) fn own_library() -> Result<(PathBuf, PathBuf), String> {
    let own = Target::named(&[])?;
    super::prepare()?;
    install(&own)?;
    let libraries = Libraries::release(own)?;
    let file = libraries.files().next().ok_or("there is no library")?;
    Ok((libraries.folder, file))
}

fn install(targets: &[&Target]) -> Result<(), String> {
    check::prepare()?;
    zig()?.prepare(REASON)?;
    targets.iter().try_for_each(|target| install::target(target.triple, REASON))
}

/// Builds and checks the package for all targets.
pub(crate) fn build_all() -> Result<(), String> {
    build(Target::named(&["--all".to_string()])?)
}

/// Runs the examples of the pages with the package, and the shrunk program.
pub(crate) fn run() -> Result<(), String> {
    examples::run(&repository()?)?;
    shrunk::run()
}

fn build(targets: Vec<&'static Target>) -> Result<(), String> {
    let repository = repository()?;
    repository.build(&Libraries::release(targets)?)?;
    say!("    the repository is {}", repository.folder.display());
    Ok(())
}

fn repository() -> Result<Repository, String> {
    Ok(Repository::at(folder()?.join("repository")))
}
