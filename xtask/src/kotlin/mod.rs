//! The packages for Kotlin and Java: their build, their tests, and what ships.

pub(crate) mod android;
mod check;
pub(crate) mod conformance;
mod examples;
mod hello;
mod hosts;
mod java;
mod library;
pub(crate) mod mutants;
pub(crate) mod package;
mod project;
mod repository;
mod shrunk;

use std::path::PathBuf;

use crate::built_from::BuiltFrom;
use crate::install;
use crate::output::say;
use crate::python::environment::Environment;
use crate::shell::{Run, root, target_folder};
use crate::workspace::binary;

use self::library::Libraries;
pub(crate) use self::library::zig;
use self::repository::Repository;

pub(crate) const PACKAGE: &str = "bindings/kotlin";
/// The version of the packages of a clone. Maven takes the newest build of such a version, and does not keep an old one.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "-SNAPSHOT");
const REASON: &str = "the packages for Kotlin and Java are built and tested";

/// Installs the tools of Java.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("javac -version", "default-jdk-headless", REASON)?;
    install::package("mvn --version", "maven", REASON)?;
    install::package("python3 --version", "python3", "it collects the licences of the crates")
}

/// Builds the native library for this machine without optimization, and the packages with it unless nothing has changed.
pub(crate) fn build() -> Result<(), String> {
    let (repository, libraries) = (tested()?, Libraries::debug()?);
    let built = built_from(&repository, &libraries);
    if built.is_current()? {
        say!("    the packages are built from the present files");
        return Ok(());
    }
    repository.build(&libraries)?;
    built.write()
}

/// Returns the record of the packages, which `mvn clean` deletes. Another command may have put the libraries that ship beside the classes.
fn built_from(repository: &Repository, libraries: &Libraries) -> BuiltFrom {
    let target = root().join(PACKAGE).join("client/target");
    let beside = libraries.names().into_iter().map(|name| target.join("classes").join(name));
    let further = libraries.files().chain(beside).chain([repository.folder.clone()]).collect();
    BuiltFrom { record: target.join("built-from.txt"), package: PACKAGE, further }
}

/// Runs the tests of the packages, which were built, the program `hello`, the examples of the pages, two hosts, and a part of the conformance suite.
pub(crate) fn test() -> Result<(), String> {
    // The modules find each other by their jars, without another compilation.
    tests()?.go()?;
    hello::run()?;
    examples::run(&tested()?)?;
    hosts::run_some()?;
    conformance::run()
}

/// Runs the tests with many clients, contexts, threads and processes, in a small machine that checks the calls of the native library.
///
/// The tests compare resident memory. So the heap of Java has all its pages from the start, and one arena has all memory of the library: with an
/// arena for each thread, 32 threads that keep nothing add between 25 and 90 MB.
pub(crate) fn endure() -> Result<(), String> {
    maven("-pl client surefire:test -Dsurefire.useFile=false -Dfh.excluded= -Dgroups=deep")
        .args(&["-Dfh.arguments=-Xms128m -Xmx128m -XX:+AlwaysPreTouch -Xcheck:jni".to_string()])
        .env("MALLOC_ARENA_MAX", "1")
        .go()
}

/// Runs the test of the example with Spring Boot, which needs Java 17.
fn spring() -> Result<(), String> {
    maven(
        "-P spring -pl client,jdk,examples/spring-shop test -Dtest=ShopTest \
         -Dsurefire.failIfNoSpecifiedTests=false -Dsurefire.useFile=false",
    )
    .go()
}

/// Installs the tools of Java, and the versions of Java that programs have.
pub(crate) fn prepare_hosts() -> Result<(), String> {
    prepare()?;
    hosts::prepare()
}

/// Runs the packages in the programs of users, and the example with Spring Boot.
pub(crate) fn test_hosts() -> Result<(), String> {
    spring()?;
    hosts::run()
}

/// Installs the tools of Java, and the newest Java.
pub(crate) fn prepare_newest() -> Result<(), String> {
    prepare()?;
    newest_java()?.prepare(REASON)
}

/// Runs the tests of the packages on the newest Java.
pub(crate) fn test_on_newest() -> Result<(), String> {
    tests()?.args(&[format!("-Djvm={}", hosts::java_of(25)?)]).go()
}

/// Returns a run of the tests of the packages, which have servers of FeatBit's and FeatureSignals' protocols.
fn tests() -> Result<Run, String> {
    let featbit = binary("fh-test-featbit")?;
    let featuresignals = featbit.with_file_name("fh-test-featuresignals");
    let run = maven(
        "-pl client,jdk,okhttp,transports,openfeature jar:jar surefire:test -Dsurefire.useFile=false",
    );
    Ok(run
        .env("FH_TEST_FEATBIT", &featbit.display().to_string())
        .env("FH_TEST_FEATURESIGNALS", &featuresignals.display().to_string()))
}

fn newest_java() -> Result<Environment, String> {
    Environment::below("kotlin/java", "bindings/kotlin/packaging/java-requirements.txt")
}

/// Returns the repository of the packages that are tested.
fn tested() -> Result<Repository, String> {
    Ok(Repository::at(folder()?.join("tested")))
}

/// Returns the folder of all builds of the packages, apart from those of Maven.
fn folder() -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
    Ok(target.join("kotlin"))
}

/// Returns a run of Maven with all modules. Maven colours its output in CI, too, unless it is told not to.
pub(crate) fn maven(line: &str) -> Run {
    Run::new(&format!("mvn -B -q -Dstyle.color=never {line}")).within(PACKAGE)
}
