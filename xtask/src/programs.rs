//! The programs that parts of `cargo xtask test` run.

use std::path::absolute;

use crate::shell::{Run, target_folder};

/// The build profile of the programs (`Cargo.toml` describes it), which is also the name of their folder below the target folder.
pub(crate) const PROFILE: &str = "suite";
/// Builds and runs the suite with the profile [`PROFILE`]; its arguments follow.
pub(crate) const PROGRAM: &str = "cargo run --quiet --profile suite --locked -p fh-conformance --";

/// The paths of the programs.
pub(crate) struct Programs {
    pub(crate) fh: String,
    pub(crate) fh_conformance: String,
}

impl Programs {
    /// Builds both programs with the profile [`PROFILE`], as the parts "SDKs" and "demo" do.
    pub(crate) fn build() -> Result<Self, String> {
        for package in ["fh-conformance", "fh-cli"] {
            Run::new("cargo build --locked --quiet --profile")
                .args(&[PROFILE, "-p", package].map(str::to_string))
                .go()?;
        }
        let folder = absolute(target_folder()).map_err(|why| why.to_string())?.join(PROFILE);
        let path = |name: &str| folder.join(name).display().to_string();
        Ok(Self { fh: path("fh"), fh_conformance: path("fh-conformance") })
    }
}
