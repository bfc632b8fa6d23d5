//! The packages of Python, npm, crates.io, Maven and Swift, and the files for Kubernetes, in the folder of artefacts. Their own modules build and
//! check them.

use std::fs;
use std::path::{Path, PathBuf};

use super::output_folder::{OutputFolder, copy, staging, work_folder};
use super::{archive, sbom};
use crate::crates::Crates;
use crate::folders::files_below;
use crate::output::say;
use crate::shell::{Run, root, target_folder, tracked_files};
use crate::{commit_time, kotlin, python, swift, web};

/// Builds the sdist and the wheels.
pub(super) fn python(folder: &OutputFolder) -> Result<(), String> {
    python::wheels::run(&[])?;
    let packages = copy_all(&target_folder().join("wheels"), &folder.empty("python")?, "")?;
    let wheels = files_below(&packages)?.into_iter();
    let wheel = wheels.filter(|file| file.extension().is_some_and(|it| it == "whl"));
    let wheel = wheel.min().ok_or("there is no wheel")?;
    sbom::of_wheel(&wheel, &packages.join(format!("fh-client{}", sbom::END)))?;
    let module = packages.join(format!("fh-client-native{}", sbom::END));
    sbom::of_crate("bindings/python", "x86_64-unknown-linux-gnu", &[], &module)?;
    say!("\npip install --no-index --find-links {} fh-client", packages.display());
    Ok(())
}

/// Builds the tarballs of npm.
pub(super) fn npm(folder: &OutputFolder) -> Result<(), String> {
    web::dist()?;
    let packages = folder.empty("npm")?;
    copy_all(&target_folder().join("web"), &packages, ".tgz")?;
    for name in ["fh-client", "fh-react", "fh-openfeature"] {
        sbom::of_npm(name, &packages.join(format!("{name}{}", sbom::END)))?;
    }
    let engine = packages.join(format!("fh-client-engine{}", sbom::END));
    let features = ["--features", "full"];
    sbom::of_crate("bindings/web/engine", "wasm32-unknown-unknown", &features, &engine)?;
    say!("\nnpm install {0}/fh-client-{1}.tgz", packages.display(), env!("CARGO_PKG_VERSION"));
    Ok(())
}

/// Writes the `.crate` files of the published crates, and the settings of Cargo with which a program finds them.
pub(super) fn crates(folder: &OutputFolder) -> Result<(), String> {
    let packages = folder.empty("crates")?;
    let crates = Crates::read()?;
    let names: Vec<&str> = crates.published().collect();
    let arguments: Vec<String> =
        names.iter().flat_map(|name| ["--package".to_string(), (*name).to_string()]).collect();
    let built = work_folder()?.join("crates");
    Run::new("cargo package --locked --no-verify --allow-dirty")
        .args(&arguments)
        .env("CARGO_TARGET_DIR", &built.display().to_string())
        .go()?;
    let version = env!("CARGO_PKG_VERSION");
    let mut settings = "[patch.crates-io]\n".to_string();
    for name in names {
        let file = format!("{name}-{version}.crate");
        copy(&built.join("package").join(&file), &packages.join(&file))?;
        let bill = packages.join(format!("{name}-{version}{}", sbom::END));
        sbom::of_crate(
            crates.folder(name)?,
            "x86_64-unknown-linux-gnu",
            &["--all-features"],
            &bill,
        )?;
        settings += &format!("{name} = {{ path = \"crates/{name}-{version}\" }}\n");
    }
    let file = packages.join("config.toml");
    fs::write(&file, settings).map_err(|why| format!("{}: {why}", file.display()))?;
    say!(
        "\nmkdir -p crates .cargo\nfor file in {0}/*.crate; do tar -xzf $file -C crates; done\ncp {0}/config.toml .cargo/\ncargo add --path crates/fh-client-{version} fh-client",
        packages.display()
    );
    Ok(())
}

/// Builds the Maven repository with the native libraries for all platforms.
pub(super) fn maven(folder: &OutputFolder) -> Result<(), String> {
    kotlin::package::build_all()?;
    let repository = folder.empty("maven")?;
    let from = format!("{}/.", target_folder().join("kotlin/repository").display());
    Run::new("cp -R").args(&[from, repository.display().to_string()]).go()?;
    set_times(&repository)?;
    kotlin::package::write_bill(&repository.join(format!("fh-client{}", sbom::END)))?;
    let native = repository.join(format!("fh-client-native{}", sbom::END));
    sbom::of_crate("bindings/kotlin", "x86_64-unknown-linux-gnu", &[], &native)?;
    kotlin::package::say_how_to_add(&repository)
}

/// Gives the versions of a Maven repository the time of the commit in place of that of the build.
fn set_times(repository: &Path) -> Result<(), String> {
    let (date, clock) = (commit_time::formatted("%Y%m%d")?, commit_time::formatted("%H%M%S")?);
    for file in files_below(repository)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == "maven-metadata.xml" {
            let text = fs::read_to_string(&file).map_err(|why| format!("{name}: {why}"))?;
            let text = with_time(&text, &date, &clock);
            fs::write(&file, text).map_err(|why| format!("{name}: {why}"))?;
            for digest in ["md5", "sha1"] {
                let sum = Run::new(&format!("{digest}sum")).args(&[file.display().to_string()]);
                let sum = sum.output()?.split(' ').next().unwrap_or_default().to_string();
                fs::write(file.with_extension(format!("xml.{digest}")), sum)
                    .map_err(|why| format!("{name}.{digest}: {why}"))?;
            }
        } else if !name.starts_with("maven-metadata.xml") {
            fs::rename(&file, file.with_file_name(with_time(&name, &date, &clock)))
                .map_err(|why| format!("{name}: {why}"))?;
        }
    }
    Ok(())
}

/// Replaces each time of Maven in a text: `20260131.120000` in versions, `20260131120000` in metadata.
fn with_time(text: &str, date: &str, clock: &str) -> String {
    let is_time = |word: &str| {
        let digits = word.replacen('.', "", 1);
        digits.len() == 14 && digits.starts_with('2') && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let ends = |c: char| !(c.is_ascii_digit() || c == '.');
    let mut words = text.split_inclusive(ends);
    let replaced = words.by_ref().map(|word| {
        let (time, end) = word
            .strip_suffix(ends)
            .map_or((word, ""), |time| (time, word.get(time.len()..).unwrap_or_default()));
        let dot = if time.contains('.') { "." } else { "" };
        if is_time(time) { format!("{date}{dot}{clock}{end}") } else { word.to_string() }
    });
    replaced.collect()
}

/// Builds the package for Swift on Linux, and writes its archive.
pub(super) fn swift(folder: &OutputFolder) -> Result<(), String> {
    swift::shipped::dist(false)?;
    let package = target_folder().join("swift/FeatureHub");
    let archives = folder.empty("swift")?;
    let bill = archives.join(format!("FeatureHub{}", sbom::END));
    sbom::of_crate("bindings/swift", "x86_64-unknown-linux-gnu", &[], &bill)?;
    archive::write(&package, &archives.join("FeatureHub.tar.gz"))
}

/// Writes the archive of the base for Kustomize and of its overlays.
pub(super) fn kubernetes(folder: &OutputFolder) -> Result<(), String> {
    let staged = staging("fh-edge-kubernetes")?;
    for file in tracked_files()? {
        if let Some(name) = file.strip_prefix("server/packaging/kubernetes/") {
            copy(&root().join(&file), &staged.join(name))?;
        }
    }
    let archive = folder.path.join("fh-edge-kubernetes.tar.gz");
    archive::write(&staged, &archive)?;
    say!(
        "\ntar -xzf {}\nkubectl apply --kustomize fh-edge-kubernetes/overlays/data",
        archive.display()
    );
    Ok(())
}

/// Copies the files of a folder whose names have this end, and returns the folder of the copies.
fn copy_all(from: &Path, to: &Path, end: &str) -> Result<PathBuf, String> {
    for entry in fs::read_dir(from).map_err(|why| format!("{}: {why}", from.display()))? {
        let file = entry.map_err(|why| why.to_string())?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.is_file() && name.ends_with(end) {
            copy(&file, &to.join(name))?;
        }
    }
    Ok(to.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_maven_become_that_of_the_commit() {
        for (text, expected) in [
            ("a-0.1.0-20261130.204409-1.jar", "a-0.1.0-20260131.120000-1.jar"),
            (
                "<lastUpdated>20261130204409</lastUpdated>",
                "<lastUpdated>20260131120000</lastUpdated>",
            ),
            ("<version>0.1.0-SNAPSHOT</version>", "<version>0.1.0-SNAPSHOT</version>"),
            ("a-0.1.0.jar", "a-0.1.0.jar"),
        ] {
            assert_eq!(with_time(text, "20260131", "120000"), expected);
        }
    }
}
