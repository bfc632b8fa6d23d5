//! The adapters of the client in TypeScript for the conformance suite.

use super::build::build_once;
use super::chromium::prepare;
use super::node;
use crate::shell::root;

/// The command that runs another command with one browser for all pages.
pub(crate) const WITH_BROWSER: &str = "node bindings/web/conformance/dist/with_browser.mjs";

/// The folder of the built adapters.
const ADAPTERS: &str = "bindings/web/conformance/dist";

/// Returns the command of a program of the adapters, split into words.
fn program(file: &str) -> Vec<String> {
    vec!["node".to_string(), root().join(ADAPTERS).join(file).display().to_string()]
}

/// Returns the command of the adapter for Node.
pub(crate) fn node_adapter() -> Vec<String> {
    program("node.mjs")
}

/// Returns the command of the adapter for Chromium, which dials the suite.
pub(crate) fn chromium_adapter() -> Vec<String> {
    let mut words = vec!["dial".to_string()];
    words.extend(program("launch.mjs"));
    words
}

/// Builds the engines and the adapters.
pub(crate) fn build_adapters() -> Result<(), String> {
    prepare()?;
    build_once()?;
    node::in_workspace("node conformance/build.mjs").go()
}
