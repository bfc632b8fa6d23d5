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
    let program = start(&edge)?;
    program.expect("COLOUR for mara: blue")?;
    edge.set("green")?;
    program.expect("COLOUR for mara: blue -> green")?;
    edge.kill();
    edge.set("white")?;
    edge.restart()?;
    program.expect("COLOUR for mara: green -> white")?;
    program.end()
}

/// Starts the program, which was built.
fn start(edge: &Edge) -> Result<Program, String> {
    let (mut path, libraries) = packages();
    path.extend([built("hello", "fh-client-hello"), format!("{libraries}/*")]);
    let arguments = [&edge.url(), KEY, "COLOUR", "mara"];
    Program::start(&path, "hello.HelloKt", &["-Xcheck:jni"], &arguments)
}

/// Returns the jars of our packages, and the folder of all others that they need.
pub(super) fn packages() -> (Vec<String>, String) {
    let libraries = root().join(PACKAGE).join("hello/target/libraries").display().to_string();
    (vec![built("client", "fh-client"), built("jdk", "fh-client-jdk")], libraries)
}

fn built(module: &str, artifact: &str) -> String {
    root().join(PACKAGE).join(module).join("target").join(jar(artifact)).display().to_string()
}
