//! The program `hello`, shrunk and obfuscated by ProGuard, with the rules of the package and without them.

use std::fs;
use std::path::{Path, PathBuf};

use super::edge::Edge;
use super::{PACKAGE, folder, hello};
use crate::output::say;
use crate::python::empty_folder;
use crate::shell::{Run, root};

/// The rules of the package, in its jar and in its sources.
const RULES: &str = "client/src/main/resources/META-INF/proguard/fh-client.pro";

/// Shrinks the program, which was built, and runs it. Without the rules of the package it must fail.
pub(super) fn run() -> Result<(), String> {
    let folder = empty_folder(&folder()?.join("proguard"))?;
    Run::new(
        "mvn -B -q -Dstyle.color=never -f packaging/proguard.xml dependency:copy-dependencies",
    )
    .args(&[format!("-DoutputDirectory={}", folder.join("tool").display())])
    .within(PACKAGE)
    .go()?;
    let edge = Edge::start("blue")?;
    let package = root().join(PACKAGE);
    let with_rules = shrink(&folder, "shrunk.jar", &[package.join(RULES)])?;
    let program = hello::start(&[with_rules], &edge)?;
    program.expect("COLOUR for mara: blue")?;
    edge.set("green")?;
    program.expect("COLOUR for mara: blue -> green")?;
    program.end()?;
    let without_rules = shrink(&folder, "without-rules.jar", &[])?;
    match hello::start(&[without_rules], &edge)?.rest() {
        Ok(lines) => Err(format!("without the rules, the program works: {lines:?}")),
        Err(why) => {
            say!("    without the rules: {why}");
            Ok(())
        }
    }
}

/// Writes a jar with what the program needs, and returns its path.
fn shrink(folder: &Path, name: &str, rules: &[PathBuf]) -> Result<String, String> {
    let shrunk = folder.join(name);
    let [own, libraries] = hello::jars();
    let mut arguments = Vec::new();
    for jar in own.iter().chain(&libraries) {
        let jar = jar.strip_suffix("/*").unwrap_or(jar);
        arguments.extend([
            "-injars".to_string(),
            format!("{jar}(!META-INF/versions/**,!module-info.class)"),
        ]);
    }
    for module in ["java.base", "java.net.http"] {
        let module = format!("<java.home>/jmods/{module}.jmod(!**.jar;!module-info.class)");
        arguments.extend(["-libraryjars".to_string(), module]);
    }
    arguments.extend(["-outjars".to_string(), shrunk.display().to_string()]);
    for rules in rules {
        arguments.extend(["-include".to_string(), rules.display().to_string()]);
    }
    let tool = folder.join("tool/*").display().to_string();
    let options = root().join(PACKAGE).join("packaging/hello.pro").display().to_string();
    Run::new("java -cp")
        .args(&[tool, "proguard.ProGuard".to_string(), "-include".to_string(), options])
        .args(&arguments)
        .go()?;
    let size = fs::metadata(&shrunk).map_err(|why| format!("{}: {why}", shrunk.display()))?.len();
    say!("    {name}: {size} bytes");
    Ok(shrunk.display().to_string())
}
