//! The chroot with Swift.

use std::env;
use std::fs;
use std::path::PathBuf;

use super::PACKAGE;
use crate::chroot::{self, Chroot, Release, Shared};
use crate::shell::{Run, root, target_folder};

/// The oldest release of Debian with Swift 6.
const TRIXIE: Release = Release {
    name: "trixie",
    packages: &["swiftlang", "libc6-dev", "libstdc++-14-dev", "ca-certificates"],
};

/// The paths of the project, of the native library, and of what SwiftPM builds.
const PROJECT: &str = "/project";
pub(super) const NATIVE: &str = "/native";
const BUILD: &str = "/build";

/// A script that runs its arguments with an empty folder for the certificate authorities of the system, which no other program sees.
const WITH_AUTHORITIES: &str = r#"mount -t tmpfs tmpfs /etc/ssl/certs
exec "$@""#;

/// Installs Swift into the tree, unless an earlier run has done so.
pub(super) fn prepare() -> Result<(), String> {
    chroot::prepare("the package for Swift is built and tested")?;
    tree().map(|_| ())
}

/// Returns a run of a subcommand of Swift, with the arguments of a line, for a package in a folder of ours. An empty name is ours.
pub(super) fn swift(line: &str, package: &str) -> Result<Run, String> {
    let (subcommand, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let path = format!("{PROJECT}/{PACKAGE}/{package}");
    let scratch = format!("{BUILD}/{}", scratch(package));
    let mut words = vec!["swift", subcommand, "--package-path", &path, "--scratch-path", &scratch];
    words.extend(arguments.split(' '));
    let environment = environment();
    words.splice(..0, environment.iter().map(String::as_str));
    Ok(tree()?.enter(&shared()?, &words))
}

/// Returns the arguments of a shell that runs a program in the tree, to which it shows only these folders.
pub(super) fn with_folders(shared: &[Shared], words: &[&str]) -> Result<Vec<String>, String> {
    Ok(tree()?.arguments(shared, words))
}

/// Returns the arguments of a shell that runs an executable of a package in the tree.
pub(super) fn executable(package: &str, arguments: &[&str]) -> Result<Vec<String>, String> {
    let path = program(package);
    Ok(tree()?.arguments(&shared()?, &[&[path.as_str()], arguments].concat()))
}

/// Returns the arguments of a shell that runs an executable of a package in the tree, with an argument and environment variables, with the
/// temporary files of this machine, and with certificate authorities of its own.
pub(super) fn confined(
    package: &str,
    argument: &str,
    variables: &[&str],
) -> Result<Vec<String>, String> {
    let folder = env::temp_dir();
    let temporary = Shared { path: folder.display().to_string(), folder };
    let shared: Vec<Shared> = shared()?.into_iter().chain([temporary]).collect();
    let program = program(package);
    let entering = ["sh", "-ec", WITH_AUTHORITIES, "sh", "env"];
    let words = [&entering, variables, &[program.as_str(), argument]].concat();
    Ok(tree()?.arguments(&shared, &words))
}

/// Returns the path of an executable in the tree.
fn program(package: &str) -> String {
    format!("{BUILD}/{}/debug/{package}", scratch(package))
}

fn scratch(package: &str) -> &str {
    if package.is_empty() { "package" } else { package }
}

/// SwiftPM finds the native library by pkg-config.
fn environment() -> [String; 2] {
    ["env".to_string(), format!("PKG_CONFIG_PATH={NATIVE}")]
}

fn tree() -> Result<Chroot, String> {
    Chroot::fill(&folder()?.join("debian"), TRIXIE)
}

fn shared() -> Result<[Shared; 3], String> {
    let (native, build) = (folder()?.join("native"), folder()?.join("build"));
    for folder in [&native, &build] {
        fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    Ok([
        Shared { folder: root(), path: PROJECT.to_string() },
        Shared { folder: native, path: NATIVE.to_string() },
        Shared { folder: build, path: BUILD.to_string() },
    ])
}

/// Returns the folder of the tree and of all builds of the package.
pub(super) fn folder() -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
    Ok(target.join("swift"))
}
