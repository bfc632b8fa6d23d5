//! The package that ships: its sources, the native library, and the licences, in one folder that a program names as a dependency.

use std::fs;
use std::path::{Path, PathBuf};

use super::apple::triples;
use super::library::{self, LIBRARY};
use super::tree::{self, PACKAGE};
use crate::folders::{empty_folder, files_below};
use crate::machine_paths;
use crate::shell::{Run, root, tracked_files};

const LICENCES: &str = "bindings/python/wheels/licences.py";
/// The texts of licences that crates name and do not carry.
const TEXTS: &str = "bindings/swift/packaging/licences";
/// The heading of the page of the package above what concerns only this project.
const OF_THE_PROJECT: &str = "\n## In this project\n";

/// A package in a folder.
pub(super) struct Package {
    pub(super) folder: PathBuf,
}

/// Returns the package with the library without optimization, which is tested.
pub(super) fn tested() -> Result<Package, String> {
    Ok(Package { folder: tree::folder()?.join("tested/FeatureHub") })
}

/// Builds the package that is tested. An equal one stays as it is, with all that the fresh package has compiled of it.
pub(super) fn build_tested() -> Result<(), String> {
    let (package, new) = (tested()?, Package { folder: tree::folder()?.join("new/FeatureHub") });
    new.build(&library::debug(), None)?;
    let folders = [&new.folder, &package.folder].map(|folder| folder.display().to_string());
    if Run::new("diff --recursive --brief").args(&folders).succeeds() {
        return Ok(());
    }
    empty_folder(&package.fresh())?;
    let folder = empty_folder(&package.folder)?;
    fs::rename(&new.folder, &folder).map_err(|why| format!("{}: {why}", folder.display()))
}

/// Returns the name of the folder of the library for this machine.
pub(super) fn platform() -> String {
    format!("linux-{}", std::env::consts::ARCH)
}

impl Package {
    /// Returns the folder of the fresh package, beside this one.
    pub(super) fn fresh(&self) -> PathBuf {
        self.folder.with_file_name("Shop")
    }

    /// Copies the sources, the library for Linux and the libraries for Apple's systems into the empty folder.
    pub(super) fn build(&self, library: &Path, xcframework: Option<&Path>) -> Result<(), String> {
        empty_folder(&self.folder)?;
        let sources = format!("{PACKAGE}/Sources/");
        let tracked = tracked_files()?.into_iter().filter(|file| file.starts_with(&sources));
        for file in tracked.map(|file| root().join(file)).chain(library::generated()) {
            self.copy(&file, file.strip_prefix(root().join(PACKAGE)).unwrap_or(&file))?;
        }
        self.copy(&root().join("LICENSE"), Path::new("LICENSE"))?;
        let native = Path::new(&platform()).join(LIBRARY);
        self.copy(library, &native)?;
        library::describe(&self.folder.join(platform()))?;
        for file in xcframework.map_or(Ok(Vec::new()), files_below)? {
            let own = xcframework.and_then(|folder| file.strip_prefix(folder.parent()?).ok());
            self.copy(&file, own.unwrap_or(&file))?;
        }
        self.write("THIRD-PARTY-LICENSES.txt", &licences(xcframework.is_some())?)?;
        self.write("Package.swift", &without_tests(&read("Package.swift")?))?;
        self.write("README.md", &for_users(&read("README.md")?)?)
    }

    /// Fails if a file of the package has a path of this machine, or if a program with a version of the package could not use it.
    pub(super) fn check(&self) -> Result<(), String> {
        check_paths(&self.folder)?;
        // SwiftPM accepts them only in packages that a program names by a path.
        match fs::read_to_string(self.folder.join("Package.swift")) {
            Ok(text) if text.contains("unsafeFlags") => Err("Package.swift has unsafeFlags".into()),
            Ok(_) => Ok(()),
            Err(why) => Err(format!("Package.swift: {why}")),
        }
    }

    fn copy(&self, from: &Path, name: &Path) -> Result<(), String> {
        let to = self.folder.join(name);
        let failed = |why: std::io::Error| format!("{}: {why}", from.display());
        to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::copy(from, to).map(|_| ()).map_err(failed)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.folder.join(name), text).map_err(|why| format!("{name}: {why}"))
    }
}

/// Fails if a file of a folder has a path of this machine.
pub(super) fn check_paths(folder: &Path) -> Result<(), String> {
    files_below(folder)?.iter().try_for_each(|file| machine_paths::check(file))
}

/// Returns the text of a file of the sources of the package.
fn read(name: &str) -> Result<String, String> {
    fs::read_to_string(root().join(PACKAGE).join(name)).map_err(|why| format!("{name}: {why}"))
}

/// Returns the manifest without the targets with tests, which do not ship.
fn without_tests(manifest: &str) -> String {
    let lines = manifest.split_inclusive('\n').filter(|line| !line.contains(".testTarget("));
    lines.collect()
}

/// Returns the part of the page for programs, with the texts of its links, whose files do not ship.
fn for_users(page: &str) -> Result<String, String> {
    let (page, _) = page.split_once(OF_THE_PROJECT).ok_or("README.md lacks a heading")?;
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("](") {
        let (before, label) = before.rsplit_once('[').ok_or("README.md has half a link")?;
        text.extend([before, label]);
        rest = after.split_once(')').ok_or("README.md has half a link")?.1;
    }
    Ok(text + rest)
}

/// Returns the terms of the crates in the library.
fn licences(has_apple: bool) -> Result<String, String> {
    let manifest = root().join(PACKAGE).join("Cargo.toml").display().to_string();
    let linux = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let apple = has_apple.then(triples).into_iter().flatten();
    let targets = std::iter::once(linux.as_str()).chain(apple);
    let mut arguments = vec!["--manifest", &manifest, "--module", "The native library"];
    arguments.extend(targets.flat_map(|target| ["--target", target]));
    let arguments: Vec<String> = arguments.into_iter().map(str::to_string).collect();
    Run::new(&format!("python3 -B {LICENCES} --texts {TEXTS}")).args(&arguments).output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_users_has_no_links_and_nothing_of_the_project() {
        let page = "Over [`fh-client`](../../x): see [this](#a).\n\n## In this project\n\n[x](y)\n";
        assert_eq!(for_users(page).unwrap(), "Over `fh-client`: see this.\n");
        assert!(for_users("# Title\n").is_err());
    }

    #[test]
    fn the_manifest_that_ships_has_no_tests() {
        let manifest = read("Package.swift").unwrap();
        assert!(manifest.contains("testTarget"));
        let shipped = without_tests(&manifest);
        assert!(!shipped.contains("Tests") && shipped.contains("FeatureHubModel"), "{shipped}");
    }
}
