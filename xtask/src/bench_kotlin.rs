//! `cargo xtask bench kotlin`: measures the package for Kotlin and Java beside published SDKs and the Rust client, and writes the tables of
//! `docs/performance-kotlin.md`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::{machine, replace_tables};
use crate::kotlin::{self, PACKAGE};
use crate::shell::{Run, root, target_folder};

const PAGE: &str = "docs/performance-kotlin.md";
const MODULE: &str = "bindings/kotlin/bench";
/// The artifacts whose versions the page names.
const NAMED: [&str; 5] = [
    "java-client-core",
    "launchdarkly-java-server-sdk",
    "unleash-client-java",
    "configcat-java-client",
    "jmh-core",
];

/// Builds the library and the Rust client with the profile `release`, and measures. Without arguments, replaces the tables of the page; with
/// `--quick`, prints the tables only.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_quick = match arguments {
        [] => false,
        [only] if only == "--quick" => true,
        _ => return Err("cargo xtask bench kotlin [--quick]".to_string()),
    };
    kotlin::prepare()?;
    let folder = std::path::absolute(target_folder().join("kotlin-bench"));
    let folder = folder.map_err(|why| why.to_string())?;
    let library = build_library(&folder)?;
    kotlin::maven("-Pbench -pl bench -am -Dmaven.test.skip=true package").go()?;
    let payloads = folder.join("payloads").display().to_string();
    Run::new("cargo run --locked --quiet -p workload --bin payloads --")
        .args(std::slice::from_ref(&payloads))
        .within("benches")
        .go()?;
    let mut measure = Run::new("java")
        .args(&["-cp".to_string(), class_path(&folder), format!("-Dfh.bench.payloads={payloads}")])
        .args(&["fh.bench.MainKt".to_string(), library.display().to_string()])
        .args(&[build_rust_client()?.display().to_string()])
        .within(PACKAGE);
    if is_quick {
        return measure.args(&["--quick".to_string()]).go();
    }
    let tables = folder.join("tables.md");
    measure = measure.args(&["--markdown".to_string(), tables.display().to_string()]);
    measure.go()?;
    let tables =
        fs::read_to_string(&tables).map_err(|why| format!("{}: {why}", tables.display()))?;
    replace_tables(PAGE, "bench kotlin", &format!("{}\n\n{tables}", circumstances()?))
}

/// Builds the native library as it ships, and an archive with the library, which precedes the package on the class path. The package itself may
/// hold a library of a development build.
fn build_library(folder: &Path) -> Result<PathBuf, String> {
    Run::new("cargo build --locked --release -p fh-jni").go()?;
    let name = format!("{}fh_jni{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let place = format!("fh/native/{}-{}/{name}", std::env::consts::OS, std::env::consts::ARCH);
    let library = folder.join("native").join(&place);
    if let Some(parent) = library.parent() {
        fs::create_dir_all(parent).map_err(|why| format!("{}: {why}", parent.display()))?;
    }
    let built = target_folder().join("release").join(&name);
    Run::new("strip -o")
        .args(&[library.display().to_string()])
        .args(&[std::path::absolute(built).map_err(|why| why.to_string())?.display().to_string()])
        .go()?;
    Run::new("jar --create --file")
        .args(&[folder.join("native.jar").display().to_string()])
        .args(&["-C".to_string(), folder.join("native").display().to_string(), place])
        .go()?;
    Ok(library)
}

/// Builds the program that measures the Rust client.
fn build_rust_client() -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder().join("benches"));
    let target = target.map_err(|why| why.to_string())?;
    Run::new("cargo build --locked --release -p client --target-dir")
        .args(&[target.display().to_string()])
        .within("benches")
        .go()?;
    Ok(target.join("release/client"))
}

fn class_path(folder: &Path) -> String {
    let target = root().join(MODULE).join("target");
    let entries = [
        folder.join("native.jar"),
        target.join("fh-client-bench-0.1.0.jar"),
        target.join("libraries/*"),
    ];
    entries.map(|entry| entry.display().to_string()).join(":")
}

/// Returns the date, the machine, its load, and the versions.
fn circumstances() -> Result<String, String> {
    let date = Run::new("date -u +%F").output()?;
    let java = Run::new("java --version").output()?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().nth(2).unwrap_or("unknown").to_string();
    let libraries = root().join(MODULE).join("target/libraries");
    let failed = |why: std::io::Error| format!("{}: {why}", libraries.display());
    let mut versions = Vec::new();
    for file in fs::read_dir(&libraries).map_err(failed)? {
        let name = file.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let version = |artifact: &&str| {
            name.strip_prefix(*artifact)?
                .strip_prefix('-')?
                .strip_suffix(".jar")
                .map(str::to_string)
        };
        let named =
            NAMED.iter().find_map(|artifact| Some(format!("{artifact} {}", version(artifact)?)));
        versions.extend(named);
    }
    versions.sort();
    Ok(format!(
        "Measured on {} with {}, on {}. The mean load of the last 15 minutes was {load}. Versions: {}.",
        date.trim(),
        java.lines().next().unwrap_or_default().trim(),
        machine(),
        versions.join(", ")
    ))
}
