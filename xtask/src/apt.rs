//! Installing what a part needs, on Debian and Ubuntu.

use crate::shell::Run;

/// Installs a package unless the probe succeeds.
pub(crate) fn install_for(probe: &str, package: &str) -> Result<(), String> {
    if Run::new(probe).succeeds() {
        return Ok(());
    }
    let sudo = if Run::new("sudo -n true").succeeds() { "sudo " } else { "" };
    Run::new(&format!("{sudo}apt-get update")).go()?;
    Run::new(&format!("{sudo}apt-get install -y --no-install-recommends {package}")).go()
}
