//! `cargo xtask subjects`: installs SDKs into the target folder and runs the scenarios of the conformance suite against them. The table
//! [`SUBJECTS`] is the only list of SDKs under test.

use std::fs;
use std::path::{Path, PathBuf};

use crate::install;
use crate::shell::{Run, root, target_folder};

const ADAPTERS: &str = "conformance/adapters";
const BASELINES: &str = "conformance/baselines";

/// An SDK under test.
struct Subject {
    name: &'static str,
    /// True if CI runs it. The others run on demand.
    in_ci: bool,
    /// Installs the SDK and its adapter into a folder.
    install: fn(&Path) -> Result<(), String>,
    /// Returns the command of the adapter in this folder, split into words.
    adapter: fn(&Path) -> Vec<String>,
    /// The options with which CI runs it.
    options: &'static [&'static str],
}

const SUBJECTS: &[Subject] = &[
    Subject {
        name: "fh-rust",
        in_ci: true,
        install: |_| Ok(()),
        adapter: rust_adapter,
        options: &["--all", "--drawn", "--profile", "all"],
    },
    Subject {
        name: "featurehub-node",
        in_ci: false,
        install: install_node,
        adapter: |folder| vec!["node".to_string(), path(&folder.join("adapter.js"))],
        options: &[],
    },
    Subject {
        name: "featurehub-python",
        in_ci: false,
        install: install_python,
        adapter: |folder| {
            vec![path(&folder.join("venv/bin/python")), path(&folder.join("operations.py"))]
        },
        options: &[],
    },
    Subject {
        name: "featurehub-java",
        in_ci: false,
        install: install_java,
        adapter: |folder| {
            vec!["java".to_string(), format!("@{}", path(&folder.join("adapter.options")))]
        },
        options: &[],
    },
];

/// Runs the SDKs of CI, each with its options and its baseline.
pub(crate) fn run_all() -> Result<(), String> {
    run(&[])
}

/// Installs and runs the named SDKs, or those of CI. Arguments from the first option on are options of `fh-conformance sdk`, in place of
/// those with which CI runs the SDK.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_option = |argument: &String| argument.starts_with("--");
    let names_end = arguments.iter().position(is_option).unwrap_or(arguments.len());
    let (names, options) = arguments.split_at(names_end);
    let subjects = select(names)?;
    let mut failed = Vec::new();
    for subject in subjects {
        println!("\n==> {}", subject.name);
        if let Err(why) = install_and_run(subject, options) {
            eprintln!("{why}");
            failed.push(subject.name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn select(names: &[String]) -> Result<Vec<&'static Subject>, String> {
    if names.is_empty() {
        return Ok(SUBJECTS.iter().filter(|subject| subject.in_ci).collect());
    }
    let find = |name: &String| {
        SUBJECTS.iter().find(|subject| subject.name == name).ok_or_else(|| {
            let known: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
            format!("there is no subject `{name}`; there are: {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

fn install_and_run(subject: &Subject, options: &[String]) -> Result<(), String> {
    let folder = target_folder().join("subjects").join(subject.name);
    (subject.install)(&folder)?;
    let words: Vec<String> = (subject.adapter)(&folder).iter().map(|word| quoted(word)).collect();
    let mut options = options.to_vec();
    if options.is_empty() {
        options.extend(subject.options.iter().map(|option| (*option).to_string()));
    }
    let baseline = root().join(BASELINES).join(format!("{}.json", subject.name));
    if baseline.is_file() && !options.iter().any(|option| option == "--baseline") {
        options.extend(["--baseline".to_string(), path(&baseline)]);
    }
    Run::new("cargo run --quiet --release --locked -p fh-conformance --")
        .args(&["sdk".to_string(), "--adapter".to_string(), words.join(" ")])
        .args(&options)
        .go()
}

fn rust_adapter(_folder: &Path) -> Vec<String> {
    let program = target_folder().join("release/fh-conformance");
    vec![path(&program), "adapter".to_string(), "rust".to_string()]
}

fn install_node(folder: &Path) -> Result<(), String> {
    let reason = "the published JavaScript SDK runs against the conformance suite";
    install::package("node --version", "nodejs", reason)?;
    install::package("npm --version", "npm", reason)?;
    copy_files("featurehub-node", folder)?;
    copy_files("templates/typescript/loop.ts", folder)?;
    Run::new("npm ci --no-audit --no-fund --loglevel=error").in_folder(folder).go()?;
    Run::new("npm run build --loglevel=error").in_folder(folder).go()
}

fn install_python(folder: &Path) -> Result<(), String> {
    // Debian's Python lacks `ensurepip`, which virtual environments need.
    let reason = "the published Python SDK runs against the conformance suite";
    install::package("python3 -m ensurepip --version", "python3-venv", reason)?;
    copy_files("featurehub-python", folder)?;
    copy_files("templates/python/loop.py", folder)?;
    Run::new("python3 -m venv venv").in_folder(folder).go()?;
    Run::new("venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt")
        .in_folder(folder)
        .go()
}

fn install_java(folder: &Path) -> Result<(), String> {
    let reason = "the published Java SDK runs against the conformance suite";
    install::package("javac --version", "default-jdk-headless", reason)?;
    install::package("mvn --version", "maven", reason)?;
    copy_files("featurehub-java", folder)?;
    Run::new("sh build.sh").in_folder(folder).go()
}

/// Copies a file of the adapters, or the files of a folder, so that installing does not change the project's own folder.
fn copy_files(name: &str, to: &Path) -> Result<(), String> {
    let from = root().join(ADAPTERS).join(name);
    let failed = |why: std::io::Error| format!("{} cannot be copied: {why}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    let files = if from.is_dir() {
        let entries = fs::read_dir(&from).map_err(failed)?;
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()
    } else {
        Ok(vec![from.clone()])
    };
    let files: Vec<PathBuf> = files.map_err(failed)?;
    for file in files.iter().filter(|file| file.is_file()) {
        fs::copy(file, to.join(file.file_name().unwrap_or_default())).map_err(failed)?;
    }
    Ok(())
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Quotes a word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
