//! Builds of the native libraries for phones: the profile `phone`, with a standard library of small code.

use std::path::Path;

use crate::install;
use crate::shell::Run;

/// Rustup has no standard library for the simulators of iOS, and none of small code for any target.
const BUILD: &str = "cargo build --locked --profile phone -Zbuild-std=std,panic_unwind -Zbuild-std-features=optimize_for_size -p";
/// Leaves the places of panics out, which go to the standard error alone, where no phone shows them.
const WITHOUT_PLACES: &str = "-Zlocation-detail=none";

/// The largest library, for a processor of phones and for another one: x86-64 is that of simulators and of older Macs, whose code is larger.
const MOST_BYTES: u64 = 2_550_000;
const MOST_BYTES_OF_X86: u64 = 2_900_000;

/// Returns the bytes that a library for a processor may have.
pub(crate) fn most_bytes(processor: &str) -> u64 {
    if processor.starts_with("x86") { MOST_BYTES_OF_X86 } else { MOST_BYTES }
}

/// Installs the sources of the standard library.
pub(crate) fn prepare() -> Result<(), String> {
    let sysroot = Run::new("rustc --print sysroot").output()?.trim().to_string();
    let source = format!("test -e {sysroot}/lib/rustlib/src/rust/library/Cargo.lock");
    install::component(&source, "rust-src", "the standard library for phones is built from it")
}

/// Returns a build of a crate for targets of the toolchain, with these options of the compiler. The libraries are in the folder `phone` of
/// each target.
pub(crate) fn build(name: &str, targets: &[&str], options: &[String], folder: &Path) -> Run {
    let options = [&[WITHOUT_PLACES.to_string()], options].concat();
    let targets: Vec<String> = targets.iter().map(|target| format!("--target={target}")).collect();
    Run::new(&format!("{BUILD} {name}"))
        .args(&targets)
        // Only this way, a stable toolchain builds its standard library.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", &options.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", &folder.display().to_string())
}
