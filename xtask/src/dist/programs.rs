//! `cargo xtask dist fh`: the static programs for Linux, each in an archive, and the script that installs them.

use std::fs;
use std::path::{Path, PathBuf};

use super::output_folder::{OutputFolder, copy, staging, work_folder};
use super::{archive, sbom};
use crate::install;
use crate::kotlin::library::zig;
use crate::machine_paths;
use crate::output::say;
use crate::shell::{Run, root};

const REASON: &str = "the static programs are built for it";
const LICENCES: &str = "bindings/python/wheels/licences.py";
/// The texts of licences that crates name and do not carry.
const TEXTS: &str = "bindings/swift/packaging/licences";
/// The script that installs a program from the folder of artefacts.
const INSTALLER: &str = "server/packaging/install.sh";

/// A platform of the programs.
pub(crate) struct Platform {
    /// The name of the toolchain.
    pub(crate) triple: &'static str,
    /// The name in the archives, which `install.sh` makes of the output of `uname`.
    pub(crate) name: &'static str,
}

pub(crate) static PLATFORMS: [Platform; 2] = [
    Platform { triple: "x86_64-unknown-linux-musl", name: "linux-x86_64" },
    Platform { triple: "aarch64-unknown-linux-musl", name: "linux-aarch64" },
];

/// A program that ships as a static binary.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    package: &'static str,
    pub(super) folder: &'static str,
}

pub(crate) const FH: Program = Program { name: "fh", package: "fh-cli", folder: "server/cli" };
pub(crate) const SUITE: Program = Program {
    name: "fh-conformance",
    package: "fh-conformance",
    folder: "conformance/crates/fh-conformance",
};

/// Installs the targets, and the linker for them.
pub(crate) fn prepare() -> Result<(), String> {
    zig()?.prepare("zig links the static programs")?;
    PLATFORMS.iter().try_for_each(|platform| install::target(platform.triple, REASON))
}

/// Builds the programs for all platforms, and writes their archives.
pub(super) fn build(folder: &OutputFolder) -> Result<(), String> {
    build_for(folder, &PLATFORMS.each_ref())
}

/// Builds the programs for the named targets of the toolchain.
pub(super) fn build_named(targets: &[String]) -> Result<(), String> {
    prepare()?;
    let folder = OutputFolder::open()?;
    build_for(&folder, &named(targets)?)?;
    folder.write_sums()
}

/// Returns the platforms with these targets.
pub(super) fn named(targets: &[String]) -> Result<Vec<&'static Platform>, String> {
    let platform = |target: &String| {
        let found = PLATFORMS.iter().find(|platform| platform.triple == target);
        let known = PLATFORMS.each_ref().map(|platform| platform.triple).join(", ");
        found.ok_or_else(|| format!("no program is built for {target}, but for {known}"))
    };
    targets.iter().map(platform).collect()
}

fn build_for(folder: &OutputFolder, platforms: &[&Platform]) -> Result<(), String> {
    for platform in platforms {
        for program in [FH, SUITE] {
            let binary = compile(&program, platform)?;
            pack(&program, platform, &binary, folder)?;
            let bill = format!("{}-{}{}", program.name, platform.name, sbom::END);
            sbom::of_crate(program.folder, platform.triple, &[], &folder.path.join(bill))?;
        }
    }
    folder.add(&root().join(INSTALLER))?;
    say!(
        "\nsh {0}/install.sh                          # installs fh below ~/.local\nsh {0}/install.sh fh-conformance           # installs the suite",
        folder.path.display()
    );
    say!(
        "absent: fh for macOS: zig has no frameworks of macOS, with which the certificates are read"
    );
    Ok(())
}

/// Builds a static program as it ships, and returns its path.
pub(crate) fn compile(program: &Program, platform: &Platform) -> Result<PathBuf, String> {
    let zig = zig()?;
    let built = work_folder()?.join("cargo");
    let programs = zig.folder.join("venv/bin").display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let line = format!(
        "cargo zigbuild --locked --release --config profile.release.strip=true -p {} --target {}",
        program.package, platform.triple
    );
    let commit = Run::new("git rev-parse --short=10 HEAD").output()?;
    Run::new(&line)
        .env("CARGO_ENCODED_RUSTFLAGS", &machine_paths::renaming()?.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", &built.display().to_string())
        .env("FH_COMMIT", commit.trim())
        .env("PATH", &path)
        .go()?;
    let binary = binary(program, platform)?;
    machine_paths::check(&binary)?;
    Ok(binary)
}

/// Returns the path of a program that was built.
pub(crate) fn binary(program: &Program, platform: &Platform) -> Result<PathBuf, String> {
    let built = work_folder()?.join("cargo").join(platform.triple);
    Ok(built.join("release").join(program.name))
}

/// Writes the archive of a program: folders as they stand below `/usr` or `~/.local`.
fn pack(
    program: &Program,
    platform: &Platform,
    binary: &Path,
    folder: &OutputFolder,
) -> Result<(), String> {
    let name = format!("{}-{}", program.name, platform.name);
    let staged = staging(&name)?;
    copy(binary, &staged.join("bin").join(program.name))?;
    let documents = staged.join("share/doc").join(program.name);
    copy(&root().join("LICENSE"), &documents.join("LICENSE"))?;
    let terms = documents.join("THIRD-PARTY-LICENSES.txt");
    fs::write(&terms, licences(program, platform)?)
        .map_err(|why| format!("{}: {why}", terms.display()))?;
    if program.name == FH.name {
        write_shell_files(&staged.join("share"))?;
    }
    archive::write(&staged, &folder.path.join(format!("{name}.tar.gz")))
}

/// Writes the completions and the manual pages, with the program for this machine.
fn write_shell_files(share: &Path) -> Result<(), String> {
    let [own, ..] = &PLATFORMS;
    let fh = compile(&FH, own)?.display().to_string();
    for (shell, file) in [
        ("bash", "bash-completion/completions/fh"),
        ("zsh", "zsh/site-functions/_fh"),
        ("fish", "fish/vendor_completions.d/fh.fish"),
    ] {
        let file = share.join(file);
        let script = Run::program(&fh, &format!("completions {shell}")).output()?;
        file.parent().map_or(Ok(()), fs::create_dir_all).map_err(|why| why.to_string())?;
        fs::write(&file, script).map_err(|why| format!("{}: {why}", file.display()))?;
    }
    let pages = share.join("man/man1").display().to_string();
    Run::program(&fh, "man --folder").args(&[pages]).output().map(|_| ())
}

/// Returns the terms of the crates in a program.
pub(super) fn licences(program: &Program, platform: &Platform) -> Result<String, String> {
    let manifest = root().join(program.folder).join("Cargo.toml").display().to_string();
    let module = format!("The program `{}`", program.name);
    let arguments = ["--manifest".to_string(), manifest, "--module".to_string(), module];
    Run::new(&format!("python3 -B {LICENCES} --texts {TEXTS} --target {}", platform.triple))
        .args(&arguments)
        .output()
}
