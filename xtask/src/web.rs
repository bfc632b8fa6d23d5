//! `cargo xtask web`: builds and proofs of the client for browsers and Node.

mod build;
mod chromium;
mod conversations;
mod engine;
mod node;
mod sequences;
mod sizes;
mod tables;

pub(crate) use self::chromium::{prepare as prepare_chromium, run as test_in_chromium};
pub(crate) use self::node::{prepare, run as test};
pub(crate) use self::sizes::check as build_and_sizes;

const HELP: &str = "\
cargo xtask web <command>

  build [--stable]   build the lean and the full engine with their JavaScript into the folder web/engine of the target folder,
                     and copy them to bindings/web/packages/client/src/engine/wasm; with --stable, with the standard library of
                     the toolchain in place of a rebuilt, smaller one
  chromium           run the tests of the TypeScript client that need a browser, in Debian's Chromium
  conversations [--count N]
                     write what the session does in the scripts of its simulation, for the replay in TypeScript, into the folder
                     web/conversations of the target folder: 10,000 conversations by default, and those of hostile input
  conversations --commit
                     choose the committed conversations again and write them, after a rule of the session was changed;
                     this also writes the tables
  sequences [--commit]
                     write what the repository does in 5,000 drawn sequences into the folder web/sequences of the target folder; with
                     --commit, write the committed sequences and the tables of the repository
  sizes [--without-build]
                     build the engines, and print their sizes beside the goals
  tables             write the committed tables of inputs and results
  test               check the types, the lint rules and the format of the TypeScript client, and run its tests in Node";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("build") => build::run(rest),
        Some("chromium") if rest.is_empty() => prepare_chromium().and_then(|()| test_in_chromium()),
        Some("conversations") => conversations::run(rest),
        Some("sequences") => sequences::run(rest),
        Some("sizes") => sizes::run(rest),
        Some("tables") => tables::run(),
        Some("test") if rest.is_empty() => prepare().and_then(|()| test()),
        _ => Err(HELP.to_string()),
    }
}
