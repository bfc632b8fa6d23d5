//! Programs of Java.

use std::path::Path;
use std::process::Command;

use crate::program::Program;

/// Starts a class on a Java with options for it and arguments for the program.
pub(super) fn start(
    java: &str,
    class_path: &[String],
    class: &str,
    options: &[&str],
    arguments: &[&str],
) -> Result<Program, String> {
    let mut command = Command::new(java);
    command.args(options).args(["-cp", &class_path.join(":"), class]).args(arguments);
    Program::start(class, command.current_dir(Path::new("/")))
}

/// Starts the class of a module.
pub(super) fn start_module(
    java: &str,
    module_path: &str,
    module: &str,
    class: &str,
    arguments: &[&str],
) -> Result<Program, String> {
    let main = format!("{module}/{class}");
    let mut command = Command::new(java);
    command.args(["--module-path", module_path, "--module", &main]).args(arguments);
    Program::start(class, command.current_dir(Path::new("/")))
}
