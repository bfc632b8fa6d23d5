//! `unleash-edge`, the server with which our Edge is compared. It is built from its crates into the target folder, for
//! `cargo xtask bench edge` only.

use std::path::PathBuf;

use crate::shell::{Run, target_folder};

/// The newest version in its registry. It is built without its default feature, storage in S3.
pub(crate) const VERSION: &str = "20.1.0";

/// Returns the path of the program. The first call builds it with the settings of our release builds, which takes some
/// minutes.
pub(crate) fn install() -> Result<PathBuf, String> {
    let folder = target_folder();
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let folder = folder.canonicalize().map_err(|why| format!("{}: {why}", folder.display()))?;
    // The version is part of the folder's name, because the program does not print it.
    let folder = folder.join(format!("unleash-edge-{VERSION}"));
    let program = folder.join("bin/unleash-edge");
    if program.is_file() {
        return Ok(program);
    }
    let build = folder.join("build");
    let mut arguments = vec!["--root".to_string(), folder.display().to_string()];
    arguments.extend(["--target-dir".to_string(), build.display().to_string()]);
    Run::new(&format!("cargo install --locked --no-default-features unleash-edge@{VERSION}"))
        .args(&arguments)
        .env("CARGO_PROFILE_RELEASE_LTO", "thin")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .go()?;
    // Only the program is needed.
    std::fs::remove_dir_all(&build).map_err(|why| format!("{}: {why}", build.display()))?;
    Ok(program)
}
