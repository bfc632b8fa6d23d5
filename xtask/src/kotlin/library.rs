//! The native libraries of the packages, for the platforms that they support.

use std::fs;
use std::path::{Path, PathBuf};

use super::check;
use super::maven::{PACKAGE, folder};
use super::target::Target;
use crate::folders::empty_folder;
use crate::machine_paths;
use crate::output::say;
use crate::python::environment::Environment;
use crate::shell::{Run, root, target_folder};

/// The arguments of Cargo for the library that ships. Its panics unwind, because each native function catches them.
const RELEASE: &str = "--locked --release --config profile.release.strip=true --config profile.release.lto=\"fat\" -p fh-jni --target";
/// Crates whose code is small rather than fast. Reads call none of them, except `fh-binding` for the attributes of a context.
const SMALL: [&str; 6] =
    ["fh-binding", "fh-files", "fh-session", "regex-syntax", "saphyr-parser", "tokio"];
const LICENCES: &str = "bindings/python/wheels/licences.py";

/// The libraries of some targets, in the folders that the jar has.
pub(super) struct Libraries {
    pub(super) folder: PathBuf,
    targets: Vec<&'static Target>,
}

impl Libraries {
    /// Builds the library for this machine without optimization.
    pub(super) fn debug() -> Result<Self, String> {
        let target = Target::of_this_machine()?;
        Run::new("cargo build --locked -p fh-jni").go()?;
        let libraries = Self { folder: folder()?.join("native"), targets: vec![target] };
        libraries.add(target, &target_folder().join("debug"))?;
        Ok(libraries)
    }

    /// Builds and checks the libraries that ship, with the linker of zig.
    pub(super) fn release(targets: Vec<&'static Target>) -> Result<Self, String> {
        let zig = zig()?;
        let built = zig.folder.join("target");
        let programs = zig.folder.join("venv/bin").display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
        let folder = empty_folder(&folder()?.join("release"))?;
        let libraries = Self { folder, targets };
        for target in &libraries.targets {
            let mut flags = machine_paths::renaming()?;
            if target.is_musl() {
                // A library with the C library inside cannot be loaded.
                flags.push("-Ctarget-feature=-crt-static".to_string());
            }
            if target.is_macos() {
                // By default, the name within the library is the path at which it was built.
                flags.push(format!("-Clink-arg=-Wl,-install_name,@rpath/{}", target.file()));
                // The paths that a debugger reads name a new temporary folder in each build. They are removed later, but the LC_UUID of the
                // library is computed from them.
                flags.push("-Clink-arg=-Wl,-S".to_string());
            }
            let small = SMALL
                .map(|name| format!("--config=profile.release.package.{name}.opt-level=\"s\""));
            Run::new(&format!("cargo zigbuild {RELEASE} {}{}", target.triple, target.glibc))
                .args(&small)
                .env("CARGO_ENCODED_RUSTFLAGS", &flags.join("\u{1f}"))
                .env("CARGO_TARGET_DIR", &built.display().to_string())
                .env("PATH", &path)
                .go()?;
            let file = libraries.add(target, &built.join(target.triple).join("release"))?;
            let size = check::library(target, &file)?;
            say!("    {}: {size} bytes", target.triple);
        }
        Ok(libraries)
    }

    /// Copies the library of a target from a folder of Cargo.
    fn add(&self, target: &Target, from: &Path) -> Result<PathBuf, String> {
        let folder = self.folder.join(target.folder);
        let file = folder.join(target.file());
        let failed = |why: std::io::Error| format!("{}: {why}", file.display());
        fs::create_dir_all(&folder).map_err(failed)?;
        fs::copy(from.join(target.file()), &file).map_err(failed)?;
        Ok(file)
    }

    /// Returns the library for this machine without optimization, which was built.
    pub(super) fn debug_file() -> Result<PathBuf, String> {
        let target = Target::of_this_machine()?;
        Ok(folder()?.join("native").join(target.folder).join(target.file()))
    }

    /// Returns the files of the libraries.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.targets.iter().map(|target| self.folder.join(target.folder).join(target.file()))
    }

    /// Returns the names that the libraries have in the jar, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |target: &&Target| format!("fh/native/{}/{}", target.folder, target.file());
        let mut names: Vec<String> = self.targets.iter().map(name).collect();
        names.sort_unstable();
        names
    }

    /// Writes the licences of the crates in the libraries, and returns the folder of the file.
    pub(super) fn licences(&self) -> Result<PathBuf, String> {
        let folder = empty_folder(&folder()?.join("licences"))?;
        let manifest = root().join(PACKAGE).join("Cargo.toml").display().to_string();
        let mut arguments = vec!["--manifest".to_string(), manifest];
        for target in &self.targets {
            arguments.extend(["--target".to_string(), target.triple.to_string()]);
        }
        arguments.extend(["--module".to_string(), "The native library".to_string()]);
        let text = Run::new(&format!("python3 -B {LICENCES}")).args(&arguments).output()?;
        let file = folder.join("THIRD-PARTY-LICENSES.txt");
        fs::write(&file, text).map_err(|why| format!("{}: {why}", file.display()))?;
        Ok(folder)
    }
}

/// Returns the environment with zig, and with the subcommand of Cargo that links with it.
pub(crate) fn zig() -> Result<Environment, String> {
    Environment::below("kotlin/zig", "bindings/kotlin/packaging/requirements.txt")
}
