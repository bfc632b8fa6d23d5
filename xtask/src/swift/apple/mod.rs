//! The native library for Apple's systems, which is built and assembled on Linux.

mod check;
mod fat;
mod macho;
mod privacy;
mod resolution;
mod slice;
mod stand_ins;
mod xcframework;

use std::path::{Path, PathBuf};

use super::package::{self, Package};
use super::{library, tree};
use crate::folders::empty_folder;
use crate::shell::Run;
use crate::{install, kotlin, phones};

pub(super) use self::slice::triples;
pub(super) use self::xcframework::NAME;

const REASON: &str = "the native library is built for Apple's systems";

/// A platform of Apple, for which the package has one library.
#[derive(Debug)]
struct Platform {
    /// The folder of the library.
    identifier: &'static str,
    /// The names in `Info.plist`.
    name: &'static str,
    variant: Option<&'static str>,
    /// The number of the platform in the load command of the build, and the oldest version.
    number: object::macho::Platform,
    minimum: Version,
    architectures: &'static [Architecture],
}

/// A version of a system: the major and the minor number.
type Version = (u16, u8);

/// A kind of processor.
#[derive(Debug)]
struct Architecture {
    /// The name of the toolchain's target.
    triple: &'static str,
    /// The name in `Info.plist`, which the linker has, too.
    name: &'static str,
}

/// The oldest versions are those of `Package.swift`.
const IOS: Version = (16, 0);
const MACOS: Version = (13, 0);

const PLATFORMS: [Platform; 3] = [
    Platform {
        identifier: "ios-arm64",
        name: "ios",
        variant: None,
        number: object::macho::PLATFORM_IOS,
        minimum: IOS,
        architectures: &[Architecture { triple: "aarch64-apple-ios", name: "arm64" }],
    },
    Platform {
        identifier: "ios-arm64_x86_64-simulator",
        name: "ios",
        variant: Some("simulator"),
        number: object::macho::PLATFORM_IOSSIMULATOR,
        minimum: IOS,
        architectures: &[
            Architecture { triple: "aarch64-apple-ios-sim", name: "arm64" },
            Architecture { triple: "x86_64-apple-ios", name: "x86_64" },
        ],
    },
    Platform {
        identifier: "macos-arm64_x86_64",
        name: "macos",
        variant: None,
        number: object::macho::PLATFORM_MACOS,
        minimum: MACOS,
        architectures: &[
            Architecture { triple: "aarch64-apple-darwin", name: "arm64" },
            Architecture { triple: "x86_64-apple-darwin", name: "x86_64" },
        ],
    },
];

/// Installs what the library needs.
pub(super) fn prepare() -> Result<(), String> {
    super::prepare()?;
    phones::prepare()?;
    install::component(&format!("test -e {}", tool("llvm-ar")?.display()), "llvm-tools", REASON)?;
    kotlin::zig()?.prepare("it has the list of all functions of Apple's system library")
}

/// Returns a program of the toolchain for object files.
fn tool(name: &str) -> Result<PathBuf, String> {
    let folder = Run::new("rustc --print target-libdir").output()?;
    let beside = Path::new(folder.trim()).with_file_name("bin");
    Ok(beside.join(name))
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
    package::prepare()?;
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

    #[test]
    fn the_oldest_versions_are_those_of_the_package() {
        let manifest = std::fs::read_to_string(
            crate::shell::root().join(super::super::PACKAGE).join("Package.swift"),
        );
        let platforms = format!(".iOS(.v{}), .macOS(.v{})", IOS.0, MACOS.0);
        assert!(manifest.unwrap().contains(&platforms), "{platforms}");
    }
}
