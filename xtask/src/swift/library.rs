//! The native library, and the Swift code that calls it.

use std::fs;
use std::path::Path;

use super::PACKAGE;
use super::tree::{self, Folders};
use crate::python::empty_folder;
use crate::shell::{Run, root, target_folder};

/// The crate that writes the Swift code.
const BINDGEN: &str = "bindings/swift/bindgen";
/// The files that it writes, and their folders in the package. Git ignores them.
const GENERATED: [(&str, &str); 2] =
    [("fh_uniffi.swift", "Sources/FeatureHubNative"), ("fh_uniffiFFI.h", "Sources/fh_uniffiFFI")];
pub(super) const LIBRARY: &str = "libfh_uniffi.a";
/// The programs that contain the library.
const LINKED: [&str; 4] = [
    "package/debug/FeatureHubPackageTests.xctest",
    "hello/debug/hello",
    "bench/release/bench",
    "endurance/debug/endurancePackageTests.xctest",
];

/// Builds the library without optimization, and writes the Swift code into the package.
pub(super) fn build() -> Result<(), String> {
    build_for(&Folders::ordinary()?)
}

/// Builds the library as [`build`] does, for another build of the package.
pub(super) fn build_for(folders: &Folders) -> Result<(), String> {
    Run::new("cargo build --locked -p fh-uniffi").go()?;
    let library = target_folder().join("debug").join(LIBRARY);
    generate(&library, &root())?;
    install(&library, folders)
}

/// Builds the library as it ships for a build of its own, and writes the Swift code into the package.
pub(super) fn build_release(folders: &Folders) -> Result<(), String> {
    Run::new("cargo build --locked --release -p fh-uniffi").go()?;
    let library = target_folder().join("release").join(LIBRARY);
    generate(&library, &root())?;
    install(&library, folders)
}

/// Writes the Swift code that calls a library into the package of the project, or of a copy of it.
pub(super) fn generate(library: &Path, project: &Path) -> Result<(), String> {
    let tool = tree::folder()?.join("bindgen");
    Run::new("cargo build --locked")
        .within(BINDGEN)
        .env("CARGO_TARGET_DIR", &tool.display().to_string())
        .go()?;
    let tool = tool.join("debug/fh-swift-bindgen").display().to_string();
    let written = empty_folder(&tree::folder()?.join("generated"))?;
    let arguments = [library, &written].map(|path| path.display().to_string());
    Run::program(&tool, &arguments.join(" ")).go()?;
    for (file, folder) in GENERATED {
        copy_if_changed(&written.join(file), &project.join(PACKAGE).join(folder).join(file))?;
    }
    Ok(())
}

/// Copies the library with its description for pkg-config to where SwiftPM finds it.
pub(super) fn install(library: &Path, folders: &Folders) -> Result<(), String> {
    let folder = &folders.native;
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let description = format!(
        "Name: fh-uniffi\nDescription: The native library of the package FeatureHub for Swift\n\
         Version: {}\nLibs: -L{} -lfh_uniffi\n",
        env!("CARGO_PKG_VERSION"),
        tree::NATIVE,
    );
    fs::write(folder.join("fh-uniffi.pc"), description).map_err(failed)?;
    if copy_if_changed(library, &folder.join(LIBRARY))? {
        // SwiftPM does not notice that a library has changed, so the programs must be linked again.
        for program in LINKED {
            let _ = fs::remove_file(folders.build.join(program));
        }
    }
    Ok(())
}

/// Copies a file unless the copy is the same already, so that nothing is built again. Returns true if it has copied the file.
fn copy_if_changed(from: &Path, to: &Path) -> Result<bool, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", to.display());
    let new = fs::read(from).map_err(failed)?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(false);
    }
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::write(to, new).map_err(failed)?;
    Ok(true)
}
