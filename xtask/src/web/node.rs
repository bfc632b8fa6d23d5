//! Node, and the packages of the workspace of npm.

use std::fs;
use std::path::{PathBuf, absolute};
use std::sync::OnceLock;

use crate::install;
use crate::shell::{Run, root, target_folder};

/// The folder of the npm workspace.
pub(super) const WORKSPACE: &str = "bindings/web";
/// The lowest version of Node that the tools run on: major and minor number.
const LOWEST: (u32, u32) = (20, 19);
/// The package of npm that holds a newer Node, for systems whose own Node is older.
const NEWER: &str = "node@22.23.3";

/// The folder of a Node that is newer than the system's own; `None` if the system's own is new enough.
static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Installs Node and the packages of the workspace, unless this process has installed them already.
pub(crate) fn prepare() -> Result<(), String> {
    let reason = "the client for browsers and Node is checked and tested with it";
    install::package("node --version", "nodejs", reason)?;
    install::package("npm --version", "npm", reason)?;
    if FOLDER.get().is_none() {
        let folder = if is_new_enough(&Run::new("node --version").output()?) {
            None
        } else {
            Some(newer_node(reason)?)
        };
        FOLDER.get_or_init(|| folder);
    }
    install_packages(reason)
}

/// Installs the packages of the workspace, unless those of its lock file are installed for this version of Node.
fn install_packages(reason: &str) -> Result<(), String> {
    let folder = root().join(WORKSPACE);
    let lock = folder.join("package-lock.json");
    let lock = fs::read_to_string(&lock).map_err(|why| format!("{}: {why}", lock.display()))?;
    let wanted = in_workspace("node --version").output()? + &lock;
    // npm removes the folder, and the file with it, before it installs.
    let done = folder.join("node_modules/.fh-installed");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install::announce("the packages of bindings/web/package-lock.json", reason)?;
    in_workspace("npm ci --no-audit --no-fund --loglevel=error").go()?;
    fs::write(&done, wanted).map_err(|why| format!("{}: {why}", done.display()))
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= LOWEST)
}

/// Installs a newer Node into the target folder, and returns the folder of its program.
fn newer_node(reason: &str) -> Result<PathBuf, String> {
    let folder = absolute(target_folder().join("web/node")).map_err(|why| why.to_string())?;
    let programs = folder.join("node_modules/node/bin");
    let probe = format!("{}/node --version", programs.display());
    if Run::new(&probe).output().is_ok_and(|version| is_new_enough(&version)) {
        return Ok(programs);
    }
    install::announce(&format!("the npm package {NEWER}"), reason)?;
    Run::new("npm install --no-audit --no-fund --loglevel=error --prefix")
        .args(&[folder.display().to_string(), NEWER.to_string()])
        .go()?;
    Ok(programs)
}

/// Returns a run of npm in the workspace, with the Node that was found to be new enough.
pub(super) fn in_workspace(line: &str) -> Run {
    with_node(Run::new(line).within(WORKSPACE))
}

/// Lets a program find the Node that was found to be new enough.
pub(crate) fn with_node(run: Run) -> Run {
    match FOLDER.get() {
        Some(Some(folder)) => {
            let path = std::env::var("PATH").unwrap_or_default();
            run.env("PATH", &format!("{}:{path}", folder.display()))
        }
        _ => run,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_below_the_lowest_are_refused() {
        for (version, expected) in [
            ("v20.19.0\n", true),
            ("v20.18.9", false),
            ("v18.20.4", false),
            ("v22.0.0", true),
            ("v100.1.0", true),
            ("", false),
            ("v20", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
