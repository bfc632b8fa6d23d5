//! The package for Swift: its build and its tests, in a chroot with the Swift of Debian.

use std::fs;
use std::path::PathBuf;

use crate::chroot::{self, Chroot, Release, Shared};
use crate::python::empty_folder;
use crate::shell::target_folder;

const REASON: &str = "the package for Swift is built and tested";
/// The oldest release of Debian with Swift 6.
const TRIXIE: Release = Release {
    name: "trixie",
    packages: &["swiftlang", "libc6-dev", "libstdc++-14-dev", "ca-certificates"],
};

/// Installs Swift into a chroot, which is kept.
pub(crate) fn prepare() -> Result<(), String> {
    chroot::prepare(REASON)?;
    tree().map(|_| ())
}

/// Runs the named command of the package.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [name] if name == "hello" => prepare().and_then(|()| test()),
        _ => Err("cargo xtask swift hello".to_string()),
    }
}

/// Compiles and runs a line of Swift.
pub(crate) fn test() -> Result<(), String> {
    let sources = empty_folder(&folder()?.join("line"))?;
    let source = sources.join("line.swift");
    fs::write(&source, "print(\"Swift compiles and runs\")\n").map_err(|why| why.to_string())?;
    let shared = [Shared { folder: sources, path: "/line" }];
    let compile = ["swiftc", "/line/line.swift", "-o", "/line/line"];
    tree()?.enter(&shared, &compile).go()?;
    tree()?.enter(&shared, &["/line/line"]).go()
}

fn tree() -> Result<Chroot, String> {
    Chroot::fill(&folder()?.join("debian"), TRIXIE)
}

/// Returns the folder of all builds of the package.
fn folder() -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
    Ok(target.join("swift"))
}
