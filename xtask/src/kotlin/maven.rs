//! The build of the packages with Maven: its tools, its folders and its runs.

use std::path::PathBuf;

use crate::install;
use crate::shell::{Run, target_folder};

pub(crate) const PACKAGE: &str = "bindings/kotlin";
/// The version of the packages of a clone. Maven takes the newest build of such a version, and does not keep an old one.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "-SNAPSHOT");
pub(super) const REASON: &str = "the packages for Kotlin and Java are built and tested";

/// Installs the tools of Java.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("javac -version", "default-jdk-headless", REASON)?;
    install::package("mvn --version", "maven", REASON)?;
    install::package("python3 --version", "python3", "it collects the licences of the crates")
}

/// Returns the folder of all builds of the packages, apart from those of Maven.
pub(super) fn folder() -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder()).map_err(|why| why.to_string())?;
    Ok(target.join("kotlin"))
}

/// Returns a run of Maven with all modules. Maven colours its output in CI, too, unless it is told not to.
pub(crate) fn maven(line: &str) -> Run {
    Run::new(&format!("mvn -B -q -Dstyle.color=never {line}")).within(PACKAGE)
}
