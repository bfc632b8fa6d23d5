//! Installs what a part needs: system packages on Debian and Ubuntu, and tools of the toolchain. `--without-install` forbids
//! both.

use std::sync::OnceLock;

use crate::shell::Run;

/// The permission to install missing programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Installing {
    Allowed,
    /// A part that needs a missing program is reported as not run.
    Forbidden,
}

static INSTALLING: OnceLock<Installing> = OnceLock::new();

/// Sets the permission for this process. Only the first call has an effect.
pub(crate) fn decide(installing: Installing) {
    INSTALLING.get_or_init(|| installing);
}

/// Prints what is installed and why, before it is installed.
///
/// # Errors
/// If installing is forbidden.
pub(crate) fn announce(what: &str, reason: &str) -> Result<(), String> {
    if INSTALLING.get() == Some(&Installing::Forbidden) {
        return Err(format!(
            "{what} is missing, and --without-install forbids to install it: {reason}"
        ));
    }
    println!("    installing {what}: {reason}");
    Ok(())
}

/// Installs a system package unless the probe succeeds.
pub(crate) fn package(probe: &str, package: &str, reason: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    announce(&format!("the system package {package}"), reason)?;
    let sudo = if Run::new("sudo -n true").succeeds() { "sudo " } else { "" };
    Run::new(&format!("{sudo}apt-get update")).go()?;
    Run::new(&format!("{sudo}apt-get install -y --no-install-recommends {package}")).go()
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
pub(crate) fn component(probe: &str, name: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    announce(&format!("the toolchain's component {name}"), "the code is checked with it")?;
    Run::new(&format!("rustup component add {name}")).go()
}

/// Installs a Cargo subcommand unless the probe succeeds.
pub(crate) fn tool(probe: &str, name_and_version: &str, reason: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    announce(name_and_version, reason)?;
    Run::new(&format!("cargo install --locked {name_and_version}")).go()
}
