//! The programs that parts of `cargo xtask test` run.

use std::path::absolute;

use crate::shell::{Run, target_folder};

/// The paths of the programs.
pub(crate) struct Programs {
    pub(crate) fh: String,
    pub(crate) fh_conformance: String,
}

impl Programs {
    /// Builds both programs with the profile `release`, as the parts "SDKs" and "demo" do.
    pub(crate) fn build() -> Result<Self, String> {
        for package in ["fh-conformance", "fh-cli"] {
            Run::new(&format!("cargo build --locked --quiet --release -p {package}")).go()?;
        }
        let folder = absolute(target_folder()).map_err(|why| why.to_string())?.join("release");
        let path = |name: &str| folder.join(name).display().to_string();
        Ok(Self { fh: path("fh"), fh_conformance: path("fh-conformance") })
    }
}
