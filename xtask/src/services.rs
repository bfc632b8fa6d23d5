//! Tests that need a program of the system: a Redis server, or a browser.

use crate::install;
use crate::nextest;
use crate::shell::{Run, in_ci};

pub(crate) fn redis() -> Result<(), String> {
    let reason = "the tests of the Redis store run one";
    install::package("redis-server --version", "redis-server", reason)
}

pub(crate) fn test_redis_store() -> Result<(), String> {
    nextest::run("package(fh-redis)", &[])
}

/// Tests the errors about URLs that ask for TLS, in a build of the Redis store without TLS.
pub(crate) fn test_redis_store_without_tls() -> Result<(), String> {
    Run::new("cargo test --locked -p fh-redis --no-default-features --test it start::").go()
}

pub(crate) fn chromium() -> Result<(), String> {
    let reason = "the tests of the console run in it";
    install::chromium(reason)?;
    install::package("chromedriver --version", "chromium-driver", reason)
}

/// Installs the program that steps the clock of `fh serve`. Without it, only this condition is not run, which fails in CI.
pub(crate) fn faketime() -> Result<(), String> {
    let reason = "the part \"hardship\" steps a server's clock with it";
    let installed = install::package("faketime --version", "faketime", reason);
    if in_ci() { installed } else { Ok(()) }
}

/// Runs the tests of the console. Screenshots are left in `target/tmp/console`.
pub(crate) fn test_console() -> Result<(), String> {
    Run::new("cargo test --locked -p fh-console-tests").go()
}
