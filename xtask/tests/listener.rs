//! Checks that the crate of the sockets knows no feature flags.

use std::fs;

use crate::sources::root;

/// Returns the lines of a manifest that name a crate of this project, apart from those after `[dev-dependencies]`.
fn dependencies_of_ours(manifest: &str) -> Vec<&str> {
    let shipped = manifest.split("[dev-dependencies]").next().unwrap_or_default();
    shipped.lines().filter(|line| line.starts_with("fh-")).collect()
}

#[test]
fn the_listener_depends_on_no_crate_of_this_project() {
    let manifest = fs::read_to_string(root().join("fh-listen/Cargo.toml")).unwrap();
    let found = dependencies_of_ours(&manifest);
    assert!(
        found.is_empty(),
        "fh-listen depends on {found:?}, but it serves any router. Let the application pass what it needs, as a `Shortcut` or a \
         `RequestLog` does (docs/adr/0030-listen.md)."
    );
}

#[test]
fn dependencies_are_found() {
    let manifest = "name = \"fh-listen\"\n[dependencies]\nfh-eval.workspace = true\nhttp = \"1\"\n[dev-dependencies]\nfh-test-log.workspace = true";
    assert_eq!(dependencies_of_ours(manifest), ["fh-eval.workspace = true"]);
}
