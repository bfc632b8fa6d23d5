//! The checks of the library that ships: its size, its sections, and the libraries that it needs.

use std::fs;
use std::path::Path;

use super::tree;
use crate::install;
use crate::output::say;
use crate::shell::Run;

/// The libraries that a program with the library needs: the C library, and the unwinder of panics, which each program in Swift has, too.
const NEEDED: [&str; 2] = ["-lc", "-lgcc_s"];
/// The size of the archive. It has 12.1 MB, of which 4.5 MB are code and data that a program may link; the rest are names of sections and
/// relocations.
const MOST_BYTES: u64 = 12_500_000;

/// Installs the tools of the checks.
pub(super) fn prepare() -> Result<(), String> {
    install::package("readelf --version", "binutils", "it shows what a library needs")
}

/// Checks the library, and reports its size.
pub(super) fn library(file: &Path) -> Result<(), String> {
    let fault = |what: String| Err(format!("{}: {what}", file.display()));
    let size = fs::metadata(file).map_err(|why| format!("{}: {why}", file.display()))?.len();
    if size > MOST_BYTES {
        return fault(format!("it has {size} bytes, {MOST_BYTES} at most"));
    }
    let path = file.display().to_string();
    let shown = |line| Run::new(line).args(std::slice::from_ref(&path)).output();
    let sections = shown("readelf --wide --section-headers")?;
    if sections.contains(".debug_info") {
        return fault("it is not stripped of .debug_info".to_string());
    }
    let symbols = shown("nm --extern-only --defined-only")?;
    if symbols.contains(" T rust_eh_personality") {
        return fault("it shows the symbols of Rust, as any other library in Rust".to_string());
    }
    link(&path)?;
    say!("    {path}: {size} bytes, which need no more than {NEEDED:?}");
    Ok(())
}

/// Links all of the library, without any other library than those that it may need. The linker names each symbol that they lack.
fn link(library: &str) -> Result<(), String> {
    let linked = tree::folder()?.join("release/linked.so").display().to_string();
    let options = "-shared -nostdlib -Wl,-z,defs -Wl,--whole-archive";
    let rest = ["-Wl,--no-whole-archive", "-o", &linked].into_iter().chain(NEEDED);
    let arguments = std::iter::once(library).chain(rest).map(str::to_string);
    Run::new(&format!("cc {options}")).args(&arguments.collect::<Vec<_>>()).go()
}
