//! The package with the libraries for Apple's systems in the Swift of Linux, which resolves it and compiles against its header.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::super::package::Package;
use super::super::tree;
use super::platforms::PLATFORMS;
use super::xcframework::{HEADERS, MODULE, NAME, PRIVACY};
use crate::chroot::Shared;
use crate::output::say;
use crate::shell::Run;

/// The path of the package in the tree.
pub(super) const SHIPPED: &str = "/FeatureHub";
const MANIFEST: &str = "Package.swift";
/// The condition of the manifest, and one that has the other outcome on Linux.
const CONDITION: [&str; 2] = ["#if os(Linux)", "#if !os(Linux)"];
const CALLS: &str = "Sources/FeatureHubNative/fh_uniffi.swift";

#[derive(Debug, Deserialize)]
struct Description {
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    target_dependencies: Vec<String>,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Debug, Deserialize)]
struct Resource {
    path: String,
}

/// Fails if Swift cannot resolve the package as on a Mac, or cannot compile the calls of the library against the header of each platform.
pub(super) fn check(package: &Package) -> Result<(), String> {
    let manifest = package.folder.join(MANIFEST);
    let failed = |why: std::io::Error| format!("{}: {why}", manifest.display());
    let text = fs::read_to_string(&manifest).map_err(failed)?;
    let [linux, other] = CONDITION;
    if !text.contains(linux) {
        return Err(format!("{MANIFEST} lacks {linux}"));
    }
    fs::write(&manifest, text.replace(linux, other)).map_err(failed)?;
    let described = describe(&package.folder);
    fs::write(&manifest, text).map_err(failed)?;
    check_targets(&described?)?;
    for platform in &PLATFORMS {
        let headers = format!("{SHIPPED}/{NAME}/{}/{HEADERS}", platform.identifier);
        let calls = format!("{SHIPPED}/{CALLS}");
        let words = ["swiftc", "-typecheck", "-swift-version", "6", "-I", &headers, &calls];
        in_tree(&package.folder, &words)?.go()?;
    }
    say!("    the package resolves, and its calls compile against the header of each platform");
    Ok(())
}

/// Fails if the targets of the package do not contain the libraries and the privacy manifest.
fn check_targets(description: &str) -> Result<(), String> {
    let described: Description =
        serde_json::from_str(description).map_err(|why| format!("{why}: {description}"))?;
    let target = |name: &str| described.targets.iter().find(|target| target.name == name);
    let has_library = target(MODULE).is_some_and(|own| own.kind == "binary" && own.path == NAME);
    let calls_library = target("FeatureHubNative")
        .is_some_and(|own| own.target_dependencies.iter().any(|name| name == MODULE));
    let has_privacy = target("FeatureHub")
        .is_some_and(|own| own.resources.iter().any(|resource| resource.path.ends_with(PRIVACY)));
    if has_library && calls_library && has_privacy {
        return Ok(());
    }
    Err(format!("a Mac has other targets: {:?}", described.targets))
}

fn describe(folder: &Path) -> Result<String, String> {
    let words = ["swift", "package", "--package-path", SHIPPED, "describe", "--type", "json"];
    in_tree(folder, &words)?.output()
}

fn in_tree(folder: &Path, words: &[&str]) -> Result<Run, String> {
    let shared = [Shared { folder: folder.to_owned(), path: SHIPPED.to_string() }];
    Ok(Run::new("unshare --mount sh -ec").args(&tree::with_folders(&shared, words)?))
}
