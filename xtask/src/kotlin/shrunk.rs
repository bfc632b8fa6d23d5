//! A small program that ProGuard shrinks and obfuscates, with the rules of the package and without them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{PACKAGE, folder, hello, java};
use crate::local_edge::{Edge, KEY};
use crate::output::say;
use crate::python::empty_folder;
use crate::shell::{Run, root};

const SOURCES: &str = "packaging/shrunk";
const RULES: &str = "client/src/main/resources/META-INF/proguard/fh-client.pro";
/// The files of a jar that concern other versions of Java.
const LEFT_OUT: &str = "!META-INF/versions/**,!module-info.class";
/// The modules of Java that the program needs.
const MODULES: [&str; 3] = ["java.base", "java.logging", "java.net.http"];

/// Shrinks the program with the packages that were built, and runs it. Without the rules of the package it must fail.
pub(super) fn run() -> Result<(), String> {
    let folder = empty_folder(&folder()?.join("shrunk"))?;
    let package = root().join(PACKAGE);
    let classes = folder.join("classes").display().to_string();
    let source = package.join(SOURCES).join("Shrunk.java").display().to_string();
    let (packages, libraries) = hello::packages();
    let path = format!("{}:{libraries}/*", packages.join(":"));
    Run::new("javac --release 11 -cp")
        .args(&[path, "-d".to_string(), classes.clone(), source])
        .go()?;
    Run::new("mvn -B -q -Dstyle.color=never dependency:copy-dependencies -f")
        .args(&[
            format!("{SOURCES}/proguard.xml"),
            format!("-DoutputDirectory={}", folder.join("proguard").display()),
        ])
        .within(PACKAGE)
        .go()?;
    let mut inputs = packages;
    inputs.extend([classes, libraries]);
    let edge = Edge::start("kotlin", "blue")?;
    let run = |name: &str, rules: Option<PathBuf>| {
        let jar = shrink(&folder, name, &inputs, rules)?;
        java::start(&[jar], "Shrunk", &["-Xcheck:jni"], &[&edge.url(), KEY])
    };
    let program = run("with-rules.jar", Some(package.join(RULES)))?;
    program.expect("READY blue")?;
    program.end()?;
    match run("without-rules.jar", None)?.rest() {
        Ok(lines) => Err(format!("without the rules, the program works: {lines:?}")),
        Err(why) => {
            say!("    without the rules: {why}");
            Ok(())
        }
    }
}

/// Writes a jar with what the program needs of the inputs, and returns its path.
fn shrink(
    folder: &Path,
    name: &str,
    inputs: &[String],
    rules: Option<PathBuf>,
) -> Result<String, String> {
    let shrunk = folder.join(name);
    let own = root().join(PACKAGE).join(SOURCES).join("program.pro");
    let mut arguments = vec![format!("{}/*", folder.join("proguard").display())];
    arguments.push("proguard.ProGuard".to_string());
    for rules in [Some(own), rules].into_iter().flatten() {
        arguments.extend(["-include".to_string(), rules.display().to_string()]);
    }
    for input in inputs {
        arguments.extend(["-injars".to_string(), format!("{input}({LEFT_OUT})")]);
    }
    for module in MODULES {
        let module = format!("<java.home>/jmods/{module}.jmod(!**.jar;!module-info.class)");
        arguments.extend(["-libraryjars".to_string(), module]);
    }
    arguments.extend(["-outjars".to_string(), shrunk.display().to_string()]);
    Run::new("java -cp").args(&arguments).go()?;
    let size = fs::metadata(&shrunk).map_err(|why| format!("{}: {why}", shrunk.display()))?.len();
    say!("    {name}: {size} bytes");
    Ok(shrunk.display().to_string())
}
