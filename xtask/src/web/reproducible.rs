//! `cargo xtask web reproducible`: two clones of the project, in folders of different names, build the same engines.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::{DESCRIPTION, registries};
use super::engine::web_folder;
use crate::folders::empty_folder;
use crate::machine_paths::holds;
use crate::output::say;
use crate::shell::{Run, root};

/// The names of the clones. They differ in length, because a length can also be part of a module.
const FIRST: &str = "one";
const SECOND: &str = "the-other-clone";
/// The modules of the engines.
const MODULES: [&str; 2] = ["lean.wasm", "full.wasm"];
/// The number of hexadecimal digits at the end of the name of a registry's folder.
const DIGEST: usize = 16;

/// Builds the engines of the newest commit in two clones, and compares the results.
pub(crate) fn run() -> Result<(), String> {
    let folder = empty_folder(&web_folder()?.join("reproducible"))?;
    // The description of the engines names the commit, and the project may get another one during the builds.
    let commit = Run::new("git rev-parse HEAD").output()?.trim_end().to_string();
    let first = describe(&folder.join(FIRST), &commit, &folder)?;
    let second = describe(&folder.join(SECOND), &commit, &folder)?;
    say!("{}", first.trim_end());
    if first != second {
        return Err(format!("the other clone built other engines:\n{second}"));
    }
    say!("    both clones built these engines, and the modules hold no name of this machine");
    Ok(())
}

/// Builds the engines in a clone, checks the texts in the modules, and returns the text of `engine.json`.
fn describe(clone: &Path, commit: &str, folder: &Path) -> Result<String, String> {
    let engines = build(clone, commit)?;
    for module in MODULES {
        check_names(&engines.join(module), folder)?;
    }
    let file = engines.join(DESCRIPTION);
    fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))
}

/// Clones the project at a commit, builds the engines in the clone, and returns their folder.
fn build(clone: &Path, commit: &str) -> Result<PathBuf, String> {
    let places = [root().display().to_string(), clone.display().to_string()];
    Run::new("git clone --quiet --no-hardlinks").args(&places).go()?;
    Run::new("git checkout --quiet --detach").in_folder(clone).args(&[commit.to_string()]).go()?;
    let target = clone.join("target");
    Run::new("cargo xtask web engines")
        .in_folder(clone)
        .env("CARGO_TARGET_DIR", &target.display().to_string())
        .go()?;
    Ok(target.join("web/engine"))
}

/// Checks that a module holds no path, no name of the user, and no name of a registry.
fn check_names(module: &Path, folder: &Path) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|why| format!("{}: {why}", module.display()))?;
    let mut names: Vec<String> =
        ["home", "root", "rustc"].map(|folder| format!("/{folder}/")).into();
    names.extend(["registry/src", SECOND].map(ToString::to_string));
    names.push(folder.display().to_string());
    names.extend(["HOME", "CARGO_HOME"].iter().filter_map(|name| std::env::var(name).ok()));
    names.extend(hosts());
    if let Some(name) = names.iter().find(|name| !name.is_empty() && holds(&bytes, name)) {
        return Err(format!("{} holds the text {name}", module.display()));
    }
    match registry_path(&bytes) {
        Some(path) => Err(format!("{} holds the path {path}", module.display())),
        None => Ok(()),
    }
}

/// Returns the hosts of cargo's registries: the names of their folders, without the digests at the end.
fn hosts() -> Vec<String> {
    let name = |folder: &PathBuf| Some(folder.file_name()?.to_string_lossy().into_owned());
    let host = |name: String| name.rsplit_once('-').map(|(host, _)| host.to_string());
    registries().iter().filter_map(name).filter_map(host).collect()
}

/// Returns the first part of a path that has the form of a registry's folder: a name, `-`, a digest of 16 hexadecimal digits, and `/`.
fn registry_path(bytes: &[u8]) -> Option<String> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let found = bytes.windows(DIGEST + 2).find(|window| match window {
        [b'-', digest @ .., b'/'] => digest.iter().all(is_digit),
        _ => false,
    });
    found.map(|window| String::from_utf8_lossy(window).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary_folder::TemporaryFolder;

    #[test]
    fn a_name_in_a_module_is_found() -> Result<(), String> {
        let folder = TemporaryFolder::create("fh-reproducible")?;
        let folder = folder.path();
        let module = folder.join("lean.wasm");
        let write = |text: &str| fs::write(&module, text).map_err(|why| why.to_string());
        write("\0asm /crates/serde_json/src/lib.rs")?;
        assert_eq!(check_names(&module, folder), Ok(()));
        for leak in [
            "~/registry/src/host/serde_json/src/lib.rs",
            "/moved/host.example-0123456789abcdef/serde_json-1.0.1/src/lib.rs",
        ] {
            write(&format!("\0asm {leak}"))?;
            assert!(check_names(&module, folder).is_err(), "{leak}");
        }
        for host in hosts() {
            write(&format!("\0asm {host}"))?;
            assert!(check_names(&module, folder).is_err(), "{host}");
        }
        write(&format!("\0asm {}", folder.display()))?;
        assert!(check_names(&module, folder).is_err());
        Ok(())
    }
}
