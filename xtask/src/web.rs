//! `cargo xtask web`: files and proofs of the client for browsers and Node.

pub(crate) mod adapters;
mod bench;
mod build;
mod checks;
mod chromium;
mod conformance;
mod engine;
mod equality;
mod examples;
mod module_names;
pub(crate) mod mutants;
pub(crate) mod node;
mod packages;
mod runtimes;
mod sizes;
mod vitest;

pub(crate) use self::bench::{run as bench, soak};
pub(crate) use self::build::{build_once as build_engines, prepare_target};
pub(crate) use self::checks::{prove as prove_equality, run as test};
pub(crate) use self::chromium::{
    prepare as prepare_chromium, prepare_browsers, run as test_in_chromium, site as test_site,
    smoke as smoke_in_chromium,
};
pub(crate) use self::conformance::run_in_node as test_conformance_in_node;
pub(crate) use self::examples::build_playground;
pub(crate) use self::node::prepare;
pub(crate) use self::packages::{run as test_packages, run_in_new_projects};
pub(crate) use self::sizes::check as check_sizes;

const HELP: &str = "\
cargo xtask web <command>

  conversations [--count N]
                     write what the session does in the scripts of its simulation, for the replay in TypeScript, into the folder
                     web/conversations of the target folder: 10,000 conversations by default, and those of hostile input
  conversations --commit
                     choose the committed conversations again and write them, after a rule of the session was changed
  engines            build the engines only, which the tests and the examples load
  plain              run the example without a bundler: `fh serve`, and a web server with the page
  playground         run the example that evaluates rules in the page, without an Edge
  rendered           run the example that renders its page in Node with React: `fh serve`, and the server
  runtimes           build the packages of npm, and run the example of the README of fh-client from the tarball in several versions of Node,
                     in Deno, Bun, workerd and edge-runtime, with both kinds of keys; fails if one prints another value. A runtime that
                     cannot be installed is reported as NOT RUN, which fails in CI
  sequences [--commit]
                     write what the repository does in 5,000 drawn sequences into the folder web/sequences of the target folder; with
                     --commit, write the committed sequences
  shop               run the example with Vite and React, with both kinds of API keys, held updates and overrides: `fh serve`, and
                     the server of Vite
  sizes [--commit]   build the engines and the packages, and print the sizes of engines and pages beside the goals, and the largest
                     functions of the engines; fails if a size exceeds that of bindings/web/sizes.json by more than 2 %; with
                     --commit, write the sizes into this file
  traps              build the engines of the tests for features on which an engine fails, which no package has, and copy them to
                     bindings/web/packages/client/src/engine/wasm";

/// Builds the engines and the packages of npm, and writes their tarballs.
pub(crate) fn dist() -> Result<(), String> {
    build::build_once()?;
    prepare()?;
    packages::build_once()
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("conversations") => equality::conversations(rest),
        Some("engines") if rest.is_empty() => build::build_once(),
        Some("runtimes") if rest.is_empty() => prepare().and_then(|()| runtimes::run()),
        Some("sequences") => equality::sequences(rest),
        Some("sizes") => prepare().and_then(|()| sizes::run(rest)),
        Some("traps") if rest.is_empty() => build::build_traps(),
        Some(name @ ("plain" | "playground" | "rendered" | "shop")) if rest.is_empty() => {
            examples::run(name)
        }
        _ => Err(HELP.to_string()),
    }
}
