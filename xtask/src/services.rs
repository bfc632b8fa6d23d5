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

pub(crate) fn postgresql() -> Result<(), String> {
    let reason = "servers share their state in one";
    let database = install::package("dpkg-query -W postgresql", "postgresql", reason);
    let reason = "servers share their state through one";
    // Its folder is not in the `PATH` of users without root.
    let pooler = install::package("/usr/sbin/pgbouncer --version", "pgbouncer", reason);
    database.and(pooler)
}

pub(crate) fn chromium() -> Result<(), String> {
    let reason = "the tests of the console run in it";
    install::chromium(reason)?;
    install::package("chromedriver --version", "chromium-driver", reason)
}

/// Installs the programs of the part "hardship". Without one of them, only its condition is not run, which fails in CI.
pub(crate) fn programs_of_hardship() -> Result<(), String> {
    let reason = "the part \"hardship\" steps a server's clock with it";
    let faketime = install::package("faketime --version", "faketime", reason);
    let reason = "the part \"hardship\" runs a server behind it";
    // The folder of nginx is not in the `PATH` of users without root.
    let nginx = install::package("/usr/sbin/nginx -v", "nginx", reason);
    let reason = "the part \"hardship\" runs clients behind it";
    let tinyproxy = install::package("tinyproxy -v", "tinyproxy-bin", reason);
    if in_ci() { faketime.and(nginx).and(tinyproxy) } else { Ok(()) }
}

/// Runs the tests of the console. Screenshots are left in `target/tmp/console`.
pub(crate) fn test_console() -> Result<(), String> {
    Run::new("cargo test --locked -p fh-server-tests --features chromium --test chromium").go()
}
