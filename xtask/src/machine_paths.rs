//! The folders of this machine, whose paths no file of a package may hold.

use std::fs;
use std::path::{Path, absolute};

use crate::shell::{Run, root, target_folder};

/// Returns the folders of this machine whose paths no file of a package may hold, and the names that stand in their place. A later one is
/// within an earlier one, because the compiler takes the last name that fits.
pub(crate) fn all() -> Result<Vec<(String, String)>, String> {
    let home = std::env::var("HOME").map_err(|_| "the variable HOME is not set")?;
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let sysroot = Run::new("rustc --print sysroot").output()?.trim().to_string();
    let target = absolute(target_folder()).map_err(|why| why.to_string())?;
    let root = root().canonicalize().map_err(|why| why.to_string())?;
    let mut paths = vec![(format!("{home}/"), "/home/".to_string())];
    paths.push((root.display().to_string(), "/fh".to_string()));
    paths.push((target.display().to_string(), "/target".to_string()));
    paths.push((sysroot.clone(), "/rust".to_string()));
    // With the component rust-src, the compiler writes the path of the sources of the standard library, and without it this name.
    paths
        .push((format!("{sysroot}/lib/rustlib/src/rust"), format!("/rustc/{}", commit_of_rust()?)));
    paths.push((cargo.clone(), "/cargo".to_string()));
    // The folder of a registry bears the name of its host.
    let sources = Path::new(&cargo).join("registry/src");
    for registry in fs::read_dir(&sources).map_err(|why| format!("{}: {why}", sources.display()))? {
        let registry = registry.map_err(|why| why.to_string())?.path();
        paths.push((registry.display().to_string(), "/crates".to_string()));
    }
    Ok(paths)
}

/// Returns the commit from which the compiler was built.
fn commit_of_rust() -> Result<String, String> {
    let version = Run::new("rustc -vV").output()?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
    commit.map(str::to_string).ok_or_else(|| "`rustc -vV` names no commit-hash".to_string())
}

/// Fails if a file has one of these paths.
pub(crate) fn check(file: &Path) -> Result<(), String> {
    let bytes = fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    match all()?.into_iter().find(|(path, _)| holds(&bytes, path)) {
        Some((path, _)) => Err(format!("{} contains the path {path}", file.display())),
        None => Ok(()),
    }
}

/// Returns true if bytes hold a text.
pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Returns the arguments of the compiler that keep these paths out of what it builds.
pub(crate) fn renaming() -> Result<Vec<String>, String> {
    let renamed = |(path, name)| format!("--remap-path-prefix={path}={name}");
    Ok(all()?.into_iter().map(renamed).collect())
}
