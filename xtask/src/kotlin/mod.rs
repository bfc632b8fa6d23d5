//! The packages for Kotlin and Java: their build, their tests, and what ships.

pub(crate) mod adapter;
pub(crate) mod android;
mod build;
mod check;
pub(crate) mod conformance;
mod examples;
mod hello;
mod hosts;
mod java;
pub(crate) mod library;
pub(crate) mod maven;
pub(crate) mod mutants;
pub(crate) mod package;
mod pages;
mod project;
mod repository;
mod shrunk;
mod target;

pub(crate) use self::build::build;
use self::build::tested;
pub(crate) use self::maven::prepare;
use self::maven::{REASON, maven};
use crate::shell::Run;
use crate::workspace::binary;

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
    hosts::newest_java()?.prepare(REASON)
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
