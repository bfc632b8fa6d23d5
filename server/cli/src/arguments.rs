//! The arguments of the program, and advice for arguments that a command does not have, but that people expect.

use std::io::{self, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error, Parser as _};
use fh_files::closest;
use fh_session::{ApiKey, Secrets};

use crate::cli::Cli;
use crate::edge;
use crate::sanitize::visible;
use crate::shell::quoted;

/// Options of other programs, and what to write instead. The name of a command stands before its options; `""` stands for all commands.
const OTHERS: &[(&str, &[&str], &str)] = &[
    ("rollout", &["--by", "--hash-by", "--key-by", "--user-attribute"], "--attribute NAME"),
    ("rollout", &["--users", "--count", "--population", "-n"], "--sample N"),
    ("watch", &["--timeout", "--duration", "--seconds", "-t"], "--for SECONDS"),
    ("watch", &["--interval", "--every", "-n"], "--poll SECONDS"),
    ("eval", &["--feature", "--features", "--flag"], "--key FEATURE"),
    ("get", &["--wait-for", "-t"], "--timeout SECONDS"),
    ("probe", &["-t"], "--timeout SECONDS"),
    ("serve", &["--data-dir", "--data-folder", "--storage"], "--data DIR"),
    ("serve", &["--validate", "--dry-run", "--lint"], "--check FILE"),
    ("serve", &["--host", "--bind", "--address"], "--listen ADDRESS"),
    (
        "",
        &["--user", "--userkey", "--userKey", "--user-key", "--user-id"],
        "--context userkey=USER",
    ),
    ("", &["--country"], "--context country=NAME"),
    ("", &["--format", "--output", "-o", "--output-format"], "--json"),
    ("", &["--env", "-e"], "--environment NAME"),
    ("", &["--no-color", "--no-colour", "--colour"], "--color WHEN"),
    ("", &["--at", "--time", "--date"], "--now TIME"),
    ("", &["--attributes", "--attr", "-a", "--set"], "--context NAME=VALUE"),
];

/// The commands whose argument is the URL of a server.
const WITH_URL: [&str; 5] = ["get", "set", "watch", "doctor", "probe"];

/// The number of options that an error lists. The help lists those of a command with more.
const LISTED: usize = 20;

/// Parses the command line, or exits after the usage error, the help text or the version. If an argument is an API key
/// (also after `--option=`) whose environment id is a UUID, the key's secret part is removed from the error, unless it has
/// fewer than 6 characters.
pub(crate) fn read() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        let arguments = std::env::args_os();
        let keys: Vec<ApiKey> =
            arguments.filter_map(|argument| edge::key_in(argument.to_str()?)).collect();
        let command = std::env::args().nth(1).unwrap_or_default();
        let advice = advice_for(&error, &command);
        if !error.use_stderr() || (keys.is_empty() && advice.is_none()) {
            error.exit();
        }
        let text = match advice {
            Some(advice) => format!("error: {}\n", visible(&advice)),
            None => error.to_string(),
        };
        let text = if keys.is_empty() { text } else { Secrets::of(&keys).wiped(&text) };
        // If stderr is closed, the error cannot be reported anywhere.
        let _ = write!(io::stderr(), "{text}");
        std::process::exit(error.exit_code())
    })
}

/// Returns the text of an error that says what was probably meant. Returns `None` if the error of the parser says enough.
/// `command` is the name of the subcommand.
fn advice_for(error: &Error, command: &str) -> Option<String> {
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
        ("init", "--output" | "-o" | "--out") => {
            format!("`fh init` has no {argument}: write the file as an argument, as in `fh init other.yaml`")
        }
        ("set", "--value" | "-v") => {
            format!("`fh set` has no {argument}: write the value after the feature, as in `LIMIT 3`")
        }
        ("get" | "set" | "watch", "--feature" | "--flag" | "--features") => {
            format!("`fh {command}` has no {argument}: write the feature as an argument, after the API key")
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
        (None, "--port" | "-p" | "--host") if WITH_URL.contains(&command) => {
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
