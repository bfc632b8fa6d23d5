//! A small program that ProGuard shrinks and obfuscates, with the rules of the package and without them.

use std::fs;
use std::path::{Path, PathBuf};

use super::android::{Aar, Tools};
use super::library::Libraries;
use super::maven::{PACKAGE, folder};
use super::{hello, java};
use crate::folders::empty_folder;
use crate::local_edge::{Edge, KEY};
use crate::output::say;
use crate::shell::{Run, root};

const SOURCES: &str = "packaging/shrunk";
const RULES: &str = "client/src/main/resources/META-INF/proguard/fh-client.pro";
/// The files of a jar that concern other versions of Java.
const LEFT_OUT: &str = "!META-INF/versions/**,!module-info.class";
/// The modules of Java that the program needs.
const MODULES: [&str; 3] = ["java.base", "java.logging", "java.net.http"];

/// A program, and what it is shrunk with.
pub(super) struct Program {
    class: &'static str,
    /// The rules of the program itself, in the folder of the sources.
    own_rules: &'static str,
    /// The rules of the package.
    rules: PathBuf,
    /// The archives and folders that are shrunk.
    inputs: Vec<String>,
    /// The archives of the platform, as ProGuard names them, and as the compiler does.
    platform: Vec<String>,
    compiled_with: Vec<String>,
    options: Vec<String>,
}

impl Program {
    fn of_packages() -> Self {
        let (mut inputs, libraries) = hello::packages();
        inputs.push(libraries);
        Self {
            class: "Shrunk",
            own_rules: "program.pro",
            rules: root().join(PACKAGE).join(RULES),
            inputs,
            platform: Vec::new(),
            compiled_with: Vec::new(),
            options: Vec::new(),
        }
    }

    /// Returns an app with the package for Android and its rules. It runs on this machine, with the native library of the tests.
    pub(super) fn of_android(aar: &Aar, tools: &Tools) -> Result<Self, String> {
        let extracted = folder()?.join("android/extracted");
        let classes = aar.extract("classes.jar", &extracted)?;
        let android = tools.android()?.display().to_string();
        Ok(Self {
            class: "ShrunkApp",
            own_rules: "app.pro",
            rules: aar.extract("proguard.txt", &extracted)?,
            inputs: [&classes, &tools.libraries].map(|path| path.display().to_string()).to_vec(),
            platform: vec![format!("{android}(android/**)")],
            compiled_with: vec![android],
            options: vec![format!("-Dfh.client.library={}", Libraries::debug_file()?.display())],
        })
    }
}

/// Shrinks the program with the packages that were built, and runs it.
pub(super) fn run() -> Result<(), String> {
    run_program(&Program::of_packages())
}

/// Shrinks a program, and runs it. Without the rules of the package it must fail.
pub(super) fn run_program(program: &Program) -> Result<(), String> {
    let folder = empty_folder(&folder()?.join("shrunk"))?;
    let package = root().join(PACKAGE);
    let classes = folder.join("classes").display().to_string();
    let source = package.join(SOURCES).join(format!("{}.java", program.class));
    let all = program.inputs.iter().map(|input| match Path::new(input).is_dir() {
        true => format!("{input}/*"),
        false => input.clone(),
    });
    let path: Vec<String> = all.chain(program.compiled_with.iter().cloned()).collect();
    Run::new("javac --release 11 -cp")
        .args(&[path.join(":"), "-d".to_string(), classes.clone(), source.display().to_string()])
        .go()?;
    Run::new("mvn -B -q -Dstyle.color=never dependency:copy-dependencies -f")
        .args(&[
            format!("{SOURCES}/proguard.xml"),
            format!("-DoutputDirectory={}", folder.join("proguard").display()),
        ])
        .within(PACKAGE)
        .go()?;
    let inputs: Vec<String> =
        std::iter::once(classes).chain(program.inputs.iter().cloned()).collect();
    let edge = Edge::start("kotlin", "blue")?;
    let mut options = vec!["-Xcheck:jni"];
    options.extend(program.options.iter().map(String::as_str));
    let run = |name: &str, rules: Option<&Path>| {
        let jar = shrink(&folder, name, program, &inputs, rules)?;
        // The class of the program may have one of the platform above it.
        let path = [vec![jar], program.compiled_with.clone()].concat();
        java::start("java", &path, program.class, &options, &[&edge.url(), KEY])
    };
    let running = run("with-rules.jar", Some(&program.rules))?;
    running.expect("READY blue")?;
    running.end()?;
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
    program: &Program,
    inputs: &[String],
    rules: Option<&Path>,
) -> Result<String, String> {
    let shrunk = folder.join(name);
    let own = root().join(PACKAGE).join(SOURCES).join(program.own_rules);
    let mut arguments = vec![format!("{}/*", folder.join("proguard").display())];
    arguments.push("proguard.ProGuard".to_string());
    for rules in [Some(own.as_path()), rules].into_iter().flatten() {
        arguments.extend(["-include".to_string(), rules.display().to_string()]);
    }
    for input in inputs {
        arguments.extend(["-injars".to_string(), format!("{input}({LEFT_OUT})")]);
    }
    for module in MODULES {
        let module = format!("<java.home>/jmods/{module}.jmod(!**.jar;!module-info.class)");
        arguments.extend(["-libraryjars".to_string(), module]);
    }
    for archive in &program.platform {
        arguments.extend(["-libraryjars".to_string(), archive.clone()]);
    }
    arguments.extend(["-outjars".to_string(), shrunk.display().to_string()]);
    Run::new("java -cp").args(&arguments).go()?;
    let size = fs::metadata(&shrunk).map_err(|why| format!("{}: {why}", shrunk.display()))?.len();
    say!("    {name}: {size} bytes");
    Ok(shrunk.display().to_string())
}
