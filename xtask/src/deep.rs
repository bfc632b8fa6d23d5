//! The parts of `cargo xtask prove`: proofs that take longer than those of `cargo xtask test`, and builds of what ships.

use crate::dist::{self, programs};
use crate::part::Part;
use crate::prove::inputs::Inputs;
use crate::shell::{Run, target_folder};
use crate::{
    bench, client_features, conformance, docs, featbit, fuzz, install, kotlin, minimum_rust,
    mutants, nextest, packaging, public_items, python, self_test, services, simulate, subjects,
    swift, wasm, web, workspace,
};

/// Whether a part does the same in each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    Fixed,
    /// The part draws inputs at random, installs the newest packages of others, or lists breaks of public items. What it finds need not be a
    /// fault of the latest change, so that a find fails only `prove`.
    Random,
}

/// A deep part, and the files that decide whether it must run again.
pub(crate) struct Deep {
    pub(crate) part: Part,
    pub(crate) inputs: Inputs,
    pub(crate) search: Search,
}

const fn deep(
    part: Part,
    crates: &'static [&'static str],
    folders: &'static [&'static str],
) -> Deep {
    Deep { part, inputs: Inputs { crates, folders }, search: Search::Fixed }
}

const SUITE: &[&str] = &["fh-conformance", "fh-cli"];
/// The pages with the first programs, which run with what ships.
const GUIDE: &str = "docs/guide";
const WEB: &[&str] = &["fh-web-engine", "fh-cli"];
const KOTLIN: &[&str] = &["bindings/kotlin"];
const SWIFT: &[&str] = &["bindings/bindgen", "bindings/swift"];
/// The folder of the client for the web. The benches and runtimes in it have commands of their own.
const WEB_FOLDER: &[&str] = &["bindings/bindgen", "bindings/web"];

/// Returns all deep parts, in the order of `cargo xtask prove`.
pub(crate) fn all() -> Vec<Deep> {
    vec![
        deep(
            Part::new("scenarios, mutants").run(|| self_test::run(&[])),
            &["fh-conformance"],
            &["xtask/src/mutants", "conformance/data"],
        ),
        deep(
            Part::new("faults over TLS and HTTP/2").run(conformance::faults_over_other_protocols),
            &["fh-conformance"],
            &[],
        ),
        deep(
            Part::new("simulation, mutants").run(|| simulate::run(&[])),
            &["fh-session", "fh-repository"],
            &["xtask/src/mutants", "bindings/web/equality"],
        ),
        deep(
            Part::new("evaluators, mutants").run(conformance::mutants_of_evaluators),
            &["fh-conformance"],
            &["conformance/data"],
        ),
        deep(
            Part::new("further systems, mutants").run(mutants::engine::run),
            &["fh-conformance"],
            &["xtask/src/mutants", "conformance/data"],
        ),
        deep(
            Part::new("lifecycle, mutants").run(mutants::binding::run),
            &["fh-binding"],
            &["xtask/src/mutants", "bindings/shared/mutants"],
        ),
        deep(
            Part::new("FeatBit's crate").run(|| bench::systems("featbit-diff", &[])),
            &["fh-eval"],
            &["benches/bench"],
        ),
        deep(
            Part::new("FeatBit's SDKs").prepare(featbit::prepare).run(featbit::test_deep),
            &["fh-featbit-sdks", "fh-test-servers", "fh-python"],
            &["benches/bench", "conformance/adapters", "conformance/data", "bindings/python"],
        ),
        deep(
            Part::new("benches, clippy")
                .prepare(|| {
                    install::component("cargo clippy --version", "clippy", "it checks the benches")
                })
                .run(bench::clippy),
            &["fh-client", "fh-edge", "fh-eval", "fh-test-servers"],
            &["benches"],
        ),
        deep(Part::new("hostile input").run(hostile_input), &["fh-eval"], &[]),
        deep(
            Part::new("servers, mutants").run(|| mutants::edge::run(&[])),
            SUITE,
            &["xtask/src/mutants", "conformance/data"],
        ),
        deep(
            Part::new("cluster, mutants")
                .prepare(services::postgresql)
                .run(|| mutants::cluster::run(&[])),
            &["fh-edge", "fh-test-servers"],
            &["xtask/src/mutants"],
        ),
        Deep {
            // Callers and faults are drawn.
            search: Search::Random,
            ..deep(
                Part::new("cluster, deep").prepare(services::postgresql).run(fail_over),
                &["fh-edge", "fh-test-servers"],
                &[],
            )
        },
        deep(
            Part::new("hardship, 20 restarts").prepare(workspace::prepare).run(restart_often),
            &["fh-cli"],
            &[],
        ),
        deep(
            Part::new("repository, all interleavings").run(interleavings),
            &["fh-repository"],
            &[],
        ),
        deep(
            Part::new("SDKs of others")
                .prepare(subjects::install_published)
                .run(subjects::run_others),
            SUITE,
            &["conformance"],
        ),
        deep(
            Part::new("python conformance, all")
                .prepare(python::prepare)
                .run(python::conformance::run_all),
            &["fh-python", "fh-conformance"],
            &["bindings/python", "conformance"],
        ),
        deep(
            Part::new("python package")
                .prepare(python::package::prepare)
                .build(|| dist::build("python"))
                .run(|| dist::prove("python")),
            &["fh-python", "fh-cli"],
            &["bindings/python", "README.md", GUIDE],
        ),
        deep(
            Part::new("kotlin conformance, all")
                .prepare(kotlin::prepare)
                .run(kotlin::conformance::run_all),
            &["fh-jni", "fh-conformance"],
            &["bindings/kotlin", "conformance"],
        ),
        deep(
            Part::new("kotlin: package")
                .prepare(kotlin::package::prepare)
                .build(|| dist::build("maven"))
                .run(|| dist::prove("maven")),
            &["fh-jni", "fh-cli"],
            &["bindings/kotlin", "bindings/python/wheels/licences.py", GUIDE],
        ),
        deep(
            Part::new("android: package")
                .prepare(kotlin::android::prepare)
                .build(kotlin::android::build)
                .run(kotlin::android::run),
            &["fh-jni", "fh-cli"],
            &["bindings/kotlin", "bindings/python/wheels/licences.py"],
        ),
        deep(
            Part::new("kotlin: endurance")
                .prepare(kotlin::prepare)
                .build(kotlin::build)
                .run(kotlin::endure),
            &["fh-jni"],
            KOTLIN,
        ),
        deep(
            Part::new("kotlin: newest Java")
                .prepare(kotlin::prepare_newest)
                .build(kotlin::build)
                .run(kotlin::test_on_newest),
            &["fh-jni"],
            KOTLIN,
        ),
        deep(
            Part::new("kotlin: hosts")
                .prepare(kotlin::prepare_hosts)
                .build(kotlin::build)
                .run(kotlin::test_hosts),
            &["fh-jni", "fh-cli"],
            &["bindings/kotlin", "docs/guide/kotlin.md"],
        ),
        deep(
            Part::new("kotlin: mutants").prepare(kotlin::prepare).run(|| kotlin::mutants::run(&[])),
            &["fh-jni"],
            KOTLIN,
        ),
        deep(
            Part::new("swift conformance, all")
                .prepare(swift::prepare)
                .run(swift::conformance::run_all),
            &["fh-uniffi", "fh-conformance"],
            &["bindings/bindgen", "bindings/swift", "conformance"],
        ),
        deep(
            Part::new("swift: package")
                .prepare(swift::shipped::prepare)
                .build(|| dist::build("swift"))
                .run(|| dist::prove("swift")),
            &["fh-uniffi", "fh-cli"],
            &[
                "bindings/bindgen",
                "bindings/swift",
                "docs/guide/swift.md",
                "bindings/python/wheels/licences.py",
            ],
        ),
        deep(
            Part::new("apple: package")
                .prepare(swift::apple::prepare_package)
                .build(swift::apple::build_package)
                .run(swift::apple::run),
            &["fh-uniffi"],
            &[
                "bindings/bindgen",
                "bindings/swift",
                "bindings/kotlin/packaging",
                "bindings/python/wheels/licences.py",
            ],
        ),
        deep(
            Part::new("swift: endurance")
                .prepare(swift::prepare)
                .build(swift::endurance::build)
                .run(swift::endurance::run),
            &["fh-uniffi"],
            SWIFT,
        ),
        deep(
            Part::new("swift: mutants").prepare(swift::prepare).run(|| swift::mutants::run(&[])),
            &["fh-uniffi"],
            SWIFT,
        ),
        deep(
            Part::new("web: equality").prepare(web::prepare).run(web::prove_equality),
            &["fh-web-engine", "fh-session", "fh-cli"],
            WEB_FOLDER,
        ),
        deep(
            Part::new("web: packages")
                .prepare(web::prepare_chromium)
                .build(|| dist::build("npm"))
                .run(|| dist::prove("npm")),
            WEB,
            &["bindings/bindgen", "bindings/web", "bindings/python/wheels", GUIDE],
        ),
        Deep {
            search: Search::Random,
            ..deep(
                Part::new("web: new projects")
                    .prepare(web::prepare_chromium)
                    .run(web::run_in_new_projects),
                WEB,
                WEB_FOLDER,
            )
        },
        deep(
            Part::new("web: Chromium").prepare(web::prepare_browsers).run(web::test_in_chromium),
            WEB,
            &["bindings/bindgen", "bindings/web", "conformance/data/imported/look-around"],
        ),
        deep(
            Part::new("site in Chromium")
                .prepare(docs::prepare_chromium)
                .run(docs::test_in_chromium),
            WEB,
            &["docs", "bindings/web/examples"],
        ),
        deep(
            Part::new("console in Chromium")
                .prepare(services::chromium)
                .run(services::test_console),
            &["fh-server-tests"],
            &[],
        ),
        deep(
            Part::new("redis store without TLS")
                .prepare(services::redis)
                .run(services::test_redis_store_without_tls),
            &["fh-redis"],
            &[],
        ),
        deep(
            Part::new("feature combinations").run(client_features::check_combinations),
            &["fh-client", "fh-web-engine"],
            &[],
        ),
        deep(
            Part::new("wasm tests").prepare(wasm::prepare).run(wasm::tests),
            &["fh-eval", "fh-repository", "fh-session"],
            &["xtask/wasi", "bindings/web/equality"],
        ),
        Deep {
            // A break is no fault before the first release, but each must be meant.
            search: Search::Random,
            ..deep(
                Part::new("public items").prepare(public_items::prepare).run(public_items::run),
                &[
                    "fh-client",
                    "fh-cli",
                    "fh-openfeature",
                    "fh-opentelemetry",
                    "fh-redis",
                    "fh-segment",
                ],
                &[],
            )
        },
        deep(
            Part::new("minimum Rust version").prepare(minimum_rust::prepare).run(minimum_rust::run),
            &["fh-cli", "fh-redis", "fh-openfeature", "fh-opentelemetry", "fh-segment"],
            &[],
        ),
        deep(
            Part::new("dist: fh")
                .prepare(programs::prepare)
                .build(|| dist::build("fh"))
                .run(|| dist::prove("fh")),
            SUITE,
            &["server/packaging", GUIDE, "conformance/data"],
        ),
        deep(
            Part::new("dist: crates").build(|| dist::build("crates")).run(|| dist::prove("crates")),
            &[
                "fh-cli",
                "fh-client",
                "fh-openfeature",
                "fh-opentelemetry",
                "fh-redis",
                "fh-segment",
            ],
            &[GUIDE],
        ),
        deep(
            Part::new("packaging")
                .prepare(packaging::prepare)
                .build(|| dist::build("image"))
                .run(|| dist::prove("image")),
            SUITE,
            &["server/packaging", "Containerfile", "conformance/data", "docs/guide/edge.md"],
        ),
        Deep {
            search: Search::Random,
            ..deep(
                Part::new("fuzz, 5 s a target")
                    .prepare(fuzz::prepare)
                    .build(fuzz::build)
                    .run(|| fuzz::run_for(5)),
                &["fh-fuzz-targets"],
                &["conformance/fuzz"],
            )
        },
    ]
}

/// Returns the parts alone.
pub(crate) fn parts() -> Vec<Part> {
    all().into_iter().map(|deep| deep.part).collect()
}

/// Loads payloads that are very large or deep, each in a process of its own, and prints the times and the memory. A panic fails the part.
fn hostile_input() -> Result<(), String> {
    let features = "--features featbit,featuresignals";
    Run::new(&format!("cargo run --locked --release -p fh-eval {features} --example hostile")).go()
}

/// Restarts `fh serve` 20 times, with an edit of the state file before each start.
fn restart_often() -> Result<(), String> {
    nextest::hardship(&[("FH_HARDSHIP_ONLY", "restarts and edits"), ("FH_HARDSHIP_STARTS", "20")])
}

/// Changes a cluster for five minutes, while standbys are promoted and servers are restarted.
fn fail_over() -> Result<(), String> {
    let tests = "--features cluster --test cluster deep:: -- --ignored --nocapture";
    Run::new(&format!("cargo test --locked -p fh-edge {tests}")).go()
}

/// Runs the loom tests. Loom replaces locks and atomics, so they need a build of their own.
fn interleavings() -> Result<(), String> {
    Run::new("cargo test --locked --release -p fh-repository --test loom")
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", &target_folder().join("loom").display().to_string())
        .go()
}
