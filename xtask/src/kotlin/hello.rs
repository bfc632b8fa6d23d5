//! `cargo xtask kotlin hello`: the program `hello` against a real Edge.

use super::PACKAGE;
use super::edge::{Edge, KEY};
use super::program::Program;
use super::repository::jar;
use crate::shell::root;

/// Runs the program against an Edge. The program sees the changes of the Edge's state, also after the Edge was killed and started again, and
/// ends soon after its `main` has returned.
pub(super) fn run() -> Result<(), String> {
    let mut edge = Edge::start("blue")?;
    let program = start(&class_path(), &edge)?;
    program.expect("COLOUR for mara: blue")?;
    edge.set("green")?;
    program.expect("COLOUR for mara: blue -> green")?;
    edge.kill();
    edge.set("white")?;
    edge.restart()?;
    program.expect("COLOUR for mara: green -> white")?;
    program.end()
}

/// Starts the program with the classes of these files.
pub(super) fn start(class_path: &[String], edge: &Edge) -> Result<Program, String> {
    Program::start(
        class_path,
        "hello.HelloKt",
        &["-Xcheck:jni"],
        &[&edge.url(), KEY, "COLOUR", "mara"],
    )
}

/// Returns the jars of the program and of all that it needs.
fn class_path() -> Vec<String> {
    let [own, libraries] = jars();
    let mut path = own;
    path.extend(libraries);
    path
}

/// Returns the jars of this project, and the folder of all others as a pattern.
pub(super) fn jars() -> [Vec<String>; 2] {
    let package = root().join(PACKAGE);
    let module = |name: &str, artifact: &str| {
        package.join(name).join("target").join(jar(artifact)).display().to_string()
    };
    let own = vec![
        module("client", "fh-client"),
        module("jdk", "fh-client-jdk"),
        module("hello", "fh-client-hello"),
    ];
    [own, vec![package.join("hello/target/libraries/*").display().to_string()]]
}
