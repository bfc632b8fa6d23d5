//! Installs what a part needs: system packages on Debian and Ubuntu, and tools of the toolchain. `--without-install` forbids
//! both.

use std::collections::BTreeSet;
use std::path::absolute;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::output::{Log, Output, say};
use crate::part::Part;
use crate::shell::{Run, target_folder};

/// The permission to install missing programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installing {
    Allowed,
    /// A part that needs a missing program is reported as not run.
    Forbidden,
}

/// The missing programs and packages, listed before they are installed.
#[derive(Default)]
struct Missing {
    all: Vec<String>,
    packages: BTreeSet<String>,
}

/// The time that the system packages may take.
const TIME: Duration = Duration::from_secs(1_200);

static INSTALLING: OnceLock<Installing> = OnceLock::new();
static LISTING: Mutex<Option<Missing>> = Mutex::new(None);

/// Sets the permission for this process. Only the first call has an effect.
pub(crate) fn decide(installing: Installing) {
    INSTALLING.get_or_init(|| installing);
}

/// Prints what the parts are going to install, and installs the system packages among it with one command. The parts install the rest.
pub(crate) fn announce_missing(parts: &[Part]) {
    listing().get_or_insert_default();
    for prepare in parts.iter().filter_map(|part| part.prepare) {
        // A step that lacks something ends with an error before it installs it.
        let _ = prepare();
    }
    let missing = listing().take().unwrap_or_default();
    if missing.all.is_empty() || INSTALLING.get() == Some(&Installing::Forbidden) {
        return;
    }
    println!("to install, some minutes of downloads:\n    {}", missing.all.join("\n    "));
    if missing.packages.is_empty() {
        return;
    }
    let names: Vec<String> = missing.packages.into_iter().collect();
    let install = |log| Output::Log(log).within(|| packages(&names));
    if let Err(why) = Log::create("system packages", TIME).and_then(install) {
        // The part that needs a package says which one is missing.
        println!("{why}");
    }
}

fn listing() -> std::sync::MutexGuard<'static, Option<Missing>> {
    LISTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints what is installed and why, before it is installed.
///
/// # Errors
/// If installing is forbidden, or if what is missing is only listed.
pub(crate) fn announce(what: &str, reason: &str) -> Result<(), String> {
    if let Some(missing) = listing().as_mut() {
        let line = format!("{what}: {reason}");
        if !missing.all.contains(&line) {
            missing.all.push(line);
        }
        return Err(format!("{what} is missing"));
    }
    if INSTALLING.get() == Some(&Installing::Forbidden) {
        return Err(format!(
            "{what} is missing, and --without-install forbids to install it: {reason}"
        ));
    }
    say!("    installing {what}: {reason}");
    Ok(())
}

/// Installs a system package unless the probe succeeds.
pub(crate) fn package(probe: &str, package: &str, reason: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    if let Some(missing) = listing().as_mut() {
        missing.packages.insert(package.to_string());
    }
    announce(&format!("the system package {package}"), reason)?;
    packages(&[package.to_string()])
}

fn packages(names: &[String]) -> Result<(), String> {
    let sudo = if Run::new("sudo -n true").succeeds() { "sudo " } else { "" };
    Run::new(&format!("{sudo}apt-get -qq update")).go()?;
    // Another program, or another part, may hold the lock of the packages for some minutes.
    let install =
        format!("{sudo}apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends");
    Run::new(&install).args(names).env("DEBIAN_FRONTEND", "noninteractive").go()
}

/// Installs Chromium unless it is there.
pub(crate) fn chromium(reason: &str) -> Result<(), String> {
    package("chromium --version", "chromium", reason)
}

/// Installs a target of the toolchain unless it is installed already.
pub(crate) fn target(target: &str, reason: &str) -> Result<(), String> {
    let installed = Run::new("rustup target list --installed").output()?;
    if installed.lines().any(|line| line == target) {
        return Ok(());
    }
    announce(&format!("the toolchain's target {target}"), reason)?;
    Run::new(&format!("rustup target add {target}")).go()
}

/// Installs a component of the toolchain unless the probe succeeds.
pub(crate) fn component(probe: &str, name: &str, reason: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    announce(&format!("the toolchain's component {name}"), reason)?;
    Run::new(&format!("rustup component add {name}")).go()
}

/// Installs a program from a module of Go, such as `example.org/program@v1.0.0`, into the target folder, unless it is there. Returns its path.
pub(crate) fn go_program(name: &str, module: &str, reason: &str) -> Result<String, String> {
    let target = absolute(target_folder()).map_err(|why| why.to_string())?;
    let folder = target.join("go").join(module.replace('/', "_"));
    let program = folder.join(name);
    if !program.is_file() {
        if !Run::new("go version").succeeds() {
            return Err(format!("Go is missing, which builds {name}: {reason}"));
        }
        announce(module, reason)?;
        let install = Run::new("go install").args(&[module.to_string()]);
        install.env("GOBIN", &folder.display().to_string()).go()?;
    }
    Ok(program.display().to_string())
}

/// Installs a Cargo subcommand unless the probe succeeds.
pub(crate) fn tool(probe: &str, name_and_version: &str, reason: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    announce(name_and_version, reason)?;
    Run::new(&format!("cargo install --locked {name_and_version}")).go()
}
