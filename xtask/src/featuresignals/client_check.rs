//! Our client against the running server: its answers, and the time until it sees a change.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::build::StreamSupport;
use super::live_server::LiveServer;
use crate::output::say;
use crate::shell::{Run, root, target_folder};
use crate::workspace;

/// The program that checks the client.
const PROGRAM: &str = "fh-featuresignals-check";

/// Checks the client against the test server: the part `featuresignals` of `cargo xtask test`.
pub(crate) fn test() -> Result<(), String> {
    let program = workspace::binary(PROGRAM)?.display().to_string();
    Run::program(&program, "--data").args(&[data()]).go()
}

fn data() -> String {
    root().join("conformance/data").display().to_string()
}

/// Checks the client against a running server as well, and executes the changes that the program asks for.
pub(super) fn run(server: &LiveServer, stream: StreamSupport) -> Result<(), String> {
    Run::new(&format!("cargo build --locked -p {PROGRAM}")).go()?;
    check(&target_folder().join("debug").join(PROGRAM), server, stream)
}

fn check(program: &Path, server: &LiveServer, stream: StreamSupport) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{PROGRAM}: {why}");
    let mut command = Command::new(program);
    command.args(["--data", &data(), "--live", &server.url(), server.api_key()]);
    command.arg(&server.environment);
    if stream == StreamSupport::WithFlush {
        command.arg("--with-flush");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(mut input), Some(output)) = (input, output) else {
        return Err(format!("{PROGRAM} has no standard input or output"));
    };
    for line in BufReader::new(output).lines() {
        let line = line.map_err(failed)?;
        match statement(&line) {
            None => say!("{line}"),
            Some(statement) => {
                server.sql(&statement)?;
                writeln!(input, "done").map_err(failed)?;
            }
        }
    }
    match child.wait().map_err(failed)?.success() {
        true => Ok(()),
        false => Err(format!("{PROGRAM} failed")),
    }
}

/// Returns the statement of a line that asks for a change; `None` for a line of a table.
fn statement(line: &str) -> Option<String> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let words: Vec<&str> = line.split(' ').collect();
    let flag = |key: &str| format!("(SELECT id FROM flags WHERE key = {})", quoted(key));
    match words.as_slice() {
        [switch @ ("on" | "off"), key] => {
            let enabled = *switch == "on";
            Some(format!(
                "UPDATE flag_states SET enabled = {enabled} WHERE flag_id = {}",
                flag(key)
            ))
        }
        ["define", key, default] => {
            let (key, default) = (quoted(key), quoted(&format!("\"{default}\"")));
            Some(format!("UPDATE flags SET default_value = {default}::JSONB WHERE key = {key}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_become_statements() {
        let of = |line| statement(line).unwrap_or_default();
        assert!(of("off a'b").ends_with(
            "enabled = false WHERE flag_id = (SELECT id FROM flags WHERE key = 'a''b')"
        ));
        assert!(of("define k stream").contains("default_value = '\"stream\"'::JSONB"));
        assert_eq!(statement("answers  equal  of"), None);
    }
}
