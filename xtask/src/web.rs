//! `cargo xtask web`: builds and proofs of the client for browsers and Node.

mod conversations;

const HELP: &str = "\
cargo xtask web <command>

  conversations [--count N]
                     write what the session does in the scripts of its simulation, for the replay in TypeScript, into the folder
                     web/conversations of the target folder: 10,000 conversations by default";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("conversations") => conversations::run(rest),
        _ => Err(HELP.to_string()),
    }
}
