//! Advice for arguments that a command does not have, but that people expect.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::shell::quoted;

/// Returns the text of an error that says what was probably meant. Returns `None` if the error of the parser says enough.
/// `command` is the name of the subcommand.
pub(crate) fn of(error: &Error, command: &str) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let is_option = argument.starts_with('-');
    let given = quoted(argument);
    Some(match (command, argument.as_str()) {
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
        _ => return None,
    })
}
