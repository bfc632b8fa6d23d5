//! The names of this machine, which no module of an engine may hold.

use std::fs;
use std::path::{Path, PathBuf};

use crate::machine_paths::holds;
use crate::shell::root;

/// The number of hexadecimal digits at the end of the name of a registry's folder.
const DIGEST: usize = 16;

/// Checks that a module holds no path, no name of the user, and no name of a registry.
pub(super) fn check(module: &Path) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|why| format!("{}: {why}", module.display()))?;
    let mut names: Vec<String> =
        ["home", "root", "rustc"].map(|folder| format!("/{folder}/")).into();
    names.extend(["registry/src".to_string(), root().display().to_string()]);
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

/// Returns the folders in which cargo unpacks crates. Each registry has a folder of its own, whose name holds the name of the registry's
/// host.
pub(super) fn registries() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    let found = sources.and_then(|sources| fs::read_dir(sources).ok());
    found.into_iter().flatten().filter_map(Result::ok).map(|registry| registry.path()).collect()
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
        let module = folder.path().join("lean.wasm");
        let write = |text: &str| fs::write(&module, text).map_err(|why| why.to_string());
        write("\0asm /crates/serde_json/src/lib.rs")?;
        assert_eq!(check(&module), Ok(()));
        for leak in [
            "~/registry/src/host/serde_json/src/lib.rs",
            "/moved/host.example-0123456789abcdef/serde_json-1.0.1/src/lib.rs",
        ] {
            write(&format!("\0asm {leak}"))?;
            assert!(check(&module).is_err(), "{leak}");
        }
        for host in hosts() {
            write(&format!("\0asm {host}"))?;
            assert!(check(&module).is_err(), "{host}");
        }
        write(&format!("\0asm {}", root().display()))?;
        assert!(check(&module).is_err());
        Ok(())
    }
}
