//! The tests of the Python package with servers that fork workers: gunicorn with gevent and uvicorn, uWSGI and Celery.

use super::PACKAGE;
use super::environment::Environment;
use crate::install;
use crate::python;
use crate::shell::root;
use crate::workspace::binary;

/// Returns the environment with the servers.
pub(crate) fn environment() -> Result<Environment, String> {
    Environment::below("python-servers", "bindings/python/tests/servers/requirements.txt")
}

/// Creates the environment with the servers. uWSGI is built from its source distribution.
pub(crate) fn prepare() -> Result<(), String> {
    let reason = "uWSGI is built from its source";
    install::package("cc --version", "gcc", reason)?;
    install::package("python3-config --includes", "python3-dev", reason)?;
    python::prepare()?;
    environment()?.prepare("the Python package is tested with servers that fork")
}

/// Installs the package beside the servers, and runs their tests.
pub(crate) fn run() -> Result<(), String> {
    let fh = binary("fh")?;
    let environment = environment()?;
    environment.install_wheel(&python::wheel()?)?;
    let package = root().join(PACKAGE).display().to_string();
    let tests = ["servers", "test_gunicorn.py"].map(|name| format!("{package}/tests/{name}"));
    environment
        .run("-m pytest -q -p no:cacheprovider --rootdir")
        .args(&[package])
        .args(&tests)
        .env("FH", &fh.display().to_string())
        .env("FH_SERVERS", "all")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .go()
}
