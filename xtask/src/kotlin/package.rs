//! `cargo xtask dist kotlin`: the packages that ship, in a Maven repository, and their checks.

use std::fs;
use std::path::{Path, PathBuf};

use super::library::{Libraries, zig};
use super::maven::{VERSION, folder};
use super::repository::Repository;
use super::target::Target;
use super::{check, examples, maven, shrunk};
use crate::folders::empty_folder;
use crate::install;
use crate::output::say;

const REASON: &str = "the native library is built for all platforms";

/// Runs `cargo xtask dist kotlin` with its further arguments.
pub(crate) fn dist(names: &[String]) -> Result<(), String> {
    let targets = Target::named(names)?;
    maven::prepare()?;
    install(&targets)?;
    build(targets, "")?;
    say_how_to_add(&repository()?.folder)
}

/// Installs what the package for all targets needs.
pub(crate) fn prepare() -> Result<(), String> {
    maven::prepare()?;
    install(&Target::named(&["--all".to_string()])?)
}

/// Builds the library for this machine as it ships. Returns the folder of the libraries, and the file.
pub(crate) fn own_library() -> Result<(PathBuf, PathBuf), String> {
    let own = Target::named(&[])?;
    maven::prepare()?;
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

/// Builds and checks the package for all targets, and the program whose libraries the shrunk one has.
pub(crate) fn build_all() -> Result<(), String> {
    build(Target::named(&["--all".to_string()])?, ",:fh-client-hello")
}

/// Runs the examples of the pages with the package, and the shrunk program.
pub(crate) fn run() -> Result<(), String> {
    examples::run(&repository()?)?;
    shrunk::run()
}

fn build(targets: Vec<&'static Target>, further: &str) -> Result<(), String> {
    repository()?.build_alone(&Libraries::release(targets)?, further)
}

/// Prints what a user pastes into a project.
pub(crate) fn say_how_to_add(repository: &Path) -> Result<(), String> {
    let url = format!("file://{}", repository.display());
    say!(
        "the repository is {url}\n\nMaven:\n\n\
         <repositories>\n  <repository>\n    <id>fh-client</id>\n    <url>{url}</url>\n    \
         <snapshots><updatePolicy>always</updatePolicy></snapshots>\n  </repository>\n</repositories>\n\n\
         <dependency>\n  <groupId>fh.client</groupId>\n  <artifactId>fh-client-jdk</artifactId>\n  <version>{VERSION}</version>\n</dependency>\n\n\
         Gradle:\n\n\
         repositories {{\n    mavenCentral()\n    maven {{ url = uri(\"{url}\") }}\n}}\n\
         dependencies {{\n    implementation(\"fh.client:fh-client-jdk:{VERSION}\")\n}}"
    );
    Ok(())
}

/// Writes the bill of materials of the packages.
pub(crate) fn write_bill(to: &Path) -> Result<(), String> {
    let folder = empty_folder(&folder()?.join("bill"))?;
    Repository::write_bill(&folder)?;
    let failed = |why: std::io::Error| format!("{}: {why}", to.display());
    fs::copy(folder.join("bom.json"), to).map(|_| ()).map_err(failed)
}

fn repository() -> Result<Repository, String> {
    Ok(Repository::at(folder()?.join("repository")))
}
