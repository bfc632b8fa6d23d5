//! `cargo xtask bench web` and `cargo xtask bench soak`: the speed of the TypeScript client beside published SDKs, and its memory over time.
//! Both run in the Node of the bench's own packages, which runs TypeScript as it is.

use std::path::absolute;

use super::build::build_once;
use super::engine::web_folder;
use super::node::{in_workspace, with_node};
use super::prepare_chromium;
use crate::bench::page::write_payloads;
use crate::shell::{Run, root};

const FOLDER: &str = "bindings/web/bench";
/// The program of Node, below the workspace of npm.
const NODE: &str = "bench/node_modules/node/bin/node --disable-warning=ExperimentalWarning";

/// Measures, and writes the tables of the page. With `--quick`, prints them only.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => return Err("cargo xtask bench web [--quick]".to_string()),
    };
    install()?;
    let payloads = absolute(web_folder()?.join("payloads")).map_err(|why| why.to_string())?;
    let payloads = payloads.display().to_string();
    write_payloads(&payloads)?;
    let other = with_node(Run::new("node --print process.execPath")).output()?;
    let measure = in_workspace(&format!("{NODE} bench/run.ts"));
    let measure = measure.args(&[payloads, other.trim().to_string()]);
    if is_quick {
        return measure.args(&["--quick".to_string()]).go();
    }
    let page = root().join("docs/project/performance-web.md").display().to_string();
    let json = absolute(web_folder()?.join("performance.json")).map_err(|why| why.to_string())?;
    let json = json.display().to_string();
    measure.args(&[page, json, "--write".to_string()]).go()
}

/// Uses clients for some minutes, and fails if their memory grows.
pub(crate) fn soak(arguments: &[String]) -> Result<(), String> {
    install()?;
    in_workspace(&format!("{NODE} bench/soak/run.ts")).args(arguments).go()
}

/// Installs Node, Chromium, the published SDKs and the other Node, and builds the engines.
fn install() -> Result<(), String> {
    prepare_chromium()?;
    with_node(
        Run::new("npm install --no-package-lock --no-audit --no-fund --loglevel=error")
            .within(FOLDER),
    )
    .go()?;
    build_once()
}
