//! `cargo xtask web`: builds and proofs of the client for browsers and Node.

mod bench;
mod build;
mod chromium;
mod conformance;
mod conversations;
mod engine;
mod examples;
pub(crate) mod mutants;
mod node;
mod packages;
mod reproducible;
mod runtimes;
mod sequences;
mod sizes;
mod vitest;

use self::build::StandardLibrary;
pub(crate) use self::build::{build_once as build_engines, prepare_target};
pub(crate) use self::chromium::{
    prepare as prepare_chromium, prepare_browsers, run as test_in_chromium,
    smoke as smoke_in_chromium,
};
pub(crate) use self::conformance::{
    WITH_BROWSER, build_adapters, chromium_adapter, node_adapter,
    run_in_node as test_conformance_in_node,
};
pub(crate) use self::node::{prepare, prove as prove_equality, run as test, with_node};
pub(crate) use self::packages::{run as test_packages, run_in_new_projects};
pub(crate) use self::sizes::check as check_sizes;

const HELP: &str = "\
cargo xtask web <command>

  bench [--quick]    measure the client beside published SDKs in two versions of Node and in Chromium, and write the tables of
                     docs/performance-web.md; with --quick, measure little, and only print them
  build [--stable | --engines]
                     build the lean and the full engine with their JavaScript into the folder web/engine of the target folder,
                     and copy them to bindings/web/packages/client/src/engine/wasm; with --stable, with the standard library of
                     the toolchain in place of a rebuilt, smaller one; then build the packages of npm, and write their tarballs
                     into the folder web of the target folder; with --engines, build the engines only
  chromium           run the tests of the TypeScript client that need a browser, in Debian's Chromium
  conformance        run the conformance suite against the TypeScript client in Node and in Chromium, without the slow scenarios; CI runs it
                     in Node only, because a run in Chromium takes about ten minutes
  conversations [--count N]
                     write what the session does in the scripts of its simulation, for the replay in TypeScript, into the folder
                     web/conversations of the target folder: 10,000 conversations by default, and those of hostile input
  conversations --commit
                     choose the committed conversations again and write them, after a rule of the session was changed
  packages           build the packages of npm, and test their tarballs
  plain              run the example without a bundler: `fh serve`, and a web server with the page
  playground         run the example that evaluates rules in the page, without an Edge
  rendered           run the example that renders its page in Node with React: `fh serve`, and the server
  reproducible       clone the project twice, build the engines in each clone, and fail unless they are equal; this compiles the standard
                     library four times
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
  soak [MINUTES]     use a client in Node and in two tabs of Chromium for 10 minutes by default, and print the memory of each
                     minute; fails if minute 2 and the last one differ by more than 5 %
  test [--stable]    check the types, the lint rules and the format of the TypeScript client, and run its tests in Node; with
                     --stable, with engines that have the standard library of the toolchain. These stay in
                     bindings/web/packages/client/src/engine/wasm until the next build
  traps              build the engines of the tests for features on which an engine fails, which no package has, and copy them to
                     bindings/web/packages/client/src/engine/wasm";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("bench") => bench::run(rest),
        Some("build") if rest == ["--engines"] => build::build_once(),
        Some("build") => {
            build::run(rest)?;
            prepare()?;
            packages::build_packages()
        }
        Some("chromium") if rest.is_empty() => prepare_browsers().and_then(|()| test_in_chromium()),
        Some("conformance") if rest.is_empty() => conformance::run(),
        Some("conversations") => conversations::run(rest),
        Some("packages") if rest.is_empty() => {
            prepare_chromium()?;
            test_packages()?;
            run_in_new_projects()
        }
        Some("reproducible") if rest.is_empty() => reproducible::run(),
        Some("runtimes") if rest.is_empty() => prepare().and_then(|()| runtimes::run()),
        Some("sequences") => sequences::run(rest),
        Some("sizes") => prepare().and_then(|()| sizes::run(rest)),
        Some("soak") => bench::soak(rest),
        Some("traps") if rest.is_empty() => build::build_traps(StandardLibrary::Rebuilt),
        Some("test") if rest.is_empty() => prepare().and_then(|()| test()),
        Some("test") if rest == ["--stable"] => {
            prepare().and_then(|()| node::run_with(StandardLibrary::Stable))
        }
        Some(name @ ("plain" | "playground" | "rendered" | "shop")) if rest.is_empty() => {
            examples::run(name)
        }
        _ => Err(HELP.to_string()),
    }
}
