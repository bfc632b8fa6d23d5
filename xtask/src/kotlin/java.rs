//! Programs of Java.

use std::path::Path;
use std::process::Command;

use crate::program::Program;

/// Starts a class with options for Java and arguments for the program.
pub(super) fn start(
    class_path: &[String],
    class: &str,
    options: &[&str],
    arguments: &[&str],
) -> Result<Program, String> {
    let mut java = Command::new("java");
    java.args(options).args(["-cp", &class_path.join(":"), class]).args(arguments);
    Program::start(class, java.current_dir(Path::new("/")))
}
