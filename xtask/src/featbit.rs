//! `cargo xtask featbit sdks` and the part `featbit` of `cargo xtask test`: FeatBit's published SDKs and our client against one test server.

use std::path::{Path, PathBuf, absolute};

use crate::python;
use crate::shell::{Run, root, target_folder};
use crate::subject_installation::{install_javascript, install_python};
use crate::subjects::{folder, path, quoted};
use crate::workspace;

/// The program that runs the SDKs and prints the tables.
const PROGRAM: &str = "fh-featbit-sdks";
const NODE: &str = "featbit-node";
const PYTHON: &str = "featbit-python";
/// The folder of the adapter of our Python package.
const OUR_PYTHON: &str = "featbit-fh-python";

const USAGE: &str = "\
cargo xtask featbit sdks [--deep]

  sdks         FeatBit's published SDKs and our client against one test server, and our client under faults, as tables
  sdks --deep  the published SDKs under faults, too, and the start with 3,000 flags";

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
    let faults = match words.as_slice() {
        ["sdks"] => UnderFaults::Ours,
        ["sdks", "--deep"] => UnderFaults::All,
        _ => return Err(USAGE.to_string()),
    };
    prepare()?;
    python::install()?;
    // A build of the whole workspace is not needed for the tables.
    compare(&built(faults)?, faults)
}

/// Builds the program, for times of published SDKs with optimisations.
fn built(faults: UnderFaults) -> Result<PathBuf, String> {
    let (profile, folder) = match faults {
        UnderFaults::All => (" --release", "release"),
        UnderFaults::None | UnderFaults::Ours => ("", "debug"),
    };
    Run::new(&format!("cargo build --locked{profile} -p {PROGRAM}")).go()?;
    Ok(target_folder().join(folder).join(PROGRAM))
}

/// Installs the published SDKs.
pub(crate) fn prepare() -> Result<(), String> {
    install_javascript(&[NODE], &folder(NODE))?;
    install_python(&[PYTHON], &folder(PYTHON))
}

/// Runs the SDKs once, without faults. Fails if our client misses anything.
pub(crate) fn test() -> Result<(), String> {
    compare(&workspace::binary(PROGRAM)?, UnderFaults::None)
}

/// Runs all SDKs and our Python package under all faults, too.
pub(crate) fn test_deep() -> Result<(), String> {
    python::install()?;
    compare(&built(UnderFaults::All)?, UnderFaults::All)
}

fn compare(program: &Path, faults: UnderFaults) -> Result<(), String> {
    let full = |path: PathBuf| absolute(path).map_err(|why| why.to_string());
    let word = |file: PathBuf| Ok::<_, String>(quoted(&path(&full(file)?)));
    let program = full(program.to_path_buf())?;
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
    for (option, name, command) in [
        ("--published", "Node 1.3.0", &node),
        ("--published", "Python 1.2.1", &python),
        ("--ours", "Rust", &ours),
    ] {
        words.extend([option, name, command].map(str::to_string));
    }
    // The part of `cargo xtask test` does not wait for the build of our Python package.
    if !matches!(faults, UnderFaults::None) {
        let adapter = root().join("conformance/adapters").join(OUR_PYTHON).join("adapter.py");
        let command = format!("{} {}", word(python::installed()?)?, word(adapter)?);
        words.extend(["--ours", "our Python", &command].map(str::to_string));
    }
    Run::program(&path(&program), "compare").args(&words).go()
}
