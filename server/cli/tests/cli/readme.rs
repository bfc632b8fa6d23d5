//! The commands of the project's README run as they stand.

use std::fs;
use std::path::Path;
use std::process::Command;

use fh_test::Folder;

use crate::following::Following;
use crate::tool;

/// The lines of the README's blocks of commands, without their comments.
fn commands() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines);
    lines.map(|line| line.split("  #").next().unwrap().trim().to_owned()).collect()
}

/// Cargo's commands: parts of `cargo xtask test` run what they build.
const OF_CARGO: [&str; 2] = ["cargo run --release -p fh-cli -- demo", "cargo xtask test"];

#[test]
#[cfg(unix)]
fn the_commands_of_the_readme_succeed() {
    let folder = Folder::new();
    let programs = Path::new(env!("CARGO_BIN_EXE_fh")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let shell = |line: &str| {
        let mut shell = Command::new("sh");
        // The shell would otherwise stay the parent of a server.
        shell.args(["-c", &format!("exec {line}")]).current_dir(folder.path());
        shell.env("PATH", format!("{}:{path}", programs.display())).env("FH_EDGE_PORT", "0");
        shell
    };
    let commands = commands();
    for line in &commands {
        if OF_CARGO.contains(&line.as_str()) {
            continue;
        }
        assert!(
            line.starts_with("fh "),
            "{line}: neither a command of fh nor a known one of Cargo"
        );
        if line.starts_with("fh serve --state") {
            let mut server = Following::with_errors(shell(line));
            server.line(&["http://"]);
            server.end_after_interrupt();
        } else {
            tool::run(&mut shell(line), "").expect(0);
        }
    }
    assert!(commands.len() >= 8, "{commands:?}");
}
