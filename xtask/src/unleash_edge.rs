//! `unleash-edge`, the peer of our Edge: built from its crates, beside the build output, for `cargo xtask bench edge` alone.

use std::path::PathBuf;

use crate::shell::{Run, target_folder};

/// The newest in its registry. Of its features, storage in S3 is left out.
pub(crate) const VERSION: &str = "20.1.0";

/// The program; the first time, it is built, with the settings of our own release builds, in some minutes.
pub(crate) fn install() -> Result<PathBuf, String> {
    let folder = target_folder();
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let folder = folder.canonicalize().map_err(|why| format!("{}: {why}", folder.display()))?;
    // Its version is in the name, since the program does not tell.
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
    // Only the program is of use.
    std::fs::remove_dir_all(&build).map_err(|why| format!("{}: {why}", build.display()))?;
    Ok(program)
}
