//! The package for Android: an archive with the classes of the client, of its transport and of its lifecycle, the native libraries, and the
//! rules for R8.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::maven::{PACKAGE, VERSION, folder, maven};
use super::natives::{Library, MIN_SDK};
use crate::folders::empty_folder;
use crate::output::say;
use crate::shell::{Run, root};

const ARTIFACT: &str = "fh-client-android";
/// The modules whose classes the package contains.
const MODULES: [&str; 3] = ["client", "okhttp", "android"];
/// The rules, which Android's build reads from the archive and not from the classes.
const RULES: &str = "META-INF/proguard";
const MANIFEST: &str = "packaging/android/AndroidManifest.xml";
const POM: &str = "packaging/android/fh-client-android.pom";
/// The files of the archive besides native libraries.
const FILES: [&str; 7] = [
    "AndroidManifest.xml",
    "LICENSE",
    "META-INF/com/android/build/gradle/aar-metadata.properties",
    "R.txt",
    "THIRD-PARTY-LICENSES.txt",
    "classes.jar",
    "proguard.txt",
];
/// Files that `classes.jar` must contain: the glue, the client, its transport, and what they find by name.
const CLASSES: [&str; 6] = [
    "fh/client/Client.class",
    "fh/client/android/FeatureHubAndroid.class",
    "fh/client/internal/Bridge.class",
    "fh/client/okhttp/OkHttpTransport.class",
    "fh/native/version",
    "META-INF/services/fh.client.http.HttpTransport",
];

/// The package in a folder of files, and as an archive.
pub(crate) struct Aar {
    folder: PathBuf,
    archive: PathBuf,
}

/// Returns the Maven repository with the package.
pub(super) fn repository() -> Result<PathBuf, String> {
    Ok(folder()?.join("android/repository"))
}

impl Aar {
    /// Returns the package that was built.
    pub(super) fn read() -> Result<Self, String> {
        let own = repository()?.join("fh/client").join(ARTIFACT).join(VERSION);
        let archive = own.join(format!("{ARTIFACT}-{VERSION}.aar"));
        Ok(Self { folder: folder()?.join("android/aar"), archive })
    }

    /// Builds the classes, and writes the package with these libraries into the empty repository.
    pub(super) fn build(libraries: &[Library]) -> Result<Self, String> {
        let aar = Self::read()?;
        empty_folder(&aar.folder)?;
        empty_folder(&repository()?)?;
        let licences = folder()?.join("licences");
        let none = empty_folder(&folder()?.join("android/no-natives"))?;
        maven("-P android -pl client,okhttp,android -DskipTests clean package")
            .args(&[
                format!("-Dfh.native={}", none.display()),
                format!("-Dfh.licences={}", licences.display()),
            ])
            .go()?;
        let package = root().join(PACKAGE);
        aar.write_classes(&package)?;
        for (name, file) in [
            ("AndroidManifest.xml", package.join(MANIFEST)),
            (
                "proguard.txt",
                package.join("client/src/main/resources").join(RULES).join("fh-client.pro"),
            ),
            ("LICENSE", root().join("LICENSE")),
            ("THIRD-PARTY-LICENSES.txt", licences.join("THIRD-PARTY-LICENSES.txt")),
        ] {
            aar.copy(&file, name)?;
        }
        // The package has no resources.
        aar.write("R.txt", "")?;
        aar.write(
            "META-INF/com/android/build/gradle/aar-metadata.properties",
            "aarFormatVersion=1.0\naarMetadataVersion=1.0\nminCompileSdk=1\n",
        )?;
        for library in libraries {
            aar.copy(&library.file, &library.name)?;
        }
        aar.archive.parent().map_or(Ok(()), fs::create_dir_all).map_err(|why| why.to_string())?;
        jar(&aar.archive, &aar.folder)?;
        let pom = fs::read_to_string(package.join(POM)).map_err(|why| format!("{POM}: {why}"))?;
        let mut pom = pom.replace("${version}", VERSION);
        for name in ["stdlib.version", "coroutines.version", "okhttp.version"] {
            pom = pom.replace(&format!("${{{name}}}"), &property(&package, name)?);
        }
        fs::write(aar.archive.with_extension("pom"), pom).map_err(|why| why.to_string())?;
        Ok(aar)
    }

    /// Writes the classes of all modules into one archive, without the rules, which are a file of the package.
    fn write_classes(&self, package: &Path) -> Result<(), String> {
        let classes = self.classes();
        empty_folder(&classes)?;
        for module in MODULES {
            let from = format!("{}/.", package.join(module).join("target/classes").display());
            Run::new("cp -R").args(&[from, classes.display().to_string()]).go()?;
        }
        for left_out in
            [RULES, "module-info.class", "META-INF/LICENSE", "META-INF/THIRD-PARTY-LICENSES.txt"]
        {
            let path = classes.join(left_out);
            let removed =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|why| format!("{}: {why}", path.display()))?;
        }
        jar(&self.folder.join("classes.jar"), &classes)
    }

    /// Returns the folder of the classes.
    pub(super) fn classes(&self) -> PathBuf {
        self.folder.with_file_name("classes")
    }

    /// Fails if the archive does not have exactly the files of such a package.
    pub(super) fn check(&self, libraries: &[Library]) -> Result<(), String> {
        let names = libraries.iter().map(|library| library.name.clone());
        let expected: BTreeSet<String> =
            FILES.map(str::to_string).into_iter().chain(names).collect();
        let found = list(&self.archive)?;
        if found != expected {
            let differ: Vec<_> = found.symmetric_difference(&expected).collect();
            return Err(format!(
                "{}: {differ:?} is missing, or is too much",
                self.archive.display()
            ));
        }
        let classes = list(&self.folder.join("classes.jar"))?;
        if let Some(missing) = CLASSES.iter().find(|name| !classes.contains(**name)) {
            return Err(format!("classes.jar does not contain {missing}"));
        }
        // The libraries for other systems would be resources of each app.
        let other = classes.iter().find(|name| name.contains("fh_jni") || name.starts_with(RULES));
        if let Some(other) = other {
            return Err(format!("classes.jar contains {other}"));
        }
        let manifest = fs::read_to_string(self.folder.join("AndroidManifest.xml"))
            .map_err(|why| why.to_string())?;
        for part in [
            format!("android:minSdkVersion=\"{MIN_SDK}\""),
            "android.permission.INTERNET".to_string(),
            "android.permission.ACCESS_NETWORK_STATE".to_string(),
        ] {
            if !manifest.contains(&part) {
                return Err(format!("AndroidManifest.xml lacks {part}"));
            }
        }
        let size = fs::metadata(&self.archive).map_err(|why| why.to_string())?.len();
        say!("    {}: {size} bytes, {} native libraries", self.archive.display(), libraries.len());
        Ok(())
    }

    /// Takes a file of the archive out into a folder, as Android's build does.
    pub(crate) fn extract(&self, name: &str, to: &Path) -> Result<PathBuf, String> {
        fs::create_dir_all(to).map_err(|why| format!("{}: {why}", to.display()))?;
        let arguments = [self.archive.display().to_string(), name.to_string()];
        Run::new("jar --extract --file").args(&arguments).in_folder(to).go()?;
        Ok(to.join(name))
    }

    fn copy(&self, from: &Path, name: &str) -> Result<(), String> {
        let bytes = fs::read(from).map_err(|why| format!("{}: {why}", from.display()))?;
        self.write(name, bytes)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), String> {
        let path = self.folder.join(name);
        let failed = |why: std::io::Error| format!("{}: {why}", path.display());
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, bytes).map_err(failed)
    }
}

/// Writes the files of a folder into an archive.
fn jar(archive: &Path, folder: &Path) -> Result<(), String> {
    let [archive, folder] = [archive, folder].map(|path| path.display().to_string());
    Run::new("jar --create --no-manifest --file")
        .args(&[archive, "-C".into(), folder, ".".into()])
        .go()
}

/// Returns the names of the files of an archive.
fn list(archive: &Path) -> Result<BTreeSet<String>, String> {
    let listed = Run::new("jar --list --file").args(&[archive.display().to_string()]).output()?;
    Ok(listed.lines().filter(|name| !name.ends_with('/')).map(str::to_string).collect())
}

/// Returns a property of the build of the packages.
fn property(package: &Path, name: &str) -> Result<String, String> {
    let text = fs::read_to_string(package.join("pom.xml")).map_err(|why| why.to_string())?;
    let value = text.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next());
    value.map(str::to_string).ok_or_else(|| format!("pom.xml has no property {name}"))
}
