//! Advice for arguments that a command does not have, but that people expect.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error};
use fh_files::closest;

use crate::cli::Cli;
use crate::shell::quoted;

/// Options of other programs, and what to write instead. The name of a command stands before its options; `""` stands for all commands.
const OTHERS: &[(&str, &[&str], &str)] = &[
    ("rollout", &["--by", "--hash-by", "--key-by", "--user-attribute"], "--attribute NAME"),
    ("rollout", &["--users", "--count", "--population", "-n"], "--sample N"),
    ("watch", &["--timeout", "--duration", "--seconds", "-t"], "--for SECONDS"),
    ("watch", &["--interval", "--every", "-n"], "--poll SECONDS"),
    ("get", &["--wait-for", "-t"], "--timeout SECONDS"),
    ("probe", &["-t"], "--timeout SECONDS"),
    ("serve", &["--data-dir", "--data-folder", "--storage"], "--data DIR"),
    ("serve", &["--validate", "--dry-run", "--lint"], "--check FILE"),
    ("serve", &["--host", "--bind", "--address"], "--listen ADDRESS"),
    ("", &["--format", "--output", "-o", "--output-format"], "--json"),
    ("", &["--env", "-e"], "--environment NAME"),
    ("", &["--no-color", "--no-colour", "--colour"], "--color WHEN"),
    ("", &["--at", "--time", "--date"], "--now TIME"),
    ("", &["--attributes", "--attr", "-a", "--set"], "--context NAME=VALUE"),
];

/// The number of options that an error lists. The help lists those of a command with more.
const LISTED: usize = 20;

/// Returns the text of an error that says what was probably meant. Returns `None` if the error of the parser says enough.
/// `command` is the name of the subcommand.
pub(crate) fn of(error: &Error, command: &str) -> Option<String> {
    match error.kind() {
        ErrorKind::UnknownArgument => match error.get(ContextKind::InvalidArg)? {
            ContextValue::String(argument) => unknown(command, argument),
            _ => None,
        },
        ErrorKind::MissingRequiredArgument => match error.get(ContextKind::InvalidArg)? {
            ContextValue::Strings(missing) => missing_file(command, missing),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the error for `fh bucket --feature`, which needs a file. The parser asks for the id as well, which the file would replace.
fn missing_file(command: &str, missing: &[String]) -> Option<String> {
    let lacks = |name: &str| missing.iter().any(|missing| missing.starts_with(name));
    let is_lookup = command == "bucket" && lacks("--file") && lacks("--id");
    is_lookup.then(|| {
        "--feature needs the file with the feature, in which its id is looked up: add `--file FILE`".to_string()
    })
}

fn unknown(command: &str, argument: &str) -> Option<String> {
    let is_option = argument.starts_with('-');
    let given = quoted(argument);
    Some(match (command, argument) {
        ("init", "--force" | "-f") => {
            "`fh init` replaces no file, because the API keys in it would be lost: remove the file first, or name another file, as in `fh init other.yaml`".to_string()
        }
        ("serve", _) if !is_option => {
            format!("`fh serve` takes no file as an argument: write `fh serve --state {given}`")
        }
        ("serve", "--config" | "--file" | "-f") => {
            format!("`fh serve` has no {argument}: write `fh serve --state FILE`, or `--properties FILE` for settings")
        }
        ("bucket", "--key" | "-k") => {
            "`fh bucket` has no --key: write the percentage keys as arguments, and `--id FEATURE_ID` or `--file FILE --feature FEATURE`".to_string()
        }
        (_, "--file" | "-f") => {
            format!("`fh {command}` has no {argument}: write the file as an argument, without an option")
        }
        (_, "--key" | "--apikey" | "--token") if command != "eval" => {
            format!("`fh {command}` has no {argument}: write the API key after the URL, or `--api-key KEY`")
        }
        (_, "--user" | "--userkey") => {
            format!("`fh {command}` has no {argument}: write `--context userkey=USER`")
        }
        (_, "--country") => {
            format!("`fh {command}` has no {argument}: write `--context country=NAME`")
        }
        _ if !is_option => return None,
        _ => no_such_option(command, argument)?,
    })
}

/// Returns the error for an option that the command does not have, with the option that is probably meant, or with all options.
fn no_such_option(command: &str, argument: &str) -> Option<String> {
    let mut all = Cli::command();
    // Global options become options of each command.
    all.build();
    let options = options(all.find_subcommand(command)?);
    let has = |instead: &str| options.iter().any(|name| Some(&**name) == instead.split(' ').next());
    let known = OTHERS.iter().find(|(of, names, instead)| {
        (of.is_empty() || *of == command) && names.contains(&argument) && has(instead)
    });
    let text = format!("`fh {command}` has no {argument}");
    let meant = closest(argument, options.iter().map(String::as_str));
    Some(match (known, argument) {
        (Some((_, _, instead)), _) => format!("{text}: write `{instead}`"),
        (None, "--port" | "-p" | "--host") => {
            format!("{text}: write host and port in the URL, as in http://127.0.0.1:8903")
        }
        _ => match meant {
            Some(meant) => format!("{text}: did you mean {meant}?"),
            None if options.len() > LISTED => {
                format!("{text}: `fh {command} -h` lists its options")
            }
            None => {
                let listed = options.join(", ");
                format!("{text}: its options are {listed}; `fh {command} -h` explains them")
            }
        },
    })
}

fn options(command: &Command) -> Vec<String> {
    let options = command.get_arguments().filter(|option| !option.is_hide_set());
    options.filter_map(|option| Some(format!("--{}", option.get_long()?))).collect()
}
