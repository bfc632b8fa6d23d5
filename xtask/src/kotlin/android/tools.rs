//! The tools of the checks from Maven's repository: the classes of Android, and the list of what its version 8.0 has.

use std::fs;
use std::path::PathBuf;

use super::super::maven::{PACKAGE, folder};
use super::aar::Aar;
use super::natives::MIN_SDK;
use crate::output::say;
use crate::shell::{Run, root};

const TOOLS: &str = "packaging/android/tools.xml";
const CHECK: &str = "packaging/android/ApiLevel.java";

/// The tools in a folder, and in another one the libraries that an app with the package needs.
pub(crate) struct Tools {
    folder: PathBuf,
    pub(crate) libraries: PathBuf,
}

impl Tools {
    /// Copies the tools and the libraries into their folders.
    pub(super) fn install() -> Result<Self, String> {
        let folder = folder()?.join("android/tools");
        let tools = Self { libraries: folder.with_file_name("libraries"), folder };
        for (scope, folder) in [("provided", &tools.folder), ("runtime", &tools.libraries)] {
            Run::new("mvn -B -q -Dstyle.color=never dependency:copy-dependencies -f")
                .args(&[
                    TOOLS.to_string(),
                    format!("-DincludeScope={scope}"),
                    format!("-DoutputDirectory={}", folder.display()),
                ])
                .within(PACKAGE)
                .go()?;
        }
        Ok(tools)
    }

    /// Returns the archive with the classes of Android.
    pub(crate) fn android(&self) -> Result<PathBuf, String> {
        self.find("android-all-", ".jar")
    }

    /// Fails if the package uses a class or a method that the oldest version of Android lacks.
    pub(super) fn check_api_level(&self, aar: &Aar) -> Result<(), String> {
        let level = format!("android-api-level-{MIN_SDK}-");
        let (checker, reader) =
            (self.find("animal-sniffer-1", ".jar")?, self.find("asm-", ".jar")?);
        let arguments = [
            format!("{}:{}", checker.display(), reader.display()),
            root().join(PACKAGE).join(CHECK).display().to_string(),
            self.find(&level, ".signature")?.display().to_string(),
            aar.classes().display().to_string(),
        ];
        Run::new("java -cp").args(&arguments).go()?;
        say!(
            "    all that the package uses exists from version {MIN_SDK} of Android's interface on"
        );
        Ok(())
    }

    fn find(&self, begin: &str, end: &str) -> Result<PathBuf, String> {
        let failed = |why: std::io::Error| format!("{}: {why}", self.folder.display());
        let names = fs::read_dir(&self.folder).map_err(failed)?.filter_map(Result::ok);
        let is_named = |name: &str| name.starts_with(begin) && name.ends_with(end);
        let found = names
            .map(|entry| entry.path())
            .find(|path| path.file_name().is_some_and(|name| is_named(&name.to_string_lossy())));
        found.ok_or_else(|| format!("{} has no {begin}*{end}", self.folder.display()))
    }
}
