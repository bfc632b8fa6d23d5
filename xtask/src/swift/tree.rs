//! The chroot with Swift.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::chroot::{self, Chroot, Release, Shared};
use crate::install;
use crate::shell::{Run, root, target_folder};

pub(super) const PACKAGE: &str = "bindings/swift";
/// The options of the tests. The library Observation of Debian refers to a function that no library has.
pub(super) const TESTS: &str = "-Xswiftc -warnings-as-errors -Xlinker --allow-shlib-undefined";

/// The oldest release of Debian with Swift 6.
const TRIXIE: Release = Release {
    name: "trixie",
    packages: &["swiftlang", "libc6-dev", "libstdc++-14-dev", "ca-certificates"],
};

/// The paths of the project, of the native library, and of what SwiftPM builds.
const PROJECT: &str = "/project";
pub(super) const NATIVE: &str = "/native";
pub(super) const BUILD: &str = "/build";

/// A script that runs its arguments with an empty folder for the certificate authorities of the system, which no other program sees.
const WITH_AUTHORITIES: &str = r#"mount -t tmpfs tmpfs /etc/ssl/certs
exec "$@""#;

/// Installs Swift into the tree, unless an earlier run has done so.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("python3 --version", "python3", "it collects the licences of the crates")?;
    chroot::prepare("the package for Swift is built and tested")?;
    tree().map(|_| ())
}

/// The folders of a build of the package.
pub(super) struct Folders {
    /// The project, or a copy of it.
    project: PathBuf,
    pub(super) native: PathBuf,
    pub(super) build: PathBuf,
}

/// Returns the arguments of a shell that runs a program in the tree, to which it shows only these folders.
pub(super) fn with_folders(shared: &[Shared], words: &[&str]) -> Result<Vec<String>, String> {
    Ok(tree()?.arguments(shared, words))
}

impl Folders {
    /// Returns those of the ordinary build, which has the native library without optimization.
    pub(super) fn ordinary() -> Result<Self, String> {
        Self::below(folder()?, root())
    }

    /// Returns those of another build with this name, of the project or of a copy of it.
    pub(super) fn named(name: &str, project: PathBuf) -> Result<Self, String> {
        Self::below(folder()?.join(name), project)
    }

    fn below(own: PathBuf, project: PathBuf) -> Result<Self, String> {
        let (native, build) = (own.join("native"), own.join("build"));
        for folder in [&native, &build] {
            fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        }
        Ok(Self { project, native, build })
    }

    /// Returns a run of a subcommand of Swift, with the arguments of a line, for a package in a folder of ours. An empty name is ours.
    pub(super) fn swift(&self, line: &str, package: &str) -> Result<Run, String> {
        let words = swift_words(line, package);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Returns a run as [`Self::swift`] does, for the package itself. What it writes to the standard error goes to the standard output.
    pub(super) fn swift_into_output(&self, line: &str) -> Result<Run, String> {
        let words = swift_words(line, "");
        let shell = ["sh", "-c", r#"exec "$0" "$@" 2>&1"#];
        self.run(&shell.into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>())
    }

    /// Returns a run of a program in the tree.
    pub(super) fn run(&self, words: &[&str]) -> Result<Run, String> {
        Ok(tree()?.enter(&self.shared(), words))
    }

    fn shared(&self) -> [Shared; 3] {
        [(&self.project, PROJECT), (&self.native, NATIVE), (&self.build, BUILD)]
            .map(|(folder, path)| Shared { folder: folder.clone(), path: path.to_string() })
    }
}

/// Returns a run of a subcommand of Swift in the ordinary build.
pub(super) fn swift(line: &str, package: &str) -> Result<Run, String> {
    Folders::ordinary()?.swift(line, package)
}

/// Copies a program of this machine into the tree, next to the native library of the ordinary build. Returns its path there.
pub(super) fn with_program(program: &Path) -> Result<String, String> {
    let name = program.file_name().unwrap_or_default();
    let copy = Folders::ordinary()?.native.join(name);
    fs::copy(program, &copy).map_err(|why| format!("{}: {why}", program.display()))?;
    Ok(format!("{NATIVE}/{}", name.display()))
}

/// Returns the arguments of a shell that runs an executable of a package in the ordinary build.
pub(super) fn executable(package: &str, arguments: &[&str]) -> Result<Vec<String>, String> {
    let path = program(package);
    let shared = Folders::ordinary()?.shared();
    Ok(tree()?.arguments(&shared, &[&[path.as_str()], arguments].concat()))
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
    let shared = Folders::ordinary()?.shared().into_iter().chain([temporary]);
    let shared: Vec<Shared> = shared.collect();
    let program = program(package);
    let entering = ["sh", "-ec", WITH_AUTHORITIES, "sh", "env"];
    let words = [&entering, variables, &[program.as_str(), argument]].concat();
    Ok(tree()?.arguments(&shared, &words))
}

/// Returns a script that runs Swift in the tree, in the present folder, which is below the folder of temporary files.
pub(crate) fn launcher() -> Result<String, String> {
    let folder = env::temp_dir();
    let temporary = [Shared { path: folder.display().to_string(), folder }];
    // The search path of the caller names programs that the tree does not have.
    let words = ["env", "-C", "PRESENT", "PATH=/usr/bin:/bin", "swift"];
    let quoted = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
    let arguments: Vec<String> = tree()?.arguments(&temporary, &words).iter().map(quoted).collect();
    let arguments = arguments.join(" ").replace("'PRESENT'", r#""$PWD""#);
    Ok(format!("#!/bin/sh\nexec unshare --mount sh -ec {arguments} \"$@\"\n"))
}

/// Returns the path of an executable in the tree.
fn program(package: &str) -> String {
    format!("{BUILD}/{}/debug/{package}", scratch(package))
}

fn scratch(package: &str) -> &str {
    if package.is_empty() { "package" } else { package }
}

/// Returns a command of SwiftPM, which finds the native library by pkg-config.
fn swift_words(line: &str, package: &str) -> Vec<String> {
    let (subcommand, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let path = format!("{PROJECT}/{PACKAGE}/{package}");
    let scratch = format!("{BUILD}/{}", scratch(package));
    let variable = format!("PKG_CONFIG_PATH={NATIVE}");
    let words = ["env", &variable, "swift", subcommand, "--package-path", &path, "--scratch-path"];
    words
        .into_iter()
        .chain([scratch.as_str()])
        .chain(arguments.split(' '))
        .map(str::to_string)
        .collect()
}

fn tree() -> Result<Chroot, String> {
    Chroot::fill(&folder()?.join("debian"), TRIXIE)
}

/// Returns the folder of the tree and of all builds of the package.
pub(super) fn folder() -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
    Ok(target.join("swift"))
}
