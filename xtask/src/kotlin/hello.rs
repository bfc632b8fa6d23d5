//! The program `hello` against an Edge that is killed and started again.

use super::java;
use super::maven::PACKAGE;
use super::repository::jar;
use crate::hello::{self, FEATURE, USER};
use crate::local_edge::Edge;
use crate::program::Program;
use crate::shell::root;

/// Runs the program against an Edge.
pub(super) fn run() -> Result<(), String> {
    hello::run("kotlin", start)
}

/// Starts the program, which was built.
fn start(edge: &Edge, key: &str) -> Result<Program, String> {
    let (mut path, libraries) = packages();
    path.extend([built("hello", "fh-client-hello"), format!("{libraries}/*")]);
    let arguments = [&edge.url(), key, FEATURE, USER];
    java::start("java", &path, "hello.HelloKt", &["-Xcheck:jni"], &arguments)
}

/// Returns the jars of our packages, and the folder of all others that they need.
pub(super) fn packages() -> (Vec<String>, String) {
    let libraries = root().join(PACKAGE).join("hello/target/libraries").display().to_string();
    (vec![built("client", "fh-client"), built("jdk", "fh-client-jdk")], libraries)
}

fn built(module: &str, artifact: &str) -> String {
    root().join(PACKAGE).join(module).join("target").join(jar(artifact)).display().to_string()
}
