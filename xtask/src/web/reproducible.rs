//! `cargo xtask web reproducible`: two clones of the project, in folders of different names, build the same engines.

use std::fs;
use std::path::{Path, PathBuf};

use super::build::DESCRIPTION;
use super::engine::web_folder;
use crate::python::empty_folder;
use crate::shell::{Run, root};

/// The names of the clones. They differ in length, because a length can also be part of a module.
const FIRST: &str = "one";
const SECOND: &str = "the-other-clone";
/// The modules of the engines.
const MODULES: [&str; 2] = ["lean.wasm", "full.wasm"];

/// Builds the engines of the newest commit in two clones, and compares the results.
pub(crate) fn run() -> Result<(), String> {
    let folder = empty_folder(&web_folder()?.join("reproducible"))?;
    let first = describe(&folder.join(FIRST), &folder)?;
    let second = describe(&folder.join(SECOND), &folder)?;
    println!("{}", first.trim_end());
    if first != second {
        return Err(format!("the other clone built other engines:\n{second}"));
    }
    println!("    both clones built these engines, and the modules hold no name of this machine");
    Ok(())
}

/// Builds the engines in a clone, checks the texts in the modules, and returns the text of `engine.json`.
fn describe(clone: &Path, folder: &Path) -> Result<String, String> {
    let engines = build(clone)?;
    for module in MODULES {
        check_names(&engines.join(module), folder)?;
    }
    let file = engines.join(DESCRIPTION);
    fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))
}

/// Clones the project, builds the engines in the clone, and returns their folder.
fn build(clone: &Path) -> Result<PathBuf, String> {
    let places = [root().display().to_string(), clone.display().to_string()];
    Run::new("git clone --quiet --no-hardlinks").args(&places).go()?;
    let target = clone.join("target");
    Run::new("cargo xtask web build --engines")
        .in_folder(clone)
        .env("CARGO_TARGET_DIR", &target.display().to_string())
        .go()?;
    Ok(target.join("web/engine"))
}

/// Checks that a module holds no path, no name of the user, and no name of a registry.
fn check_names(module: &Path, folder: &Path) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|why| format!("{}: {why}", module.display()))?;
    let mut names: Vec<String> =
        ["registry/src", "crates.io", "/home/", "/root/", "/rustc/", SECOND]
            .map(ToString::to_string)
            .into();
    names.push(folder.display().to_string());
    names.extend(["HOME", "CARGO_HOME"].iter().filter_map(|name| std::env::var(name).ok()));
    match names.iter().find(|name| !name.is_empty() && holds(&bytes, name.as_bytes())) {
        Some(name) => Err(format!("{} holds the text {name}", module.display())),
        None => Ok(()),
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_module_is_found() -> Result<(), String> {
        let folder = std::env::temp_dir().join(format!("fh-reproducible-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
        let module = folder.join("lean.wasm");
        let write = |text: &str| fs::write(&module, text).map_err(|why| why.to_string());
        write("\0asm /crates/serde_json/src/lib.rs")?;
        assert_eq!(check_names(&module, &folder), Ok(()));
        write("\0asm ~/registry/src/host/serde_json/src/lib.rs")?;
        assert!(check_names(&module, &folder).is_err());
        write(&format!("\0asm {}", folder.display()))?;
        assert!(check_names(&module, &folder).is_err());
        fs::remove_dir_all(&folder).map_err(|why| why.to_string())
    }
}
