//! The reference of the command line, from the help texts of the programs.

use std::path::Path;

use super::files::{read, write};
use crate::shell::Run;

/// Appends the help of each command to the page.
pub(super) fn append(page: &Path, programs: &Path) -> Result<(), String> {
    let mut text = read(page)?;
    for program in ["fh", "fh-conformance"] {
        let path = programs.join(program).display().to_string();
        describe(&path, program, &mut text)?;
    }
    write(page, &text)
}

/// Appends the help of a command and its subcommands.
fn describe(program: &str, command: &str, text: &mut String) -> Result<(), String> {
    let subcommand: Vec<String> = command.split(' ').skip(1).map(str::to_string).collect();
    let line = [subcommand.as_slice(), &["--help".to_string()]].concat().join(" ");
    let help = Run::program(program, &line).env("NO_COLOR", "1").env("COLUMNS", "100").output()?;
    text.push_str(&format!("\n## `{command}`\n\n```text\n{}\n```\n", help.trim_end()));
    for name in commands(&help) {
        describe(program, &format!("{command} {name}"), text)?;
    }
    Ok(())
}

/// Returns the names of the subcommands that a help text lists.
fn commands(help: &str) -> Vec<&str> {
    let after = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = after.take_while(|line| line.is_empty() || line.starts_with("  "));
    let names =
        listed.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_are_read_from_the_help() {
        let help = "What it does\n\nUsage: fh <COMMAND>\n\nCommands:\n  serve  Serves\n         flags\n  get\n  help   Print this\n\nOptions:\n  -h\n";
        assert_eq!(commands(help), ["serve", "get"]);
        assert!(commands("Usage: fh get\n\nOptions:\n  -h\n").is_empty());
    }
}
