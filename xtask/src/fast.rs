//! The parts of `cargo xtask test`. What takes longer is in `deep.rs`.

use crate::part::Part;
use crate::python::{self, Repetitions};
use crate::shell::Run;
use crate::{
    client_features, conformance, dependencies, install, nextest, python_conformance, services,
    subjects, subjects_in_test, web, workspace,
};

/// Returns all parts. An earlier part is prepared, built and run before a later one.
pub(crate) fn parts() -> Vec<Part> {
    let mut parts = lints();
    parts.splice(
        1..1,
        [
            Part::new("tests")
                .prepare(workspace::prepare)
                .build(workspace::build)
                .run(nextest::tests),
            Part::new("web: build and sizes")
                .prepare(web::prepare)
                .build(web::build_engines)
                .run(web::check_sizes),
            Part::new("python")
                .prepare(python::prepare)
                .build(python::install)
                .run(|| python::run(Repetitions::Some)),
        ],
    );
    parts.extend([
        Part::new("documentation").build(documentation),
        Part::new("client features").build(client_features::check),
        Part::new("wasm build").prepare(web::prepare_target).build(wasm_build),
        Part::new("web: Node").prepare(web::prepare).run(web::test),
        Part::new("conformance").run(conformance::run),
        Part::new("fh-rust").run(|| subjects_in_test::run("fh-rust")),
        Part::new("python conformance")
            .prepare(python::prepare)
            .build(python::install)
            .run(python_conformance::run),
        Part::new("web: conformance")
            .prepare(web::prepare)
            .build(web::build_adapters)
            .run(web::test_conformance_in_node),
        Part::new("web: smoke in Chromium")
            .prepare(web::prepare_chromium)
            .run(web::smoke_in_chromium),
        Part::new("published SDKs")
            .prepare(subjects::install_published)
            .run(subjects::run_published),
        Part::new("redis store").prepare(services::redis).run(services::test_redis_store),
        Part::new("demo").run(demo),
        Part::new("dependencies").prepare(dependencies::prepare).run(dependencies::check),
        Part::new("tests of pace").prepare(workspace::prepare).run(nextest::tests_of_pace).alone(),
    ]);
    parts
}

/// Returns the parts of `cargo xtask lint`.
pub(crate) fn lints() -> Vec<Part> {
    vec![
        Part::new("format")
            .prepare(|| install::component("cargo fmt --version", "rustfmt"))
            .build(format),
        Part::new("clippy")
            .prepare(|| install::component("cargo clippy --version", "clippy"))
            .build(|| {
                Run::new("cargo clippy --locked --workspace --all-targets -- -D warnings").go()
            }),
    ]
}

fn format() -> Result<(), String> {
    Run::new("cargo fmt --all --check").go()?;
    Run::new("cargo fmt --all --check").within("fuzz").go()?;
    Run::new("cargo fmt --all --check").within("benches").go()
}

/// Builds the pages of all crates, and runs the examples on them.
fn documentation() -> Result<(), String> {
    Run::new("cargo doc --locked --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings").go()?;
    workspace::doc_examples()
}

fn demo() -> Result<(), String> {
    Run::program(&workspace::binary("fh")?.display().to_string(), "demo").go()
}

fn wasm_build() -> Result<(), String> {
    Run::new("cargo build --locked -p fh-session --target wasm32-unknown-unknown").go()
}
