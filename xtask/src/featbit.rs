//! `cargo xtask featbit sdks` and the part `featbit` of `cargo xtask test`: FeatBit's published SDKs and our client against one test server.

use std::path::{PathBuf, absolute};

use crate::bench;
use crate::python;
use crate::shell::{Run, root, target_folder};
use crate::subject_installation::{install_javascript, install_python};
use crate::subjects::{folder, path, quoted};
use crate::workspace;

/// The program that runs the SDKs and prints the tables.
const PROGRAM: &str = "fh-featbit-sdks";
/// The test server as a program of its own, which a signal can stop.
const SERVER: &str = "fh-test-featbit";
/// The adapter of FeatBit's Rust SDK, a program of the benches.
const RUST: &str = "featbit-adapter";
const NODE: &str = "featbit-node";
const PYTHON: &str = "featbit-python";
/// The adapter of our Python package, beside that of the published one.
const OUR_PYTHON: &str = "ours.py";

const USAGE: &str = "cargo xtask featbit sdks [--deep], start, or diff [--count N] [--seed S]: see cargo xtask help";

/// The SDKs that are measured under faults.
#[derive(Clone, Copy)]
enum UnderFaults {
    None,
    Ours,
    All,
}

/// Runs the command with these arguments.
pub(crate) fn command(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (tables, faults) = match words.as_slice() {
        ["sdks"] => ("compare", UnderFaults::Ours),
        ["sdks", "--deep"] => ("compare", UnderFaults::All),
        ["start"] => ("start", UnderFaults::All),
        ["diff", ..] => {
            return bench::systems("featbit-diff", arguments.get(1..).unwrap_or_default());
        }
        _ => return Err(USAGE.to_string()),
    };
    prepare()?;
    // A build of the whole workspace is not needed for the tables.
    print(tables, &built(faults)?, faults)
}

/// The programs of this project that the tables need.
struct Programs {
    sdks: PathBuf,
    /// The programs that only the deep tables need.
    deep: Option<Deep>,
}

struct Deep {
    server: PathBuf,
    rust_adapter: PathBuf,
    /// A Python with our package.
    python: PathBuf,
}

/// Builds the programs and our Python package. Those whose times are compared with published SDKs have optimisations.
fn built(faults: UnderFaults) -> Result<Programs, String> {
    match faults {
        UnderFaults::None | UnderFaults::Ours => {
            python::install()?;
            Run::new(&format!("cargo build --locked -p {PROGRAM}")).go()?;
            Ok(Programs { sdks: target_folder().join("debug").join(PROGRAM), deep: None })
        }
        UnderFaults::All => {
            Run::new(&format!("cargo build --locked --release -p {PROGRAM} -p fh-test-servers"))
                .go()?;
            let release = target_folder().join("release");
            let deep = Deep {
                server: release.join(SERVER),
                rust_adapter: bench::page::build_program(RUST)?,
                python: python::install_optimised()?,
            };
            Ok(Programs { sdks: release.join(PROGRAM), deep: Some(deep) })
        }
    }
}

/// Installs the published SDKs.
pub(crate) fn prepare() -> Result<(), String> {
    install_javascript(&[NODE], &folder(NODE))?;
    install_python(&[PYTHON], &folder(PYTHON))
}

/// Runs the SDKs once, without faults. Fails if our client misses anything.
pub(crate) fn test() -> Result<(), String> {
    let programs = Programs { sdks: workspace::binary(PROGRAM)?, deep: None };
    print("compare", &programs, UnderFaults::None)
}

/// Runs all SDKs and our Python package under all faults, too.
pub(crate) fn test_deep() -> Result<(), String> {
    print("compare", &built(UnderFaults::All)?, UnderFaults::All)
}

/// Prints the tables of a command of the program.
fn print(tables: &str, programs: &Programs, faults: UnderFaults) -> Result<(), String> {
    let full = |path: PathBuf| absolute(path).map_err(|why| why.to_string());
    let word = |file: PathBuf| Ok::<_, String>(quoted(&path(&full(file)?)));
    let program = full(programs.sdks.clone())?;
    let node = format!("node {}", word(folder(NODE).join("adapter.js"))?);
    let python = folder(PYTHON);
    let python =
        format!("{} {}", word(python.join("venv/bin/python"))?, word(python.join("adapter.py"))?);
    let ours = format!("{} adapter", quoted(&path(&program)));
    let data = path(&root().join("conformance/data"));
    let mut words = ["--data", &data].map(str::to_string).to_vec();
    match faults {
        UnderFaults::None => {}
        UnderFaults::Ours => words.extend(["--faults", "ours"].map(str::to_string)),
        UnderFaults::All => words.extend(["--faults", "all"].map(str::to_string)),
    }
    let published = |name: &str, command: &str| ["--published", name, command].map(str::to_string);
    words.extend(published("Node 1.3.0", &node));
    words.extend(published("Python 1.2.1", &python));
    if let Some(deep) = &programs.deep {
        words.extend(published("Rust crate 0.1.1", &word(deep.rust_adapter.clone())?));
        words.extend(["--server".to_string(), path(&full(deep.server.clone())?)]);
    }
    words.extend(["--ours", "Rust", &ours].map(str::to_string));
    // The part of `cargo xtask test` does not wait for the build of our Python package.
    if !matches!(faults, UnderFaults::None) {
        let adapter = folder(PYTHON).join(OUR_PYTHON);
        let python = match &programs.deep {
            Some(deep) => deep.python.clone(),
            None => python::installed()?,
        };
        let command = format!("{} {}", word(python)?, word(adapter)?);
        words.extend(["--ours", "our Python", &command].map(str::to_string));
    }
    Run::program(&path(&program), tables).args(&words).go()
}
