//! The adapter of the packages for the conformance suite.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::build::build;
use super::maven::{PACKAGE, prepare};
use super::repository::jar;
use crate::shell::{root, target_folder};

/// The adapter in the folder of its module.
const ARTIFACT: &str = "fh-client-conformance";

/// The options of the virtual machine. Processes are many and short, so compiling quickly matters more than compiling well. The heap is
/// smaller than the memory that a client may take, because a larger one grows with the garbage before anything is collected. Java before
/// version 13 does not know all options.
const OPTIONS: [&str; 6] = [
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xmx48m",
    // Only the protocol goes to standard output.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
];

/// Returns the command of the adapter that was installed into a folder, split into words.
pub(crate) fn adapter(folder: &Path) -> Vec<String> {
    words("-XX:SharedArchiveFile", folder)
}

/// Returns the command of the adapter with an option that takes the archive of the loaded classes.
fn words(option: &str, folder: &Path) -> Vec<String> {
    let file = |name| folder.join(name).display().to_string();
    vec![
        "java".to_string(),
        format!("{option}={}", file("adapter.jsa")),
        format!("@{}", file("adapter.options")),
    ]
}

/// Builds the packages and the adapter, and installs the adapter for an HTTP stack, `jdk` or `okhttp`, into a folder.
pub(crate) fn install(stack: &str, folder: &Path) -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT.get_or_init(|| prepare().and_then(|()| build())).clone()?;
    install_built(stack, folder)
}

/// Writes the options of `java` for the adapter, which was built, and the archive of the classes that it loads.
pub(super) fn install_built(stack: &str, folder: &Path) -> Result<(), String> {
    let module = root().join(PACKAGE).join("conformance");
    let built = module.join("target");
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let libraries = fs::read_to_string(built.join("libraries.path"))
        .map_err(|why| format!("{}: {why}", built.display()))?;
    let target = std::path::absolute(target_folder()).map_err(failed)?;
    let native = format!("{DLL_PREFIX}fh_jni{DLL_SUFFIX}");
    let lines = [
        OPTIONS.join("\n"),
        // A process that is killed would leave an unpacked library behind.
        format!("-Dfh.client.library={}", target.join("debug").join(native).display()),
        format!("-cp\n{}:{}", built.join(jar(ARTIFACT)).display(), libraries.trim()),
        format!("fh.client.conformance.AdapterKt\n{stack}\n"),
    ];
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(folder.join("adapter.options"), lines.join("\n")).map_err(failed)?;
    archive_classes(&module.join("trial.jsonl"), folder)
}

/// Archives the classes that the adapter loads for these commands, which halves the time that each later process takes to start.
fn archive_classes(commands: &Path, folder: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("the adapter did not start: {why}");
    let command = words("-XX:ArchiveClassesAtExit", folder);
    let [program, arguments @ ..] = command.as_slice() else { return Ok(()) };
    let input = fs::File::open(commands).map_err(failed)?;
    let output = Command::new(program).args(arguments).stdin(input).output().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("the adapter ended with {}: {errors}", output.status))
}
