//! The two builds of the engine of the npm package, those of its tests, and their files.

use std::path::{PathBuf, absolute};

use crate::shell::target_folder;

/// A build of the crate `fh-web-engine`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Engine {
    /// The name of the build, and of its files.
    pub(crate) name: &'static str,
    /// The name of the folder in which cargo compiles. Builds with the same flags share one.
    pub(crate) cargo: &'static str,
    /// The cargo features of the crate.
    pub(crate) features: &'static str,
    /// Flags of the compiler that change the code, for a build with a rebuilt standard library.
    pub(crate) flags: &'static [&'static str],
}

/// Without regular expressions, explanations and the profile `edge`. Nothing of it writes a value with `{:?}`, so the code for this is left
/// out.
pub(crate) const LEAN: Engine =
    Engine { name: "lean", cargo: "lean", features: "", flags: &["-Zfmt-debug=none"] };
/// With each part.
pub(crate) const FULL: Engine =
    Engine { name: "full", cargo: "full", features: "full", flags: &[] };
/// The engines that packages have.
pub(crate) const ENGINES: [Engine; 2] = [LEAN, FULL];
/// Both engines, which fail on features that say so. They are for tests of the TypeScript client, so no package has them.
pub(crate) const TRAPS: [Engine; 2] = [
    Engine { name: "lean_traps", features: "traps", ..LEAN },
    Engine { name: "full_traps", features: "full traps", ..FULL },
];

impl Engine {
    /// Returns the path of the final module.
    pub(crate) fn module(self) -> Result<PathBuf, String> {
        Ok(folder()?.join(format!("{}.wasm", self.name)))
    }

    /// Returns the path of the JavaScript that calls the module.
    pub(crate) fn glue(self) -> Result<PathBuf, String> {
        Ok(folder()?.join(format!("{}.js", self.name)))
    }
}

/// Returns the folder of the finished files.
pub(crate) fn folder() -> Result<PathBuf, String> {
    web_folder().map(|folder| folder.join("engine"))
}

/// Returns the folder of all builds for the web. It is not shared with other builds, whose compiler flags differ.
pub(crate) fn web_folder() -> Result<PathBuf, String> {
    absolute(target_folder().join("web")).map_err(|why| why.to_string())
}
