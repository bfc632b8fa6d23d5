//! `cargo xtask web`: builds and proofs of the client for browsers and Node.

mod conversations;
mod node;

pub(crate) use self::node::{prepare, run as test};

const HELP: &str = "\
cargo xtask web <command>

  conversations [--count N]
                     write what the session does in the scripts of its simulation, for the replay in TypeScript, into the folder
                     web/conversations of the target folder: 10,000 conversations by default
  test               check the types, the lint rules and the format of the TypeScript client, and run its tests in Node";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("conversations") => conversations::run(rest),
        Some("test") if rest.is_empty() => prepare().and_then(|()| test()),
        _ => Err(HELP.to_string()),
    }
}
