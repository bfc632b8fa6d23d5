//! The native library for Apple's systems, which is built and assembled on Linux.

mod check;
mod fat;
mod macho;
mod platforms;
mod privacy;
mod resolution;
mod slice;
mod stand_ins;
mod xcframework;

use std::path::{Path, PathBuf};

use super::package::{self, Package};
use super::{library, tree};
use crate::folders::empty_folder;
use crate::kotlin::library::zig;
use crate::{install, phones};

pub(super) use self::platforms::triples;
use self::slice::tool;
pub(super) use self::xcframework::NAME;

const REASON: &str = "the native library is built for Apple's systems";

/// Installs what the library needs.
pub(super) fn prepare() -> Result<(), String> {
    super::prepare()?;
    phones::prepare()?;
    install::component(&format!("test -e {}", tool("llvm-ar")?.display()), "llvm-tools", REASON)?;
    zig()?.prepare("it has the list of all functions of Apple's system library")
}

/// Builds the libraries of all platforms into a folder that Xcode takes, and returns it.
pub(super) fn build() -> Result<PathBuf, String> {
    let folder = tree::folder()?.join("apple");
    let functions = functions()?;
    let slices = slice::build(&folder, &functions)?;
    xcframework::write(&folder, &slices)
}

/// Checks the libraries and their description.
pub(super) fn check(xcframework: &Path) -> Result<(), String> {
    check::check(xcframework, &functions()?)
}

/// Returns the names of the functions that Swift calls.
fn functions() -> Result<Vec<String>, String> {
    let [_, header] = library::generated();
    let text =
        std::fs::read_to_string(&header).map_err(|why| format!("{}: {why}", header.display()))?;
    Ok(declared(&text))
}

/// Returns the functions that a header declares.
fn declared(header: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before_parentheses = header.split('(').filter_map(|text| {
        let name = text.trim_end().rsplit(|c| !is_name(c)).next()?;
        (name.starts_with("ffi_") || name.starts_with("uniffi_")).then(|| name.to_string())
    });
    let mut names: Vec<String> = before_parentheses.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The deep part: builds the package with the libraries for Apple's systems, and for Linux with the library without optimization.
pub(crate) fn build_package() -> Result<(), String> {
    library::build()?;
    let package = tested()?;
    package.build(&library::debug(), Some(&build()?))?;
    empty_folder(&package.fresh()).map(|_| ())
}

/// Checks the package that was built, as far as Linux can.
pub(crate) fn run() -> Result<(), String> {
    let package = tested()?;
    let xcframework = package.folder.join(NAME);
    check(&xcframework)?;
    package::check_paths(&xcframework)?;
    resolution::check(&package)?;
    stand_ins::check(&package)
}

/// Installs what the deep part needs.
pub(crate) fn prepare_package() -> Result<(), String> {
    super::check::prepare()?;
    prepare()
}

fn tested() -> Result<Package, String> {
    Ok(Package { folder: tree::folder()?.join("apple/package/FeatureHub") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_of_a_header_are_those_that_it_declares() {
        let header = "typedef void (*UniffiCallback)(uint64_t);\n#define UNIFFI_A(x) x\nvoid ffi_fh_b(void\n);\nuint8_t uniffi_fh_a(\n  \
                      uint8_t x);\nuint8_t uniffi_fh_a(uint8_t x);\n";
        assert_eq!(declared(header), ["ffi_fh_b", "uniffi_fh_a"]);
    }
}
