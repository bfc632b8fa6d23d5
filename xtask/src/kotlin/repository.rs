//! The Maven repository with the packages, and the check of what is in their jars.

use std::fs;
use std::path::{Path, PathBuf};

use super::library::Libraries;
use super::maven::{PACKAGE, VERSION, maven};
use crate::commit_time;
use crate::folders::empty_folder;
use crate::output::say;
use crate::shell::{Run, root};

/// The plugin that writes bills of materials.
const BILLS: &str = "org.cyclonedx:cyclonedx-maven-plugin:2.9.3";
/// The file by which a program finds a transport.
const TRANSPORT: &str = "META-INF/services/fh.client.http.HttpTransport";
const MODULE: &str = "module-info.class";
/// The packages that ship, each with the files that its jar must contain.
const ARTIFACTS: [(&str, &[&str]); 4] = [
    (
        "fh-client",
        &[
            "META-INF/LICENSE",
            "META-INF/THIRD-PARTY-LICENSES.txt",
            "META-INF/proguard/fh-client.pro",
            MODULE,
            "fh/native/version",
        ],
    ),
    ("fh-client-jdk", &["META-INF/LICENSE", TRANSPORT, MODULE]),
    ("fh-client-okhttp", &["META-INF/LICENSE", TRANSPORT, MODULE]),
    ("fh-client-openfeature", &["META-INF/LICENSE", MODULE]),
];

/// Classes that came with newer libraries of Kotlin, to which the compiler or a function refers easily.
const NEWER: [&str; 3] =
    ["kotlin/enums/EnumEntries", "kotlinx/coroutines/future/", "kotlin/time/Instant"];

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
        self.build_with("-DskipTests", libraries)
    }

    /// Builds the packages as [`Self::build`] does, without their tests, and with no further module but these.
    pub(super) fn build_alone(&self, libraries: &Libraries, further: &str) -> Result<(), String> {
        let modules = ARTIFACTS.map(|(artifact, _)| format!(":{artifact}")).join(",");
        let line = format!("-Dmaven.test.skip=true -pl :fh-client-parent,{modules}{further}");
        self.build_with(&line, libraries)
    }

    fn build_with(&self, line: &str, libraries: &Libraries) -> Result<(), String> {
        empty_folder(&self.folder)?;
        // The repository of the user gets no package: other programs would find it.
        // Without `clean`, Maven would leave classes and libraries of earlier builds in the jars.
        maven(&format!("{line} -Dmaven.install.skip=true clean deploy"))
            .args(&[
                format!("-Dfh.native={}", libraries.folder.display()),
                format!("-Dfh.licences={}", libraries.licences()?.display()),
                // The time of the files in the jars.
                format!("-Dproject.build.outputTimestamp={}", commit_time::rfc3339()?),
                format!("-DaltDeploymentRepository=package::file://{}", self.folder.display()),
            ])
            .go()?;
        self.check(libraries)
    }

    /// Writes the bill of materials of the packages, `bom.json`, into a folder.
    pub(super) fn write_bill(folder: &Path) -> Result<(), String> {
        let modules = ARTIFACTS.map(|(artifact, _)| format!(":{artifact}")).join(",");
        maven(&format!("-pl :fh-client-parent,{modules} {BILLS}:makeAggregateBom"))
            .args(&[
                "-DoutputFormat=json".to_string(),
                "-DincludeBomSerialNumber=false".to_string(),
                format!("-DoutputDirectory={}", folder.display()),
                format!("-Dproject.build.outputTimestamp={}", commit_time::rfc3339()?),
            ])
            .go()
    }

    /// Fails if a jar lacks a file, or contains a library of another platform.
    fn check(&self, libraries: &Libraries) -> Result<(), String> {
        for (artifact, needed) in ARTIFACTS {
            let folder = self.folder.join("fh/client").join(artifact).join(VERSION);
            let jar = shipped(&folder, artifact, ".jar")?;
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
            shipped(&folder, artifact, "-sources.jar")?;
            check_classes(artifact)?;
            say!("    {}: {size} bytes, {} libraries", name(&jar), found.len());
        }
        Ok(())
    }
}

/// Returns the file of a package with this end after its version, which has the time of the build.
fn shipped(folder: &Path, artifact: &str, end: &str) -> Result<PathBuf, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let mut paths = fs::read_dir(folder).map_err(failed)?.filter_map(|it| Some(it.ok()?.path()));
    let is_it = |path: &PathBuf| {
        let name = name(path);
        let version = name.strip_prefix(artifact).and_then(|rest| rest.strip_suffix(end));
        version.is_some_and(|version| !version.chars().any(|c| c.is_ascii_lowercase()))
    };
    paths.find(is_it).ok_or_else(|| format!("{} has no {artifact}{end}", folder.display()))
}

/// Fails if a class needs newer libraries of Kotlin than those of the oldest programs.
fn check_classes(artifact: &str) -> Result<(), String> {
    let module = artifact.strip_prefix("fh-client-").unwrap_or("client");
    let classes = root().join(PACKAGE).join(module).join("target/classes");
    let classes = classes.display().to_string();
    for newer in NEWER {
        let found = Run::new("grep --recursive --files-with-matches --fixed-strings")
            .args(&[newer.to_string(), classes.clone()]);
        if let (files, Ok(())) = found.capture()? {
            return Err(format!("{newer} is not in kotlin-stdlib 1.6 or coroutines 1.6: {files}"));
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
