//! The code for Apple's systems, which the Swift of Linux checks against stand-ins for Apple's modules.

use std::path::Path;

use super::super::package::Package;
use super::super::tree::{self, PACKAGE};
use super::platforms::{PLATFORMS, Platform};
use super::resolution::SHIPPED;
use super::xcframework::{HEADERS, NAME};
use crate::chroot::Shared;
use crate::folders::empty_folder;
use crate::output::say;
use crate::shell::{Run, root};

const STAND_INS: &str = "stand-ins";
/// The path of the compiled modules in the tree.
const MODULES: &str = "/modules";
/// Compiles the stand-ins, the package against them, and a program that calls what only Apple's systems have. Its arguments are the folder of
/// the headers and the names of the stand-ins.
const CHECK: &str = r#"
cd "$0"
compile="swiftc -swift-version 6 -parse-as-library -I . -I $1"
shift
for name; do $compile -emit-module -module-name "$name" "/stand-ins/$name.swift"; done
$compile -emit-module -module-name FeatureHubNative /FeatureHub/Sources/FeatureHubNative/*.swift
$compile -emit-module -warnings-as-errors -module-name FeatureHub $(find /FeatureHub/Sources/FeatureHub -name '*.swift')
$compile -typecheck /stand-ins/App.swift
"#;

/// Fails if the code for a platform does not compile. The types and the isolation of Apple's modules are those of the stand-ins.
pub(super) fn check(package: &Package) -> Result<(), String> {
    for platform in &PLATFORMS {
        check_platform(package, platform)?;
    }
    say!("    the code for each platform compiles against the stand-ins for Apple's modules");
    Ok(())
}

fn check_platform(package: &Package, platform: &Platform) -> Result<(), String> {
    let modules = empty_folder(&tree::folder()?.join("apple/modules"))?;
    let stand_ins = root().join(PACKAGE).join(STAND_INS);
    let share =
        |folder: &Path, path: &str| Shared { folder: folder.to_owned(), path: path.to_string() };
    let shared = [
        share(&package.folder, SHIPPED),
        share(&stand_ins, "/stand-ins"),
        share(&modules, MODULES),
    ];
    let headers = format!("{SHIPPED}/{NAME}/{}/{HEADERS}", platform.identifier);
    let interface = if platform.name == "macos" { "AppKit" } else { "UIKit" };
    let words = ["sh", "-ec", CHECK, MODULES, &headers, interface, "Network", "os", "Darwin"];
    Run::new("unshare --mount sh -ec")
        .args(&tree::with_folders(&shared, &words)?)
        .go()
        .map_err(|why| format!("{}: {why}", platform.identifier))
}
