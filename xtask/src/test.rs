//! `cargo xtask test`: runs all checks that must pass before a change is merged.

use crate::api;
use crate::conformance;
use crate::fuzz;
use crate::install::{self, Installing};
use crate::minimum_rust;
use crate::packaging;
use crate::part::{Part, chosen, nothing, run_all};
use crate::python::{self, Repetitions};
use crate::python_conformance;
use crate::python_package;
use crate::self_test;
use crate::shell::{Run, target_folder};
use crate::simulate;
use crate::subjects;
use crate::wasm;
use crate::web;

/// Runs all parts, or the named ones.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (flags, named): (Vec<String>, Vec<String>) =
        arguments.iter().cloned().partition(|argument| argument.starts_with("--"));
    match flags.as_slice() {
        [] => install::decide(Installing::Allowed),
        [flag] if *flag == "--without-install" => install::decide(Installing::Forbidden),
        [flag, ..] => return Err(format!("there is no flag {flag}; there is --without-install")),
    }
    let mut parts = lints();
    parts.extend([
        Part { name: "tests", prepare: nothing, run: tests },
        Part { name: "redis store", prepare: redis_server, run: redis_store },
        Part {
            name: "published SDKs",
            prepare: subjects::install_published,
            run: subjects::run_published,
        },
        Part { name: "console in Chromium", prepare: chromium, run: console },
        Part { name: "documentation", prepare: nothing, run: documentation },
        Part { name: "public items", prepare: nothing, run: api::check },
        Part {
            name: "minimum Rust version",
            prepare: minimum_rust::prepare,
            run: minimum_rust::run,
        },
        Part { name: "client features", prepare: nothing, run: client_features },
        Part { name: "repository, all interleavings", prepare: nothing, run: interleavings },
        Part { name: "simulation, mutants", prepare: nothing, run: || simulate::run(&[]) },
        Part { name: "scenarios, mutants", prepare: nothing, run: || self_test::run(&[]) },
        Part { name: "conformance", prepare: nothing, run: conformance::run },
        Part { name: "SDKs", prepare: nothing, run: subjects::run_all },
        Part { name: "python", prepare: python::prepare, run: || python::run(Repetitions::Some) },
        Part { name: "python conformance", prepare: python::prepare, run: python_conformance::run },
        Part { name: "python package", prepare: python_package::prepare, run: python_package::run },
        Part { name: "demo", prepare: nothing, run: demo },
        Part { name: "packaging", prepare: packaging::prepare, run: packaging::run },
        Part { name: "wasm build", prepare: wasm_target, run: wasm_build },
        Part { name: "wasm tests", prepare: wasm::prepare, run: wasm::tests },
        Part { name: "web: build and sizes", prepare: web::prepare, run: web::build_and_sizes },
        Part { name: "web: Node", prepare: web::prepare, run: web::test },
        Part {
            name: "web: conformance",
            prepare: web::prepare,
            run: web::test_conformance_in_node,
        },
        Part { name: "web: packages", prepare: web::prepare_chromium, run: web::test_packages },
        Part { name: "web: Chromium", prepare: web::prepare_chromium, run: web::test_in_chromium },
        Part { name: "dependencies", prepare: cargo_deny, run: dependencies },
        Part { name: "fuzz, 5 s a target", prepare: fuzz::prepare, run: || fuzz::run_for(5) },
    ]);
    run_all(&chosen(parts, &named)?)
}

pub(crate) fn lints() -> Vec<Part> {
    vec![
        Part {
            name: "format",
            prepare: || install::component("cargo fmt --version", "rustfmt"),
            run: format,
        },
        Part {
            name: "clippy",
            prepare: || install::component("cargo clippy --version", "clippy"),
            run: clippy,
        },
    ]
}

fn format() -> Result<(), String> {
    Run::new("cargo fmt --all --check").go()?;
    Run::new("cargo fmt --all --check").within("fuzz").go()?;
    Run::new("cargo fmt --all --check").within("benches").go()
}

fn clippy() -> Result<(), String> {
    Run::new("cargo clippy --locked --workspace --all-targets -- -D warnings").go()
}

fn tests() -> Result<(), String> {
    // Tests that need a server or a browser are parts of their own. All tests run, so that one run names every failure.
    let tests = "cargo test --locked --no-fail-fast --workspace";
    // The tests of the Python package are a part of their own, too.
    let others = "--exclude fh-redis --exclude fh-console-tests --exclude fh-python";
    Run::new(&format!("{tests} {others}")).go()
}

fn redis_server() -> Result<(), String> {
    install::package(
        "redis-server --version",
        "redis-server",
        "the tests of the Redis store run one",
    )
}

fn redis_store() -> Result<(), String> {
    Run::new("cargo test --locked -p fh-redis").go()?;
    // Without the feature for TLS, URLs that ask for TLS are errors. These tests check the messages.
    Run::new("cargo test --locked -p fh-redis --no-default-features --test it start::").go()
}

fn chromium() -> Result<(), String> {
    let reason = "the tests of the console run in it";
    install::chromium(reason)?;
    install::package("chromedriver --version", "chromium-driver", reason)
}

/// Runs the tests of the console. Screenshots are left in `target/tmp/console`.
fn console() -> Result<(), String> {
    Run::new("cargo test --locked -p fh-console-tests").go()
}

fn documentation() -> Result<(), String> {
    Run::new("cargo doc --locked --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings").go()
}

/// Checks every combination of the client's features that compiles different code, and the features of the crates below it. Tests what the
/// engine does without some of its parts.
fn client_features() -> Result<(), String> {
    for features in ["", "reqwest", "metrics", "serde", "serde,metrics"] {
        let build = "cargo check --locked -p fh-client --no-default-features --features";
        Run::new(build).args(&[features.to_string()]).go()?;
    }
    // The crates below the client must serialise the same types for bindings.
    for features in ["", "serde"] {
        let build = "cargo check --locked -p fh-repository --no-default-features --features";
        Run::new(build).args(&[features.to_string()]).go()?;
    }
    // The engine of browsers is built without some of the engine's parts.
    for parts in 0..8 {
        let chosen = ["edge-profile", "explain", "patterns"].into_iter().enumerate();
        let chosen = chosen.filter(|(part, _)| parts & (1 << part) != 0).map(|(_, name)| name);
        let features: Vec<&str> = chosen.chain(["serde"]).collect();
        let lint = "cargo clippy --locked -p fh-eval --no-default-features --features";
        let deny = ["--", "-D", "warnings"].map(str::to_string);
        Run::new(lint).args(&[features.join(",")]).args(&deny).go()?;
    }
    // What a build without them refuses, natively.
    Run::new("cargo test --locked -p fh-eval --no-default-features --test cargo_features").go()?;
    Run::new("cargo test --locked -p fh-web-engine").go()?;
    Run::new("cargo test --locked -p fh-web-engine --features full").go()
}

/// Runs the loom tests. Loom replaces locks and atomics, so they need a build of their own.
fn interleavings() -> Result<(), String> {
    Run::new("cargo test --locked --release -p fh-repository --test loom")
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", &target_folder().join("loom").display().to_string())
        .go()
}

fn demo() -> Result<(), String> {
    Run::new("cargo run --locked --quiet --profile suite -p fh-cli -- demo").go()
}

fn wasm_build() -> Result<(), String> {
    Run::new("cargo build --locked -p fh-session --target wasm32-unknown-unknown").go()
}

/// The largest number of crates that `fh-eval`, `fh-repository` and `fh-session` may need together, themselves included (decisions D-84).
const CORE_CRATES: usize = 25;

fn core_size() -> Result<(), String> {
    let tree = Run::new("cargo tree --locked -p fh-session -e normal --prefix none").output()?;
    let mut names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    println!(
        "    fh-eval, fh-repository and fh-session need {} crates, {CORE_CRATES} at most",
        names.len()
    );
    if names.len() > CORE_CRATES || !names.contains(&"fh-session") {
        return Err(format!("too many crates: {}", names.join(" ")));
    }
    Ok(())
}

fn dependencies() -> Result<(), String> {
    core_size()?;
    Run::new("cargo deny --locked check bans licenses sources").go()?;
    // The database of advisories is on a host that some machines cannot reach.
    match Run::new("cargo deny --locked check advisories").go() {
        Ok(()) => Ok(()),
        Err(_) if !Run::new("cargo deny --locked fetch db").succeeds() => {
            println!(
                "\n    *** advisories NOT CHECKED: their database cannot be reached from this machine ***"
            );
            Ok(())
        }
        Err(why) => Err(why),
    }
}

fn wasm_target() -> Result<(), String> {
    install::target("wasm32-unknown-unknown", "the session is built for browsers")
}

fn cargo_deny() -> Result<(), String> {
    install::tool(
        "cargo deny --version",
        "cargo-deny@0.20.2",
        "it checks licences and duplicate dependencies",
    )
}
