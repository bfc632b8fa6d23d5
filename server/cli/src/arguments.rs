//! The arguments of the program, and advice for arguments that a command does not have, but that people expect.

use std::ffi::OsString;
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
    ("serve", &["--upstream", "--origin", "--edge-url", "--proxy"], "--relay URL"),
    ("bucket", &["--range", "--find", "--between", "--bucket"], "--want FROM-TO"),
    ("serve", &["--data-dir", "--data-folder", "--storage"], "--data DIR"),
    ("serve", &["--validate", "--dry-run", "--lint"], "--check FILE"),
    ("serve", &["--host", "--bind", "--address"], "--listen ADDRESS"),
    ("serve", &["--cert", "--certificate"], "--tls-certificate FILE"),
    ("serve", &["--metrics", "--health"], "--monitor-port PORT"),
    ("serve", &["--verbose", "--debug", "-v"], "--log LEVEL"),
    ("doctor", &["--set"], "--try-set FEATURE"),
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

/// Commands of other programs, and what to write instead. The name of a command stands before its own commands; `""` stands for `fh`.
const OTHER_COMMANDS: &[(&str, &[&str], &str)] = &[
    ("cluster", &["create", "new", "setup", "migrate", "prepare"], "cluster init"),
    ("cluster", &["load", "restore", "seed"], "cluster import FILE"),
    ("cluster", &["dump", "save", "backup"], "cluster export"),
    ("cluster", &["health", "show", "info", "servers", "nodes", "ls", "list"], "cluster status"),
    ("", &["run", "start", "server", "edge", "up"], "serve --state FILE"),
    ("", &["check", "validate", "verify"], "serve --check FILE"),
    ("", &["list", "ls", "show", "flags", "features", "read", "fetch"], "get URL KEY"),
    ("", &["update", "put", "toggle", "enable", "disable", "change"], "set URL KEY FEATURE VALUE"),
    ("", &["new", "create", "template"], "init"),
    ("", &["test", "evaluate"], "eval FILE"),
    ("", &["why", "describe"], "explain FILE FEATURE"),
    ("", &["health", "ping", "status"], "probe URL"),
    ("", &["hash"], "bucket --file FILE --feature FEATURE USER"),
    ("", &["stream", "tail", "listen"], "watch URL KEY"),
];

/// Names of values in the help, each with a value that an error shows as an example.
const EXAMPLES: [(&str, &str); 9] = [
    ("FILE", "state.yaml"),
    ("DIR", "data"),
    ("URL", "http://127.0.0.1:8903"),
    ("PORT", "8903"),
    ("SECONDS", "10"),
    ("N", "1000"),
    ("NAME=VALUE", "country=nz"),
    ("ADDRESS", "127.0.0.1"),
    ("TIME", "2026-12-24T18:00:00Z"),
];

/// The commands whose argument is the URL of a server.
const WITH_URL: [&str; 5] = ["get", "set", "watch", "doctor", "probe"];

/// The number of options that an error lists. The help lists those of a command with more.
const LISTED: usize = 20;

/// The number of similar options that an error names.
const ALIKE: usize = 6;

/// Parses the command line, or exits after the usage error, the help text or the version. If an argument is an API key
/// (also after `--option=`) whose environment id is a UUID, the key's secret part is removed from the error, unless it has
/// fewer than 6 characters.
pub(crate) fn read() -> Cli {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    parse(&arguments).unwrap_or_else(|error| {
        let texts: Vec<&str> = arguments.iter().filter_map(|text| text.to_str()).collect();
        let keys: Vec<ApiKey> = texts.iter().filter_map(|text| edge::key_in(text)).collect();
        let advice = advice_for(&error, &texts);
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

/// Parses the arguments. A negative number after an option is its value, as in `--timeout -1`, so that the error is that of the option.
fn parse(arguments: &[OsString]) -> Result<Cli, Error> {
    let error = match Cli::try_parse_from(arguments) {
        Err(error) if error.kind() == ErrorKind::UnknownArgument => error,
        parsed => return parsed,
    };
    let is_negative = |text: &OsString| {
        text.to_str().is_some_and(|text| text.starts_with('-') && text.parse::<f64>().is_ok())
    };
    let is_long = |text: &OsString| text.to_str().is_some_and(|text| text.starts_with("--"));
    let at = arguments.windows(2).position(|pair| match pair {
        [option, value] => is_long(option) && is_negative(value),
        _ => false,
    });
    let Some((before, [option, value, after @ ..])) =
        at.and_then(|at| arguments.split_at_checked(at))
    else {
        return Err(error);
    };
    let mut joined = option.clone();
    joined.push("=");
    joined.push(value);
    let all: Vec<OsString> = before.iter().chain([&joined]).chain(after).cloned().collect();
    Cli::try_parse_from(all)
}

/// Returns the text of an error that says what was probably meant. Returns `None` if the error of the parser says enough.
fn advice_for(error: &Error, arguments: &[&str]) -> Option<String> {
    let mut all = Cli::command();
    // Global options become options of each command.
    all.build();
    let (command, parser) = command_of(arguments, &all);
    let command = &*command;
    match error.kind() {
        ErrorKind::UnknownArgument if command == "set" && arguments.contains(&"=") => {
            Some("`=` stands between the feature and its value: write `FEATURE VALUE`".to_string())
        }
        ErrorKind::UnknownArgument => match error.get(ContextKind::InvalidArg)? {
            ContextValue::String(argument) => without_value(argument, arguments, parser)
                .or_else(|| unknown(command, whole(argument, arguments), parser)),
            _ => None,
        },
        ErrorKind::InvalidSubcommand => match error.get(ContextKind::InvalidSubcommand)? {
            ContextValue::String(given) => unknown_command(error, given, command, parser),
            _ => None,
        },
        ErrorKind::TooManyValues => match error.get(ContextKind::InvalidArg)? {
            ContextValue::String(option) => {
                Some(format!("{option} has no value: write `{option}` alone"))
            }
            _ => None,
        },
        ErrorKind::InvalidValue => match error.get(ContextKind::InvalidArg)? {
            // The parser has no value, and no list of values to choose from.
            ContextValue::String(option)
                if error.get(ContextKind::InvalidValue).is_none_or(is_empty)
                    && error.get(ContextKind::ValidValue).is_none_or(is_empty) =>
            {
                lacks_value(option)
            }
            _ => None,
        },
        ErrorKind::MissingRequiredArgument => match error.get(ContextKind::InvalidArg)? {
            ContextValue::Strings(_) if command == "completions" => {
                Some("name the shell: write `fh completions bash`, or zsh or fish".to_string())
            }
            ContextValue::Strings(missing) => missing_file(command, missing),
            _ => None,
        },
        _ => None,
    }
}

fn is_empty(value: &ContextValue) -> bool {
    match value {
        ContextValue::String(text) => text.is_empty(),
        ContextValue::Strings(texts) => texts.is_empty(),
        _ => false,
    }
}

/// Returns the error for an option at the end of the line, such as `--check <FILE|URL>`, which needs a value.
fn lacks_value(option: &str) -> Option<String> {
    let (option, value) = option.split_once(" <")?;
    let value = value.split(['>', '|', '[']).next()?;
    let example = EXAMPLES.iter().find(|(name, _)| *name == value);
    let example = example.map_or(value, |(_, example)| example);
    Some(format!("{option} has no value: write `{option} {example}`"))
}

/// Returns the name and the parser of the command that the arguments name, such as `cluster import`. The name of `fh` itself is empty.
fn command_of<'a>(arguments: &[&str], all: &'a Command) -> (String, &'a Command) {
    let mut found = (String::new(), all);
    for argument in arguments.iter().skip(1) {
        if let Some(next) = found.1.find_subcommand(argument) {
            let name = [&*found.0, next.get_name()].join(" ");
            found = (name.trim_start().to_string(), next);
        }
    }
    found
}

/// Returns the error for an argument that follows an option whose value stands behind `=`, as in `--console yes`.
fn without_value(value: &str, arguments: &[&str], command: &Command) -> Option<String> {
    let pair = arguments.windows(2).find(|pair| pair.last() == Some(&value))?;
    let option = pair.first().filter(|option| option.starts_with("--"))?;
    let known = command.get_arguments().find(|known| known.get_long() == option.get(2..))?;
    let has_value = known.get_num_args().is_some_and(|count| count.max_values() > 0);
    (has_value && !value.starts_with('-')).then(|| {
        format!("{value} is no value of {option}: write `{option}` alone, or `{option}=true`")
    })
}

/// Returns the argument as it was written. Of an option such as `-port`, the parser names only `-p`.
fn whole<'a>(argument: &'a str, arguments: &[&'a str]) -> &'a str {
    let is_short = argument.len() == 2 && argument.starts_with('-') && argument != "--";
    let written = arguments.iter().filter(|text| !text.starts_with("--"));
    let is_word = |text: &str| text.chars().skip(1).all(|c| c.is_alphabetic() || c == '-');
    let found = written.copied().find(|text| text.starts_with(argument) && is_word(text));
    found.filter(|_| is_short).unwrap_or(argument)
}

/// Returns the error for a command that does not exist, unless the parser suggests a similar one. `of` is the command that has such commands.
fn unknown_command(error: &Error, given: &str, of: &str, parser: &Command) -> Option<String> {
    let text = format!("unrecognized subcommand '{given}'");
    let program = ["fh", of].join(" ");
    let program = program.trim_end();
    let mut known = OTHER_COMMANDS.iter().filter(|(command, ..)| *command == of);
    if let Some((.., instead)) = known.find(|(_, names, _)| names.contains(&given)) {
        return Some(format!(
            "{text}: write `fh {instead}`; `{program} --help` lists the commands"
        ));
    }
    let names: Vec<&str> =
        parser.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
    if let Some(meant) = closest(given, names.iter().copied()) {
        return Some(format!(
            "{text}: did you mean '{meant}'? `{program} --help` lists the commands"
        ));
    }
    if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return None;
    }
    let names = names.join(", ");
    Some(format!("{text}: the commands are {names}; `{program} --help` explains them"))
}

/// Returns the error for `fh bucket --feature`, which needs a file. The parser asks for the id as well, which the file would replace.
fn missing_file(command: &str, missing: &[String]) -> Option<String> {
    let lacks = |name: &str| missing.iter().any(|missing| missing.starts_with(name));
    let is_lookup = command == "bucket" && lacks("--file") && lacks("--id");
    is_lookup.then(|| {
        "--feature needs the file with the feature, in which its id is looked up: add `--file FILE`".to_string()
    })
}

fn unknown(command: &str, argument: &str, parser: &Command) -> Option<String> {
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
        ("init" | "eval" | "explain" | "rollout" | "lint", "--file" | "-f") => {
            format!("`fh {command}` has no {argument}: write the file as an argument, without an option")
        }
        ("explain" | "rollout", "--key" | "--feature" | "--flag") => {
            format!("`fh {command}` has no {argument}: write the feature as an argument, after the file")
        }
        ("completions", "--shell") => {
            "`fh completions` has no --shell: write the shell as an argument: bash, zsh or fish".to_string()
        }
        (_, "--key" | "--apikey" | "--token") if WITH_URL.contains(&command) => {
            format!("`fh {command}` has no {argument}: write the API key after the URL, or `--api-key KEY`")
        }
        _ if !is_option => return None,
        _ => no_such_option(command, argument, parser)?,
    })
}

/// Returns the error for an option that the command does not have, with the option that is probably meant, or with all options.
fn no_such_option(command: &str, argument: &str, parser: &Command) -> Option<String> {
    if command.is_empty() {
        return None;
    }
    let options = options(parser);
    let has = |instead: &str| options.iter().any(|name| Some(&**name) == instead.split(' ').next());
    let known = OTHERS.iter().find(|(of, names, instead)| {
        (of.is_empty() || *of == command) && names.contains(&argument) && has(instead)
    });
    let text = format!("`fh {command}` has no {argument}");
    let names = || options.iter().map(|name| name.trim_start_matches('-'));
    let given = argument.trim_start_matches('-');
    let meant = closest(given, names()).or_else(|| {
        // Dashes allow one edit more, which exchanged letters need; the first letter is seldom wrong.
        let dashed = closest(argument, options.iter().map(String::as_str))?;
        Some(dashed.trim_start_matches('-')).filter(|name| name.get(..1) == given.get(..1))
    });
    // Options that complete what was written, or that share a word with it.
    let mut begin: Vec<&str> = names().filter(|name| name.starts_with(given)).collect();
    if begin.is_empty() && meant.is_none() {
        let words: Vec<&str> = given.split('-').filter(|word| word.len() > 2).collect();
        begin.extend(names().filter(|name| name.split('-').any(|word| words.contains(&word))));
    }
    begin.truncate(ALIKE);
    Some(match (known, argument) {
        (Some((_, _, instead)), _) => format!("{text}: write `{instead}`"),
        (None, "--port" | "-p" | "--host") if WITH_URL.contains(&command) => {
            format!("{text}: write host and port in the URL, as in http://127.0.0.1:8903")
        }
        _ => match meant {
            _ if begin.len() > 1 => {
                format!("{text}: did you mean one of --{}?", begin.join(", --"))
            }
            _ if !begin.is_empty() => format!("{text}: did you mean --{}?", begin.join("")),
            Some(meant) => format!("{text}: did you mean --{meant}?"),
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
