//! `cargo xtask dist swift` and `cargo xtask dist apple`: the package that ships, and its checks.

use super::package::Package;
use super::{apple, check, examples, library, tree};
use crate::folders::empty_folder;
use crate::output::say;

/// Builds the package that ships, and says how a program uses it.
pub(crate) fn dist(has_apple: bool) -> Result<(), String> {
    prepare()?;
    if has_apple {
        apple::prepare()?;
    }
    build_with(has_apple)?;
    let folder = shipped()?.folder.display().to_string();
    say!(
        "the package is {folder}\n\nPackage.swift:\n\n\
         dependencies: [.package(path: \"{folder}\")],\n\
         targets: [.executableTarget(name: \"Shop\", dependencies: [\"FeatureHub\"])]"
    );
    Ok(())
}

/// Installs what the package needs.
pub(crate) fn prepare() -> Result<(), String> {
    super::prepare()?;
    check::prepare()
}

/// Builds and checks the package with the library that ships.
fn build_with(has_apple: bool) -> Result<(), String> {
    let package = shipped()?;
    let library = library::release()?;
    let apple = has_apple.then(apple::build).transpose()?;
    package.build(&library, apple.as_deref())?;
    empty_folder(&package.fresh())?;
    check::library(&library)?;
    package.check()?;
    if let Some(xcframework) = apple {
        apple::check(&xcframework)?;
    }
    Ok(())
}

/// Runs the examples of the pages with the package.
pub(crate) fn run() -> Result<(), String> {
    examples::run(&shipped()?)
}

fn shipped() -> Result<Package, String> {
    Ok(Package { folder: tree::folder()?.join("FeatureHub") })
}
