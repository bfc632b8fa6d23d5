//! The minimum supported Rust version: the crates that ship compile with the toolchain that the root manifest names.

use std::fs;

use crate::crates::Crates;
use crate::install;
use crate::shell::{Run, root, target_folder};

/// Returns the first patch version of `rust-version`, as 1.88.0 for 1.88.
fn version() -> Result<String, String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(|why| why.to_string())?;
    let named = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let named = named.ok_or("the root manifest has no rust-version")?.trim_matches('"');
    Ok(if named.matches('.').count() == 1 { format!("{named}.0") } else { named.to_string() })
}

/// Installs the toolchain. Without rustup there is only one.
pub(crate) fn prepare() -> Result<(), String> {
    if !Run::new("rustup --version").succeeds() {
        return Err(
            "rustup is missing, and the minimum Rust version needs a second toolchain".to_string()
        );
    }
    let version = version()?;
    let installed = Run::new("rustup toolchain list").output()?;
    if installed.lines().any(|line| line.starts_with(&format!("{version}-"))) {
        return Ok(());
    }
    install::announce(
        &format!("the toolchain {version}"),
        "it is the minimum supported Rust version, and the crates that ship are compiled with it",
    )?;
    Run::new(&format!("rustup toolchain install {version} --profile minimal --no-self-update")).go()
}

pub(crate) fn run() -> Result<(), String> {
    let crates = Crates::read()?;
    let packages = crates.shipped().flat_map(|(name, _)| ["-p".to_string(), name.to_string()]);
    let packages: Vec<String> = packages.collect();
    Run::new(&format!("rustup run {} cargo check --locked --all-features", version()?))
        .args(&packages)
        // A folder of its own, so that the two toolchains do not replace each other's build of the crates.
        .env("CARGO_TARGET_DIR", &target_folder().join("minimum-rust").display().to_string())
        .go()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_names_a_toolchain() {
        let version = version().unwrap();
        let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
        assert_eq!(parts.len(), 3, "{version}");
    }
}
