//! `cargo xtask web runtimes`: the example of the README of `fh-client`, from the packed tarball, in several runtimes.

use std::fs;

use super::engine::web_folder;
use super::node::{in_workspace, with_node};
use super::{build, packages};
use crate::install;
use crate::output::say;
use crate::shell::{Run, root};
use crate::workspace::binary;

/// The folder whose lock file pins the runtimes.
const PINNED: &str = "bindings/web/runtimes";

/// Builds the packages, installs the runtimes into the target folder, and runs the example in each of them.
pub(crate) fn run() -> Result<(), String> {
    build::build_once()?;
    packages::build_once()?;
    let folder = web_folder()?.join("runtimes");
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let copy = fs::copy(root().join(PINNED).join("package.json"), folder.join("package.json"));
    copy.map_err(|why| format!("{PINNED}/package.json: {why}"))?;
    install::announce("the runtimes", "the example of fh-client runs in them")?;
    let line = "npm install --no-package-lock --no-audit --no-fund --loglevel=error";
    let installed = |line: &str| with_node(Run::new(line)).in_folder(&folder).go();
    installed(line).or_else(|why| {
        say!("    {why}; trying again without wrangler");
        installed(&format!("{line} --omit=dev"))
    })?;
    in_workspace("npm run --silent test:runtimes")
        .env("FH_RUNTIMES", &folder.display().to_string())
        .env("FH_TARBALLS", &web_folder()?.display().to_string())
        .env("FH", &binary("fh")?.display().to_string())
        .env("FH_SERVE", "required")
        .go()
}
