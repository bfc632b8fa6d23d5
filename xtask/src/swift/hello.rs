//! The program `hello` against an Edge that is killed and started again.

use std::process::Command;

use super::tree;
use crate::hello::{self, FEATURE, USER};
use crate::local_edge::Edge;
use crate::program::Program;

const HELLO: &str = "hello";

/// Builds the program.
pub(super) fn build() -> Result<(), String> {
    tree::swift("build --quiet", HELLO)?.go()
}

/// Runs the program, which was built, against an Edge.
pub(super) fn run() -> Result<(), String> {
    hello::run("swift", start)
}

fn start(edge: &Edge, key: &str) -> Result<Program, String> {
    let arguments = tree::executable(HELLO, &[&edge.url(), key, FEATURE, USER])?;
    let mut command = Command::new("unshare");
    Program::start(HELLO, command.args(["--mount", "sh", "-ec"]).args(arguments))
}
