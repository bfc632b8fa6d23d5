//! The project's own commands. `cargo xtask help` lists them.
#![forbid(unsafe_code)]

mod bench;
mod budget;
mod built_from;
mod chroot;
mod client_features;
mod commit_time;
mod conformance;
mod containerfile;
mod crates;
mod deep;
mod dependencies;
mod dist;
mod docs;
mod fast;
mod featbit;
mod featuresignals;
mod file_times;
mod flaky;
mod folders;
mod fuzz;
mod hello;
mod install;
mod interrupt;
mod kotlin;
mod local_edge;
mod machine_paths;
mod minimum_rust;
mod mutants;
mod nextest;
mod operators;
mod output;
mod packaging;
mod page_examples;
mod part;
mod phones;
mod picture;
mod program;
mod prove;
mod public_items;
mod python;
mod quick;
mod release;
mod schedule;
mod self_test;
mod services;
mod shell;
mod side_by_side;
mod simulate;
mod subject_installation;
mod subjects;
mod subjects_in_test;
mod swift;
mod temporary_folder;
mod test;
mod tools;
mod wasm;
mod web;
mod weigh;
mod workspace;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  quick              format, lints and tests of the crates that changed since main; a build of those that depend on them
  test [--without-install] [PART...]
                     install what is missing and run the checks and tests that each change must pass, or the named parts
  picture            write the picture of the README (docs/img/demo.png) from the output of `fh demo`, with Chromium
  prove [PART...]    run the deep parts, or the named ones: proofs that take longer, and builds of what ships
  bench [ARGS]       build and run the benches, write the table of docs/project/performance.md
                     (`cargo xtask bench --quick` for a first impression)
  bench edge [fanout|get] [--without-peer] [ARGS]
                     build and run the benches of the Edge beside `unleash-edge`, which is installed first, or one part;
                     write the tables of docs/project/performance-edge.md, or with ARGS for the bench only print them
  bench edge cluster|capacity [ARGS]
                     measure the servers of a cluster in PostgreSQL beside one server with a file, which is a part of `bench edge`, or
                     unit costs for docs/project/capacity.md; write the tables, or with ARGS only print them
  bench edge memory|restart|starts|storm|work [ARGS]
                     print memory, restarts, starts or the most expensive requests of `fh serve`, or a simulation of clients after the
                     end of servers
  bench featbit [--rounds N]
                     measure the engine with FeatBit's rules beside the crate `featbit-server-sdk`, after a comparison of the answers
  bench featuresignals [--rounds N]
                     measure the engine with the rules of FeatureSignals beside those of FeatureHub
  bench kotlin [--quick]
                     build the package for Kotlin and Java with the profile release and measure it beside published SDKs and the Rust
                     client; write the tables of docs/project/performance-kotlin.md, or with --quick only print them
  bench python [ARGS]
                     build the Python package with the profile release and measure it beside published SDKs; write the tables of
                     docs/project/performance-python.md, or with ARGS (--quick, --reads, --columns) only print them
  bench instructions --against COMMIT
                     count the instructions of the engine's workloads with valgrind, in the present code and in an older commit; fail if
                     one takes more than 1.01 times as many as in the commit, or loading more than 1.05
  bench swift [--quick]
                     build the package for Swift with the profile release and measure it beside the Rust client; write the tables of
                     docs/project/performance-swift.md, or with --quick only print them
  bench web [--quick]
                     measure the client for browsers and Node beside published SDKs, and write the tables of docs/project/performance-web.md, or
                     with --quick only print them
  bench updates [ARGS]
                     measure reads of the Rust client while updates arrive, with --patches changes of single features, with --messages
                     large messages
  bench soak [MINUTES]
                     use a client in Node and in two tabs of Chromium for 10 minutes by default; fail if minute 2 and the last one differ
                     by more than 5 % of memory
  dist [NAME]        build what ships, or one of it, into one folder; `cargo xtask dist help` lists the names
  dist check [LIST...]
                     run the command lists of the pages, or the named ones, with what the folder has
  docs               write all pages as a static site with search, and check it; print the file with which it starts
  featbit sdks [--deep]
                     install FeatBit's published SDKs, and print tables of them and our client against one test server, and of our
                     client under faults; with --deep also of the published SDKs under faults
  featbit start      print a table of the start of all SDKs with 3,000 flags
  featbit diff [--count N] [--seed S]
                     compare the engine with the crate `featbit-server-sdk` on drawn flags and users; fail if a difference is in no known class
  featuresignals live FOLDER [--with-flush]
                     build the server of FeatureSignals from a checkout of its source, run it on a PostgreSQL of its own with the recorded
                     ruleset, and compare its answers with the recorded ones; with --with-flush also events of its stream. Needs Go and PostgreSQL
  fuzz [--seconds N] run every fuzz target for N seconds (60 by default)
  simulate [NAME]    the simulation of the session with mutants, each of which must be found, or with the named one; without a name, each
                     must also change a committed conversation or sequence
  subjects [NAME...] [OPTION...]
                     install the SDKs under test, or the named ones, and run the conformance suite's scenarios against
                     each; options are those of `fh-conformance sdk`, such as --only ID; without options the outcome is
                     compared with conformance/recorded/NAME.json, and --record writes this file and the pages of all
                     recordings (docs/reference/conformance.md, docs/reference/faults.md)
  mutants            write a copy of the project that holds all mutants, and print its folder
  mutants list       list the mutants and what each breaks
  mutants show NAME  show a mutant as a diff
  mutants run fh-eval
                     compare the engine's answers with those of FeatBit, once with each of its mutants, which must be found
  mutants run cluster [NAME...]
                     run the tests of servers with one state in PostgreSQL with each mutant of them, or with the named ones, which must be
                     found
  mutants run fh-binding
                     run the tests of an app's lifecycle, once with each of its mutants, which must be found
  mutants run fh-edge [NAME...]
                     run the scenarios for servers with each mutant of the Edge, or with the named ones, which must be found
  mutants run kotlin|swift|web [NAME...]
                     apply each mutant of the packages, or the named ones, to a copy, where the test that its table names must find it
  self-test [--full] [--markdown FILE]
                     the scenarios for SDKs against our client with mutants: apart from listed exceptions, each mutant must be found,
                     and each scenario must find one
  python full [PART...]
                     the tests of the Python package with all repetitions, servers that fork, a wrong signature that the check of
                     the stubs must find, the fork tests without the restart of clients, which must fail, the sdist as users build
                     it, and all wheels; or the named parts
  python matrix [INTERPRETER...]
                     the examples and the fork tests of the Python package on the named versions of CPython, those of the search
                     path, and those of Debian testing if debootstrap and root are there
  release VERSION [--dry-run]
                     run `test` and `prove`, set the version, close the changelog's section, commit and tag; with a tag of an
                     earlier version, first compare the public items with it (cargo semver-checks, which is installed).
                     Publishes nothing
  web COMMAND        files, examples and proofs of the client for browsers and Node; `cargo xtask web` lists the commands
  weigh [COMMIT]     print lines, bytes, words and files of a commit by their kinds: shipped, tests, suite, records, tools, documents
  help               this text";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    if let Err(why) = interrupt::end_children().and_then(|()| file_times::restore()) {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    let done = match arguments.first().map(String::as_str) {
        Some(command) if rest.iter().any(|argument| argument == "--help") => {
            println!("{}", help_of(command).unwrap_or_else(|| HELP.to_string()));
            Ok(())
        }
        Some("quick") => quick::run(),
        Some("test") => test::run(rest),
        Some("picture") => picture::run(),
        Some("prove") => prove::run(rest),
        Some("bench") => bench::run(rest),
        Some("dist") => dist::run(rest),
        Some("docs") => docs::run(rest),
        Some("featbit") => featbit::command(rest),
        Some("featuresignals") => featuresignals::command(rest),
        Some("fuzz") => fuzz::run(rest),
        Some("python") => match rest.split_first() {
            Some((name, rest)) if name == "full" => python::full::run(rest),
            Some((name, rest)) if name == "matrix" => python::matrix::run(rest),
            _ => Err("cargo xtask python full [PART...], or matrix [INTERPRETER...]".to_string()),
        },
        Some("release") => release::run(rest),
        Some("self-test") => self_test::run(rest),
        Some("simulate") => simulate::run(rest),
        Some("subjects") => subjects::run(rest),
        Some("mutants") => mutants::command::run(rest),
        Some("web") => web::run(rest),
        Some("weigh") => weigh::run(rest),
        Some("help" | "--help") => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(HELP.to_string()),
    };
    interrupt::end_leftovers();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the lines of the help about a command.
fn help_of(command: &str) -> Option<String> {
    let mut is_about = false;
    let lines = HELP.lines().filter(|line| {
        if line.starts_with("  ") && !line.starts_with("   ") {
            is_about = line.split_whitespace().next() == Some(command);
        }
        is_about
    });
    let lines: Vec<&str> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
