//! The Maven repository with the packages, and the check of what is in their jars.

use std::fs;
use std::path::{Path, PathBuf};

use super::library::Libraries;
use super::maven;
use crate::output::say;
use crate::python::empty_folder;
use crate::shell::Run;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The file by which a program finds a transport.
const TRANSPORT: &str = "META-INF/services/fh.client.http.HttpTransport";
/// The packages that ship, each with the files that its jar must contain.
const ARTIFACTS: [(&str, &[&str]); 4] = [
    (
        "fh-client",
        &[
            "META-INF/LICENSE",
            "META-INF/THIRD-PARTY-LICENSES.txt",
            "META-INF/proguard/fh-client.pro",
            "fh/native/version",
        ],
    ),
    ("fh-client-jdk", &["META-INF/LICENSE", TRANSPORT]),
    ("fh-client-okhttp", &["META-INF/LICENSE", TRANSPORT]),
    ("fh-client-openfeature", &["META-INF/LICENSE"]),
];

/// A Maven repository in a folder.
pub(super) struct Repository {
    pub(super) folder: PathBuf,
}

/// Returns the name of the jar of a package.
pub(super) fn jar(artifact: &str) -> String {
    format!("{artifact}-{VERSION}.jar")
}

impl Repository {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Builds the packages with these libraries, and puts them into the empty repository.
    pub(super) fn build(&self, libraries: &Libraries) -> Result<(), String> {
        empty_folder(&self.folder)?;
        // The repository of the user gets no package: other programs would find it.
        // Without `clean`, Maven would leave classes and libraries of earlier builds in the jars.
        maven("-DskipTests -Dmaven.install.skip=true clean deploy")
            .args(&[
                format!("-Dfh.native={}", libraries.folder.display()),
                format!("-Dfh.licences={}", libraries.licences()?.display()),
                format!("-DaltDeploymentRepository=package::file://{}", self.folder.display()),
            ])
            .go()?;
        self.check(libraries)
    }

    /// Fails if a jar lacks a file, or contains a library of another platform.
    fn check(&self, libraries: &Libraries) -> Result<(), String> {
        for (artifact, needed) in ARTIFACTS {
            let folder = self.folder.join("fh/client").join(artifact).join(VERSION);
            let jar = folder.join(jar(artifact));
            let size = fs::metadata(&jar).map_err(|why| format!("{}: {why}", jar.display()))?.len();
            let listed =
                Run::new("jar --list --file").args(&[jar.display().to_string()]).output()?;
            let files: Vec<&str> = listed.lines().collect();
            if let Some(missing) = needed.iter().find(|file| !files.contains(*file)) {
                return Err(format!("{} does not contain {missing}", jar.display()));
            }
            let is_library =
                |file: &&str| file.starts_with("fh/native/") && file.contains("fh_jni");
            let mut found: Vec<&str> = files.into_iter().filter(is_library).collect();
            found.sort_unstable();
            if artifact == "fh-client" && found != libraries.names() {
                return Err(format!("{} contains {found:?}", jar.display()));
            }
            let sources = folder.join(format!("{artifact}-{VERSION}-sources.jar"));
            if !sources.exists() {
                return Err(format!("{} is missing", sources.display()));
            }
            say!("    {}: {size} bytes, {} libraries", name(&jar), found.len());
        }
        Ok(())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
