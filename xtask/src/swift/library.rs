//! The native library, and the Swift code that calls it.

use std::fs;
use std::path::{Path, PathBuf};

use super::tree::{self, Folders, PACKAGE};
use crate::folders::empty_folder;
use crate::machine_paths;
use crate::shell::{Run, root, target_folder};

/// The crate whose program writes the Swift code.
const BINDGEN: &str = "bindings/bindgen";
/// The files that it writes, and their folders in the package. Git ignores them.
const GENERATED: [(&str, &str); 2] =
    [("fh_uniffi.swift", "Sources/FeatureHubNative"), ("fh_uniffiFFI.h", "Sources/fh_uniffiFFI")];
pub(super) const LIBRARY: &str = "libfh_uniffi.a";
/// The programs that contain the library, in the folder of a build.
pub(super) const LINKED: [&str; 5] = [
    "package/debug/FeatureHubPackageTests.xctest",
    "hello/debug/hello",
    "conformance/debug/conformance",
    "bench/release/bench",
    "endurance/debug/endurancePackageTests.xctest",
];
/// The options that hide the symbols of Rust's standard library, so that a program can have another static library in Rust. The arithmetic of
/// the compiler is left out, because its parts refer to each other.
const OF_RUST: &str = "--localize-symbol=!*compiler_builtins* --localize-symbol=_R* --localize-symbol=rust_eh_personality";

/// Builds the library without optimization, and writes the Swift code into the package.
pub(super) fn build() -> Result<(), String> {
    build_for(&Folders::ordinary()?)
}

/// Builds the library as [`build`] does, for another build of the package.
pub(super) fn build_for(folders: &Folders) -> Result<(), String> {
    Run::new("cargo build --locked -p fh-uniffi").go()?;
    generate(&debug(), &root())?;
    install(&debug(), folders)
}

/// Builds the library that ships for a build of its own, and writes the Swift code into the package.
pub(super) fn build_release(folders: &Folders) -> Result<(), String> {
    install(&release()?, folders)
}

/// Returns the library without optimization, which was built.
pub(super) fn debug() -> PathBuf {
    target_folder().join("debug").join(LIBRARY)
}

/// Builds the library that ships, and writes the Swift code into the package. Returns the library with the symbols that Swift calls.
pub(super) fn release() -> Result<PathBuf, String> {
    let folder = tree::folder()?.join("release");
    Run::new("cargo build --locked --release --config profile.release.lto=\"fat\" -p fh-uniffi")
        .env("CARGO_ENCODED_RUSTFLAGS", &machine_paths::renaming()?.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", &folder.display().to_string())
        .go()?;
    let (built, stripped) = (folder.join("release").join(LIBRARY), folder.join(LIBRARY));
    generate(&built, &root())?;
    // Cargo strips programs and shared libraries only.
    let arguments = [&built, &stripped].map(|path| path.display().to_string());
    Run::new(&format!("objcopy --strip-unneeded --wildcard {OF_RUST}")).args(&arguments).go()?;
    Ok(stripped)
}

/// Writes the Swift code that calls a library into the package of the project, or of a copy of it.
pub(super) fn generate(library: &Path, project: &Path) -> Result<(), String> {
    let tool = tree::folder()?.join("bindgen");
    Run::new("cargo build --locked --features swift")
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

/// Returns the files that are written into the package.
pub(super) fn generated() -> [PathBuf; 2] {
    GENERATED.map(|(file, folder)| root().join(PACKAGE).join(folder).join(file))
}

/// Copies the library with its description for pkg-config to where SwiftPM finds it.
pub(super) fn install(library: &Path, folders: &Folders) -> Result<(), String> {
    describe(&folders.native)?;
    if copy_if_changed(library, &folders.native.join(LIBRARY))? {
        // SwiftPM does not notice that a library has changed, so the programs must be linked again.
        for program in LINKED {
            let _ = fs::remove_file(folders.build.join(program));
        }
    }
    Ok(())
}

/// Writes the description for pkg-config into the folder of the library, which can be moved.
pub(super) fn describe(folder: &Path) -> Result<(), String> {
    let file = folder.join("fh-uniffi.pc");
    let description = format!(
        "Name: fh-uniffi\nDescription: The native library of the package FeatureHub for Swift\n\
         Version: {}\nLibs: -L${{pcfiledir}} -lfh_uniffi\n",
        env!("CARGO_PKG_VERSION"),
    );
    fs::write(&file, description).map_err(|why| format!("{}: {why}", file.display()))
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
