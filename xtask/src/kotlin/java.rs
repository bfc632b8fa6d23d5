//! Programs of Java.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::Program;

/// Starts a class on a Java with options for it and arguments for the program.
pub(super) fn start(
    java: &str,
    class_path: &[String],
    class: &str,
    options: &[&str],
    arguments: &[&str],
) -> Result<Program, String> {
    Program::start(class, command(java, class_path, class, options).args(arguments))
}

/// Runs a class without input until its end, and returns what it has printed and logged.
pub(super) fn run(java: &str, class_path: &[String], class: &str) -> Result<String, String> {
    let output = command(java, class_path, class, &[]).stdin(Stdio::null()).output();
    let output = output.map_err(|why| format!("{class}: {why}"))?;
    Ok([output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat())
}

fn command(java: &str, class_path: &[String], class: &str, options: &[&str]) -> Command {
    let mut command = Command::new(java);
    command.args(options).args(["-cp", &class_path.join(":"), class]).current_dir(Path::new("/"));
    command
}
