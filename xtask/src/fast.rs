//! The parts of `cargo xtask test`. What takes longer is in `deep.rs`.

use crate::part::Part;
use crate::python;
use crate::python::pytest::{self, Repetitions};
use crate::shell::Run;
use crate::subjects_in_test::Selection;
use crate::{
    client_features, conformance, dependencies, docs, featbit, featuresignals, install, kotlin,
    nextest, operators, services, subjects, subjects_in_test, swift, web, workspace,
};

/// The part that builds the workspace.
const TESTS: &str = "tests";
/// The part that builds the engines of WebAssembly.
const SIZES: &str = "web: build and sizes";
/// The reason for the components of the toolchain.
const CHECKS: &str = "the code is checked with it";

/// Returns all parts. An earlier part is prepared, built and run before a later one, so those that run the longest come first.
pub(crate) fn parts() -> Vec<Part> {
    let [format, clippy] = lints();
    vec![
        format,
        Part::new(TESTS).prepare(workspace::prepare).build(workspace::build).run(nextest::tests),
        Part::new(SIZES).prepare(web::prepare).build(web::build_engines).run(web::check_sizes),
        Part::new("python")
            .prepare(python::prepare)
            .build(python::install)
            .run(|| pytest::run(Repetitions::Some)),
        Part::new("web: Node").prepare(web::prepare).run(web::test).built_by(SIZES),
        Part::new("web: conformance")
            .prepare(web::prepare_chromium)
            .build(web::adapters::build_adapters)
            .run(web::test_conformance_in_node),
        clippy,
        Part::new("documentation").build(documentation),
        Part::new("client features").build(client_features::check).run(client_features::test),
        Part::new("wasm build").prepare(web::prepare_target).build(wasm_build),
        Part::new("python conformance")
            .prepare(python::prepare)
            .run(python::conformance::run)
            .built_by("python"),
        Part::new("kotlin")
            .prepare(kotlin::prepare)
            .build(kotlin::build)
            .run(kotlin::test)
            .built_by(TESTS),
        Part::new("swift")
            .prepare(swift::prepare)
            .build(swift::build)
            .run(swift::test)
            .built_by(TESTS),
        Part::new("conformance").run(conformance::run).built_by(TESTS),
        Part::new("systems").run(conformance::run_systems).built_by(TESTS),
        Part::new("featuresignals").run(featuresignals::test).built_by(TESTS),
        Part::new("featbit").prepare(featbit::prepare).run(featbit::test).built_by(TESTS),
        Part::new("fh-rust")
            .run(|| subjects_in_test::run("fh-rust", Selection::Whole))
            .built_by(TESTS),
        Part::new("web: smoke in Chromium")
            .prepare(web::prepare_chromium)
            .run(web::smoke_in_chromium)
            .built_by(SIZES),
        Part::new("published SDKs")
            .prepare(subjects::install_published)
            .run(subjects::run_published)
            .built_by(TESTS),
        Part::new("redis store")
            .prepare(services::redis)
            .run(services::test_redis_store)
            .built_by(TESTS),
        Part::new("cluster").prepare(services::postgresql).run(nextest::cluster).built_by(TESTS),
        Part::new("operators").prepare(operators::prepare).run(operators::run).built_by(TESTS),
        Part::new("demo").run(demo).built_by(TESTS),
        Part::new("site").prepare(docs::prepare).run(docs::test).built_by(SIZES),
        Part::new("dependencies").prepare(dependencies::prepare).run(dependencies::check),
        Part::new("hardship")
            .prepare(services::programs_of_hardship)
            .run(|| nextest::hardship(&[]))
            .built_by(TESTS)
            .alone(),
        Part::new("tests of pace")
            .prepare(workspace::prepare)
            .run(nextest::tests_of_pace)
            .built_by(TESTS)
            .alone(),
    ]
}

/// Returns the parts that need no build of programs.
fn lints() -> [Part; 2] {
    [
        Part::new("format")
            .prepare(|| install::component("cargo fmt --version", "rustfmt", CHECKS))
            .build(format),
        Part::new("clippy")
            .prepare(|| install::component("cargo clippy --version", "clippy", CHECKS))
            .build(|| {
                let targets = "--workspace --all-targets --features fh-server-tests/chromium";
                Run::new(&format!("cargo clippy --locked {targets} -- -D warnings")).go()
            }),
    ]
}

fn format() -> Result<(), String> {
    Run::new("cargo fmt --all --check").go()?;
    Run::new("cargo fmt --all --check").within("conformance/fuzz").go()?;
    Run::new("cargo fmt --all --check").within("benches").go()
}

/// Builds the pages of all crates, and runs the examples on them.
fn documentation() -> Result<(), String> {
    // With the examples, Cargo chooses the features of the tests, for which clippy has checked all crates.
    Run::new("cargo doc --locked --workspace --no-deps --lib --bins --examples")
        .env("RUSTDOCFLAGS", "-D warnings")
        .go()?;
    workspace::doc_examples()
}

fn demo() -> Result<(), String> {
    Run::program(&workspace::binary("fh")?.display().to_string(), "demo").go()
}

fn wasm_build() -> Result<(), String> {
    Run::new("cargo build --locked -p fh-session --target wasm32-unknown-unknown").go()
}
