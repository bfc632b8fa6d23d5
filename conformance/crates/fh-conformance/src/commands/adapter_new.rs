//! The command `adapter new`: writes the files of a new adapter.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::adapter_check::capabilities;
use super::{Ended, Problem, print};
use crate::data::{Capability, Data};

/// The language and the folder of a new adapter.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The language of the adapter.
    language: Language,
    /// The folder for the files. It is created if it does not exist. If one of the files exists,
    /// the command fails and writes nothing.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// Python 3.9 and later.
    Python,
    /// TypeScript for Node 20 and later.
    #[value(name = "typescript")]
    TypeScript,
}

/// A file of a new adapter.
struct Template {
    name: &'static str,
    text: &'static str,
    purpose: &'static str,
}

const PYTHON: &[Template] = &[
    Template {
        name: "loop.py",
        text: include_str!("../../../../adapters/templates/python/loop.py"),
        purpose: "the loop, which needs no change",
    },
    Template {
        name: "operations.py",
        text: include_str!("../../../../adapters/templates/python/operations.py"),
        purpose: "the operations, to be filled in",
    },
];

const TYPESCRIPT: &[Template] = &[
    Template {
        name: "loop.ts",
        text: include_str!("../../../../adapters/templates/typescript/loop.ts"),
        purpose: "the loop, which needs no change",
    },
    Template {
        name: "operations.ts",
        text: include_str!("../../../../adapters/templates/typescript/operations.ts"),
        purpose: "the operations, to be filled in",
    },
    Template {
        name: "package.json",
        text: include_str!("../../../../adapters/templates/typescript/package.json"),
        purpose: "the packages and the build",
    },
];

impl Language {
    const fn templates(self) -> &'static [Template] {
        match self {
            Self::Python => PYTHON,
            Self::TypeScript => TYPESCRIPT,
        }
    }

    /// Returns the commands that build the adapter and check it.
    fn next_steps(self, folder: &Path) -> String {
        let (build, interpreter, program) = match self {
            Self::Python => (String::new(), "python3", "operations.py"),
            Self::TypeScript => {
                let folder = quoted(&folder.display().to_string());
                let npm = format!("npm --prefix {folder}");
                (format!("  {npm} install\n  {npm} run build\n"), "node", "adapter.js")
            }
        };
        let program = quoted(&folder.join(program).display().to_string());
        let adapter = quoted(&format!("{interpreter} {program}"));
        format!("{build}  fh-conformance adapter check --adapter {adapter}\n")
    }
}

/// Quotes a word for a shell, if it needs quotes.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Cow::into_owned)
}

/// Returns the names of the capabilities, seven a line.
fn untried(capabilities: &[Capability]) -> String {
    let names: Vec<&str> = capabilities.iter().map(|each| each.id.as_str()).collect();
    names.chunks(7).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n    ")
}

/// Writes the files.
pub(super) fn adapter_new(data: &Data, arguments: &Arguments) -> Ended {
    let folder = &arguments.folder;
    let templates = arguments.language.templates();
    let exists = |template: &&Template| folder.join(template.name).exists();
    if let Some(file) = templates.iter().find(exists) {
        return Err(already_exists(&folder.join(file.name)));
    }
    fs::create_dir_all(folder).map_err(|error| outside(folder, &error))?;
    let untried = untried(&capabilities(data)?);
    for template in templates {
        write_new(&folder.join(template.name), &template.text.replace("UNTRIED", &untried))?;
        let path = folder.join(template.name);
        print(&format!("{:<40} {}\n", path.display().to_string(), template.purpose));
    }
    print(&format!("\nnext:\n{}", arguments.language.next_steps(folder)));
    Ok(0)
}

/// Writes a file that must not exist yet.
fn write_new(path: &Path, text: &str) -> Result<(), Problem> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => already_exists(path),
        _ => outside(path, &error),
    })
}

fn already_exists(path: &Path) -> Problem {
    Problem::Usage(format!("{} exists, and `adapter new` replaces no file", path.display()))
}

fn outside(path: &Path, error: &std::io::Error) -> Problem {
    Problem::Outside(format!("{}: {error}", path.display()))
}
