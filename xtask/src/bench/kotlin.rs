//! `cargo xtask bench kotlin`: measures the package for Kotlin and Java beside published SDKs and the Rust client, and writes the tables of
//! `docs/project/performance-kotlin.md`.

use std::fs;

use super::page::{build_rust_client, circumstances, publish, write_payloads};
use crate::folders::empty_folder;
use crate::kotlin;
use crate::kotlin::maven::{PACKAGE, VERSION, maven};
use crate::shell::{Run, root, target_folder};

const PAGE: &str = "docs/project/performance-kotlin.md";
const MODULE: &str = "bindings/kotlin/bench";
/// The artifacts whose versions the page names.
const NAMED: [&str; 5] = [
    "java-client-core",
    "launchdarkly-java-server-sdk",
    "unleash-client-java",
    "configcat-java-client",
    "jmh-core",
];

/// Builds the library as it ships, and the Rust client, and measures. Without arguments, replaces the tables of the page; with
/// `--quick`, prints the tables only.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_quick = match arguments {
        [] => false,
        [only] if only == "--quick" => true,
        _ => return Err("cargo xtask bench kotlin [--quick]".to_string()),
    };
    let folder = std::path::absolute(target_folder().join("kotlin-bench"));
    let folder = folder.map_err(|why| why.to_string())?;
    let (libraries, library) = kotlin::package::own_library()?;
    // Maven would leave the library of an earlier build in the jar.
    empty_folder(&root().join(PACKAGE).join("client/target/classes/fh/native"))?;
    maven("-Pbench -pl bench -am -Dmaven.test.skip=true package")
        .args(&[format!("-Dfh.native={}", libraries.display())])
        .go()?;
    let payloads = folder.join("payloads").display().to_string();
    write_payloads(&payloads)?;
    let mut measure = Run::new("java -Djava.util.logging.config.file=bench/logging.properties")
        .args(&["-cp".to_string(), class_path(), format!("-Dfh.bench.payloads={payloads}")])
        .args(&["fh.bench.MainKt".to_string(), library.display().to_string()])
        .args(&[build_rust_client()?.display().to_string()])
        .within(PACKAGE);
    if is_quick {
        return measure.args(&["--quick".to_string()]).go();
    }
    let tables = folder.join("tables.md");
    measure = measure.args(&["--markdown".to_string(), tables.display().to_string()]);
    measure.go()?;
    let circumstances = circumstances(&Run::new("java --version").output()?, &versions()?)?;
    publish(PAGE, "bench kotlin", &circumstances, &[tables], &["Goals", "Reads"])
}

fn class_path() -> String {
    let target = root().join(MODULE).join("target");
    let jar = format!("fh-client-bench-{VERSION}.jar");
    [jar.as_str(), "libraries/*"].map(|entry| target.join(entry).display().to_string()).join(":")
}

/// Returns the versions of the artifacts that the page names.
fn versions() -> Result<Vec<String>, String> {
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
    Ok(versions)
}
