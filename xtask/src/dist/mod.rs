//! `cargo xtask dist [NAME]`: fills one folder with what ships, and checks it. It publishes nothing.

mod archive;
mod check;
pub(crate) mod image;
mod marked_lists;
mod output_folder;
mod packages;
pub(crate) mod programs;
mod reproducible;
mod sbom;
mod search_path;

use self::output_folder::OutputFolder;
use crate::output::say;
use crate::part::Step;
use crate::{kotlin, packaging, python, swift, web};

const HELP: &str = "\
cargo xtask dist [<name>]

  Without a name, builds all of them into the folder `dist` of the target folder, and names those that this machine cannot build. Each run
  writes the checksums of all files of the folder into SHA256SUMS.

  crates             the .crate files of the published crates, and the settings of Cargo with which a program finds them
  fh [TARGET...]     the static programs fh and fh-conformance for Linux on x86-64 and ARM, or for the named targets, and install.sh
  image [TARGET...]  the container image for both processors, or for the named targets, as an OCI layout
  kubernetes         the base for Kustomize with its overlays
  maven              the jars with the native libraries for all platforms, in a Maven repository
  npm                the engines with their JavaScript, and the tarballs of the packages of npm
  python             the sdist and the wheels of the Python package
  swift              the package for Swift on Linux, with its native library

Outside of that folder:

  android [--without-natives]
                     the package for Android apps in the Maven repository target/kotlin/android/repository, with the native libraries of
                     Android's NDK
  apple              the package for Swift with the libraries for iOS, its simulator and macOS as an xcframework, too
  kotlin [--all|TARGET...]
                     the jars with the native library for this machine, all targets or the named ones of the toolchain, in the Maven
                     repository target/kotlin/repository; prints what a project of Maven or Gradle needs
  python TARGET...   the sdist and the wheels for the named targets in target/wheels

cargo xtask dist check [<list>...]
                     run the command lists of the pages, or the named ones, in empty folders with what the folder of artefacts has
cargo xtask dist reproducible <name>...
                     build artefacts in two clones of the commit, in folders of different names, and fail unless all files are equal";

/// Something that `cargo xtask dist` builds.
struct Artefact {
    name: &'static str,
    /// Installs what the build needs. The error says why this machine cannot build the artefact.
    prepare: Step,
    build: Use,
    /// Tests what was built, beyond the lists.
    test: Option<Use>,
    /// The command lists of the pages that use the artefact.
    lists: &'static [&'static str],
}

/// A step with the folder of artefacts.
type Use = fn(&OutputFolder) -> Result<(), String>;

/// What `cargo xtask dist` builds without a name, in this order.
static ARTEFACTS: [Artefact; 8] = [
    Artefact {
        name: "fh",
        prepare: programs::prepare,
        build: programs::build,
        test: None,
        lists: &["fh", "operator", "sdk"],
    },
    Artefact {
        name: "python",
        prepare: python::package::prepare,
        build: packages::python,
        test: Some(|folder| python::package::run(&folder.path.join("python"))),
        lists: &["python", "django"],
    },
    Artefact {
        name: "npm",
        prepare: web::prepare,
        build: packages::npm,
        test: Some(|_| web::test_packages()),
        lists: &["node", "vite", "next"],
    },
    Artefact {
        name: "crates",
        prepare: || Ok(()),
        build: packages::crates,
        test: None,
        lists: &["rust"],
    },
    Artefact {
        name: "maven",
        prepare: kotlin::package::prepare,
        build: packages::maven,
        test: Some(|_| kotlin::package::run()),
        lists: &["java", "kotlin"],
    },
    Artefact {
        name: "swift",
        prepare: swift::shipped::prepare,
        build: packages::swift,
        test: Some(|_| swift::shipped::run()),
        lists: &["swift"],
    },
    Artefact {
        name: "image",
        prepare: image::prepare,
        build: image::build,
        test: Some(|folder| packaging::run(&folder.path.join("image"))),
        lists: &[],
    },
    Artefact {
        name: "kubernetes",
        prepare: || Ok(()),
        build: packages::kubernetes,
        test: None,
        lists: &[],
    },
];

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        None => all(),
        Some("help" | "--help") => {
            println!("{HELP}");
            Ok(())
        }
        Some("android") => kotlin::android::dist(rest),
        Some("apple") if rest.is_empty() => swift::shipped::dist(true),
        Some("check") => check::run(rest),
        Some("reproducible") if !rest.is_empty() => reproducible::run(rest),
        Some("kotlin") => kotlin::package::dist(rest),
        Some("fh") if !rest.is_empty() => programs::build_named(rest),
        Some("image") if !rest.is_empty() => image::build_named(rest),
        Some("python") if !rest.is_empty() => python::wheels::run(rest),
        Some(name) if rest.is_empty() && named(name).is_ok() => build(name),
        Some(other) => Err(format!(
            "cargo xtask dist {other}: there is no such name, or it takes no further arguments\n\n{HELP}"
        )),
    }
}

/// Builds all artefacts. One whose tools are missing is named at the end, and is no failure.
fn all() -> Result<(), String> {
    let mut absent = Vec::new();
    for artefact in &ARTEFACTS {
        match (artefact.prepare)() {
            Ok(()) => build_into_folder(artefact)?,
            Err(why) => absent.push(format!("absent: {}: {why}", artefact.name)),
        }
    }
    let folder = OutputFolder::open()?;
    folder.print()?;
    sbom::read(&folder.path)?;
    absent.iter().for_each(|line| say!("{line}"));
    Ok(())
}

/// Builds the artefact with this name.
pub(crate) fn build(name: &str) -> Result<(), String> {
    named(name).and_then(build_into_folder)
}

/// Tests the artefact with this name, which was built, and runs the command lists that use it. They install the program `fh` first.
pub(crate) fn prove(name: &str) -> Result<(), String> {
    let (artefact, folder) = (named(name)?, OutputFolder::open()?);
    artefact.test.map_or(Ok(()), |test| test(&folder))?;
    if !artefact.lists.is_empty() && !folder.path.join("install.sh").exists() {
        build("fh")?;
    }
    let lists: Vec<String> = artefact.lists.iter().map(ToString::to_string).collect();
    if lists.is_empty() { Ok(()) } else { check::run(&lists) }
}

fn named(name: &str) -> Result<&'static Artefact, String> {
    let artefact = ARTEFACTS.iter().find(|artefact| artefact.name == name);
    artefact.ok_or_else(|| format!("there is no artefact {name}"))
}

fn build_into_folder(artefact: &Artefact) -> Result<(), String> {
    (artefact.prepare)()?;
    let folder = OutputFolder::open()?;
    (artefact.build)(&folder)?;
    folder.write_sums()
}
